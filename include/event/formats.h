/* SPDX-License-Identifier: MIT */
/* formats.h - the table of event formats.
 *
 *   tanstack       what TanStack's runner writes: only the members that AG-UI names stand
 *                  at the top, the others in metadata.tanstack, with toolName and input
 *                  once more after the metadata; usage is an object
 *   ag-ui          @ag-ui/core 1.0.0: usage is an array
 *   pretty         a transcript for people; pretty-terminal and pretty-colour the same
 *                  with signs of life, and each with -full behind it: nothing is folded
 * The first is the one of a request that names none.  */
#ifndef EVENT_FORMATS_H
#define EVENT_FORMATS_H

#include "event/event_format.h"

/* By name; an empty one is the first of the table.  NULL: there is none of that name. */
const struct event_format *formats_find(struct span name);

/* The name of the index-th format that a request may ask for; NULL: there are no more. */
const char *formats_wire_name(size_t index);

#endif
