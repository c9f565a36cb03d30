/* SPDX-License-Identifier: MIT */
/* tool_call.c - see tool_call.h. */
#include "tool/tool_call.h"

#include "base/ids.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "http/http_client.h"
#include "io/loop.h"
#include "process/helper_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS 9 /* at most, with the NULL */

static const unsigned retry_after_ms[] = {
    100, 400}; /* when the request certainly never left */

struct tool_call {
  const struct tool_route *route;
  struct buf name, body, id;
  bool takes_mcp, cancelled;
  unsigned attempt, unsent; /* requests so far; of them that never left */
  unsigned long long began_ms, deadline_ms;
  struct http_client_request *request;
  struct command *command;
  /* The next attempt, or an answer that must not come from inside; NULL until needed. */
  struct loop_timer *later;
  struct fault start_fault;
  tool_call_done *on_answer;
  void *who;
};

static void answer(struct tool_call *c, const struct tool_answer *a)
{
  loop_timer_free(c->later);
  if (c->route->on_ended)
    c->route->on_ended(c->route->ended_who, a, (unsigned)(ids_ticks_ms() - c->began_ms));
  c->on_answer(c->who, a);
  buf_free(&c->name);
  buf_free(&c->body);
  buf_free(&c->id);
  free(c);
}

static void answer_failed(struct tool_call *c, const char *why)
{
  struct tool_answer a = {.cancelled = c->cancelled};
  struct buf text = buf_make(64 * KIB);
  if (!c->cancelled)
    tool_answer_fail(&a, &text, why);
  answer(c, &a);
  buf_free(&text);
}

static unsigned left_ms(const struct tool_call *c)
{
  unsigned long long now = ids_ticks_ms();
  return now < c->deadline_ms ? (unsigned)(c->deadline_ms - now) : 0;
}

static void attempt(struct tool_call *c);

static void go_on(void *who)
{
  struct tool_call *c = who;
  if (c->cancelled)
    answer_failed(c, "");
  else if (c->start_fault.kind != FAULT_NONE)
    answer_failed(c, c->start_fault.text);
  else
    attempt(c);
}

static void later(struct tool_call *c, unsigned ms)
{
  if (!c->later)
    c->later = loop_timer_new(c->route->loop, go_on, c);
  loop_timer_start(c->later, ms);
}

/* False: there is no time for another attempt. */
static bool again(struct tool_call *c, unsigned after_ms)
{
  if (after_ms >= left_ms(c))
    return false;
  later(c, after_ms);
  return true;
}

/* -- over HTTP -- */

static void http_failed(struct tool_call *c, const struct http_client_answer *got)
{
  bool may_repeat =
      !got->maybe_sent && c->unsent < sizeof retry_after_ms / sizeof *retry_after_ms;
  if (may_repeat && !c->cancelled && again(c, retry_after_ms[c->unsent])) {
    c->unsent++;
    return;
  }
  struct buf why = buf_make(KIB);
  buf_addf(&why, "fetch failed: %s", got->fault->text);
  answer_failed(c, buf_cstring(&why));
  buf_free(&why);
}

static void http_answered(void *who, struct http_client_answer *got)
{
  struct tool_call *c = who;
  c->request = NULL;
  if (got->fault || c->cancelled) {
    if (c->cancelled)
      answer_failed(c, "");
    else
      http_failed(c, got);
    return;
  }
  struct tool_reply reply = {buf_span(&c->name), c->takes_mcp, got->status,
                             buf_span(got->body), got->retry_after_ms};
  struct tool_answer a;
  struct buf text = buf_make(3 * c->route->answer_ceiling);
  unsigned retry_ms = 0;
  enum tool_outcome outcome = tool_answer_read(&reply, &a, &text, &retry_ms);
  a.memory = text.len > 0 ? &text : got->body;
  if (outcome != TOOL_PENDING)
    answer(c, &a);
  else if (!again(c, retry_ms))
    answer_failed(c, "the tool's answer was still pending at its deadline (toolMs)");
  buf_free(&text);
}

/* A line and a NUL.  A value may hold anything; a header may not. */
static void add_header(struct buf *lines, const char *name, struct span value)
{
  buf_add_text(lines, name);
  size_t begin = lines->len;
  buf_add(lines, value);
  for (size_t i = begin; i < lines->len; i++)
    if ((unsigned char)lines->at[i] < 0x20 || lines->at[i] == 0x7f)
      lines->at[i] = '_';
  buf_add_char(lines, 0);
}

static void add_headers(struct buf *lines, const struct tool_call *c)
{
  const struct tool_route *route = c->route;
  char number[16];
  snprintf(number, sizeof number, "%u", c->attempt);
  /* All of it at once: a buffer that grows leaves the token behind. */
  buf_reserve(lines, KIB / 4 + 2 * c->id.len + route->run_id.len +
                         route->traceparent.len + route->token.len);
  add_header(lines, "content-type: ", SPAN_LITERAL("application/json"));
  add_header(lines, "accept: ", SPAN_LITERAL("*/*"));
  add_header(lines, "authorization: Bearer ", route->token);
  add_header(lines, "x-runlet-run-id: ", route->run_id);
  add_header(lines, "x-runlet-call-id: ", buf_span(&c->id));
  add_header(lines, "idempotency-key: ", buf_span(&c->id));
  add_header(lines, "x-runlet-attempt: ", span_of(number));
  if (route->traceparent.len > 0)
    add_header(lines, "traceparent: ", route->traceparent);
}

