/* SPDX-License-Identifier: MIT */
/* otlp_exporter.c - a queue of spans, and a batch of them that is under way.  */
#include "telemetry/otlp_exporter.h"

#include "base/clock.h"
#include "base/json_slice.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/http_client.h"
#include "io/loop.h"

#include <stdio.h>
#include <stdlib.h>

#define TAIL "]}]}]}"

struct otlp_exporter {
  struct http_client *client;
  const struct otlp_settings *settings;
  struct loop_timer *later,
      *last;               /* the next POST; the end of the flush, once it is set */
  struct buf queue, batch; /* spans with commas; a whole body */
  size_t queued, batched;  /* how many spans that are */
  unsigned tries;          /* of the batch; 0: there is none */
  struct http_client_request *request;
  bool ending, closed;
  struct otlp_counts counts;
  unsigned long long unsaid, said_ms; /* of those dropped; said_ms 0: never */
};

/* -- what is lost -- */

static void say(struct otlp_exporter *x, const char *why)
{
  log_line(LOG_WARN, (struct span){0}, "%llu spans of traces were dropped: %s", x->unsaid,
           why);
  x->unsaid = 0;
  x->said_ms = clock_ticks_ms();
}

static void drop(struct otlp_exporter *x, unsigned long long spans, const char *why)
{
  x->counts.dropped += spans;
  x->unsaid += spans;
  if (x->unsaid > 0 && (x->said_ms == 0 || x->ending ||
                        clock_ticks_ms() - x->said_ms >= LIMIT_OTLP_SAY_MS))
    say(x, why);
}

static void end_batch(struct otlp_exporter *x)
{
  buf_clear(&x->batch);
  x->batched = x->tries = 0;
}

static void drop_batch(struct otlp_exporter *x, const char *why)
{
  drop(x, x->batched, why);
  end_batch(x);
}

static void drop_queue(struct otlp_exporter *x, const char *why)
{
  drop(x, x->queued, why);
  buf_clear(&x->queue);
  x->queued = 0;
}

/* -- what comes back -- */

static void free_exporter(struct otlp_exporter *x)
{
  buf_free(&x->queue);
  buf_free(&x->batch);
  free(x);
}

/* {"partialSuccess":{"rejectedSpans":"2","errorMessage":"…"}}: a 64-bit number, so it is
 * a string, or a number where one is kind. */
static void count_taken(struct otlp_exporter *x, struct span answer)
{
  struct span n = json_slice(answer, "partialSuccess.rejectedSpans");
  unsigned long long rejected = 0;
  if (n.len > 1 && n.at[0] == '"')
    n = (struct span){n.at + 1, n.len - 2};
  if (!span_to_number(n, 0, x->batched, &rejected))
    rejected = 0;
  x->counts.sent += x->batched - rejected;
  drop(x, rejected, "the collector has rejected them");
  end_batch(x);
}

static bool may_come_again(const struct http_client_answer *got)
{
  return got->fault || got->status == 429 || got->status == 502 || got->status == 503 ||
         got->status == 504;
}

/* Backs off, or gives up. */
static void try_again(struct otlp_exporter *x, const struct http_client_answer *got)
{
  char why[600];
  if (got->fault)
    snprintf(why, sizeof why, "%s", got->fault->text);
  else
    snprintf(why, sizeof why, "the collector has answered %d", got->status);
  unsigned wait = got->retry_after_ms ? got->retry_after_ms : 500u << x->tries;
  if (x->ending || !may_come_again(got) || x->tries >= LIMIT_OTLP_TRIES) {
    drop_batch(x, why);
    return;
  }
  loop_timer_start(x->later, wait < LIMIT_OTLP_RETRY_MS ? wait : LIMIT_OTLP_RETRY_MS);
}

/* Whatever is next: the same batch after its wait, the next one, or nothing. */
static void go_on(struct otlp_exporter *x)
{
  if (x->request || loop_timer_is_set(x->later))
    return;
  if (x->tries > 0 || (x->queued > 0 && x->ending) ||
      x->queue.len >= LIMIT_OTLP_BATCH_BYTES)
    loop_timer_start(x->later, 0);
  else if (x->queued > 0)
    loop_timer_start(x->later, LIMIT_OTLP_BATCH_MS);
  else if (x->ending)
    loop_timer_stop(x->last);
}

