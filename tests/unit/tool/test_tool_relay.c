/* SPDX-License-Identifier: MIT */
#include "tool/tool_relay.h"

#include "loopback.h"
#include "tool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
  struct tool_fixture d;
  struct tool_relay relay;
  unsigned calls, overs;
  struct buf id, args;
  const char *at_once; /* answered from inside on_call */
} s;

static void on_call(void *who, struct span id, struct span name, struct span args_json)
{
  assert_ptr_equal(who, &s);
  assert_true(span_is(name, "a \"tool\""));
  s.calls++;
  buf_clear(&s.id);
  buf_add(&s.id, id);
  buf_clear(&s.args);
  buf_add(&s.args, args_json);
  if (s.at_once)
    assert_true(tool_relay_answer(&s.d.source, id, span_of(s.at_once), false));
}

static void on_over(void *who, struct span id)
{
  (void)who;
  assert_true(span_equal(id, buf_span(&s.id)));
  s.overs++;
}

static int open_all(void **state)
{
  (void)state;
  memset(&s, 0, sizeof s);
  s.id = buf_make(100);
  s.args = buf_make(100);
  tool_fixture_open(&s.d);
  s.relay = (struct tool_relay){on_call, on_over, &s};
  s.d.source.relay = &s.relay;
  tool_fixture_use(&s.d, tool_relay_claim);
  return 0;
}

static int close_all(void **state)
{
  (void)state;
  assert_int_equal(s.calls, 1);
  assert_null(s.d.source.relayed);
  tool_fixture_close(&s.d);
  buf_free(&s.id);
  buf_free(&s.args);
  return 0;
}

static void test_tool_relay__the_answer_is_its_bytes(void **state)
{
  (void)state;
  tool_fixture_start(&s.d, "{\"n\" : 1.0}");
  assert_string_equal(buf_cstring(&s.args), "{\"n\" : 1.0}");
  assert_true(tool_relay_answer(&s.d.source, buf_span(&s.id), span_of("[1.0]"), false));
  assert_false(tool_relay_answer(&s.d.source, buf_span(&s.id), span_of("2"), false));
  tool_fixture_wait(&s.d);
  assert_string_equal(buf_cstring(&s.d.result), "[1.0]");
  assert_false(tool_relay_answer(&s.d.source, buf_span(&s.id), span_of("2"), false));
  assert_int_equal(s.overs, 0);
}

static void test_tool_relay__may_be_answered_from_inside(void **state)
{
  (void)state;
  s.at_once = "\"now\"";
  tool_fixture_start(&s.d, "{}");
  tool_fixture_wait(&s.d);
  assert_string_equal(buf_cstring(&s.d.result), "\"now\"");
}

static void test_tool_relay__a_failure_is_told_in_its_words(void **state)
{
  (void)state;
  tool_fixture_start(&s.d, "{}");
  assert_true(tool_relay_answer(&s.d.source, buf_span(&s.id),
                                span_of("\"not \\\"so\\\"\""), true));
  tool_fixture_wait(&s.d);
  assert_string_equal(buf_cstring(&s.d.failure), "Tool execution failed: not \"so\"");
}

static void test_tool_relay__a_failure_that_is_no_text_is_its_json(void **state)
{
  (void)state;
  tool_fixture_start(&s.d, "{}");
  assert_true(
      tool_relay_answer(&s.d.source, buf_span(&s.id), span_of("{\"a\":1}"), true));
  tool_fixture_wait(&s.d);
  assert_string_equal(buf_cstring(&s.d.failure), "Tool execution failed: {\"a\":1}");
}

static void test_tool_relay__no_answer_in_time_is_a_failure(void **state)
{
  (void)state;
  s.d.route.timeout_ms = 30;
  tool_fixture_start(&s.d, "{}");
  tool_fixture_wait(&s.d);
  assert_non_null(strstr(buf_cstring(&s.d.failure), "no result came in time"));
  assert_int_equal(s.overs, 1);
}

static void test_tool_relay__a_cancel_is_told(void **state)
{
  (void)state;
  struct tool_call *call = tool_fixture_start(&s.d, "{}");
  tool_fixture_cancel(&s.d, call);
  assert_false(tool_relay_answer(&s.d.source, buf_span(&s.id), span_of("1"), false));
  tool_fixture_wait(&s.d);
  assert_true(s.d.cancelled);
  assert_int_equal(s.overs, 1);
}

static void test_tool_relay__claims_only_what_has_a_relay(void **state)
{
  (void)state;
  struct tool_source source = {0};
  struct tool_executor e;
  struct fault f = {0};
  assert_int_equal(tool_relay_claim(&source, &e, &f), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
  const struct CMUnitTest tests[] = {
      T(test_tool_relay__the_answer_is_its_bytes),
      T(test_tool_relay__may_be_answered_from_inside),
      T(test_tool_relay__a_failure_is_told_in_its_words),
      T(test_tool_relay__a_failure_that_is_no_text_is_its_json),
      T(test_tool_relay__no_answer_in_time_is_a_failure),
      T(test_tool_relay__a_cancel_is_told),
      cmocka_unit_test(test_tool_relay__claims_only_what_has_a_relay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
