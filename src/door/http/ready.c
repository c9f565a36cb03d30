/* SPDX-License-Identifier: MIT */
/* ready.c - all reasons are looked for, so that one look tells them all.  */
#include "door/http/ready.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "door/http/answer.h"
#include "door/http/runs_door.h"
#include "io/files.h"

#include <stdlib.h>
#include <string.h>

static void add_reason(struct json_writer *w, bool *ready, const char *text)
{
  *ready = false;
  json_put_text(w, NULL, span_of(text));
}

static void check_programs(const struct runtime *g, struct json_writer *w, bool *ready)
{
  struct span rest = span_of(g->options->serve.require_cli);
  struct buf found = buf_make(8 * KIB);
  while (rest.len > 0) {
    const char *comma = memchr(rest.at, ',', rest.len);
    size_t n = comma ? (size_t)(comma - rest.at) : rest.len;
    char *name = span_copy(span_trim((struct span){rest.at, n}));
    struct fault why = {0};
    if (name[0] && files_find_program(name, strv_env(&g->environment, "PATH"),
                                      g->folders.workspace.at, &found, &why) < 0)
      add_reason(w, ready, why.text);
    free(name);
    rest = span_after(rest, comma ? n + 1 : n);
  }
  buf_free(&found);
}

bool ready_write(const struct runtime *g, bool shutting_down, struct buf *json)
{
  bool ready = true;
  struct fault why = {0};
  struct buf reasons = buf_make(64 * KIB);
  struct json_writer w = json_write_to(&reasons);
  json_open(&w, NULL, '[');
  if (shutting_down)
    add_reason(&w, &ready, "shutting down");
  if (runs_count(g->runs) >= g->options->serve.max_runs)
    add_reason(&w, &ready, "as many runs are going on as may (--max-runs)");
  if (files_check_folder(g->folders.state.at, &why) < 0)
    add_reason(&w, &ready, why.text);
  if (files_check_folder(g->folders.workspace.at, &why) < 0)
    add_reason(&w, &ready, why.text);
  check_programs(g, &w, &ready);
  json_close(&w, ']');
  w = json_write_to(json);
  json_open(&w, NULL, '{');
  json_put_bool(&w, "ready", ready);
  if (!ready)
    json_put_raw(&w, "reasons", buf_span(&reasons));
  json_close(&w, '}');
  buf_free(&reasons);
  return ready;
}

void ready_answer(struct runs_door *d, struct http_exchange *x,
                  const struct route_target *target)
{
  struct buf json = buf_make(64 * KIB);
  (void)target;
  bool ready = ready_write(d->runtime, d->shutting_down, &json);
  answer_text(x, ready ? 200 : 503, "application/json", buf_span(&json));
  buf_free(&json);
}

void health_answer(struct runs_door *d, struct http_exchange *x,
                   const struct route_target *target)
{
  (void)d;
  (void)target;
  answer_text(x, 200, NULL, SPAN_LITERAL("ok"));
}
