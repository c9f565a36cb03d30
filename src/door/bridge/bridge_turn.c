/* SPDX-License-Identifier: MIT */
/* bridge_turn.c - the run's lines are parts already (event/format_harness.c); here the
 * calls of host tools are brought together (bridge_calls.h), and the warnings put in. */
#include "bridge_turn.h"

#include "base/ids.h"
#include "base/json_slice.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "bridge_calls.h"
#include "bridge_request.h"
#include "event/formats.h"
#include "io/loop.h"
#include "request/request_read.h"
#include "request/trace.h"

#include <stdlib.h>
#include <string.h>

struct answered_message { /* a message whose answer was said, for who sends it again */
  struct answered_message *next;
  struct buf id, response;
};

struct bridge_turn {
  struct sink sink; /* first: the run's lines */
  const struct bridge_turn_setup *setup;
  struct run *run; /* NULL: over */
  struct bridge_calls calls;
  struct loop_timer *announce; /* calls that were made wait for their announcement */
  struct answered_message *messages;
  size_t message_count;
  struct buf warnings, run_id;
  size_t waits; /* for the host, as far as is known */
  bool mute;
  bool asks; /* what the agent asks leave for; else it may do all */
};

/* -- saying -- */

static void say(struct bridge_turn *t, struct span object)
{
  t->waits = t->mute ? 0 : t->setup->say(t->setup->who, object);
}

/* `own`: the agent has run it itself, or tried to; the host only shows it. */
static void say_call(struct bridge_turn *t, const struct bridge_call *call, bool own)
{
  struct buf frame = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&frame);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("tool-call"));
  json_put_bool(&w, "providerExecuted", own);
  json_put_text(&w, "toolCallId", buf_span(&call->id));
  json_put_text(&w, "toolName", buf_span(&call->name));
  json_put_text(&w, "input", buf_span(&call->args));
  json_close(&w, '}');
  say(t, buf_span(&frame));
  buf_free(&frame);
}

static void say_result(struct bridge_turn *t, const struct bridge_call *call,
                       struct span result_json, bool failed)
{
  struct buf frame = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&frame);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("tool-result"));
  json_put_text(&w, "toolCallId", buf_span(&call->id));
  json_put_text(&w, "toolName", buf_span(&call->name));
  json_put_raw(&w, "result", result_json);
  if (failed)
    json_put_bool(&w, "isError", true);
  json_close(&w, '}');
  say(t, buf_span(&frame));
  buf_free(&frame);
}

/* -- the run's lines -- */

static void hand_in(struct bridge_turn *t, const struct bridge_call *call,
                    struct span result_json)
{
  if (t->run)
    (void)run_tool_result(t->run, buf_span(&call->made), result_json, call->failed);
}

/* If the host is to hear of it now. */
static void tell_call(struct bridge_turn *t, struct bridge_call *call)
{
  if (!bridge_calls_due(call))
    return;
  say_call(t, call, false);
  if (call->answered) {
    say_result(t, call, buf_span(&call->answer), call->failed);
    hand_in(t, call, buf_span(&call->answer));
    buf_free(&call->answer);
  }
}

/* The agent's word of a result; `line` is what is said of it. */
static void put_result(struct bridge_turn *t, struct span id, struct span line)
{
  struct bridge_call *call = bridge_calls_find(&t->calls, id);
  if (call && !call->told) /* it was never made */
    say_call(t, call, true);
  if (!call || !call->answered)
    say(t, line);
  if (call)
    bridge_calls_drop(&t->calls, call);
}

/* Only a host's tools are looked at. */
static void put_tool_line(struct bridge_turn *t, struct span line)
{
  struct fault ignored = {0};
  struct json *doc = json_parse(line, NULL, &ignored);
  json_at root = json_root(doc);
  struct span id = json_member_text(doc, root, "toolCallId");
  if (json_kind(json_get(root, "providerExecuted")) == JSON_FALSE) {
    struct bridge_call *call =
        bridge_calls_announced(&t->calls, id, json_member_text(doc, root, "toolName"),
                               json_member_text(doc, root, "input"));
    if (call)
      tell_call(t, call);
  } else if (span_is(json_member_text(doc, root, "type"), "tool-result")) {
    put_result(t, id, line);
  } else {
    say(t, line);
  }
  json_free(doc);
}

/* stream-start, with what was asked for and is not done. */
static void put_begin_line(struct bridge_turn *t, struct span line)
{
  struct buf whole = buf_make(SIZE_MAX); /* of a request */
  static const char begin[] = "{\"type\":\"stream-start\"";
  buf_addf(&whole, "%s,\"warnings\":%.*s", begin, SPAN_ARG(buf_span(&t->warnings)));
  buf_add(&whole, span_after(line, sizeof begin - 1));
  say(t, buf_span(&whole));
  buf_free(&whole);
}

