/* SPDX-License-Identifier: MIT */
/* run_hold.c - a list of what is held, and one timer: first until it is quiet enough to
 * end the stream, then until somebody must have gone on.  */
#include "run/run_hold.h"

#include "base/clock.h"
#include "base/json_slice.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "event/event_hold.h"
#include "io/loop.h"
#include "request/permission.h"
#include "run/run.h"
#include "run/run_tools.h"
#include "run_state.h"
#include "tracing.h"

#include <stdio.h>
#include <stdlib.h>

struct held { /* a call, or a question */
  struct held *next;
  bool question;
  bool told;            /* the stream has ended for it */
  struct buf id;        /* the relay's, or the question's */
  struct buf call;      /* the id in the events, JSON; empty: not known (yet) */
  struct buf name;      /* of the tool */
  struct buf args;      /* raw JSON */
  struct buf interrupt; /* of a question: its id for the client */
  unsigned long long since_ms;
};

static struct buf copy(struct span s)
{
  struct buf b = buf_make(s.len + 1);
  buf_add(&b, s);
  return b;
}

static void drop(struct run *r, struct held *gone)
{
  struct held **at = &r->hold.first;
  while (*at != gone)
    at = &(*at)->next;
  *at = gone->next;
  buf_free(&gone->id);
  buf_free(&gone->call);
  buf_free(&gone->name);
  buf_free(&gone->args);
  buf_free(&gone->interrupt);
  free(gone);
}

static void set_timer(struct run *r, unsigned ms)
{
  if (r->hold.timer)
    loop_timer_start(r->hold.timer, ms);
}

static struct held *add(struct run *r, bool question, struct span id, struct span name,
                        struct span args)
{
  struct held *h = mem_new(sizeof *h), **end = &r->hold.first;
  *h = (struct held){.question = question,
                     .id = copy(id),
                     .name = copy(name),
                     .args = copy(args.len > 0 ? args : SPAN_LITERAL("{}")),
                     .call = buf_make(LIMIT_EVENT_LINE_BYTES),
                     .interrupt = buf_make(LIMIT_EVENT_LINE_BYTES),
                     .since_ms = clock_ticks_ms()};
  while (*end)
    end = &(*end)->next;
  *end = h;
  if (!r->hold.held)
    set_timer(r, LIMIT_HOLD_SETTLE_MS);
  return h;
}

static struct held *find(const struct run *r, bool question, struct span id)
{
  struct held *h = r->hold.first;
  while (h && !(h->question == question && span_equal(buf_span(&h->id), id)))
    h = h->next;
  return h;
}

/* -- what comes -- */

static void on_call(void *who, struct span id, struct span name, struct span args_json)
{
  (void)add(who, false, id, name, args_json);
}

static void call_over(void *who, struct span id)
{
  struct held *h = find(who, false, id);
  if (h)
    drop(who, h);
}

static void on_question(void *who, const struct run_question *q)
{
  struct run *r = who;
  struct held *h = add(r, true, q->id, q->tool, q->input);
  buf_add(&h->call, q->tool_call_json);
  buf_add(&h->interrupt, q->approval);
  if (q->approval.len == 0) {
    buf_add(&h->interrupt, r->req->run_id);
    buf_addf(&h->interrupt, "-ask-%u", ++r->hold.asked);
  }
}

static void question_over(void *who, struct span id, enum run_question_end why)
{
  struct held *h = find(who, true, id);
  (void)why;
  if (h)
    drop(who, h);
}

/* -- the end of a stream -- */

/* Under which id the agent has announced it; where it has not, in all this time, it is
 * told as what it is. */
