/* SPDX-License-Identifier: MIT */
#include "event/agui_line.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static agui_extra *const nothing_more[EVENT_KINDS];

static void expect(struct event event, const char *wanted)
{
  static const struct event_run run = {0};
  struct buf line = buf_make(MIB);
  agui_line_write(&run, &event, nothing_more, &line);
  assert_string_equal(buf_cstring(&line), wanted);
  buf_free(&line);
}

static void test_agui_line__foreign_json_cannot_break_the_line(void **state)
{
  (void)state;
  expect((struct event){.kind = EVENT_CUSTOM,
                        .name = SPAN_LITERAL("n"),
                        .json = SPAN_LITERAL("{\n\"a\":\r[\n]}")},
         "{\"type\":\"CUSTOM\",\"timestamp\":0,\"name\":\"n\",\"value\":{ \"a\": [ ]}}"
         "\n");
  expect((struct event){.kind = EVENT_CUSTOM, .name = SPAN_LITERAL("n")},
         "{\"type\":\"CUSTOM\",\"timestamp\":0,\"name\":\"n\",\"value\":null}\n");
}

static void test_agui_line__what_ag_ui_has_no_event_for_has_no_line(void **state)
{
  (void)state;
  expect((struct event){.kind = EVENT_STEP_END}, "");
}

static void add_one(const struct event_run *run, const struct event *e,
                    struct json_writer *w)
{
  (void)run;
  (void)e;
  json_put_int(w, "one", 1);
}

static void test_agui_line__a_format_adds_its_own_at_the_end(void **state)
{
  static agui_extra *const more[EVENT_KINDS] = {[EVENT_TEXT_END] = add_one};
  struct event e = {.kind = EVENT_TEXT_END, .id = SPAN_LITERAL("\"i\"")};
  struct event_run run = {0};
  struct buf line = buf_make(MIB);
  (void)state;
  agui_line_write(&run, &e, more, &line);
  assert_string_equal(buf_cstring(&line), "{\"type\":\"TEXT_MESSAGE_END\","
                                          "\"messageId\":\"i\",\"timestamp\":0,"
                                          "\"one\":1}\n");
  buf_free(&line);
}

static void test_agui_usage__the_total_is_the_sum_when_none_is_told(void **state)
{
  struct event_usage u = {.prompt = 3, .completion = -1, .total = -1};
  (void)state;
  assert_true(agui_usage_is_known(&u));
  assert_int_equal(agui_usage_total(&u), 3);
  u.total = 9;
  assert_int_equal(agui_usage_total(&u), 9);
  u = (struct event_usage){.prompt = -1, .completion = -1, .total = -1, .cached = 5};
  assert_false(agui_usage_is_known(&u));
  assert_false(agui_usage_is_known(NULL));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_agui_line__foreign_json_cannot_break_the_line),
      cmocka_unit_test(test_agui_line__what_ag_ui_has_no_event_for_has_no_line),
      cmocka_unit_test(test_agui_line__a_format_adds_its_own_at_the_end),
      cmocka_unit_test(test_agui_usage__the_total_is_the_sum_when_none_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
