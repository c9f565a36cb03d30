/* SPDX-License-Identifier: MIT */
/* run_trace.c - each span is written when it ends, and then forgotten.  */
#include "telemetry/run_trace.h"

#include "base/limits.h"
#include "base/mem.h"
#include "event/event_usage.h"
#include "run_trace_state.h"
#include "telemetry/trace_calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SplitMix64: no two of a run are alike, and those of two runs are as random numbers. */
void run_trace_next_id(struct run_trace *t, char *out)
{
  uint64_t z = 0;
  while (z == 0) {
    z = t->ids += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
  }
  snprintf(out, SPAN_ID_BYTES + 1, "%016" PRIx64, z);
}

struct run_trace *run_trace_new(const struct run_trace_setup *setup)
{
  struct run_trace *t = mem_new(sizeof *t);
  t->setup = *setup;
  t->texts =
      buf_make(setup->trace_id.len + setup->parent_id.len + setup->trace_state.len);
  buf_add(&t->texts, setup->trace_id);
  buf_add(&t->texts, setup->parent_id);
  buf_add(&t->texts, setup->trace_state);
  struct span all = buf_span(&t->texts);
  t->setup.trace_id = (struct span){all.at, setup->trace_id.len};
  all = span_after(all, setup->trace_id.len);
  t->setup.parent_id = (struct span){all.at, setup->parent_id.len};
  t->setup.trace_state = span_after(all, setup->parent_id.len);
  t->ids = setup->seed;
  t->began_ms = setup->now_ms;
  t->said = buf_make(LIMIT_OTLP_TEXT_BYTES);
  if (span_is(setup->model, "default")) /* the agent's own, whichever that is */
    t->setup.model = (struct span){0};
  run_trace_next_id(t, t->span_id);
  return t;
}

void run_trace_free(struct run_trace *t)
{
  if (!t)
    return;
  trace_calls_free(t);
  buf_free(&t->said);
  buf_free(&t->texts);
  free(t);
}

void run_trace_put_parent(const struct run_trace *t, const struct run_trace_call *c,
                          char *out)
{
  snprintf(out, TRACE_PARENT_BYTES + 1, "00-%.*s-%s-01", SPAN_ARG(t->setup.trace_id),
           c ? c->span_id : t->span_id);
}

/* -- a span that has ended -- */

static struct otlp_attribute number(const char *key, long long value)
{
  return (struct otlp_attribute){.key = key, .type = OTLP_NUMBER, .number = value};
}

void run_trace_emit(struct run_trace *t, struct otlp_span *s, const char *front,
                    struct span what)
{
  struct buf json = buf_make(LIMIT_OTLP_QUEUE_BYTES),
             name = buf_make(2 * LIMIT_NAME_BYTES);
  buf_add_text(&name, front);
  if (what.len > 0)
    buf_add_char(&name, ' ');
  buf_add(&name, what);
  s->name = buf_span(&name);
  s->trace_id = t->setup.trace_id;
  s->trace_state = t->setup.trace_state;
  bool is_run = s->span_id.at == t->span_id;
  s->parent_id = is_run ? t->setup.parent_id : span_of(t->span_id);
  s->parent_is_remote = is_run && s->parent_id.len > 0;
  otlp_span_write(s, &json);
  if (!json.overflowed)
    t->setup.emit(t->setup.who, buf_span(&json));
  buf_free(&json);
  buf_free(&name);
}

/* A message as the conventions have it, empty without a text. */
static void put_message(struct buf *out, const char *role, struct span said)
{
  if (said.len == 0)
    return;
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '[');
  json_open(&w, NULL, '{');
  json_put_text(&w, "role", span_of(role));
  json_open(&w, "parts", '[');
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("text"));
  json_put_text(&w, "content", said);
  json_close(&w, '}');
  json_close(&w, ']');
  json_close(&w, '}');
  json_close(&w, ']');
}

/* -- the run -- */

