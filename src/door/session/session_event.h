/* SPDX-License-Identifier: MIT */
/* session_event.h - what a process session tells its host, one line of JSON each.  Pure.
 *
 *   {"type":"data","stream":"stdout"|"stderr","data":<base64>}
 *   {"type":"error","message"}     something is lost, or did not go
 *   {"type":"exit","code","signal"}  one of the two is null; after the last data
 *   {"type":"shutdownAck"}         the end has begun
 * On a stream each has "seq" in front, from 1; in files the name has the number.  */
#ifndef DOOR_SESSION_EVENT_H
#define DOOR_SESSION_EVENT_H

#include "base/buf.h"
#include "base/process.h"

/* Each onto `out`, with its line end; `seq` 0: none. */
void session_event_data(struct buf *out, unsigned long long seq, bool is_stderr,
                        struct span bytes);
void session_event_error(struct buf *out, unsigned long long seq, struct span message);
void session_event_exit(struct buf *out, unsigned long long seq,
                        const struct process_end *end);
void session_event_ack(struct buf *out, unsigned long long seq);

#endif
