/* SPDX-License-Identifier: MIT */
/* run_trace.c - each span is written when it ends, and then forgotten; what is open are
 * the run, its setup, a turn and calls.  */
#include "telemetry/run_trace.h"

#include "base/json_slice.h"
#include "base/limits.h"
#include "base/mem.h"
#include "event/event_usage.h"
#include "telemetry/otlp_span.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_BYTES = 16 };

struct run_trace_call { /* of a host tool, or as an event has told it */
  struct run_trace_call *next;
  char span_id[ID_BYTES + 1];
  bool native;
  long long began_ms;
  struct buf name, id, args; /* args: for `content`, and to tell calls apart */
};

struct run_trace {
  struct run_trace_setup setup;
  struct buf texts; /* trace id, parent id, trace state */
  char span_id[ID_BYTES + 1];
  uint64_t ids;
  long long began_ms, setup_ms, turn_ms, spoke_ms; /* setup_ms, spoke_ms 0: it does not */
  struct run_trace_call *told;                     /* by events, without their result */
  size_t told_count;
  struct buf said; /* in the turn, if the content is wanted */
  bool over;
};

/* SplitMix64: no two of a run are alike, and those of two runs are as random numbers. */
static void next_id(struct run_trace *t, char *out)
{
  uint64_t z = 0;
  while (z == 0) {
    z = t->ids += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
  }
  snprintf(out, ID_BYTES + 1, "%016" PRIx64, z);
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
  next_id(t, t->span_id);
  return t;
}

static void call_free(struct run_trace_call *c)
{
  buf_free(&c->name);
  buf_free(&c->id);
  buf_free(&c->args);
  free(c);
}

void run_trace_free(struct run_trace *t)
{
  if (!t)
    return;
  while (t->told) {
    struct run_trace_call *c = t->told;
    t->told = c->next;
    call_free(c);
  }
  buf_free(&t->said);
  buf_free(&t->texts);
  free(t);
}

static void put_parent(const struct run_trace *t, const char *span_id, char *out)
{
  snprintf(out, TRACE_PARENT_BYTES + 1, "00-%.*s-%s-01", SPAN_ARG(t->setup.trace_id),
           span_id);
}

void run_trace_put_parent(const struct run_trace *t, char *out)
{
  put_parent(t, t->span_id, out);
}

void run_trace_call_put_parent(const struct run_trace *t, const struct run_trace_call *c,
                               char *out)
{
  put_parent(t, c->span_id, out);
}

/* -- a span that has ended -- */

static struct otlp_attribute text(const char *key, struct span value)
{
  return (struct otlp_attribute){.key = key, .type = OTLP_TEXT, .text = value};
}

static struct otlp_attribute number(const char *key, long long value)
{
  return (struct otlp_attribute){.key = key, .type = OTLP_NUMBER, .number = value};
}

static struct span cut(const struct run_trace *t, struct span s)
{
  return t->setup.content ? span_cut_utf8(s, LIMIT_OTLP_TEXT_BYTES) : (struct span){0};
}

/* `s`: what is not the same for all.  Its name is "<front> <what>", without `what` the
 * front alone. */
static void emit(struct run_trace *t, struct otlp_span *s, const char *front,
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
  put_message(&prompt, "user", cut(t, u->prompt));
  const struct otlp_attribute attributes[] = {
      text("gen_ai.operation.name", SPAN_LITERAL("invoke_agent")),
      text("gen_ai.agent.name", span_of(u->agent)),
      text("gen_ai.provider.name", span_of(u->provider)),
      text("gen_ai.request.model", u->model),
      text("gen_ai.conversation.id", u->thread_id),
      text("runlet.run.id", u->run_id),
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
      text("error.type", failed ? e->code : (struct span){0}),
      text("gen_ai.input.messages", buf_span(&prompt))};
  struct otlp_span s = {.span_id = span_of(t->span_id),
                        .kind = OTLP_INTERNAL,
                        .began_ms = t->began_ms,
                        .ended_ms = e->at_ms,
                        .attributes = attributes,
                        .attribute_count = sizeof attributes / sizeof *attributes,
                        .failed = failed,
                        .message = cut(t, e->text)};
  emit(t, &s, "invoke_agent", span_of(u->agent));
  buf_free(&prompt);
}

