/* SPDX-License-Identifier: MIT */
#include "tool/tool_split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fake { /* an executor that only takes note */
  unsigned starts, cancels;
  bool refuses;
  tool_attempt_done *done;
  void *who;
};

static void *start(void *context, const struct tool_attempt *attempt,
                   tool_attempt_done *done, void *who, struct fault *f)
{
  struct fake *fake = context;
  (void)attempt;
  fake->starts++;
  fake->done = done;
  fake->who = who;
  if (!fake->refuses)
    return fake;
  fault_set(f, FAULT_SYSTEM, "no");
  return NULL;
}

static void cancel(void *work)
{
  ((struct fake *)work)->cancels++;
}

static unsigned ended;

static void on_done(void *who, const struct tool_attempt_end *end)
{
  assert_ptr_equal(who, &ended);
  assert_true(span_is(end->answer.result, "1"));
  ended++;
}

static void finish(const struct fake *fake)
{
  struct tool_attempt_end end = {.outcome = TOOL_ATTEMPT_ANSWERED};
  end.answer.result = SPAN_LITERAL("1");
  fake->done(fake->who, &end);
}

static void test_tool_split__each_call_goes_where_its_tool_runs(void **state)
{
  (void)state;
  struct fault f = {0};
  static const char *const raw[] = {"inputSchema", NULL};
  struct json *doc = json_parse(SPAN_LITERAL("[{\"name\":\"a\"},{\"name\":\"b\"}]"),
                                &(struct json_rules){.raw = raw}, &f);
  struct tools *tools = tools_read(doc, json_root(doc), &f);
  struct fake page = {0}, host = {0};
  tools_set_frontend(tools, 1);
  assert_int_equal(tools_count_frontend(tools), 1);
  struct tool_split split = {tools, {&page, start, cancel}, {&host, start, cancel}};
  struct tool_executor e = tool_split_executor(&split);
  struct tool_attempt a = {.tool = SPAN_LITERAL("a")}, b = {.tool = SPAN_LITERAL("b")};
  void *work = e.start(e.context, &a, on_done, &ended, &f);
  assert_non_null(work);
  assert_int_equal(host.starts, 1);
  e.cancel(work);
  assert_int_equal(host.cancels, 1);
  finish(&host);
  assert_int_equal(ended, 1);
  assert_non_null(e.start(e.context, &b, on_done, &ended, &f));
  assert_int_equal(page.starts, 1);
  finish(&page);
  assert_int_equal(ended, 2);
  host.refuses = true;
  assert_null(e.start(e.context, &a, on_done, &ended, &f));
  assert_string_equal(f.text, "no");
  assert_int_equal(page.cancels, 0);
  tools_free(tools);
  json_free(doc);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tool_split__each_call_goes_where_its_tool_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
