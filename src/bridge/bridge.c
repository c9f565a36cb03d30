/* SPDX-License-Identifier: MIT */
/* bridge.c - see bridge.h.
 *
 * A tools/call is answered adaptively: plain JSON when the host is quick, else an event
 * stream whose head leaves early and which shows signs of life - clients give up at 60 s
 * without headers otherwise. */
#include "bridge/bridge.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "bridge/mcp.h"
#include "io/http_server.h"
#include "io/loop.h"
#include "io/sse.h"

#include <stdio.h>
#include <stdlib.h>

#define TOKEN_BYTES 32

struct open_call { /* one tools/call under way */
  struct bridge *bridge;
  struct open_call *next;
  struct http_exchange *exchange; /* NULL: the agent hung up, or it was answered */
  struct mcp_call call;
  struct tool_call *tool_call;
  struct loop_timer *timer; /* the hold, then the signs of life */
  bool streaming, gone;
  unsigned step;
};

struct bridge {
  struct bridge_setup setup;
  struct http_server *server;
  char token[2 * TOKEN_BYTES + 1];
  char url[64];
  struct bridge_facts facts;
  struct open_call *first;
  bool closing, server_closed;
  void (*closed)(void *who);
  void *who;
};

/* -- answers -- */

static void answer_text(struct http_exchange *x, int status, const char *text)
{
  struct http_header allow = {SPAN_LITERAL("allow"), SPAN_LITERAL("POST")};
  struct http_answer a = {.status = status,
                          .content_type = "text/plain",
                          .headers = &allow,
                          .header_count = status == 405 ? 1 : 0};
  http_reply(x, &a, span_of(text));
}

static void answer_json(struct http_exchange *x, int status, struct span json)
{
  struct http_answer a = {.status = status, .content_type = "application/json"};
  http_reply(x, &a, json);
}

static bool accepts(const struct http_exchange *x, const char *type)
{
  struct span accept = http_request_header(http_exchange_request(x), "accept");
  size_t n = span_of(type).len;
  for (size_t i = 0; i + n <= accept.len; i++)
    if (span_is_nocase((struct span){accept.at + i, n}, type))
      return true;
  return false;
}

/* -- one call -- */

static void call_free(struct open_call *c)
{
  struct open_call **at = &c->bridge->first;
  while (*at != c)
    at = &(*at)->next;
  *at = c->next;
  c->bridge->facts.open_calls--;
  loop_timer_free(c->timer);
  mcp_call_free(&c->call);
  free(c);
}

static void bridge_may_close(struct bridge *b);

static void send_answer(struct open_call *c, const struct tool_answer *answer)
{
  struct buf reply = buf_make(LIMIT_EVENT_LINE_BYTES),
             event = buf_make(LIMIT_EVENT_LINE_BYTES);
  mcp_finish(&c->call, answer, &reply);
  if (c->streaming) {
    sse_write_message(buf_span(&reply), &event);
    http_write(c->exchange, buf_span(&event));
    http_end(c->exchange);
  } else {
    answer_json(c->exchange, 200, buf_span(&reply));
  }
  buf_free(&reply);
  buf_free(&event);
}

static void tool_answered(void *who, const struct tool_answer *answer)
{
  struct open_call *c = who;
  struct bridge *b = c->bridge;
  c->tool_call = NULL;
  if (c->exchange && answer->cancelled && c->streaming)
    http_end(c->exchange); /* whoever cancelled wants no response */
  else if (c->exchange && answer->cancelled)
    answer_text(c->exchange, 202, "");
  else if (c->exchange)
    send_answer(c, answer);
  call_free(c);
  bridge_may_close(b);
}

static void agent_gone(void *who)
{
  struct open_call *c = who;
  c->exchange = NULL; /* nobody can collect the result: the host need not work on it */
  if (c->tool_call)
    tool_call_cancel(c->tool_call);
}

static void show_life(void *who)
{
  struct open_call *c = who;
  if (!c->exchange)
    return;
  struct buf message = buf_make(64 * KIB), event = buf_make(256 * KIB);
  if (c->call.progress_token_json.len > 0) {
    mcp_progress(&c->call, ++c->step, &message);
    sse_write_message(buf_span(&message), &event);
  } else {
    sse_write_comment(SPAN_LITERAL("waiting"), &event);
  }
  http_write(c->exchange, buf_span(&event));
  buf_free(&message);
  buf_free(&event);
}

static void hold_is_over(void *who)
{
  struct open_call *c = who;
  struct http_header headers[] = {
      {SPAN_LITERAL("cache-control"), SPAN_LITERAL("no-cache")},
      {SPAN_LITERAL("x-accel-buffering"), SPAN_LITERAL("no")}};
  struct http_answer a = {.status = 200,
                          .content_type = "text/event-stream",
                          .headers = headers,
                          .header_count = 2};
  if (!c->exchange)
    return;
  c->streaming = true;
  http_begin(c->exchange, &a, SPAN_LITERAL(":\n\n"));
  loop_timer_free(c->timer);
  c->timer = loop_timer_new(c->bridge->setup.loop, show_life, c);
  loop_timer_repeat(c->timer, c->bridge->setup.progress_ms);
}

