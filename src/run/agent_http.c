/* SPDX-License-Identifier: MIT */
/* agent_http.c - see agent_http.h. */
#include "run/agent_http.h"

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
  struct loop_timer *later; /* tells of calls that were not made, and of the end */
  bool paused, closing;
  void (*closed)(void *who);
  void *who;
};

static void tell(struct agent_http_call *c, int status, struct span text)
{
  struct agent_http *l = c->agent_http;
  struct agent_input input = {.kind = c->stream ? AGENT_STREAM : AGENT_ANSWER,
                              .tag = c->tag,
                              .status = status,
                              .text = text};
  if (!l->closing)
    l->setup.calls->on_input(l->setup.who, &input);
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

static struct agent_http_call *unmade(const struct agent_http *l)
{
  struct agent_http_call *c = l->first;
  while (c && c->request)
    c = c->next;
  return c;
}

static void on_later(void *who)
{
  struct agent_http *l = who;
  struct agent_http_call *c;
  while ((c = unmade(l))) {
    tell(c, 0, span_of(c->fault.text));
    call_free(c);
  }
  if (!l->closing || l->first)
    return;
  void (*closed)(void *) = l->closed;
  void *closed_who = l->who;
  loop_timer_free(l->later);
  free(l);
  closed(closed_who);
}

/* -- what comes back -- */

static void on_data(void *who, struct span data)
{
  tell(who, 200, data);
}

static void on_too_long(void *who, size_t ceiling)
{
  struct agent_http *l = ((struct agent_http_call *)who)->agent_http;
  if (!l->closing)
    l->setup.calls->on_too_long(l->setup.who, ceiling);
}

static void on_piece(void *who, struct span bytes)
{
  struct agent_http_call *c = who;
  sse_reader_add(&c->reader, bytes);
}

static void on_done(void *who, struct http_client_answer *answer)
{
  struct agent_http_call *c = who;
  struct agent_http *l = c->agent_http;
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
  if (l->closing)
    loop_timer_start(l->later, 0);
}

/* -- calling -- */

static int start(struct agent_http_call *c, const struct agent_action_call *from)
{
  static const char json[] = "Content-Type: application/json";
  struct agent_http *l = c->agent_http;
  struct buf authorization = buf_make(16 * KIB);
  const char *headers[3] = {0};
  size_t count = 0;
  struct http_call call = {.method = from->method,
                           .url = from->url,
                           .headers = headers,
                           .body = buf_span(&from->body),
                           .connect_ms = LIMIT_AGENT_CONNECT_MS,
                           .answer_ceiling = l->setup.ceiling,
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
  c->request = http_client_start(l->setup.client, &call, on_done, c, &c->fault);
  buf_wipe(&authorization);
  return c->request ? 0 : -1;
}

void agent_http_send(struct agent_http *l, struct agent_actions *actions)
{
  static const struct sse_reader_calls reading = {on_data, on_too_long};
  for (size_t i = 0; i < actions->call_count && !l->closing; i++) {
    const struct agent_action_call *from = &actions->calls[i];
    struct agent_http_call *c = mem_new(sizeof *c);
    *c = (struct agent_http_call){.agent_http = l,
                                  .next = l->first,
                                  .tag = from->tag,
                                  .stream = from->stream,
                                  .reader =
                                      sse_reader_make(l->setup.ceiling, &reading, c)};
    l->first = c;
    if (start(c, from) < 0)
      loop_timer_start(l->later, 0);
    else if (c->stream && l->paused)
      http_client_pause(c->request, true);
  }
  agent_actions_clear(actions);
}

void agent_http_pause(struct agent_http *l, bool paused)
{
  l->paused = paused;
  for (struct agent_http_call *c = l->first; c; c = c->next)
    if (c->request && c->stream)
      http_client_pause(c->request, paused);
}

struct agent_http *agent_http_open(const struct agent_http_setup *setup)
{
  struct agent_http *l = mem_new(sizeof *l);
  l->setup = *setup;
  l->later = loop_timer_new(setup->loop, on_later, l);
  return l;
}

void agent_http_close(struct agent_http *l, void (*closed)(void *who), void *who)
{
  l->closing = true;
  l->closed = closed;
  l->who = who;
  for (struct agent_http_call *c = l->first; c; c = c->next)
    if (c->request)
      http_client_cancel(c->request);
  loop_timer_start(l->later, 0);
}
