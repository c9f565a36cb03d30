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
  t->json = buf_make(LIMIT_OTLP_QUEUE_BYTES);
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

void run_trace_open(struct run_trace *t, const char *span_id, long long began_ms,
                    long long ended_ms, const char *front, struct span what)
{
  const struct run_trace_setup *u = &t->setup;
  bool is_run = span_id == t->span_id, is_chat = !strcmp(front, "chat");
  struct buf name = buf_make(2 * LIMIT_NAME_BYTES);
  buf_add_text(&name, front);
  if (what.len > 0)
    buf_add_char(&name, ' ');
  buf_add(&name, what);
  struct otlp_span s = {.trace_id = u->trace_id,
                        .span_id = span_of(span_id),
                        .parent_id = is_run ? u->parent_id : span_of(t->span_id),
                        .trace_state = u->trace_state,
                        .name = buf_span(&name),
                        .kind = is_chat ? OTLP_CLIENT : OTLP_INTERNAL,
                        .parent_is_remote = is_run && u->parent_id.len > 0,
                        .began_ms = began_ms,
                        .ended_ms = ended_ms};
  t->writer = otlp_span_open(&s, &t->json);
  if (strcmp(front, "setup") != 0)
    otlp_put_text(&t->writer, "gen_ai.operation.name", span_of(front));
  otlp_put_text(&t->writer, "gen_ai.conversation.id", u->thread_id);
  buf_free(&name);
}

void run_trace_close(struct run_trace *t, struct span error, struct span message)
{
  otlp_span_close(&t->writer, error, message);
  if (!t->json.overflowed)
    t->setup.emit(t->setup.who, buf_span(&t->json));
  buf_free(&t->json);
}

/* Of the run and of its turns. */
static void put_model(struct run_trace *t)
{
  otlp_put_text(&t->writer, "gen_ai.provider.name", span_of(t->setup.provider));
  otlp_put_text(&t->writer, "gen_ai.request.model", t->setup.model);
}

/* A message as the conventions have it; nothing without a text. */
static void put_message(struct run_trace *t, const char *key, const char *role,
                        struct span said)
{
  struct buf message = buf_make(8 * LIMIT_OTLP_TEXT_BYTES);
  if (said.len == 0)
    return;
  buf_addf(&message,
           "[{\"role\":\"%s\",\"parts\":[{\"type\":\"text\",\"content\":", role);
  json_escape(&message, said);
  buf_add_text(&message, "}]}]");
  otlp_put_text(&t->writer, key, buf_span(&message));
  buf_free(&message);
}

/* -- the run -- */

static void put_usage(struct json_writer *w, const struct event_usage *usage)
{
  struct event_tokens tokens = event_usage_whole(usage);
  otlp_put_number(w, "gen_ai.usage.input_tokens", tokens.input);
  otlp_put_number(w, "gen_ai.usage.output_tokens", tokens.output);
  otlp_put_number(w, "gen_ai.usage.cache_read.input_tokens", usage->cached);
  otlp_put_number(w, "gen_ai.usage.cache_creation.input_tokens", usage->cache_write);
  otlp_put_double(w, "runlet.usage.cost_usd", usage->cost_usd);
}

static void emit_run(struct run_trace *t, const struct event *e)
{
  struct json_writer *w = &t->writer;
  struct span agent = span_of(t->setup.agent), none = {0};
  bool failed = e->kind == EVENT_RUN_ERROR;
  run_trace_open(t, t->span_id, t->began_ms, e->at_ms, "invoke_agent", agent);
  otlp_put_text(w, "gen_ai.agent.name", agent);
  put_model(t);
  otlp_put_text(w, "runlet.run.id", t->setup.run_id);
  if (e->usage)
    put_usage(w, e->usage);
  if (!failed)
    otlp_put_list(w, "gen_ai.response.finish_reasons", e->code);
  put_message(t, "gen_ai.input.messages", "user", run_trace_cut(t, t->setup.prompt));
  run_trace_close(t, failed ? e->code : none, run_trace_cut(t, e->text));
}

void run_trace_setup_begins(struct run_trace *t, long long now_ms)
{
  t->setup_ms = now_ms;
}

void run_trace_setup_ends(struct run_trace *t, long long now_ms, const char *code)
{
  char id[SPAN_ID_BYTES + 1];
  if (t->setup_ms == 0)
    return;
  run_trace_next_id(t, id);
  run_trace_open(t, id, t->setup_ms, now_ms, "setup", (struct span){0});
  run_trace_close(t, span_of(code), (struct span){0});
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
  char id[SPAN_ID_BYTES + 1];
  if (t->spoke_ms > 0 && t->setup.has_model) {
    run_trace_next_id(t, id);
    run_trace_open(t, id, t->turn_ms ? t->turn_ms : t->began_ms, t->spoke_ms, "chat",
                   t->setup.model);
    put_model(t);
    put_message(t, "gen_ai.output.messages", "assistant", buf_span(&t->said));
    run_trace_close(t, (struct span){0}, (struct span){0});
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
