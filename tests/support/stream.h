/* SPDX-License-Identifier: MIT */
/* stream.h - an events writer over memory, for tests: run "r", thread "t", model "m". The
 * clock stands at 7. */
#ifndef TESTS_SUPPORT_STREAM_H
#define TESTS_SUPPORT_STREAM_H

#include "collector.h"
#include "event/event.h"
#include "event/format_ag_ui.h"
#include "event/format_tanstack.h"

struct stream {
  struct buf text;
  struct collector sink;
  struct events *events;
  const struct event_format *format;
};

/* 0 bytes: the default ceiling of an event. */
void stream_open(struct stream *s, const struct event_format *format,
                 size_t max_chunk_bytes);
/* Frees the writer; asserts by cmocka that the stream keeps the grammar and was ended. */
void stream_close(struct stream *s);
/* The `index`th line without its newline; empty when there are fewer. */
struct span stream_line(const struct stream *s, size_t index);
size_t stream_count(const struct stream *s);
/* How many lines are of this event type. */
size_t stream_count_of(const struct stream *s, const char *type);
/* Fails unless the line is just this text. */
void stream_expect(const struct stream *s, size_t index, const char *line);
void stream_expect_last(const struct stream *s, const char *line);

#endif
