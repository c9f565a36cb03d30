/* SPDX-License-Identifier: MIT */
#include "base/fault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_fault__set_fills_and_answers_minus_one(void **state)
{
  (void)state;
  struct fault f = {0};
  assert_int_equal(fault_set(&f, FAULT_AGENT, "it %s %d", "failed", 7), -1);
  assert_int_equal(f.kind, FAULT_AGENT);
  assert_int_equal(f.os, 0);
  assert_string_equal(f.text, "it failed 7");
}

static void test_fault__system_adds_what_the_os_says(void **state)
{
  (void)state;
  struct fault f = {0};
  assert_int_equal(fault_system(&f, -ENOENT, "open %s", "/x"), -1);
  assert_int_equal(f.kind, FAULT_SYSTEM);
  assert_int_equal(f.os, -ENOENT);
  assert_string_equal(f.text, "open /x: No such file or directory");
}

static void test_fault__prefix_keeps_kind_and_os(void **state)
{
  (void)state;
  struct fault f = {0};
  (void)fault_system(&f, -EACCES, "mkdir");
  assert_int_equal(fault_prefix(&f, "workspace %d", 1), -1);
  assert_string_equal(f.text, "workspace 1: mkdir: Permission denied");
  assert_int_equal(f.os, -EACCES);
  (void)fault_prefix(&f, "%s", f.text); /* its own text as an argument */
  assert_string_equal(f.text,
                      "workspace 1: mkdir: Permission denied: workspace 1: mkdir: "
                      "Permission denied");
}

static void test_fault__long_text_is_cut_between_characters(void **state)
{
  (void)state;
  struct fault f = {0};
  char text[2 * sizeof f.text + 1] = {0};
  for (size_t i = 0; i + 2 < sizeof text; i += 2)
    memcpy(text + i, "\xc3\xa4", 2);
  (void)fault_set(&f, FAULT_AGENT, "%s", text);
  assert_int_equal(strlen(f.text), sizeof f.text - 2); /* 479 would be half a character */
  (void)fault_set(&f, FAULT_AGENT, "x%s", text);
  assert_int_equal(strlen(f.text), sizeof f.text - 1);
  (void)fault_prefix(&f, "ab");
  assert_int_equal(strlen(f.text), sizeof f.text - 1);
  (void)fault_prefix(&f, "b");
  assert_int_equal((unsigned char)f.text[strlen(f.text) - 1] & 0xc0, 0x80);
}

static void test_fault__kinds_have_statuses_and_exit_codes(void **state)
{
  (void)state;
  static const int rows[][3] = {
      {FAULT_NONE, 500, 0},      {FAULT_BAD_INPUT, 400, 2}, {FAULT_DENIED, 401, 1},
      {FAULT_FORBIDDEN, 403, 1}, {FAULT_UNKNOWN, 404, 2},   {FAULT_CONFLICT, 409, 1},
      {FAULT_TOO_BIG, 413, 2},   {FAULT_BUSY, 503, 1},      {FAULT_UPSTREAM, 502, 1},
      {FAULT_AGENT, 500, 1},     {FAULT_TIMEOUT, 408, 124}, {FAULT_CANCELLED, 500, 1},
      {FAULT_SYSTEM, 500, 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(fault_http_status((enum fault_kind)rows[i][0]), rows[i][1]);
    assert_int_equal(fault_exit_code((enum fault_kind)rows[i][0]), rows[i][2]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fault__set_fills_and_answers_minus_one),
      cmocka_unit_test(test_fault__system_adds_what_the_os_says),
      cmocka_unit_test(test_fault__prefix_keeps_kind_and_os),
      cmocka_unit_test(test_fault__long_text_is_cut_between_characters),
      cmocka_unit_test(test_fault__kinds_have_statuses_and_exit_codes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