static void note_thread(struct bridge_turn *t, struct span line)
{
  struct span id = json_slice(line, "threadId");
  buf_clear(t->setup->thread);
  if (id.len > 2)
    buf_add(t->setup->thread, id);
}

static size_t put_line(struct sink *sink, struct span line)
{
  struct bridge_turn *t = (struct bridge_turn *)sink;
  while (line.len > 0 && !t->mute) { /* a format may say several things at once */
    const char *end = memchr(line.at, '\n', line.len);
    struct span one = {line.at, end ? (size_t)(end - line.at) : line.len};
    line = span_after(line, one.len + (end ? 1 : 0));
    if (span_starts(one, "{\"type\":\"bridge-thread\""))
      note_thread(t, one);
    if (span_starts(one, "{\"type\":\"tool-"))
      put_tool_line(t, one);
    else if (t->warnings.len > 0 && span_starts(one, "{\"type\":\"stream-start\""))
      put_begin_line(t, one);
    else
      say(t, one);
  }
  return t->mute ? 0 : t->waits;
}

static void end_lines(struct sink *sink)
{
  (void)sink; /* the turn is over when the run is */
}

void bridge_turn_drained(struct bridge_turn *t)
{
  t->waits = 0;
  if (t->sink.on_drain)
    t->sink.on_drain(t->sink.listener);
}

/* -- host tools -- */

static void tell_unannounced(void *who)
{
  struct bridge_turn *t = who;
  struct bridge_call *call;
  while ((call = bridge_calls_unannounced(&t->calls)))
    say_call(t, call, false);
}

void bridge_turn_on_call(struct bridge_turn *t, struct span id, struct span name,
                         struct span args_json)
{
  struct bridge_call *call = bridge_calls_made(&t->calls, id, name, args_json);
  if (!call)
    (void)run_tool_result(t->run, id, SPAN_LITERAL("\"too many calls at a time\""), true);
  else if (call->announced.len > 0)
    tell_call(t, call);
  else if (!loop_timer_is_set(t->announce))
    loop_timer_start(t->announce, LIMIT_BRIDGE_ANNOUNCE_MS);
}

void bridge_turn_on_call_over(struct bridge_turn *t, struct span id)
{
  const struct bridge_call *call = bridge_calls_over(&t->calls, id);
  if (call)
    say_result(t, call, SPAN_LITERAL("\"no result was wanted any more\""), true);
}

void bridge_turn_tool_result(struct bridge_turn *t, const struct bridge_frame *frame)
{
  struct bridge_call *call =
      bridge_calls_answer(&t->calls, frame->id, frame->json, frame->yes);
  if (!call)
    return;
  say_result(t, call, frame->json, frame->yes);
  hand_in(t, call, frame->json);
}

/* -- questions -- */

static void on_question(void *who, const struct run_question *q)
{
  struct bridge_turn *t = who;
  if (!t->asks) { /* a question to a person: nobody is there, and a host would wait */
    (void)run_permit(t->run, q->id, true, (struct span){0});
    return;
  }
  struct buf frame = buf_make(LIMIT_EVENT_LINE_BYTES), id = buf_make(SIZE_MAX);
  json_escape(&id, q->id);
  struct span call = q->tool_call_json.len > 0 ? q->tool_call_json : buf_span(&id);
  struct json_writer w = json_write_to(&frame);
  if (q->tool_call_json.len == 0) { /* it is not in the stream: a sub-agent's */
    json_open(&w, NULL, '{');
    json_put_text(&w, "type", SPAN_LITERAL("tool-call"));
    json_put_bool(&w, "providerExecuted", true);
    json_put_raw(&w, "toolCallId", call);
    json_put_text(&w, "toolName", q->tool);
    json_put_text(&w, "input", q->input.len > 0 ? q->input : SPAN_LITERAL("{}"));
    json_close(&w, '}');
    say(t, buf_span(&frame));
    buf_clear(&frame);
    w = json_write_to(&frame);
  }
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("tool-approval-request"));
  json_put_raw(&w, "approvalId", buf_span(&id));
  json_put_raw(&w, "toolCallId", call);
  json_close(&w, '}');
  say(t, buf_span(&frame));
  buf_free(&frame);
  buf_free(&id);
}

void bridge_turn_approval(struct bridge_turn *t, const struct bridge_frame *frame)
{
  if (t->run)
    (void)run_permit(t->run, frame->id, frame->yes, frame->text);
}

/* -- more words -- */

void bridge_turn_put_response(struct span message_id, struct span why, struct buf *frame)
{
  struct json_writer w = json_write_to(frame);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("user-message-response"));
  json_put_text(&w, "messageId", message_id);
  json_put_bool(&w, "accepted", why.len == 0);
  if (why.len > 0) {
    json_open(&w, "error", '{');
    json_put_text(&w, "message", why);
    json_close(&w, '}');
  }
  json_close(&w, '}');
}