static bool find_call(struct run *r, struct held *h)
{
  struct span id;
  if (h->call.len > 0 || h->question)
    return true;
  bool known = events_claim_call(r->events, buf_span(&h->name), buf_span(&h->args), &id);
  bool waits = clock_ticks_ms() - h->since_ms < LIMIT_HOLD_TOLD_MS ||
               events_backlog(r->events) > LIMIT_SINK_HIGH_BYTES; /* it is not read */
  if (!known && waits)
    return false;
  if (!known) {
    events_tool_call(r->events, TOOL_HOST, buf_span(&h->id), buf_span(&h->name),
                     buf_span(&h->args));
    known = events_claim_call(r->events, buf_span(&h->name), buf_span(&h->args), &id);
  }
  if (known)
    buf_add(&h->call, id);
  return true;
}

static void put_call(struct run *r, struct held *h, struct json_writer *ids)
{
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_raw(&w, "toolCallId", buf_span(&h->call));
  json_put_text(&w, "toolName", buf_span(&h->name));
  json_put_raw(&w, "input", buf_span(&h->args));
  json_close(&w, '}');
  events_custom(r->events, "tool-input-available", buf_span(&value));
  json_put_raw(ids, NULL, buf_span(&h->call));
  buf_free(&value);
}

/* Clients show the message; what they answer is {"approved":bool,"reason"?}. */
static void put_question(const struct held *h, struct json_writer *w)
{
  struct buf message = buf_make(LIMIT_NAME_BYTES + KIB);
  buf_addf(&message, "May the agent use %.*s?", SPAN_ARG(buf_span(&h->name)));
  json_open(w, NULL, '{');
  json_put_text(w, "id", buf_span(&h->interrupt));
  json_put_text(w, "reason", SPAN_LITERAL("approval_required"));
  json_put_text(w, "message", buf_span(&message));
  if (h->call.len > 0)
    json_put_raw(w, "toolCallId", buf_span(&h->call));
  json_put_raw(w, "responseSchema",
               SPAN_LITERAL("{\"type\":\"object\",\"properties\":{\"approved\":{"
                            "\"type\":\"boolean\"},\"reason\":{\"type\":\"string\"}},"
                            "\"required\":[\"approved\"]}"));
  json_open(w, "metadata", '{'); /* by which TanStack's client takes it for its own */
  json_put_text(w, "kind", SPAN_LITERAL("approval"));
  json_put_text(w, "toolName", buf_span(&h->name));
  json_put_raw(w, "input", buf_span(&h->args));
  json_close(w, '}');
  json_close(w, '}');
  buf_free(&message);
}

/* Questions first: a call that is held is no worse for waiting. */
static void end_stream(struct run *r)
{
  struct buf outcome = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&outcome);
  bool asks = false;
  for (const struct held *h = r->hold.first; h; h = h->next)
    asks = asks || h->question;
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", span_of(asks ? "interrupt" : "success"));
  json_open(&w, asks ? "interrupts" : "pendingToolCallIds", '[');
  for (struct held *h = r->hold.first; h; h = h->next) {
    if (h->question != asks)
      continue;
    h->told = true;
    if (asks)
      put_question(h, &w);
    else
      put_call(r, h, &w);
  }
  json_close(&w, ']');
  json_close(&w, '}');
  events_hold(r->events, buf_span(&outcome));
  buf_free(&outcome);
}

static void nobody_went_on(struct run *r)
{
  char text[100];
  (void)snprintf(text, sizeof text,
                 "nobody went on with the run within %u ms (--agui-hold-ms)",
                 r->req->hold_ms);
  run_cancel(r, "timeout", "hold-timeout", text, 0);
}

static void on_timer(void *who)
{
  struct run *r = who;
  if (r->hold.held) {
    nobody_went_on(r);
    return;
  }
  bool ready = r->hold.first && r->phase == SPEAKING && !r->code[0];
  for (struct held *h = r->hold.first; ready && h; h = h->next)
    if (!find_call(r, h)) {
      set_timer(r, LIMIT_HOLD_SETTLE_MS);
      return;
    }
  if (!ready)
    return;
  end_stream(r);
  r->hold.held = true;
  set_timer(r, r->req->hold_ms);
  r->hold.on_held(r->hold.who);
}

