/* SPDX-License-Identifier: MIT */
/* format_pretty.h - events as a transcript for people.  Two rows of event/formats.h.
 *
 * The run and its model, text as it comes, reasoning dimmed, one line a tool call with
 * its arguments and one with its result (cut to one screen line each), warnings, and the
 * outcome with duration, calls and tokens.  `pretty-colour` uses ANSI attributes.
 *
 * Foreign text has its control bytes, and the characters that turn the writing direction,
 * made visible, so that no agent can drive the terminal or show what is not there.  */
#ifndef EVENT_FORMAT_PRETTY_H
#define EVENT_FORMAT_PRETTY_H

#include "event/event_format.h"

extern const struct event_format event_format_pretty, event_format_pretty_colour;

#endif
