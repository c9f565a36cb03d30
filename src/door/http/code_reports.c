/* SPDX-License-Identifier: MIT */
/* code_reports.c - one callback at a time: go_on() looks at what is next, and each
 * callback's end leads back to it.  */
#include "door/http/code_reports.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/http_client.h"
#include "io/loop.h"

#include <stdlib.h>
#include <string.h>

/* How long to wait before the end is told again. */
static const unsigned again_ms[] = {200, 400};
#define TRIES (1 + sizeof again_ms / sizeof *again_ms)

struct line_head { /* of a line that waits; its bytes follow */
  const char *stream;
  size_t len;
};

struct code_reports {
  struct uv_loop_s *loop;
  struct http_client *client;
  const struct callback *callback;
  struct buf waiting; /* lines, each behind its head */
  unsigned long long left_out;
  struct loop_timer *later, *flush;
  struct http_client_request *request; /* NULL: none under way */
  bool ending, taken, dropped;
  struct buf end; /* its members */
  unsigned tries;
  void (*over)(void *who);
  void *who;
};

static void go_on(void *who);

static void reports_free(struct code_reports *r)
{
  loop_timer_free(r->later);
  loop_timer_free(r->flush);
  buf_free(&r->waiting);
  buf_wipe(&r->end);
  free(r);
}

struct code_reports *code_reports_new(struct uv_loop_s *loop, struct http_client *client,
                                      const struct callback *callback)
{
  struct code_reports *r = mem_new(sizeof *r);
  *r = (struct code_reports){.loop = loop,
                             .client = client,
                             .callback = callback,
                             .waiting = buf_make(LIMIT_CODE_UNTOLD_BYTES)};
  r->later = loop_timer_new(loop, go_on, r);
  return r;
}

/* -- one callback -- */

static void callback_done(void *who, struct http_client_answer *got)
{
  struct code_reports *r = who;
  r->request = NULL;
  if (r->dropped) {
    reports_free(r);
    return;
  }
  bool taken =
      !got->fault && callback_was_taken(r->callback, got->status, buf_span(got->body));
  if (r->tries == 0) { /* an output: well or not */
    loop_timer_start(r->later, 0);
    return;
  }
  r->taken = taken;
  loop_timer_start(r->later, taken || r->tries == TRIES ? 0 : again_ms[r->tries - 1]);
}

static void post(struct code_reports *r, enum callback_kind kind, struct span members,
                 unsigned ms)
{
  struct callback_post post;
  struct fault f = {0};
  callback_post_make(r->callback, kind, members, &post);
  const char *headers[] = {"content-type: application/json", "accept: application/json",
                           post.header.len > 0 ? post.header.at : NULL, NULL};
  struct http_call call = {.method = "POST",
                           .url = buf_cstring(&post.url),
                           .headers = headers,
                           .body = buf_span(&post.body),
                           .connect_ms = ms,
                           .total_ms = ms,
                           .answer_ceiling = LIMIT_CALLBACK_BYTES};
  r->request = http_client_start(r->client, &call, callback_done, r, &f);
  if (!r->request) {
    log_line(LOG_WARN, r->callback->run_id, "a callback could not be sent: %s", f.text);
    loop_timer_start(r->later, 0);
  }
  callback_post_free(&post);
}

/* -- output -- */

static struct line_head head_of(const struct buf *waiting, size_t at)
{
  struct line_head head;
  memcpy(&head, waiting->at + at, sizeof head);
  return head;
}

static void post_text(struct code_reports *r, const char *stream, struct span text)
{
  struct buf members = buf_make(6 * text.len + KIB), whole = buf_make(6 * text.len + KIB);
  struct json_writer w = json_write_to(&whole);
  json_open(&w, NULL, '{');
  json_put_text(&w, "stream", span_of(stream));
  json_put_text(&w, "line", text);
  json_put_int(&w, "timestamp", clock_now_ms());
  json_close(&w, '}');
  buf_add(&members, (struct span){whole.at + 1, whole.len - 2});
  post(r, CALLBACK_OUTPUT, buf_span(&members), LIMIT_CODE_OUTPUT_MS);
  buf_free(&members);
  buf_free(&whole);
}

