/* SPDX-License-Identifier: MIT */
/* What becomes of events and calls, span by span. */
#include "telemetry/run_trace.h"

#include "base/json_slice.h"
#include "base/limits.h"

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

static void emit(void *who, struct span json)
{
  struct told *t = who;
  assert_true(t->count < 16);
  t->spans[t->count] = buf_make(MIB);
  buf_add(&t->spans[t->count++], json);
}

static struct run_trace_setup usual(struct told *t)
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

static void begin(struct told *t, const struct run_trace_setup *setup)
{
  *t = (struct told){0};
  t->trace = run_trace_new(setup);
  run_trace_agent_begins(t->trace, 1010);
}

static void end(struct told *t)
{
  run_trace_free(t->trace);
  for (size_t i = 0; i < t->count; i++)
    buf_free(&t->spans[i]);
}

static void event(struct told *t, struct event e, long long at_ms)
{
  e.at_ms = at_ms;
  run_trace_event(t->trace, &e);
}

static void call(struct told *t, enum tool_origin origin, const char *name,
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

static void result(struct told *t, const char *id_json, const char *text, bool failed,
                   long long at_ms)
{
  event(t,
        (struct event){.kind = EVENT_TOOL_RESULT,
                       .call = span_of(id_json),
                       .text = span_of(text),
                       .failed = failed},
        at_ms);
}

static void finish(struct told *t, const struct event_usage *usage, long long at_ms)
{
  event(t,
        (struct event){
            .kind = EVENT_RUN_FINISHED, .code = SPAN_LITERAL("stop"), .usage = usage},
        at_ms);
}

/* The n-th span's name, its times and all of `more` in it. */
static void expect(const struct told *t, size_t n, const char *name, const char *times,
                   const char *more)
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

static void refute(const struct told *t, const char *text)
{
  for (size_t i = 0; i < t->count; i++)
    if (strstr(t->spans[i].at, text))
      fail_msg("%s in %s", text, t->spans[i].at);
}

#define TEXT(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"

static void test_run_trace__turns_end_with_the_last_word_before_a_result(void **state)
{
  (void)state;
  struct told t;
  struct run_trace_setup setup = usual(&t);
  struct event_usage usage = {.prompt = 10,
                              .completion = 5,
                              .total = -1,
                              .cached = 3,
                              .cache_write = -1,
                              .reasoning = -1,
                              .cost_usd = SPAN_LITERAL("0.5")};
  begin(&t, &setup);
  event(&t, (struct event){.kind = EVENT_TEXT, .text = SPAN_LITERAL("said-text")}, 1020);
  call(&t, TOOL_NATIVE, "Bash", "\"a\"", "{\"args-text\":1}", 1030);
  call(&t, TOOL_NATIVE, "Bash", "\"b\"", "{}", 1031);
  result(&t, "\"b\"", "no", true, 1040);
  result(&t, "\"a\"", "result-text", false, 1050);
  event(&t, (struct event){.kind = EVENT_TEXT, .text = SPAN_LITERAL("bye")}, 1070);
  event(&t, (struct event){.kind = EVENT_TEXT_END}, 1075);
  finish(&t, &usage, 1080);
  finish(&t, &usage, 1090); /* nothing comes after the end */
  assert_int_equal(t.count, 5);
  expect(&t, 0, "chat m", "1010-1031", TEXT("gen_ai.operation.name", "chat"));
  expect(&t, 1, "execute_tool Bash", "1031-1040", TEXT("error.type", "failed"));
  expect(&t, 1, "execute_tool Bash", "1031-1040", TEXT("gen_ai.tool.call.id", "b"));
  expect(&t, 2, "execute_tool Bash", "1030-1050", TEXT("gen_ai.tool.call.id", "a"));
  expect(&t, 3, "chat m", "1050-1070", "\"kind\":3");
  expect(&t, 4, "invoke_agent claude-code", "1000-1080",
         "{\"key\":\"gen_ai.usage.input_tokens\",\"value\":{\"intValue\":\"10\"}}");
  expect(&t, 4, "invoke_agent claude-code", "1000-1080",
         "{\"key\":\"runlet.usage.cost_usd\",\"value\":{\"doubleValue\":0.5}}");
  expect(&t, 4, "invoke_agent claude-code", "1000-1080",
         "{\"key\":\"gen_ai.usage.cache_read.input_tokens\",\"value\":{\"intValue\":"
         "\"3\"}}");
  refute(&t, "-text");
  refute(&t, "cache_creation");
  end(&t);
}

static void
test_run_trace__a_host_tool_has_the_id_of_the_call_with_its_arguments(void **state)
{
  (void)state;
  struct told t;
  struct run_trace_setup setup = usual(&t);
  char parent[TRACE_PARENT_BYTES + 1];
  begin(&t, &setup);
  call(&t, TOOL_HOST, "f", "\"one\"", "{\"a\":1}", 1020);
  call(&t, TOOL_HOST, "f", "\"two\"", "{\"a\":2}", 1021);
  call(&t, TOOL_NATIVE, "f", "\"three\"", "{ \"a\" : 3}", 1022);
  struct run_trace_call *two =
      run_trace_call_begins(t.trace, 1030, SPAN_LITERAL("f"), SPAN_LITERAL("own2"),
                            SPAN_LITERAL("{ \"a\" : 2 }"));
  struct run_trace_call *other = run_trace_call_begins(
      t.trace, 1031, SPAN_LITERAL("f"), SPAN_LITERAL("own1"), SPAN_LITERAL("{}"));
  struct run_trace_call *third = run_trace_call_begins(
      t.trace, 1032, SPAN_LITERAL("f"), SPAN_LITERAL("own3"), SPAN_LITERAL("{}"));
  run_trace_call_put_parent(t.trace, two, parent);
  run_trace_call_ends(t.trace, two, 1040, NULL, SPAN_LITERAL("1"));
  run_trace_call_ends(t.trace, other, 1041, "failed", SPAN_LITERAL("1"));
  run_trace_call_ends(t.trace, third, 1042, "cancelled", SPAN_LITERAL("1"));
  assert_int_equal(t.count, 3);
  expect(&t, 0, "execute_tool f", "1030-1040", TEXT("gen_ai.tool.call.id", "two"));
  expect(&t, 0, "execute_tool f", "1030-1040", TEXT("runlet.call.id", "own2"));
  expect(&t, 1, "execute_tool f", "1031-1041", TEXT("gen_ai.tool.call.id", "one"));
  expect(&t, 2, "execute_tool f", "1032-1042", TEXT("gen_ai.tool.call.id", "own3"));
  assert_int_equal(strlen(parent), TRACE_PARENT_BYTES);
  assert_non_null(strstr(parent, "00-" ID "-"));
  parent[52] = 0;
  assert_non_null(strstr(t.spans[0].at, parent + 36));
  result(&t, "\"two\"", "x", false, 1050); /* its span is told */
  assert_int_equal(t.count, 4);
  expect(&t, 3, "chat m", "1010-1022", "");
  end(&t);
}

static void test_run_trace__an_end_of_the_stream_alone_is_not_the_runs(void **state)
{
  (void)state;
  struct told t;
  struct run_trace_setup setup = usual(&t);
  setup.calls_are_told = false;
  setup.parent_id = SPAN_LITERAL("b7ad6b7169203331");
  begin(&t, &setup);
  run_trace_setup_ends(t.trace, 1011, NULL); /* there was none */
  run_trace_setup_begins(t.trace, 1011);
  run_trace_setup_ends(t.trace, 1012, "setup-failed");
  call(&t, TOOL_HOST, "f", "\"one\"", "{}", 1020);
  event(&t, (struct event){.kind = EVENT_RUN_FINISHED, .outcome = SPAN_LITERAL("{}")},
        1030);
  result(&t, "\"one\"", "{\"status\":\"interrupted\"}", false, 1040);
  event(&t,
        (struct event){.kind = EVENT_RUN_ERROR,
                       .code = SPAN_LITERAL("cancelled"),
                       .text = SPAN_LITERAL("why-text")},
        1050);
  assert_int_equal(t.count, 4);
  expect(&t, 0, "setup", "1011-1012", TEXT("error.type", "setup-failed"));
  expect(&t, 1, "chat m", "1010-1020", "");
  expect(&t, 2, "execute_tool f", "1020-1040", TEXT("error.type", "interrupted"));
  expect(&t, 3, "invoke_agent claude-code", "1000-1050", TEXT("error.type", "cancelled"));
  expect(&t, 3, "invoke_agent claude-code", "1000-1050",
         "\"parentSpanId\":\"b7ad6b7169203331\",\"flags\":769,");
  expect(&t, 3, "invoke_agent claude-code", "1000-1050", "\"status\":{\"code\":2}");
  refute(&t, "-text");
  end(&t);
}

static void test_run_trace__content_is_told_where_it_is_wanted_and_cut(void **state)
{
  (void)state;
  struct told t;
  struct run_trace_setup setup = usual(&t);
  struct buf huge = buf_make(MIB);
  for (int i = 0; i < 20000; i++)
    buf_add_text(&huge, "\xc3\xa9");
  setup.content = true;
  begin(&t, &setup);
  event(&t, (struct event){.kind = EVENT_TEXT, .text = SPAN_LITERAL("said")}, 1020);
  call(&t, TOOL_NATIVE, "Bash", "\"a\"", "{\"x\":1}", 1030);
  result(&t, "\"a\"", buf_cstring(&huge), false, 1040);
  finish(&t, NULL, 1050);
  expect(&t, 0, "chat m", "1010-1030", "\\\"content\\\":\\\"said\\\"");
  expect(&t, 1, "execute_tool Bash", "1030-1040",
         TEXT("gen_ai.tool.call.arguments", "{\\\"x\\\":1}"));
  assert_true(t.spans[1].len < LIMIT_OTLP_TEXT_BYTES + 2 * KIB);
  expect(&t, 2, "invoke_agent claude-code", "1000-1050", "prompt-text");
  end(&t);
  buf_free(&huge);
}

static void test_run_trace__an_agent_without_a_model_has_no_turns(void **state)
{
  (void)state;
  struct told t;
  struct run_trace_setup setup = usual(&t);
  setup.has_model = false;
  setup.model = SPAN_LITERAL("default");
  begin(&t, &setup);
  event(&t, (struct event){.kind = EVENT_TEXT, .text = SPAN_LITERAL("said")}, 1020);
  finish(&t, NULL, 1050);
  assert_int_equal(t.count, 1);
  refute(&t, "gen_ai.request.model");
  end(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_trace__turns_end_with_the_last_word_before_a_result),
      cmocka_unit_test(
          test_run_trace__a_host_tool_has_the_id_of_the_call_with_its_arguments),
      cmocka_unit_test(test_run_trace__an_end_of_the_stream_alone_is_not_the_runs),
      cmocka_unit_test(test_run_trace__content_is_told_where_it_is_wanted_and_cut),
      cmocka_unit_test(test_run_trace__an_agent_without_a_model_has_no_turns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