void run_trace_setup_begins(struct run_trace *t, long long now_ms)
{
  t->setup_ms = now_ms;
}

void run_trace_setup_ends(struct run_trace *t, long long now_ms, const char *code)
{
  const struct otlp_attribute attributes[] = {
      text("gen_ai.conversation.id", t->setup.thread_id),
      text("error.type", span_of(code))};
  char id[ID_BYTES + 1];
  struct otlp_span s = {.span_id = span_of(id),
                        .kind = OTLP_INTERNAL,
                        .began_ms = t->setup_ms,
                        .ended_ms = now_ms,
                        .attributes = attributes,
                        .attribute_count = sizeof attributes / sizeof *attributes,
                        .failed = code != NULL};
  if (t->setup_ms == 0)
    return;
  next_id(t, id);
  s.span_id = span_of(id);
  emit(t, &s, "setup", (struct span){0});
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
    char id[ID_BYTES + 1];
    struct buf message = buf_make(8 * LIMIT_OTLP_TEXT_BYTES);
    put_message(&message, "assistant", buf_span(&t->said));
    next_id(t, id);
    const struct otlp_attribute attributes[] = {
        text("gen_ai.operation.name", SPAN_LITERAL("chat")),
        text("gen_ai.provider.name", span_of(u->provider)),
        text("gen_ai.request.model", u->model),
        text("gen_ai.conversation.id", u->thread_id),
        text("gen_ai.output.messages", buf_span(&message))};
    struct otlp_span s = {.span_id = span_of(id),
                          .kind = OTLP_CLIENT,
                          .began_ms = t->turn_ms ? t->turn_ms : t->began_ms,
                          .ended_ms = t->spoke_ms,
                          .attributes = attributes,
                          .attribute_count = sizeof attributes / sizeof *attributes};
    emit(t, &s, "chat", u->model);
    buf_free(&message);
  }
  buf_clear(&t->said);
  t->spoke_ms = 0;
}

/* -- calls of tools -- */

static struct run_trace_call *call_new(struct run_trace *t, long long now_ms,
                                       struct span name)
{
  struct run_trace_call *c = mem_new(sizeof *c);
  c->began_ms = now_ms;
  c->name = buf_make(name.len);
  c->args = buf_make(LIMIT_OTLP_TEXT_BYTES);
  buf_add(&c->name, name);
  next_id(t, c->span_id);
  return c;
}

static void emit_call(struct run_trace *t, const struct run_trace_call *c,
                      struct span call_id, long long now_ms, const char *error,
                      struct span result)
{
  const struct otlp_attribute attributes[] = {
      text("gen_ai.operation.name", SPAN_LITERAL("execute_tool")),
      text("gen_ai.tool.name", buf_span(&c->name)),
      text("gen_ai.tool.call.id", call_id),
      text("gen_ai.tool.type", SPAN_LITERAL("function")),
      text("gen_ai.conversation.id", t->setup.thread_id),
      text("runlet.tool.origin",
           c->native ? SPAN_LITERAL("native") : SPAN_LITERAL("host")),
      text("runlet.call.id", c->native ? (struct span){0} : buf_span(&c->id)),
      text("error.type", span_of(error)),
      text("gen_ai.tool.call.arguments", cut(t, buf_span(&c->args))),
      text("gen_ai.tool.call.result", cut(t, result))};
  struct otlp_span s = {.span_id = span_of(c->span_id),
                        .kind = OTLP_INTERNAL,
                        .began_ms = c->began_ms,
                        .ended_ms = now_ms,
                        .attributes = attributes,
                        .attribute_count = sizeof attributes / sizeof *attributes,
                        .failed = error != NULL};
  emit(t, &s, "execute_tool", buf_span(&c->name));
}