/* -- the beginning and the next -- */

void run_may_hold(struct run *r, void (*on_held)(void *who), void *who)
{
  if (r->req->hold_ms == 0)
    return;
  r->hold.on_held = on_held;
  r->hold.who = who;
  r->hold.timer = loop_timer_new(r->settings->loop, on_timer, r);
  r->resources.relay = (struct tool_relay){on_call, call_over, r};
  const struct run_dialogue dialogue = {.on_question = on_question,
                                        .on_question_over = question_over,
                                        .question_ms = r->req->hold_ms,
                                        .who = r};
  if (permission_mode_read(r->req->permission_mode) != PERMISSION_MODE_BYPASS ||
      policy_restricts(&r->req->policy))
    run_talk(r, &dialogue);
}

void run_hold_end(struct run *r)
{
  loop_timer_free(r->hold.timer);
  r->hold.timer = NULL;
  while (r->hold.first)
    drop(r, r->hold.first);
}

bool run_is_held(const struct run *r)
{
  return r->hold.held && r->phase == SPEAKING && !r->code[0];
}

void run_go_on(struct run *r, struct span run_id, struct sink *sink, void *who)
{
  struct buf old = r->hold.run_id;
  log_trace(r->req->run_id, (struct span){0}, (struct span){0});
  tracing_log(r, run_id);
  r->hold.run_id = copy(run_id);
  r->req->run_id = r->resources.tools.run_id = buf_span(&r->hold.run_id);
  r->hold.who = who;
  r->hold.held = false;
  sink->on_drain = r->sink->on_drain;
  sink->listener = r;
  r->sink = sink;
  events_go_on(r->events, run_id, sink);
  if (events_backlog(r->events) <= LIMIT_SINK_HIGH_BYTES)
    sink->on_drain(r);
  set_timer(r, LIMIT_HOLD_SETTLE_MS); /* what came meanwhile ends this stream, too */
  buf_free(&old);
}

/* -- answers -- */

static bool answer(struct run *r, struct held *h, struct span result_json, bool failed)
{
  struct buf id = buf_take(&h->id);
  drop(r, h);
  bool taken = run_tool_result(r, buf_span(&id), result_json, failed);
  buf_free(&id);
  return taken;
}

static bool permit(struct run *r, struct held *h, const struct run_permission *said)
{
  struct buf id = buf_take(&h->id);
  bool changed = said->yes && json_slice_kind(said->input) == JSON_OBJECT;
  drop(r, h);
  bool taken = changed ? run_permit_input(r, buf_span(&id), said->input)
                       : run_permit(r, buf_span(&id), said->yes, said->reason);
  buf_free(&id);
  return taken;
}

bool run_hold_answer(struct run *r, struct span call_id, struct span result_json,
                     bool failed)
{
  struct buf json = buf_make(SIZE_MAX);
  json_escape(&json, call_id);
  struct held *h = r->hold.first;
  while (h && (h->question || !span_equal(buf_span(&h->call), buf_span(&json))))
    h = h->next;
  buf_free(&json);
  return h && answer(r, h, result_json, failed);
}

bool run_hold_permit(struct run *r, struct span interrupt_id,
                     const struct run_permission *said)
{
  struct held *h = r->hold.first;
  while (h && !(h->question && span_equal(buf_span(&h->interrupt), interrupt_id)))
    h = h->next;
  return h && permit(r, h, said);
}

void run_hold_refuse_rest(struct run *r, struct span words)
{
  const struct run_permission no = {.reason = words};
  struct buf json = buf_make(6 * words.len + 3);
  json_escape(&json, words);
  for (;;) {
    struct held *h = r->hold.first;
    while (h && !h->told)
      h = h->next;
    if (!h)
      break;
    if (h->question)
      (void)permit(r, h, &no);
    else
      (void)answer(r, h, buf_span(&json), false);
  }
  buf_free(&json);
}