static void on_done(void *who, struct http_client_answer *got)
{
  struct otlp_exporter *x = who;
  x->request = NULL;
  if (x->closed) {
    free_exporter(x);
    return;
  }
  if (!got->fault && got->status >= 200 && got->status < 300)
    count_taken(x, buf_span(got->body));
  else
    try_again(x, got);
  go_on(x);
}

/* -- what goes out -- */

static void take_batch(struct otlp_exporter *x)
{
  buf_add(&x->batch, buf_span(&x->settings->head));
  buf_add(&x->batch, buf_span(&x->queue));
  buf_add_text(&x->batch, TAIL);
  x->batched = x->queued;
  x->queued = 0;
  buf_clear(&x->queue);
}

static void post(struct otlp_exporter *x)
{
  struct fault f = {0};
  unsigned most = x->ending ? LIMIT_OTLP_FLUSH_MS : LIMIT_OTLP_ANSWER_MS;
  if (x->tries++ == 0)
    take_batch(x);
  struct http_call call = {.method = "POST",
                           .url = x->settings->url.at,
                           .headers = x->settings->headers,
                           .body = buf_span(&x->batch),
                           .connect_ms = LIMIT_OTLP_CONNECT_MS,
                           .total_ms = most,
                           .answer_ceiling = LIMIT_OTLP_ANSWER_BYTES};
  x->request = http_client_start(x->client, &call, on_done, x, &f);
  if (!x->request)
    drop_batch(x, f.text);
}

static void time_has_come(void *who)
{
  struct otlp_exporter *x = who;
  post(x);
  go_on(x);
}

static void flush_is_over(void *who)
{
  struct otlp_exporter *x = who;
  loop_timer_stop(x->later);
  drop_queue(x, "the collector took too long");
  if (x->request)
    http_client_cancel(x->request); /* then its batch is dropped */
  else
    drop_batch(x, "the collector took too long");
}

struct otlp_exporter *otlp_exporter_open(struct uv_loop_s *loop,
                                         struct http_client *client,
                                         const struct otlp_settings *settings)
{
  struct otlp_exporter *x = mem_new(sizeof *x);
  x->client = client;
  x->settings = settings;
  x->queue = buf_make(LIMIT_OTLP_QUEUE_BYTES);
  x->batch = buf_make(settings->head.len + LIMIT_OTLP_QUEUE_BYTES + sizeof TAIL);
  x->later = loop_timer_new(loop, time_has_come, x);
  x->last = loop_timer_new(loop, flush_is_over, x);
  return x;
}

void otlp_exporter_add(struct otlp_exporter *x, struct span span_json)
{
  if (x->queue.len + span_json.len + 1 > LIMIT_OTLP_QUEUE_BYTES) {
    drop(x, 1, "more wait than there is room for");
    return;
  }
  if (x->queued++ > 0)
    buf_add_char(&x->queue, ',');
  buf_add(&x->queue, span_json);
  if (x->tries == 0 && x->queue.len >= LIMIT_OTLP_BATCH_BYTES)
    loop_timer_start(x->later, 0);
  go_on(x);
}

void otlp_exporter_end(struct otlp_exporter *x)
{
  if (!x || x->ending)
    return;
  x->ending = true;
  if (!x->request && x->queued == 0 && x->tries == 0)
    return;
  loop_timer_start(x->last, LIMIT_OTLP_FLUSH_MS);
  if (!x->request)
    loop_timer_start(x->later, 0);
}

struct otlp_counts otlp_exporter_counts(const struct otlp_exporter *x)
{
  return x ? x->counts : (struct otlp_counts){0};
}

void otlp_exporter_close(struct otlp_exporter *x)
{
  if (!x)
    return;
  loop_timer_free(x->later);
  loop_timer_free(x->last);
  x->ending = x->closed = true;
  drop_queue(x, "runlet ends");
  drop_batch(x, "runlet ends");
  if (x->request)
    http_client_cancel(x->request);
  else
    free_exporter(x);
}
