/* SPDX-License-Identifier: MIT */
/* sse_reader.h - event streams (text/event-stream) in any pieces to events.  Pure.
 *
 * Only the data of an event is handed out: its `data:` lines joined by newlines, valid
 * UTF-8 (io/lines.h).  Comments, ids, names and retry times are passed over, an event
 * without data is none, and what stands after the last blank line is never handed out.
 * An event above the ceiling is told once and left out whole.  A carriage return alone
 * is no line end here: no server of ours writes one.  Wire: the HTML standard,
 * server-sent events.  */
#ifndef HTTP_SSE_READER_H
#define HTTP_SSE_READER_H

#include "io/lines.h"

struct sse_reader_calls {
  void (*on_data)(void *who, struct span data); /* lent for the call */
  void (*on_too_long)(void *who, size_t ceiling);
  bool (*is_enough)(void *who); /* as in io/lines.h */
};

struct sse_reader {
  struct lines lines;
  struct buf data; /* of the event that is being read */
  bool has_data, spoiled;
  const struct sse_reader_calls *calls; /* outlives it */
  void *who;
};

struct sse_reader sse_reader_make(size_t ceiling, const struct sse_reader_calls *calls,
                                  void *who);
size_t sse_reader_add(struct sse_reader *r, struct span bytes); /* as lines_add() */
void sse_reader_free(struct sse_reader *r);

#endif
