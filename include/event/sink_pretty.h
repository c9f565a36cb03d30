/* SPDX-License-Identifier: MIT */
/* sink_pretty.h - events as a transcript for people (runlet run on a terminal).
 *
 * Reads the event lines back and writes plain text into a buf: the run and its model, text
 * as it comes, reasoning dimmed, one line a tool call with its arguments and one with its
 * result (cut to one screen line each), warnings, and the outcome with duration, calls and
 * tokens.  With `colour` it uses ANSI attributes; agent text has its control bytes made
 * visible, so that no agent can drive the terminal.  */
#ifndef EVENT_SINK_PRETTY_H
#define EVENT_SINK_PRETTY_H

#include "event/event.h"

struct sink_pretty {
  struct sink sink;  /* first */
  struct sink *next; /* takes the text, as "lines" */
  struct buf text;
  bool colour, in_text, in_reasoning;
};
struct sink_pretty sink_pretty_make(struct sink *next, bool colour);

#endif
