/* SPDX-License-Identifier: MIT */
/* format_tanstack.h - events as TanStack's runner writes them, byte for byte.  A row of
 * event/formats.h.  */
#ifndef EVENT_FORMAT_TANSTACK_H
#define EVENT_FORMAT_TANSTACK_H

#include "event/event_format.h"

extern const struct event_format event_format_tanstack;

#endif
