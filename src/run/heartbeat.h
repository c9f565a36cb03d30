/* SPDX-License-Identifier: MIT */
/* heartbeat.h - a sign of life in a stream that would be silent: CUSTOM runlet.heartbeat
 * {"sinceMs"} after so long without an event of any kind, while the workspace is filled
 * too.  Not while the stream is held (event/event_hold.h).  */
#ifndef RUN_HEARTBEAT_H
#define RUN_HEARTBEAT_H

#include "event/event.h"

struct uv_loop_s;
struct heartbeat;

/* `events` are borrowed.  NULL for every_ms 0: never. */
struct heartbeat *heartbeat_new(struct uv_loop_s *loop, struct events *events,
                                unsigned every_ms);
void heartbeat_free(struct heartbeat *h); /* NULL is fine */

#endif