static void start_call(struct bridge *b, struct http_exchange *x, struct mcp_call *call)
{
  struct open_call *c = mem_new(sizeof *c);
  *c = (struct open_call){.bridge = b, .next = b->first, .exchange = x, .call = *call};
  b->first = c;
  b->facts.calls++;
  b->facts.open_calls++;
  http_exchange_on_gone(x, agent_gone, c);
  c->timer = loop_timer_new(b->setup.loop, hold_is_over, c);
  if (accepts(x, "text/event-stream"))
    loop_timer_start(c->timer, b->setup.hold_ms);
  c->tool_call =
      tool_call_start(b->setup.route, call->tool->name, call->tool->result_is_mcp,
                      buf_span(&c->call.args_json), tool_answered, c);
}

static void cancel_call(struct bridge *b, struct span id_json)
{
  for (struct open_call *c = b->first; c; c = c->next)
    if (c->tool_call && span_equal(buf_span(&c->call.id_json), id_json))
      tool_call_cancel(c->tool_call);
}

/* -- one request -- */

static bool has_token(const struct bridge *b, struct span authorization)
{
  struct span scheme = {authorization.at, authorization.len < 7 ? authorization.len : 7};
  if (!span_is_nocase(scheme, "bearer "))
    return false;
  return ids_equal_constant_time(span_trim(span_after(authorization, 7)),
                                 span_of(b->token));
}

static void on_head(void *who, struct http_exchange *x)
{
  struct bridge *b = who;
  const struct http_request *r = http_exchange_request(x);
  b->facts.requests++;
  if (!span_is(r->target, "/mcp")) {
    answer_text(x, 404, "not found");
  } else if (!has_token(b, http_request_header(r, "authorization"))) {
    b->facts.refused++;
    answer_text(x, 401, "unauthorized");
  } else if (http_request_header_count(r, "origin") > 0) {
    answer_text(x, 403, "no web page may call this");
  } else if (!span_is(r->method, "POST")) {
    answer_text(x, 405, "only POST");
  }
}

static void on_request(void *who, struct http_exchange *x)
{
  struct bridge *b = who;
  struct span version =
      http_request_header(http_exchange_request(x), "mcp-protocol-version");
  struct buf body = http_exchange_body(x), reply = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct mcp_call call = {0};
  int status;
  enum mcp_verdict verdict =
      mcp_take(b->setup.tools, buf_span(&body), &reply, &call, &status);
  (void)version; /* a probe of a newer revision gets its -32601, not a refusal */
  if (verdict == MCP_ANSWERED) {
    b->facts.listed = true;
    answer_json(x, status, buf_span(&reply));
  } else if (verdict == MCP_CALL) {
    start_call(b, x, &call);
  } else {
    if (verdict == MCP_CANCEL)
      cancel_call(b, buf_span(&call.id_json));
    mcp_call_free(&call);
    struct http_answer accepted = {.status = 202};
    http_reply(x, &accepted, (struct span){0});
  }
  buf_free(&body);
  buf_free(&reply);
}

/* -- opening and closing -- */

struct bridge *bridge_open(const struct bridge_setup *setup, struct fault *f)
{
  struct bridge *b = mem_new(sizeof *b);
  b->setup = *setup;
  if (!b->setup.hold_ms)
    b->setup.hold_ms = LIMIT_BRIDGE_HOLD_MS;
  if (!b->setup.progress_ms)
    b->setup.progress_ms = LIMIT_BRIDGE_PROGRESS_MS;
  struct http_server_setup server = {
      .limits = {LIMIT_HEADER_BYTES, LIMIT_HEADER_COUNT, LIMIT_BRIDGE_BODY_BYTES},
      .connections = LIMIT_BRIDGE_CONNECTIONS,
      .head_ms = LIMIT_HEAD_MS,
      .body_ms = LIMIT_BODY_MS,
      .write_stall_ms = LIMIT_WRITE_STALL_MS,
      .on_head = on_head,
      .on_request = on_request,
      .who = b};
  if (ids_token(b->token, TOKEN_BYTES, f) == 0)
    b->server = http_server_open(setup->loop, "127.0.0.1", 0, &server, f);
  if (!b->server) {
    mem_wipe(b->token, sizeof b->token);
    free(b);
    return NULL;
  }
  snprintf(b->url, sizeof b->url, "http://127.0.0.1:%u/mcp", http_server_port(b->server));
  return b;
}

struct bridge_address bridge_address(const struct bridge *b)
{
  return (struct bridge_address){SPAN_LITERAL(MCP_SERVER_NAME), span_of(b->url),
                                 span_of(b->token)};
}

struct bridge_facts bridge_facts(const struct bridge *b)
{
  return b->facts;
}

static void bridge_may_close(struct bridge *b)
{
  if (!b->closing || !b->server_closed || b->first)
    return;
  void (*closed)(void *) = b->closed;
  void *who = b->who;
  free(b);
  if (closed)
    closed(who);
}

static void server_closed(void *who)
{
  struct bridge *b = who;
  b->server_closed = true;
  bridge_may_close(b);
}

void bridge_close(struct bridge *b, void (*closed)(void *who), void *who)
{
  b->closing = true;
  b->closed = closed;
  b->who = who;
  mem_wipe(b->token, sizeof b->token);
  for (struct open_call *c = b->first; c; c = c->next)
    if (c->tool_call)
      tool_call_cancel(c->tool_call);
  http_server_close(b->server, server_closed,
                    b); /* tells each open call that its agent is gone */
}
