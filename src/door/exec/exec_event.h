/* SPDX-License-Identifier: MIT */
/* exec_event.h - the lines of `runlet exec`.  Pure.
 *
 *   {"type":"stdout","data":"…"}     a piece of text; "stderr" likewise
 *   {"type":"stdout","base64":"…"}   a piece that is no UTF-8, its bytes
 *   {"type":"exit","code","signal","timedOut","durationMs"}   the last; code or signal
 *                                    is null
 *   {"type":"error","message"}       the last: it was not run
 *
 * The pieces of a stream, put together, are its bytes.  A character is never in two
 * pieces: the beginning of one waits for its rest.  */
#ifndef DOOR_EXEC_EVENT_H
#define DOOR_EXEC_EVENT_H

#include "base/buf.h"
#include "base/process.h"

struct exec_stream { /* zeroed, but for the name */
  const char *name;
  char begun[4]; /* a character … */
  size_t begun_bytes;
};

void exec_event_data(struct exec_stream *s, struct span bytes, struct buf *out);
void exec_event_data_end(struct exec_stream *s, struct buf *out); /* what waits */
void exec_event_exit(const struct process_end *end, bool timed_out,
                     unsigned long long duration_ms, struct buf *out);
void exec_event_error(struct span message, struct buf *out);

#endif
