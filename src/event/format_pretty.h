/* SPDX-License-Identifier: MIT */
/* format_pretty.h - events as a transcript for people.  Rows of event/formats.h.
 *
 * The run and its model, text as it comes, reasoning dimmed, each tool call with its
 * arguments on one line and the first lines of its result, warnings, the files that were
 * changed, and the outcome with duration, calls, tokens, cost, the memory of the agent
 * and the session by which to go on.
 *
 * `pretty-terminal` shows between events what the run is waiting for (runlet.heartbeat
 * makes it so; page.h says how), `pretty-colour` that and ANSI attributes.  With `-full`
 * behind the name nothing is cut or folded.  */
#ifndef EVENT_FORMAT_PRETTY_H
#define EVENT_FORMAT_PRETTY_H

#include "event/event_format.h"

extern const struct event_format event_format_pretty, event_format_pretty_full,
    event_format_pretty_terminal, event_format_pretty_terminal_full,
    event_format_pretty_colour, event_format_pretty_colour_full;

#endif
