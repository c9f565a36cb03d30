/* SPDX-License-Identifier: MIT */
#include "base/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_strv__is_null_ended_at_every_size(void **state)
{
  (void)state;
  struct strv v = {0};
  for (int i = 0; i < 50; i++) {
    strv_addf(&v, "arg%d", i);
    assert_int_equal(v.count, i + 1);
    assert_null(v.at[v.count]);
  }
  strv_add(&v, (struct span){"abcdef", 3});
  assert_string_equal(v.at[50], "abc");
  assert_string_equal(v.at[49], "arg49");
  strv_free(&v);
  assert_null(v.at);
  strv_free(&v);
}

static void test_strv__environment_entries_are_replaced_by_name(void **state)
{
  (void)state;
  struct strv v = {0};
  strv_add(&v, span_of("PATH=/bin"));
  strv_add(&v, span_of("PATHX=1"));
  strv_set_env(&v, "PATH", span_of("/usr/bin"));
  strv_set_env(&v, "NEW", (struct span){NULL, 0});
  assert_int_equal(v.count, 3);
  assert_string_equal(strv_env(&v, "PATH"), "/usr/bin");
  assert_string_equal(strv_env(&v, "PATHX"), "1");
  assert_string_equal(strv_env(&v, "NEW"), "");
  assert_null(strv_env(&v, "PAT"));
  assert_null(strv_env(&v, "path"));
  strv_free(&v);
}

static void test_process_plan__owns_what_it_holds(void **state)
{
  (void)state;
  struct process_plan p = process_plan_make();
  struct buf content = buf_make(100);
  buf_add_text(&content, "{}");
  strv_add(&p.argv, span_of("claude"));
  buf_add_text(&p.first_input, "prompt");
  process_plan_add_file(&p, "mcp.json", &content);
  assert_null(content.at); /* taken */
  process_plan_add_file(&p, "empty", &content);
  assert_int_equal(p.file_count, 2);
  assert_string_equal(p.files[0].name, "mcp.json");
  assert_string_equal(buf_cstring(&p.files[0].content), "{}");
  assert_int_equal(p.input, INPUT_ONCE);
  process_plan_free(&p);
  assert_int_equal(p.file_count, 0);
  process_plan_free(&p);
}

static void test_process__an_end_is_clean_when_it_is_zero_or_ours(void **state)
{
  (void)state;
  assert_true(process_end_is_clean(&(struct process_end){0}));
  assert_false(process_end_is_clean(&(struct process_end){.status = 1}));
  assert_false(process_end_is_clean(&(struct process_end){.signal = 15}));
  assert_true(process_end_is_clean(&(struct process_end){.signal = 15, .forced = true}));
  assert_true(process_end_is_clean(&(struct process_end){.status = 143, .forced = true}));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_strv__is_null_ended_at_every_size),
      cmocka_unit_test(test_strv__environment_entries_are_replaced_by_name),
      cmocka_unit_test(test_process_plan__owns_what_it_holds),
      cmocka_unit_test(test_process__an_end_is_clean_when_it_is_zero_or_ours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
