/* SPDX-License-Identifier: MIT */
/* What becomes of events and calls, span by span. */
#include "telemetry/run_trace.h"

#include "base/limits.h"
#include "told_spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
      cmocka_unit_test(test_run_trace__an_end_of_the_stream_alone_is_not_the_runs),
      cmocka_unit_test(test_run_trace__content_is_told_where_it_is_wanted_and_cut),
      cmocka_unit_test(test_run_trace__an_agent_without_a_model_has_no_turns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
