/* SPDX-License-Identifier: MIT */
/* transcript.h - whether stdout is read by people, and what they can be shown there.  */
#ifndef DOOR_TRANSCRIPT_H
#define DOOR_TRANSCRIPT_H

#include <stdbool.h>

/* The format of the events; "": they are for a program, in the format that it names.
 * `output` is "ndjson", "pretty" or NULL: pretty on a terminal.  Signs of life on a
 * terminal, unless it is dumb (TERM), and colours unless NO_COLOR says something. */
const char *transcript_format(const char *output, bool full);
/* It is one that shows signs of life. */
bool transcript_is_live(const char *format);

#endif
