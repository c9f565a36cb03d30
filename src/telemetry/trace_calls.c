/* SPDX-License-Identifier: MIT */
/* trace_calls.c - two short lists: calls that events have told, and calls that have ended
 * untold.  */
#include "telemetry/trace_calls.h"

#include "base/json_slice.h"
#include "base/mem.h"
#include "run_trace_state.h"

#include <stdlib.h>

static struct run_trace_call *call_new(struct run_trace *t, long long now_ms,
                                       struct span name)
{
  struct run_trace_call *c = mem_new(sizeof *c);
  c->began_ms = now_ms;
  c->name = buf_make(name.len);
  c->args = buf_make(LIMIT_OTLP_TEXT_BYTES);
  c->result = buf_make(LIMIT_OTLP_TEXT_BYTES);
  buf_add(&c->name, name);
  run_trace_next_id(t, c->span_id);
  return c;
}

static void call_free(struct run_trace_call *c)
{
  buf_free(&c->name);
  buf_free(&c->id);
  buf_free(&c->args);
  buf_free(&c->result);
  free(c);
}

/* -- lists -- */

static void add(struct calls *list, struct run_trace_call *c)
{
  struct run_trace_call **end = &list->first;
  while (*end)
    end = &(*end)->next;
  *end = c;
  list->count++;
}

static void drop(struct calls *list, struct run_trace_call **at)
{
  struct run_trace_call *c = *at;
  *at = c->next;
  list->count--;
  call_free(c);
}

/* The call of that id, or the place behind the last. */
static struct run_trace_call **find(struct calls *list, struct span id_json)
{
  struct run_trace_call **c = &list->first;
  while (*c && !json_slice_says(id_json, buf_span(&(*c)->id)))
    c = &(*c)->next;
  return c;
}

/* One that may be the same as `other`: by its arguments, too, or the first of its name,
 * if that will do.  NULL: there is none. */
static struct run_trace_call **find_like(struct calls *list,
                                         const struct run_trace_call *other, bool will_do)
{
  struct run_trace_call **found = NULL;
  for (struct run_trace_call **at = &list->first; *at; at = &(*at)->next) {
    if ((*at)->native || !span_equal(buf_span(&(*at)->name), buf_span(&other->name)))
      continue;
    if (json_slice_same(buf_span(&(*at)->args), buf_span(&other->args)))
      return at;
    if (will_do && !found)
      found = at;
  }
  return found;
}

/* -- spans -- */

static void emit(struct run_trace *t, const struct run_trace_call *c, struct span call_id,
                 struct span result)
{
  struct json_writer *w = &t->writer;
  run_trace_open(t, c->span_id, c->began_ms, c->ended_ms, "execute_tool",
                 buf_span(&c->name));
  otlp_put_text(w, "gen_ai.tool.name", buf_span(&c->name));
  otlp_put_text(w, "gen_ai.tool.call.id", call_id);
  otlp_put_text(w, "gen_ai.tool.type", SPAN_LITERAL("function"));
  otlp_put_text(w, "runlet.tool.origin", span_of(c->native ? "native" : "host"));
  if (!c->native)
    otlp_put_text(w, "runlet.call.id", buf_span(&c->id));
  otlp_put_text(w, "gen_ai.tool.call.arguments", run_trace_cut(t, buf_span(&c->args)));
  otlp_put_text(w, "gen_ai.tool.call.result", run_trace_cut(t, result));
  run_trace_close(t, span_of(c->error), (struct span){0});
}

static void emit_untold(struct run_trace *t, struct run_trace_call **at, struct span id)
{
  emit(t, *at, id.len > 0 ? id : buf_span(&(*at)->id), buf_span(&(*at)->result));
  drop(&t->untold, at);
}

/* -- as events tell them -- */

void trace_calls_begin(struct run_trace *t, const struct event *e)
{
  if (t->told.count >= LIMIT_OPEN_CALLS)
    return;
  struct run_trace_call *c = call_new(t, e->at_ms, e->name);
  c->native = e->origin == TOOL_NATIVE;
  c->id = buf_make(e->call.len);
  json_unescape(e->call, &c->id);
  add(&t->told, c);
}

void trace_calls_arguments(struct run_trace *t, const struct event *e)
{
  struct run_trace_call **told = find(&t->told, e->call), **untold;
  if (!*told || (*told)->args.len > 0)
    return;
  buf_add(&(*told)->args, span_cut_utf8(e->json, LIMIT_OTLP_TEXT_BYTES));
  untold = (*told)->native ? NULL : find_like(&t->untold, *told, false);
  if (!untold)
    return;
  emit_untold(t, untold, buf_span(&(*told)->id));
  drop(&t->told, told);
}

void trace_calls_result(struct run_trace *t, const struct event *e)
{
  struct run_trace_call **at = find(&t->told, e->call), *c = *at;
  if (!c)
    return;
  c->ended_ms = e->at_ms;
  if (e->failed)
    c->error = "failed";
  else if (span_is(e->text, "{\"status\":\"interrupted\"}"))
    c->error = "interrupted";
  if (c->native || !t->setup.calls_are_told)
    emit(t, c, buf_span(&c->id), e->text);
  drop(&t->told, at);
}

void trace_calls_give_up(struct run_trace *t)
{
  while (t->untold.first)
    emit_untold(t, &t->untold.first, (struct span){0});
}

void trace_calls_free(struct run_trace *t)
{
  while (t->told.first)
    drop(&t->told, &t->told.first);
  while (t->untold.first)
    drop(&t->untold, &t->untold.first);
}

/* -- as they come to us -- */

struct run_trace_call *trace_call_begin(struct run_trace *t, long long now_ms,
                                        struct span name, struct span id,
                                        struct span args_json)
{
  struct run_trace_call *c = call_new(t, now_ms, name);
  c->id = buf_make(id.len);
  buf_add(&c->id, id);
  buf_add(&c->args, span_cut_utf8(args_json, LIMIT_OTLP_TEXT_BYTES));
  return c;
}

void trace_call_end(struct run_trace *t, struct run_trace_call *c, long long now_ms,
                    const char *error, struct span result)
{
  struct run_trace_call **told = find_like(&t->told, c, true);
  c->ended_ms = now_ms;
  c->error = error;
  if (told) {
    emit(t, c, buf_span(&(*told)->id), result);
    drop(&t->told, told);
    call_free(c);
    return;
  }
  if (t->untold.count >= LIMIT_OTLP_UNTOLD)
    emit_untold(t, &t->untold.first, (struct span){0});
  buf_add(&c->result, run_trace_cut(t, result));
  add(&t->untold, c);
  if (t->over)
    trace_calls_give_up(t);
}