static void emit_run(struct run_trace *t, const struct event *e)
{
  const struct run_trace_setup *u = &t->setup;
  const struct event_usage *use = e->usage;
  struct event_tokens tokens = {.input = -1, .output = -1};
  bool failed = e->kind == EVENT_RUN_ERROR;
  struct buf prompt = buf_make(8 * LIMIT_OTLP_TEXT_BYTES);
  if (use)
    tokens = event_usage_whole(use);
  put_message(&prompt, "user", run_trace_cut(t, u->prompt));
  const struct otlp_attribute attributes[] = {
      trace_text("gen_ai.operation.name", SPAN_LITERAL("invoke_agent")),
      trace_text("gen_ai.agent.name", span_of(u->agent)),
      trace_text("gen_ai.provider.name", span_of(u->provider)),
      trace_text("gen_ai.request.model", u->model),
      trace_text("gen_ai.conversation.id", u->thread_id),
      trace_text("runlet.run.id", u->run_id),
      number("gen_ai.usage.input_tokens", tokens.input),
      number("gen_ai.usage.output_tokens", tokens.output),
      number("gen_ai.usage.cache_read.input_tokens", use ? use->cached : -1),
      number("gen_ai.usage.cache_creation.input_tokens", use ? use->cache_write : -1),
      {.key = "runlet.usage.cost_usd",
       .type = OTLP_DOUBLE,
       .text = use ? use->cost_usd : (struct span){0}},
      {.key = "gen_ai.response.finish_reasons",
       .type = OTLP_LIST,
       .text = failed ? (struct span){0} : e->code},
      trace_text("error.type", failed ? e->code : (struct span){0}),
      trace_text("gen_ai.input.messages", buf_span(&prompt))};
  struct otlp_span s = {.span_id = span_of(t->span_id),
                        .kind = OTLP_INTERNAL,
                        .began_ms = t->began_ms,
                        .ended_ms = e->at_ms,
                        .attributes = attributes,
                        .attribute_count = sizeof attributes / sizeof *attributes,
                        .failed = failed,
                        .message = run_trace_cut(t, e->text)};
  run_trace_emit(t, &s, "invoke_agent", span_of(u->agent));
  buf_free(&prompt);
}

void run_trace_setup_begins(struct run_trace *t, long long now_ms)
{
  t->setup_ms = now_ms;
}

void run_trace_setup_ends(struct run_trace *t, long long now_ms, const char *code)
{
  const struct otlp_attribute attributes[] = {
      trace_text("gen_ai.conversation.id", t->setup.thread_id),
      trace_text("error.type", span_of(code))};
  char id[SPAN_ID_BYTES + 1];
  struct otlp_span s = {.span_id = span_of(id),
                        .kind = OTLP_INTERNAL,
                        .began_ms = t->setup_ms,
                        .ended_ms = now_ms,
                        .attributes = attributes,
                        .attribute_count = sizeof attributes / sizeof *attributes,
                        .failed = code != NULL};
  if (t->setup_ms == 0)
    return;
  run_trace_next_id(t, id);
  s.span_id = span_of(id);
  run_trace_emit(t, &s, "setup", (struct span){0});
  t->setup_ms = 0;
}

/* -- turns of the model -- */

void run_trace_agent_begins(struct run_trace *t, long long now_ms)
{
  t->turn_ms = now_ms;
}

static void speak(struct run_trace *t, const struct event *e)
{
  t->spoke_ms = e->at_ms;
  if (t->setup.content && e->kind == EVENT_TEXT)
    buf_add(&t->said, span_cut_utf8(e->text, LIMIT_OTLP_TEXT_BYTES - t->said.len));
}

static void end_turn(struct run_trace *t)
{
  const struct run_trace_setup *u = &t->setup;
  if (t->spoke_ms > 0 && u->has_model) {
    char id[SPAN_ID_BYTES + 1];
    struct buf message = buf_make(8 * LIMIT_OTLP_TEXT_BYTES);
    put_message(&message, "assistant", buf_span(&t->said));
    run_trace_next_id(t, id);
    const struct otlp_attribute attributes[] = {
        trace_text("gen_ai.operation.name", SPAN_LITERAL("chat")),
        trace_text("gen_ai.provider.name", span_of(u->provider)),
        trace_text("gen_ai.request.model", u->model),
        trace_text("gen_ai.conversation.id", u->thread_id),
        trace_text("gen_ai.output.messages", buf_span(&message))};
    struct otlp_span s = {.span_id = span_of(id),
                          .kind = OTLP_CLIENT,
                          .began_ms = t->turn_ms ? t->turn_ms : t->began_ms,
                          .ended_ms = t->spoke_ms,
                          .attributes = attributes,
                          .attribute_count = sizeof attributes / sizeof *attributes};
    run_trace_emit(t, &s, "chat", u->model);
    buf_free(&message);
  }
  buf_clear(&t->said);
  t->spoke_ms = 0;
}

/* -- events -- */

static void end_run(struct run_trace *t, const struct event *e)
{
  if (e->outcome.len > 0) /* the stream's end alone: event/event_hold.h */
    return;
  end_turn(t);
  trace_calls_give_up(t);
  emit_run(t, e);
  t->over = true;
}

void run_trace_event(struct run_trace *t, const struct event *e)
{
  if (t->over)
    return;
  switch (e->kind) {
  case EVENT_TOOL_START:
    trace_calls_begin(t, e);
    speak(t, e);
    break;
  case EVENT_TOOL_END: /* which may come late, as other ends do */
    trace_calls_arguments(t, e);
    break;
  case EVENT_TEXT:
  case EVENT_REASONING:
  case EVENT_TOOL_ARGS:
    speak(t, e);
    break;
  case EVENT_TOOL_RESULT:
    end_turn(t);
    t->turn_ms = e->at_ms;
    trace_calls_result(t, e);
    break;
  case EVENT_RUN_FINISHED:
  case EVENT_RUN_ERROR:
    end_run(t, e);
    break;
  default:
    break;
  }
}
