/* SPDX-License-Identifier: MIT */
/* sink_pretty.h - events as a transcript for people (runlet run on a terminal).
 *
 * Reads the event lines back and hands plain text to the next sink: the run and its
 * model, text as it comes, reasoning dimmed, one line a tool call with its arguments and
 * one with its result (cut to one screen line each), warnings, and the outcome with
 * duration, calls and tokens.  With `colour` it uses ANSI attributes; agent text has its
 * control bytes, and the characters that turn the writing direction, made visible, so
 * that no agent can drive the terminal or show what is not there.
 *
 * The next sink's on_drain is set from this one's at each put.  `text` is freed at `end`.
 */
#ifndef EVENT_SINK_PRETTY_H
#define EVENT_SINK_PRETTY_H

#include "event/event.h"

struct sink_pretty {
  struct sink sink;  /* first */
  struct sink *next; /* borrowed; takes the text, as "lines" */
  struct buf text;
  bool colour;
  bool at_margin; /* nothing stands on the current line yet */
  size_t column;  /* characters of a tool call's line so far */
};
struct sink_pretty sink_pretty_make(struct sink *next, bool colour);

#endif
