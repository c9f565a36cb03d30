/* SPDX-License-Identifier: MIT */
/* notices.h - what a door itself says in the form of an event: there is no run behind it,
 * or it is for one of the run's readers alone.  Each appends what the format has.  */
#ifndef EVENT_NOTICES_H
#define EVENT_NOTICES_H

#include "event/event_format.h"

/* The request was refused and never became a run: RUN_ERROR `bad-request`. */
void notice_refused(const struct event_format *format, struct span message,
                    struct buf *out);
/* The reader missed the events from..to, which are no longer kept: CUSTOM runlet.gap
 * {"from","to"}. */
void notice_gap(const struct event_format *format, unsigned long long from,
                unsigned long long to, struct buf *out);

#endif