void bridge_turn_message(struct bridge_turn *t, const struct bridge_frame *frame)
{
  struct fault f = {0};
  for (const struct answered_message *m = t->messages; m; m = m->next)
    if (frame->id.len > 0 && span_equal(buf_span(&m->id), frame->id)) {
      say(t, buf_span(&m->response));
      return;
    }
  if (t->message_count >= LIMIT_BRIDGE_MESSAGES)
    (void)fault_set(&f, FAULT_BUSY, "too many messages in one turn");
  else if (!t->run)
    (void)fault_set(&f, FAULT_CONFLICT, "the turn is over");
  else if (span_starts(frame->text, "/compact"))
    (void)fault_set(&f, FAULT_BAD_INPUT, "a compaction cannot be asked for");
  else
    (void)run_message(t->run, frame->id, frame->text, RUN_NOW, &f);
  struct answered_message *m = mem_new(sizeof *m);
  *m = (struct answered_message){.next = t->messages,
                                 .id = buf_make(frame->id.len + 1),
                                 .response = buf_make(SIZE_MAX)};
  buf_add(&m->id, frame->id);
  bridge_turn_put_response(frame->id, span_of(f.text), &m->response);
  t->messages = m;
  t->message_count++;
  say(t, buf_span(&m->response));
}

/* -- beginning and end -- */

static struct sink *sink_of(void *who, struct run *r)
{
  struct bridge_turn *t = who;
  const struct run_dialogue dialogue = {
      .on_question = on_question, .question_ms = LIMIT_BRIDGE_QUESTION_MS, .who = t};
  t->run = r;
  run_talk(r, &dialogue);
  return &t->sink;
}

static void run_over(void *who, const struct run_outcome *outcome)
{
  struct bridge_turn *t = who;
  (void)outcome;
  t->run = NULL;
  loop_timer_stop(t->announce);
  t->setup->over(t->setup->who);
}

static int start(struct bridge_turn *t, struct span frame, bool takes_up, struct fault *f)
{
  struct buf text = buf_make(SIZE_MAX), session = buf_make(SIZE_MAX);
  struct span mode = json_slice(frame, "permissionMode");
  t->asks = json_slice_kind(mode) == JSON_STRING &&
            !json_slice_says(mode, SPAN_LITERAL("allow-all"));
  if (takes_up && t->setup->thread->len > 0)
    json_unescape(buf_span(t->setup->thread), &session);
  struct bridge_request_setup setup = {t->setup->harness, buf_span(&t->run_id),
                                       t->setup->thread_id, buf_span(&session)};
  int failed = bridge_request_write(frame, &setup, &text, &t->warnings, f);
  if (!failed) {
    struct request_rules rules = {.is_harness = run_is_harness,
                                  .lenient = true,
                                  .run_id = setup.run_id,
                                  .thread_id = setup.thread_id,
                                  .local_tools = true,
                                  .event_format_name = formats_wire_name};
    struct run_request *req = run_request_read(&text, &rules, f);
    const struct strv *env = t->setup->runtime->settings.environment;
    if (req) {
      req->event_format = SPAN_LITERAL("harness");
      trace_take(req, span_of(strv_env(env, "TRACEPARENT")),
                 span_of(strv_env(env, "TRACESTATE")));
    }
    failed =
        req && runs_start(t->setup->runtime->runs, req, sink_of, run_over, t, f) ? 0 : -1;
  }
  buf_free(&text);
  buf_free(&session);
  return failed;
}

struct bridge_turn *bridge_turn_start(const struct bridge_turn_setup *setup,
                                      struct span frame, bool takes_up, struct fault *f)
{
  struct bridge_turn *t = mem_new(sizeof *t);
  *t = (struct bridge_turn){.sink = {.put = put_line, .end = end_lines},
                            .setup = setup,
                            .warnings = buf_make(SIZE_MAX),
                            .run_id = buf_make(KIB)};
  t->announce = loop_timer_new(setup->runtime->loop, tell_unannounced, t);
  if (ids_fresh(&t->run_id, "run", f) == 0 && start(t, frame, takes_up, f) == 0)
    return t;
  bridge_turn_free(t);
  return NULL;
}

void bridge_turn_abort(struct bridge_turn *t, bool mute)
{
  t->mute = t->mute || mute;
  if (t->run)
    run_cancel(t->run, "client", "aborted", "the turn was aborted", 0);
}

void bridge_turn_free(struct bridge_turn *t)
{
  while (t->messages) {
    struct answered_message *next = t->messages->next;
    buf_free(&t->messages->id);
    buf_free(&t->messages->response);
    free(t->messages);
    t->messages = next;
  }
  bridge_calls_free(&t->calls);
  loop_timer_free(t->announce);
  buf_free(&t->warnings);
  buf_free(&t->run_id);
  free(t);
}
