/* SPDX-License-Identifier: MIT */
/* code_run.c - a reader of the run's journal that keeps what an answer needs and hands
 * the lines on.  It takes whatever comes, so code is held up by its own runtime alone. */
#include "door/http/code_run.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "door/http/answer.h"
#include "door/http/code_output.h"
#include "door/http/code_program.h"
#include "door/http/code_reports.h"
#include "http/http_server.h"
#include "io/loop.h"

#include <stdlib.h>
#include <string.h>

struct code_run {
  struct runs_door_follower follower; /* its first member */
  struct runs_door *door;
  struct code_request request;
  struct record *record; /* NULL: left */
  struct journal_reader reader;
  struct code_output output;
  struct code_reports *reports;   /* NULL: it has none, or they are told */
  struct http_exchange *exchange; /* NULL: answered */
  struct loop_timer *turn, *keepalive;
  unsigned long long began_ms;
};

static void leave(struct code_run *c)
{
  if (c->record)
    record_leave(c->record, &c->reader);
  c->record = NULL;
}

static void code_run_free(struct code_run *c)
{
  runs_door_unfollow(c->door, &c->follower);
  leave(c);
  code_reports_drop(c->reports);
  loop_timer_free(c->turn);
  loop_timer_free(c->keepalive);
  code_output_free(&c->output);
  code_request_free(&c->request);
  free(c);
}

static void close_follower(struct runs_door_follower *self)
{
  code_run_free((struct code_run *)self);
}

/* -- the end -- */

static void put_answer(const struct code_run *c, struct buf *out)
{
  buf_add_char(out, '{');
  code_output_put(&c->output, out);
  buf_add_char(out, '}');
}

/* All callbacks are told: nothing of the run goes out after this. */
static void answer(void *who)
{
  struct code_run *c = who;
  c->reports = NULL;
  struct buf text = buf_make(LIMIT_EVENT_LINE_BYTES);
  put_answer(c, &text);
  if (c->exchange) {
    http_write(c->exchange, buf_span(&text));
    http_end(c->exchange);
  }
  buf_free(&text);
  code_run_free(c);
}

static void end(struct code_run *c)
{
  struct buf members = buf_make(LIMIT_EVENT_LINE_BYTES);
  leave(c);
  if (!c->reports) {
    answer(c);
    return;
  }
  code_output_put(&c->output, &members);
  buf_addf(&members, ",\"durationMs\":%llu", clock_ticks_ms() - c->began_ms);
  code_reports_end(c->reports, buf_span(&members), answer, c);
  buf_free(&members);
}

/* -- reading -- */

static void on_line(void *who, const char *stream, struct span line)
{
  struct code_run *c = who;
  if (c->reports)
    code_reports_line(c->reports, stream, line);
}

static void take(struct code_run *c, struct span lines)
{
  while (lines.len > 0) {
    const char *newline = memchr(lines.at, '\n', lines.len);
    size_t n = newline ? (size_t)(newline - lines.at) : lines.len;
    code_output_event(&c->output, (struct span){lines.at, n});
    lines = span_after(lines, newline ? n + 1 : n);
  }
}

/* So much a turn; then it is others' turn. */
static void pump(void *who)
{
  struct code_run *c = who;
  struct journal_lines lines;
  for (size_t taken = 0; taken < LIMIT_READER_BYTES;) {
    switch (journal_read(&c->reader, &lines)) {
    case JOURNAL_LINES:
      take(c, lines.bytes);
      taken += lines.bytes.len;
      break;
    case JOURNAL_GAP: /* of an earlier run that is read again */
      break;
    case JOURNAL_WAIT:
      return;
    case JOURNAL_END:
      end(c);
      return;
    }
  }
  loop_timer_start(c->turn, 0);
}

static void more(void *who)
{
  loop_timer_start(((struct code_run *)who)->turn, 0);
}

/* -- the beginning -- */

static void client_gone(void *who)
{
  code_run_free(who);
}

static void keep_alive(void *who)
{
  (void)http_write(((struct code_run *)who)->exchange, SPAN_LITERAL("\n"));
}

static void accept_run(struct http_exchange *x, const struct code_request *request,
                       const struct record *record)
{
  struct buf text = buf_make(6 * request->task_id.len + KIB),
             id = buf_make(request->task_id.len + KIB);
  struct json_writer w = json_write_to(&text);
  buf_add_text(&id, "dispatch_");
  buf_add(&id, request->task_id);
  buf_addf(&id, "_%lld", record->began_at);
  json_open(&w, NULL, '{');
  json_put_bool(&w, "accepted", true);
  json_put_text(&w, "dispatchId", buf_span(&id));
  json_close(&w, '}');
  answer_text(x, 202, "application/json", buf_span(&text));
  buf_free(&text);
  buf_free(&id);
}

static void begin_answer(struct code_run *c, struct http_exchange *x)
{
  struct http_answer a = {.status = 200, .content_type = "application/json"};
  c->exchange = x;
  http_begin(x, &a, SPAN_LITERAL("\n"));
  http_exchange_on_gone(x, client_gone, c);
  c->keepalive = loop_timer_new(c->door->runtime->loop, keep_alive, c);
  loop_timer_repeat(c->keepalive, LIMIT_KEEPALIVE_MS);
}

void code_run_open(struct runs_door *d, struct http_exchange *x, struct record *record,
                   struct code_request *request, bool again)
{
  bool waits = request->callback.shape != CALLBACK_CONVEX;
  if (!waits)
    accept_run(x, request, record);
  if (!waits && again) {
    code_request_free(request);
    return;
  }
  struct code_run *c = mem_new(sizeof *c);
  unsigned most_ms = d->runtime->settings.max_run_ms;
  c->door = d;
  c->request = *request;
  c->record = record;
  c->began_ms = clock_ticks_ms();
  c->output =
      code_output_make(request->callback.shape, code_program_ms(request, most_ms));
  c->output.on_line = on_line;
  c->output.who = c;
  runs_door_follow_up(d, &c->follower, close_follower);
  if (!again)
    c->reports =
        code_reports_new(d->runtime->loop, d->runtime->client, &c->request.callback);
  if (waits)
    begin_answer(c, x);
  c->turn = loop_timer_new(d->runtime->loop, pump, c);
  record_join(record, &c->reader, 0, true, more, c);
  loop_timer_start(c->turn, 0);
}