/* SPDX-License-Identifier: MIT */
#include "agent/claude_code/claude_code_tasks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool reads(struct claude_tasks *t, const char *line)
{
  struct fault f = {0};
  struct json *doc = json_parse(span_of(line), NULL, &f);
  assert_non_null(doc);
  json_at root = json_root(doc);
  bool read = claude_tasks_read(t, doc, root, json_member_text(doc, root, "subtype"));
  json_free(doc);
  return read;
}

static void test_tasks__a_list_is_the_whole_truth(void **state)
{
  struct claude_tasks t = {0};
  (void)state;
  assert_true(reads(&t,
                    "{\"subtype\":\"background_tasks_changed\",\"tasks\":[{\"task_id\":"
                    "\"a\"},{\"task_id\":\"b\"},{\"task_id\":\"a\"},{}]}"));
  assert_int_equal(t.open, 2);
  assert_true(reads(&t, "{\"subtype\":\"background_tasks_changed\",\"tasks\":[]}"));
  assert_int_equal(t.open, 0);
  assert_false(reads(&t, "{\"subtype\":\"background_tasks_changed\"}"));
  assert_false(reads(&t, "{\"subtype\":\"status\"}"));
}

static void test_tasks__without_lists_they_are_counted(void **state)
{
  struct claude_tasks t = {0};
  (void)state;
  assert_true(reads(&t, "{\"subtype\":\"task_started\",\"task_id\":\"f\",\"is_"
                        "backgrounded\":false}"));
  assert_int_equal(t.open, 0);
  for (int i = 0; i < 2; i++) /* told twice, it is one */
    assert_true(reads(&t, "{\"subtype\":\"task_started\",\"task_id\":\"a\",\"is_"
                          "backgrounded\":true}"));
  assert_int_equal(t.open, 1);
  assert_true(reads(&t, "{\"subtype\":\"task_notification\",\"task_id\":\"b\"}"));
  assert_int_equal(t.open, 1);
  assert_true(reads(&t, "{\"subtype\":\"task_notification\",\"task_id\":\"a\"}"));
  assert_int_equal(t.open, 0);
}

static void test_tasks__more_than_are_told_apart_are_not_waited_for(void **state)
{
  struct claude_tasks t = {0};
  char line[200];
  (void)state;
  for (int i = 0; i < 2 * LIMIT_OPEN_TASKS; i++) {
    (void)snprintf(
        line, sizeof line,
        "{\"subtype\":\"task_started\",\"task_id\":\"t%d\",\"is_backgrounded\":"
        "true}",
        i);
    assert_true(reads(&t, line));
  }
  assert_int_equal(t.open, LIMIT_OPEN_TASKS);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tasks__a_list_is_the_whole_truth),
      cmocka_unit_test(test_tasks__without_lists_they_are_counted),
      cmocka_unit_test(test_tasks__more_than_are_told_apart_are_not_waited_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
