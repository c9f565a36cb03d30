/* SPDX-License-Identifier: MIT */
/* agent_http.c - the calls under way, each until it was handed back.
 *
 * A call that could not be made stays in the list without a request until the next turn,
 * for nothing may be handed back from inside agent_http_send().  */
#include "agent_http.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "http/http_client.h"
#include "http/sse_reader.h"
#include "io/loop.h"

#include <stdlib.h>

struct agent_http_call {
  struct agent_http *agent_http;
  struct agent_http_call *next;
  int tag;
  bool stream;
  struct http_client_request *request; /* NULL: it could not be made, see `fault` */
  struct sse_reader reader;
  struct fault fault;
};

struct agent_http {
  struct agent_http_setup setup;
  struct agent_http_call *first;
  /* For what must not come from inside: calls that could not be made, and the end. */
  struct loop_timer *later;
  unsigned long long turn_until_ms;
  bool paused, closing;
  void (*closed)(void *who);
  void *who;
};

/* After the close nobody listens any more. */
static void tell(struct agent_http_call *c, int status, struct span text)
{
  struct agent_http *h = c->agent_http;
  struct agent_input input = {.kind = c->stream ? AGENT_STREAM : AGENT_ANSWER,
                              .tag = c->tag,
                              .status = status,
                              .text = text};
  if (!h->closing)
    h->setup.calls->on_input(h->setup.who, &input);
}

static void call_free(struct agent_http_call *c)
{
  struct agent_http_call **at = &c->agent_http->first;
  while (*at != c)
    at = &(*at)->next;
  *at = c->next;
  sse_reader_free(&c->reader);
  free(c);
}

/* A call whose request could not be made: its reason is still to be told. */
static struct agent_http_call *unmade(const struct agent_http *h)
{
  struct agent_http_call *c = h->first;
  while (c && c->request)
    c = c->next;
  return c;
}

static void on_later(void *who)
{
  struct agent_http *h = who;
  struct agent_http_call *c;
  while ((c = unmade(h))) {
    tell(c, 0, span_of(c->fault.text));
    call_free(c);
  }
  if (!h->closing || h->first)
    return;
  void (*closed)(void *) = h->closed;
  void *closed_who = h->who;
  loop_timer_free(h->later);
  free(h);
  closed(closed_who);
}

/* -- what comes back -- */

static void on_data(void *who, struct span data)
{
  tell(who, 200, data);
}

static void on_too_long(void *who, size_t ceiling)
{
  struct agent_http *h = ((struct agent_http_call *)who)->agent_http;
  if (!h->closing)
    h->setup.calls->on_too_long(h->setup.who, ceiling);
}

/* An event may cost much to understand, and others wait for the loop. */
static bool has_heard_enough(void *who)
{
  const struct agent_http *h = ((const struct agent_http_call *)who)->agent_http;
  return clock_ticks_ms() >= h->turn_until_ms;
}

static size_t on_piece(void *who, struct span bytes)
{
  struct agent_http_call *c = who;
  c->agent_http->turn_until_ms = clock_ticks_ms() + LIMIT_TURN_MS;
  return sse_reader_add(&c->reader, bytes);
}

/* A stream that was refused is told like an answer: with its status and words. */
static void on_done(void *who, struct http_client_answer *answer)
{
  struct agent_http_call *c = who;
  struct agent_http *h = c->agent_http;
  if (answer->fault) {
    tell(c, 0, span_of(answer->fault->text));
  } else if (c->stream && answer->status >= 200 && answer->status < 300) {
    tell(c, 0, SPAN_LITERAL("the event stream ended"));
  } else {
    struct buf text = buf_make(3 * answer->body->len + 1);
    utf8_repair(buf_span(answer->body), &text);
    tell(c, answer->status, buf_span(&text));
    buf_free(&text);
  }
  call_free(c);
  if (h->closing)
    loop_timer_start(h->later, 0);
}

/* -- calling -- */

static int start(struct agent_http_call *c, const struct agent_action_call *from)
{
  static const char json[] = "Content-Type: application/json";
  struct agent_http *h = c->agent_http;
  struct buf authorization = buf_make(16 * KIB);
  const char *headers[3] = {0};
  size_t count = 0;
  struct http_call call = {.method = from->method,
                           .url = from->url,
                           .headers = headers,
                           .body = buf_span(&from->body),
                           .connect_ms = LIMIT_AGENT_CONNECT_MS,
                           .answer_ceiling = h->setup.ceiling,
                           .budget = h->setup.budget,
                           .on_piece = from->stream ? on_piece : NULL};
  if (!span_starts(span_of(from->url), "http://127.0.0.1:"))
    return fault_set(&c->fault, FAULT_AGENT, "not an address of the agent: %s",
                     from->url);
  if (from->authorization) {
    buf_addf(&authorization, "Authorization: %s", from->authorization);
    headers[count++] = buf_cstring(&authorization);
  }
  if (from->body.len > 0)
    headers[count++] = json;
  c->request = http_client_start(h->setup.client, &call, on_done, c, &c->fault);
  buf_wipe(&authorization);
  return c->request ? 0 : -1;
}

void agent_http_send(struct agent_http *h, struct agent_actions *actions)
{
  static const struct sse_reader_calls reading = {on_data, on_too_long, has_heard_enough};
  for (size_t i = 0; i < actions->call_count && !h->closing; i++) {
    const struct agent_action_call *from = &actions->calls[i];
    struct agent_http_call *c = mem_new(sizeof *c);
    *c = (struct agent_http_call){.agent_http = h,
                                  .next = h->first,
                                  .tag = from->tag,
                                  .stream = from->stream,
                                  .reader =
                                      sse_reader_make(h->setup.ceiling, &reading, c)};
    buf_charge(&c->reader.lines.part, h->setup.budget);
    buf_charge(&c->reader.data, h->setup.budget);
    h->first = c;
    if (start(c, from) < 0)
      loop_timer_start(h->later, 0);
    else if (c->stream && h->paused)
      http_client_pause(c->request, true);
  }
  agent_actions_clear(actions);
}

void agent_http_pause(struct agent_http *h, bool paused)
{
  h->paused = paused;
  for (struct agent_http_call *c = h->first; c; c = c->next)
    if (c->request && c->stream)
      http_client_pause(c->request, paused);
}

struct agent_http *agent_http_open(const struct agent_http_setup *setup)
{
  struct agent_http *h = mem_new(sizeof *h);
  h->setup = *setup;
  h->later = loop_timer_new(setup->loop, on_later, h);
  return h;
}

void agent_http_close(struct agent_http *h, void (*closed)(void *who), void *who)
{
  h->closing = true;
  h->closed = closed;
  h->who = who;
  for (struct agent_http_call *c = h->first; c; c = c->next)
    if (c->request)
      http_client_cancel(c->request);
  loop_timer_start(h->later, 0);
}