/* START: the arguments are not known yet. */
static void tell_call(struct run_trace *t, const struct event *e)
{
  if (t->told_count >= LIMIT_OPEN_CALLS)
    return;
  struct run_trace_call *c = call_new(t, e->at_ms, e->name), **end = &t->told;
  c->native = e->origin == TOOL_NATIVE;
  c->id = buf_make(e->call.len);
  json_unescape(e->call, &c->id);
  while (*end)
    end = &(*end)->next;
  *end = c;
  t->told_count++;
}

static struct run_trace_call **find_told(struct run_trace *t, struct span id_json)
{
  struct run_trace_call **c = &t->told;
  while (*c && !json_slice_says(id_json, buf_span(&(*c)->id)))
    c = &(*c)->next;
  return c;
}

static void drop_told(struct run_trace *t, struct run_trace_call **at)
{
  struct run_trace_call *c = *at;
  *at = c->next;
  t->told_count--;
  call_free(c);
}

static void tell_arguments(struct run_trace *t, const struct event *e)
{
  struct run_trace_call *c = *find_told(t, e->call);
  if (c && c->args.len == 0)
    buf_add(&c->args, e->json);
}

static void tell_result(struct run_trace *t, const struct event *e)
{
  struct run_trace_call **at = find_told(t, e->call), *c = *at;
  end_turn(t);
  t->turn_ms = e->at_ms;
  if (!c)
    return;
  if (c->native || !t->setup.calls_are_told) {
    bool cut_short = span_is(e->text, "{\"status\":\"interrupted\"}");
    emit_call(t, c, buf_span(&c->id), e->at_ms,
              e->failed   ? "failed"
              : cut_short ? "interrupted"
                          : NULL,
              e->text);
  }
  drop_told(t, at);
}

struct run_trace_call *run_trace_call_begins(struct run_trace *t, long long now_ms,
                                             struct span name, struct span id,
                                             struct span args_json)
{
  struct run_trace_call *c = call_new(t, now_ms, name);
  c->id = buf_make(id.len);
  buf_add(&c->id, id);
  buf_add(&c->args, args_json);
  return c;
}

void run_trace_call_ends(struct run_trace *t, struct run_trace_call *c, long long now_ms,
                         const char *error, struct span result)
{
  struct run_trace_call **found = NULL;
  for (struct run_trace_call **at = &t->told; *at; at = &(*at)->next) {
    if ((*at)->native || !span_equal(buf_span(&(*at)->name), buf_span(&c->name)))
      continue;
    bool same = json_slice_same(buf_span(&(*at)->args), buf_span(&c->args));
    if (same || !found)
      found = at;
    if (same)
      break;
  }
  emit_call(t, c, buf_span(found ? &(*found)->id : &c->id), now_ms, error, result);
  if (found)
    drop_told(t, found);
  call_free(c);
}

/* -- events -- */

static void end_run(struct run_trace *t, const struct event *e)
{
  if (e->outcome.len > 0) /* the stream's end alone: event/event_hold.h */
    return;
  end_turn(t);
  emit_run(t, e);
  t->over = true;
}

void run_trace_event(struct run_trace *t, const struct event *e)
{
  if (t->over)
    return;
  switch (e->kind) {
  case EVENT_TOOL_START:
    tell_call(t, e);
    speak(t, e);
    break;
  case EVENT_TOOL_END: /* which may come late, as other ends do */
    tell_arguments(t, e);
    break;
  case EVENT_TEXT:
  case EVENT_REASONING:
  case EVENT_TOOL_ARGS:
    speak(t, e);
    break;
  case EVENT_TOOL_RESULT:
    tell_result(t, e);
    break;
  case EVENT_RUN_FINISHED:
  case EVENT_RUN_ERROR:
    end_run(t, e);
    break;
  default:
    break;
  }
}
