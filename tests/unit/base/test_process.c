/* SPDX-License-Identifier: MIT */
#include "base/process.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static void
test_process_end__is_clean_when_it_exited_well_or_was_ended_by_us(void **state)
{
  (void)state;
  assert_true(process_end_is_clean(&(struct process_end){0}));
  assert_false(process_end_is_clean(&(struct process_end){.status = 1}));
  assert_false(process_end_is_clean(&(struct process_end){.signal = SIGTERM}));
  assert_true(process_end_is_clean(&(struct process_end){.signal = 9, .forced = true}));
  assert_true(process_end_is_clean(&(struct process_end){.status = 143, .forced = true}));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_process_plan__owns_what_it_holds),
      cmocka_unit_test(test_process_end__is_clean_when_it_exited_well_or_was_ended_by_us),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
