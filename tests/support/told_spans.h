/* SPDX-License-Identifier: MIT */
/* told_spans.h - for tests: a run's spans, as its events and calls are told by hand. */
#ifndef SUPPORT_TOLD_SPANS_H
#define SUPPORT_TOLD_SPANS_H

#include "base/json_slice.h"
#include "base/limits.h"
#include "telemetry/run_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "0af7651916cd43dd8448eb211c80319c"

struct told {
  struct run_trace *trace;
  struct buf spans[16];
  size_t count;
};

static inline void emit(void *who, struct span json)
{
  struct told *t = who;
  assert_true(t->count < 16);
  t->spans[t->count] = buf_make(MIB);
  buf_add(&t->spans[t->count++], json);
}

static inline struct run_trace_setup usual(struct told *t)
{
  return (struct run_trace_setup){.trace_id = SPAN_LITERAL(ID),
                                  .seed = 7,
                                  .run_id = SPAN_LITERAL("r"),
                                  .thread_id = SPAN_LITERAL("th"),
                                  .model = SPAN_LITERAL("m"),
                                  .prompt = SPAN_LITERAL("prompt-text"),
                                  .agent = "claude-code",
                                  .has_model = true,
                                  .calls_are_told = true,
                                  .now_ms = 1000,
                                  .emit = emit,
                                  .who = t};
}

static inline void begin(struct told *t, const struct run_trace_setup *setup)
{
  *t = (struct told){0};
  t->trace = run_trace_new(setup);
  run_trace_agent_begins(t->trace, 1010);
}

static inline void end(struct told *t)
{
  run_trace_free(t->trace);
  for (size_t i = 0; i < t->count; i++)
    buf_free(&t->spans[i]);
}

static inline void event(struct told *t, struct event e, long long at_ms)
{
  e.at_ms = at_ms;
  run_trace_event(t->trace, &e);
}

static inline void call(struct told *t, enum tool_origin origin, const char *name,
                        const char *id_json, const char *args, long long at_ms)
{
  struct event e = {.kind = EVENT_TOOL_START,
                    .origin = origin,
                    .name = span_of(name),
                    .call = span_of(id_json)};
  event(t, e, at_ms);
  e.kind = EVENT_TOOL_END;
  e.json = span_of(args);
  event(t, e, at_ms);
}

static inline void result(struct told *t, const char *id_json, const char *text,
                          bool failed, long long at_ms)
{
  event(t,
        (struct event){.kind = EVENT_TOOL_RESULT,
                       .call = span_of(id_json),
                       .text = span_of(text),
                       .failed = failed},
        at_ms);
}

static inline void finish(struct told *t, const struct event_usage *usage,
                          long long at_ms)
{
  event(t,
        (struct event){
            .kind = EVENT_RUN_FINISHED, .code = SPAN_LITERAL("stop"), .usage = usage},
        at_ms);
}

/* The n-th span's name, its times and all of `more` in it. */
static inline void expect(const struct told *t, size_t n, const char *name,
                          const char *times, const char *more)
{
  assert_true(n < t->count);
  struct span s = buf_span(&t->spans[n]);
  struct buf got = buf_make(MIB);
  struct span from = json_slice(s, "startTimeUnixNano"),
              to = json_slice(s, "endTimeUnixNano");
  buf_add(&got, (struct span){from.at + 1, from.len - 8});
  buf_add_char(&got, '-');
  buf_add(&got, (struct span){to.at + 1, to.len - 8});
  if (!json_slice_says(json_slice(s, "name"), span_of(name)) ||
      !span_is(buf_span(&got), times) || !strstr(t->spans[n].at, more))
    fail_msg("%s %s %s: %s", name, times, more, t->spans[n].at);
  buf_free(&got);
}

static inline void refute(const struct told *t, const char *text)
{
  for (size_t i = 0; i < t->count; i++)
    if (strstr(t->spans[i].at, text))
      fail_msg("%s in %s", text, t->spans[i].at);
}

#define TEXT(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"

#endif
