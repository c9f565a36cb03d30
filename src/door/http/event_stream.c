/* SPDX-License-Identifier: MIT */
/* event_stream.c - a reader of the journal that writes to an exchange.  It pulls: the
 * server says when the socket has taken all, and only then more is read, so a slow client
 * costs LIMIT_READER_BYTES and no more.  */
#include "door/http/event_stream.h"

#include "base/limits.h"
#include "base/mem.h"
#include "event/notices.h"
#include "http/http_server.h"
#include "http/sse.h"
#include "io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct event_stream {
  struct journal_reader reader;
  struct record *record;
  struct http_exchange *exchange;
  struct loop_timer *keepalive;
  struct buf text; /* an SSE form, or a gap */
  unsigned *open;
  bool sse;
};

static void event_stream_free(struct event_stream *s)
{
  *s->open -= 1;
  loop_timer_free(s->keepalive);
  buf_free(&s->text);
  record_leave(s->record, &s->reader);
  free(s);
}

static size_t write_lines(struct event_stream *s, const struct journal_lines *lines)
{
  struct span rest = lines->bytes;
  if (!s->sse)
    return http_write(s->exchange, rest);
  buf_clear(&s->text);
  for (unsigned long long seq = lines->from; rest.len > 0; seq++) {
    const char *newline = memchr(rest.at, '\n', rest.len);
    size_t n = newline ? (size_t)(newline - rest.at) : rest.len;
    sse_write_numbered(seq, (struct span){rest.at, n}, &s->text);
    rest = span_after(rest, newline ? n + 1 : n);
  }
  return http_write(s->exchange, buf_span(&s->text));
}

static size_t write_gap(struct event_stream *s, const struct journal_lines *gap)
{
  struct buf line = buf_make(KIB);
  notice_gap(s->record->format, gap->from, gap->to, &line);
  buf_clear(&s->text);
  /* without its newline */
  if (s->sse)
    sse_write_message(span_trim(buf_span(&line)), &s->text);
  else
    buf_add(&s->text, buf_span(&line));
  buf_free(&line);
  return http_write(s->exchange, buf_span(&s->text));
}

static void pump(void *who)
{
  struct event_stream *s = who;
  struct journal_lines lines;
  loop_timer_repeat(s->keepalive, LIMIT_KEEPALIVE_MS); /* of silence, from here */
  for (size_t backlog = 0; backlog < LIMIT_READER_BYTES;) {
    enum journal_piece piece = journal_read(&s->reader, &lines);
    if (piece == JOURNAL_END) {
      http_end(s->exchange);
      event_stream_free(s);
      return;
    }
    if (piece == JOURNAL_WAIT) {
      if (s->text.capacity > LIMIT_LOG_BLOCK_BYTES)
        buf_free(&s->text);
      return;
    }
    backlog = piece == JOURNAL_LINES ? write_lines(s, &lines) : write_gap(s, &lines);
  }
  http_wake(s->exchange); /* more, when that has left */
}

static void more(void *who)
{
  struct event_stream *s = who;
  http_wake(s->exchange);
}

static void client_gone(void *who)
{
  event_stream_free(who);
}

/* So that nothing between here and the client takes a silent stream for a dead one. */
static void keep_alive(void *who)
{
  struct event_stream *s = who;
  (void)http_write(s->exchange, s->sse ? SPAN_LITERAL(": \n\n") : SPAN_LITERAL("\n"));
}

static void begin(struct event_stream *s, unsigned long long after, bool posted)
{
  struct journal_facts facts = journal_facts(s->record->journal);
  char number[24];
  snprintf(number, sizeof number, "%llu",
           after + 1 > facts.first ? after + 1 : facts.first);
  struct http_header headers[] = {
      {SPAN_LITERAL("cache-control"), SPAN_LITERAL("no-cache")},
      {SPAN_LITERAL("x-runlet-first-seq"), span_of(number)},
      {SPAN_LITERAL("x-runlet-known-run"), SPAN_LITERAL("true")}};
  /* who posts must not take an old run's events for a new one's */
  size_t count = posted && s->record->posts > 1 ? 3 : 2;
  struct http_answer a = {.status = 200,
                          .content_type =
                              s->sse ? "text/event-stream" : "application/x-ndjson",
                          .headers = headers,
                          .header_count = count};
  http_begin(s->exchange, &a, s->sse ? SPAN_LITERAL(": \n\n") : SPAN_LITERAL("\n"));
}

void event_stream_open(struct http_exchange *x, const struct event_stream_setup *setup)
{
  struct event_stream *s = mem_new(sizeof *s);
  s->record = setup->record;
  s->exchange = x;
  s->sse = setup->sse;
  s->text = buf_make(LIMIT_EVENT_LINE_BYTES);
  s->open = setup->open;
  *s->open += 1;
  begin(s, setup->after, setup->posted);
  http_exchange_on_gone(x, client_gone, s);
  http_exchange_on_writable(x, pump, s);
  s->keepalive = loop_timer_new(setup->loop, keep_alive, s);
  record_join(s->record, &s->reader, setup->after, setup->posted, more, s);
  http_wake(x);
}
