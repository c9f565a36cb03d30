/* SPDX-License-Identifier: MIT */
/* tool_call.c - the rules of every call, whatever runs it: when it is tried again, when
 * it is given up, and that it has one answer.  See tool_call.h. */
#include "tool/tool_call.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/loop.h"

#include <stdlib.h>

/* How long to wait before an attempt that never left is repeated. */
static const unsigned unsent_retry_ms[] = {100, 400};
#define UNSENT_RETRIES (sizeof unsent_retry_ms / sizeof *unsent_retry_ms)

struct tool_call {
  const struct tool_route *route;
  const struct tool_executor *executor; /* the route's */
  struct buf name, message, id;
  bool takes_mcp, cancelled;
  char traceparent[TOOL_TRACEPARENT_BYTES]; /* "": as the source has it */
  void *begun;                              /* of route->on_begun */
  struct tool_wait place;                   /* among the calls in flight */
  unsigned attempt, unsent;                 /* attempts so far; of them that never left */
  unsigned long long began_ms, deadline_ms;
  void *work; /* the attempt at work, the executor's; NULL: none */
  /* The next attempt, or an answer that must not come from inside; NULL until needed. */
  struct loop_timer *later;
  struct fault start_fault;
  tool_call_done *on_answer;
  void *who;
};

/* The only way out: every call passes here once, and is gone afterwards. */
static void answer(struct tool_call *c, const struct tool_answer *a)
{
  loop_timer_free(c->later);
  tool_place_give_back(&c->place);
  if (c->route->on_ended)
    c->route->on_ended(c->route->ended_who, a,
                       (unsigned)(clock_ticks_ms() - c->began_ms));
  if (c->begun)
    c->route->on_over(c->route->begun_who, c->begun, a);
  c->on_answer(c->who, a);
  buf_free(&c->name);
  buf_free(&c->message);
  buf_free(&c->id);
  free(c);
}

static void answer_cancelled(struct tool_call *c)
{
  struct tool_answer a = {.cancelled = true};
  answer(c, &a);
}

static void answer_failed(struct tool_call *c, const char *why)
{
  struct tool_answer a = {0};
  struct buf text = buf_make(64 * KIB);
  tool_answer_fail(&a, &text, why);
  answer(c, &a);
  buf_free(&text);
}

/* It did not run, whatever the tool's results are like. */
static void answer_refused(struct tool_call *c)
{
  const struct tool_line *l = c->route->line;
  struct buf error = buf_make(KIB);
  buf_addf(&error,
           "{\"code\":%d,\"message\":\"too many calls: %u are in flight and %u wait\"}",
           TOOL_TOO_MANY, l->in_flight, l->waiting);
  struct tool_answer a = {.error = buf_span(&error)};
  answer(c, &a);
  buf_free(&error);
}

/* -- attempts -- */

static unsigned left_ms(const struct tool_call *c)
{
  unsigned long long now = clock_ticks_ms();
  return now < c->deadline_ms ? (unsigned)(c->deadline_ms - now) : 0;
}

static void attempt(struct tool_call *c);

/* The next turn of the loop, for whatever must not happen from inside. */
static void go_on(void *who)
{
  struct tool_call *c = who;
  if (c->cancelled)
    answer_cancelled(c);
  else if (c->start_fault.kind != FAULT_NONE)
    answer_failed(c, c->start_fault.text);
  else if (c->place.place == TOOL_PLACE_NONE && c->route->line)
    answer_refused(c);
  else if (c->place.place == TOOL_PLACE_WAITING)
    answer_failed(c, "too many calls were in flight until its deadline (toolMs)");
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

/* From inside another call's answer. */
static void has_place(void *who)
{
  later(who, 0);
}

/* A cancel beats whatever the attempt said: nobody waits for it any more. */
static void attempt_ended(void *who, const struct tool_attempt_end *end)
{
  struct tool_call *c = who;
  c->work = NULL;
  if (c->cancelled) {
    answer_cancelled(c);
  } else if (end->outcome == TOOL_ATTEMPT_PENDING) {
    if (!again(c, end->retry_ms))
      answer_failed(c, "the tool's answer was still pending at its deadline (toolMs)");
  } else if (end->outcome == TOOL_ATTEMPT_UNSENT && c->unsent < UNSENT_RETRIES &&
             again(c, unsent_retry_ms[c->unsent])) {
    c->unsent++;
  } else {
    answer(c, &end->answer);
  }
}

static void attempt(struct tool_call *c)
{
  const struct tool_executor *executor = c->executor;
  /* The first has all the time there is, to the millisecond: failures name it. */
  unsigned left = c->attempt == 0 && !c->later ? c->route->timeout_ms : left_ms(c);
  struct tool_attempt now = {.tool = buf_span(&c->name),
                             .message = buf_span(&c->message),
                             .call_id = buf_span(&c->id),
                             .number = ++c->attempt,
                             .left_ms = left ? left : 1,
                             .takes_mcp = c->takes_mcp,
                             .traceparent = span_of(c->traceparent)};
  c->work = executor->start(executor->context, &now, attempt_ended, c, &c->start_fault);
  if (!c->work)
    later(c, 0);
}

/* -- the call -- */

static void begin(struct tool_call *c)
{
  switch (tool_place_take(&c->place, c->route->line, has_place, c)) {
  case TOOL_PLACE_TAKEN:
    attempt(c);
    break;
  case TOOL_PLACE_WAITING:
    later(c, c->route->timeout_ms);
    break;
  case TOOL_PLACE_NONE:
    later(c, 0);
  }
}

struct tool_call *tool_call_start(const struct tool_route *route, struct span name,
                                  unsigned how, struct span args_json,
                                  tool_call_done *on_answer, void *who)
{
  struct tool_call *c = mem_new(sizeof *c);
  c->route = route;
  c->executor = how & TOOL_OF_SERVER ? &route->server : &route->executor;
  c->takes_mcp = how & TOOL_TAKES_MCP;
  c->on_answer = on_answer;
  c->who = who;
  c->began_ms = clock_ticks_ms();
  c->deadline_ms = c->began_ms + route->timeout_ms;
  c->name = buf_make(LIMIT_BRIDGE_BODY_BYTES);
  buf_add(&c->name, name);
  c->id = buf_make(KIB);
  c->message = buf_make(args_json.len + 6 * name.len + KIB);
  buf_charge(&c->message, route->budget);
  buf_add_text(&c->message, "{\"name\":");
  json_escape(&c->message, name);
  buf_add_text(&c->message, ",\"args\":");
  buf_add(&c->message, args_json);
  buf_add_char(&c->message, '}');
  bool named = ids_fresh(&c->id, "call", &c->start_fault) == 0;
  if (route->on_begun)
    c->begun = route->on_begun(route->begun_who, name, buf_span(&c->id), args_json,
                               c->traceparent);
  if (named)
    begin(c);
  else
    later(c, 0);
  return c;
}

void tool_call_cancel(struct tool_call *c)
{
  if (c->cancelled)
    return;
  c->cancelled = true;
  if (c->work)
    c->executor->cancel(c->work);
  else
    later(c, 0);
}
