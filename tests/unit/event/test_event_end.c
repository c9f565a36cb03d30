/* SPDX-License-Identifier: MIT */
#include "event/event_end.h"

#include "base/limits.h"
#include "event/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_event_end__what_is_known_goes_with_either_end(void **state)
{
  char cost[] = "0.5";
  struct event_end end = event_end_make();
  struct event_usage usage = event_usage_none();
  struct event finished = {.kind = EVENT_RUN_FINISHED};
  struct event failed = {.kind = EVENT_RUN_ERROR};
  (void)state;
  event_end_fill(&end, 5, 2, &finished);
  assert_null(finished.usage);
  assert_int_equal(finished.duration_ms, -1);
  usage.prompt = 3;
  usage.cost_usd = span_of(cost);
  usage.session_cost_usd = SPAN_LITERAL("2");
  event_end_usage(&end, &usage);
  cost[0] = 'x'; /* it was copied */
  event_end_usage(&end, NULL);
  event_end_report(&end, SPAN_LITERAL("\"a\":1"), 12);
  event_end_fill(&end, 5, 2, &failed);
  assert_int_equal(failed.usage->prompt, 3);
  assert_true(span_is(failed.usage->cost_usd, "0.5"));
  assert_true(span_is(failed.usage->session_cost_usd, "2"));
  assert_true(span_is(failed.json, "\"a\":1,\"events\":5,\"toolCalls\":2"));
  assert_int_equal(failed.duration_ms, 12);
  event_end_free(&end);
}

static void test_event_end__no_tokens_are_no_news_in_an_error(void **state)
{
  struct event_end end = event_end_make();
  struct event_usage usage = event_usage_none();
  struct event finished = {.kind = EVENT_RUN_FINISHED};
  struct event failed = {.kind = EVENT_RUN_ERROR};
  (void)state;
  usage.prompt = usage.completion = 0;
  event_end_usage(&end, &usage);
  event_end_fill(&end, 5, 2, &finished);
  assert_non_null(finished.usage);
  event_end_fill(&end, 5, 2, &failed);
  assert_null(failed.usage);
  event_end_free(&end);
}

static void test_event_end__a_success_that_was_seen_is_told_by_errors_only(void **state)
{
  struct event finished = {.kind = EVENT_RUN_FINISHED};
  struct event failed = {.kind = EVENT_RUN_ERROR};
  (void)state;
  struct event_end end = event_end_make();
  end.succeeded = true;
  event_end_fill(&end, 5, 2, &finished);
  assert_int_equal(finished.json.len, 0);
  event_end_fill(&end, 5, 2, &failed);
  assert_true(span_is(failed.json, "\"successSeen\":true"));
  event_end_free(&end);
}

static void test_event_end__a_cost_too_long_to_be_kept_is_none(void **state)
{
  static char digits[LIMIT_NAME_BYTES + 1];
  struct event_end end = event_end_make();
  struct event_usage usage = event_usage_none();
  struct event e = {.kind = EVENT_RUN_FINISHED};
  (void)state;
  memset(digits, '1', sizeof digits);
  usage.cost_usd = (struct span){digits, sizeof digits};
  event_end_usage(&end, &usage);
  event_end_fill(&end, 5, 2, &e);
  assert_int_equal(e.usage->cost_usd.len, 0);
  event_end_free(&end);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_event_end__what_is_known_goes_with_either_end),
      cmocka_unit_test(test_event_end__no_tokens_are_no_news_in_an_error),
      cmocka_unit_test(test_event_end__a_success_that_was_seen_is_told_by_errors_only),
      cmocka_unit_test(test_event_end__a_cost_too_long_to_be_kept_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