static void attempt_http(struct tool_call *c)
{
  const struct tool_route *route = c->route;
  const char *headers[HEADERS] = {0};
  struct buf lines = buf_make(MIB);
  add_headers(&lines, c);
  size_t count = 0;
  for (size_t at = 0; at < lines.len; at += strlen(lines.at + at) + 1)
    headers[count++] = lines.at + at;
  char *url = span_copy(route->url);
  struct http_call call = {.method = "POST",
                           .url = url,
                           .headers = headers,
                           .body = buf_span(&c->body),
                           .connect_ms = LIMIT_TOOL_CONNECT_MS,
                           .total_ms = left_ms(c) ? left_ms(c) : 1,
                           .answer_ceiling = route->answer_ceiling};
  c->request = http_client_start(route->client, &call, http_answered, c, &c->start_fault);
  if (!c->request)
    later(c, 0);
  free(url);
  buf_wipe(&lines);
}

/* -- by a local command -- */

/* One JSON value on stdout is the result, anything else a string. */
static void command_answers(struct tool_call *c, const struct command_end *end)
{
  static const char *const whole[] = {"result", NULL};
  const struct json_rules rules = {.raw = whole};
  struct buf wrapped = buf_make(4 * c->route->answer_ceiling),
             text = buf_make(4 * c->route->answer_ceiling);
  struct span output = span_trim(buf_span(end->output));
  utf8_repair(output, &text);
  buf_add_text(&wrapped, "{\"result\":");
  buf_add(&wrapped, buf_span(&text));
  buf_add_char(&wrapped, '}');
  struct fault ignored = {0};
  struct json *doc = json_parse(buf_span(&wrapped), &rules, &ignored);
  struct tool_answer a = {.result = json_raw(json_get(json_root(doc), "result"))};
  if (!doc || json_count(json_root(doc)) != 1) {
    struct span plain = buf_span(&text);
    buf_clear(&wrapped);
    json_escape(&wrapped, plain);
    a.result = buf_span(&wrapped);
  }
  answer(c, &a);
  json_free(doc);
  buf_free(&wrapped);
  buf_free(&text);
}

static void command_ended(void *who, struct command_end *end)
{
  struct tool_call *c = who;
  c->command = NULL;
  struct span complaint = span_trim(end->stderr_tail);
  struct buf why = buf_make(64 * KIB);
  if (c->cancelled) {
    answer_failed(c, "");
  } else if (end->fault) {
    answer_failed(c, end->fault->text);
  } else if (end->status == 0 && end->signal == 0) {
    command_answers(c, end);
  } else {
    if (complaint.len > 0)
      utf8_repair(complaint, &why);
    else if (end->signal)
      buf_addf(&why, "--tool-command was killed by signal %d", end->signal);
    else
      buf_addf(&why, "--tool-command exited with code %d", end->status);
    answer_failed(c, buf_cstring(&why));
  }
  buf_free(&why);
}

static void attempt_command(struct tool_call *c)
{
  char shell[] = "/bin/sh", flag[] = "-c";
  char *command = span_copy(span_of(c->route->command));
  char *argv[] = {shell, flag, command, NULL};
  struct command_setup setup = {.argv = argv,
                                .env = c->route->command_env,
                                .input = buf_span(&c->body),
                                .output_ceiling = c->route->answer_ceiling,
                                .deadline_ms = c->route->timeout_ms};
  c->command = command_start(c->route->loop, &setup, command_ended, c, &c->start_fault);
  if (!c->command)
    later(c, 0);
  free(command);
}

/* -- both -- */

static void attempt(struct tool_call *c)
{
  c->attempt++;
  if (c->route->command)
    attempt_command(c);
  else
    attempt_http(c);
}

struct tool_call *tool_call_start(const struct tool_route *route, struct span name,
                                  bool takes_mcp, struct span args_json,
                                  tool_call_done *on_answer, void *who)
{
  struct tool_call *c = mem_new(sizeof *c);
  c->route = route;
  c->takes_mcp = takes_mcp;
  c->on_answer = on_answer;
  c->who = who;
  c->began_ms = ids_ticks_ms();
  c->deadline_ms = c->began_ms + route->timeout_ms;
  c->name = buf_make(LIMIT_BRIDGE_BODY_BYTES);
  buf_add(&c->name, name);
  c->id = buf_make(KIB);
  c->body = buf_make(args_json.len + 6 * name.len + KIB);
  buf_add_text(&c->body, "{\"name\":");
  json_escape(&c->body, name);
  buf_add_text(&c->body, ",\"args\":");
  buf_add(&c->body, args_json);
  buf_add_char(&c->body, '}');
  if (ids_fresh(&c->id, "call", &c->start_fault) < 0)
    later(c, 0);
  else
    attempt(c);
  return c;
}

void tool_call_cancel(struct tool_call *c)
{
  if (c->cancelled)
    return;
  c->cancelled = true;
  if (c->request)
    http_client_cancel(c->request);
  else if (c->command)
    command_cancel(c->command);
  else
    later(c, 0);
}