/* The lines in front that are of one stream. */
static void post_lines(struct code_reports *r)
{
  struct buf text = buf_make(r->waiting.len + 1);
  const char *stream = head_of(&r->waiting, 0).stream;
  size_t at = 0;
  while (at < r->waiting.len) {
    struct line_head head = head_of(&r->waiting, at);
    if (head.stream != stream || (at > 0 && text.len + head.len > LIMIT_CODE_TOLD_BYTES))
      break;
    if (at > 0)
      buf_add_char(&text, '\n');
    buf_add(&text, (struct span){r->waiting.at + at + sizeof head, head.len});
    at += sizeof head + head.len;
  }
  buf_drop_front(&r->waiting, at);
  post_text(r, stream, buf_span(&text));
  buf_free(&text);
}

static void post_left_out(struct code_reports *r)
{
  struct buf text = buf_make(KIB);
  buf_addf(&text, "[runlet: %llu lines were not told: the callback is too slow]",
           r->left_out);
  r->left_out = 0;
  post_text(r, "stderr", buf_span(&text));
  buf_free(&text);
}

void code_reports_line(struct code_reports *r, const char *stream, struct span line)
{
  struct line_head head = {!strcmp(stream, "stderr") ? "stderr" : "stdout", line.len};
  if (r->ending || !callback_takes(r->callback, CALLBACK_OUTPUT))
    return;
  if (r->left_out > 0 ||
      r->waiting.len + sizeof head + line.len > LIMIT_CODE_UNTOLD_BYTES) {
    r->left_out++;
  } else {
    buf_add(&r->waiting, (struct span){(const char *)&head, sizeof head});
    buf_add(&r->waiting, line);
  }
  if (!r->request && !loop_timer_is_set(r->later))
    loop_timer_start(r->later, LIMIT_CODE_GATHER_MS);
}

/* -- the end -- */

static void finish(struct code_reports *r)
{
  void (*over)(void *) = r->over;
  void *who = r->who;
  if (callback_takes(r->callback, CALLBACK_COMPLETE) && !r->taken)
    log_line(LOG_ERROR, r->callback->run_id,
             "the end of the run could not be told: %u tries", (unsigned)TRIES);
  reports_free(r);
  over(who);
}

static void go_on(void *who)
{
  struct code_reports *r = who;
  if (r->request)
    return;
  if (r->waiting.len > 0) {
    post_lines(r);
  } else if (r->left_out > 0) {
    post_left_out(r);
  } else if (r->ending && callback_takes(r->callback, CALLBACK_COMPLETE) && !r->taken &&
             r->tries < TRIES) {
    r->tries++;
    post(r, CALLBACK_COMPLETE, buf_span(&r->end), LIMIT_CODE_COMPLETE_MS);
  } else if (r->ending) {
    finish(r);
  }
}

/* What output has not left by now is not told any more. */
static void flush_is_over(void *who)
{
  struct code_reports *r = who;
  buf_clear(&r->waiting);
  r->left_out = 0;
  if (r->request && r->tries == 0)
    http_client_cancel(r->request);
}

void code_reports_end(struct code_reports *r, struct span members,
                      void (*over)(void *who), void *who)
{
  r->ending = true;
  r->over = over;
  r->who = who;
  r->end = buf_make(members.len + 1);
  buf_add(&r->end, members);
  r->flush = loop_timer_new(r->loop, flush_is_over, r);
  loop_timer_start(r->flush, LIMIT_CODE_FLUSH_MS);
  if (!r->request)
    loop_timer_start(r->later, 0);
}

void code_reports_drop(struct code_reports *r)
{
  if (!r)
    return;
  r->dropped = true;
  loop_timer_stop(r->later);
  if (r->flush)
    loop_timer_stop(r->flush);
  if (r->request)
    http_client_cancel(r->request);
  else
    reports_free(r);
}
