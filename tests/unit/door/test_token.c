/* SPDX-License-Identifier: MIT */
#include "door/token.h"

#include "base/limits.h"
#include "base/log.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *const nothing[] = {NULL};

static void expect(const char *file, char *const *env, const char *wanted)
{
  struct buf token;
  struct fault f = {0};
  if (token_read(file, env, &token, &f) < 0)
    fail_msg("%s", f.text);
  assert_true(span_is(buf_span(&token), wanted));
  buf_wipe(&token);
}

static void expect_fault(const char *file, char *const *env, const char *why)
{
  struct buf token;
  struct fault f = {0};
  assert_int_equal(token_read(file, env, &token, &f), -1);
  assert_non_null(strstr(f.text, why));
  buf_wipe(&token);
}

static void test_token__is_in_no_log(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct buf out = buf_make(KIB);
  expect(scratch_write(&s, "token", 0600, "s3cret-token\n"), nothing, "s3cret-token");
  log_redact(SPAN_LITERAL("got s3cret-token"), &out);
  assert_string_equal(out.at, "got ***");
  buf_free(&out);
  scratch_remove(&s);
  log_forget_all();
}

static void
test_token__the_variable_is_taken_and_wiped_even_when_the_file_wins(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char variable[] = "RUNLET_TOKEN=from-env", other[] = "RUNLET_TOKENS=stays";
  char *env[] = {other, variable, NULL};
  expect(NULL, env, "from-env");
  assert_string_equal(variable, "RUNLET_TOKEN=");
  assert_memory_equal(variable + 13, "\0\0\0\0\0\0\0\0", 8);
  assert_string_equal(other, "RUNLET_TOKENS=stays");
  memcpy(variable + 13, "from-env", 8);
  expect(scratch_write(&s, "token", 0600, "from-file\n"), env, "from-file");
  assert_string_equal(variable, "RUNLET_TOKEN=");
  expect(NULL, nothing, "");
  scratch_remove(&s);
  log_forget_all();
}

static void test_token__two_of_them_are_an_error_and_both_are_wiped(void **state)
{
  (void)state;
  char one[] = "RUNLET_TOKEN=first", two[] = "RUNLET_TOKEN=second", other[] = "A=b";
  char *env[] = {one, other, two, NULL};
  expect_fault(NULL, env, "RUNLET_TOKEN");
  assert_memory_equal(one, "RUNLET_TOKEN=\0\0\0\0\0", sizeof one);
  assert_memory_equal(two, "RUNLET_TOKEN=\0\0\0\0\0\0", sizeof two);
  assert_string_equal(other, "A=b");
}

static void test_token__is_wiped_for_who_needs_none(void **state)
{
  (void)state;
  char variable[] = "RUNLET_TOKEN=token", other[] = "RUNLET_TOKEN_X=stays";
  char *env[] = {other, variable, NULL};
  token_wipe(env);
  assert_memory_equal(variable, "RUNLET_TOKEN=\0\0\0\0\0", sizeof variable);
  assert_string_equal(other, "RUNLET_TOKEN_X=stays");
}

static void test_token__an_empty_one_is_an_error_not_an_open_door(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char variable[] = "RUNLET_TOKEN=";
  char *env[] = {variable, NULL};
  expect_fault(NULL, env, "RUNLET_TOKEN");
  expect_fault(scratch_write(&s, "token", 0600, " \n"), nothing, "--token-file");
  expect_fault(scratch_path(&s, "none"), nothing, "--token-file");
  scratch_remove(&s);
}

static void test_token__that_no_header_can_carry_is_refused_at_the_start(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  static const char *const texts[] = {"one\ntwo", "\xef\xbb\xbftoken", "a b", "a\x01",
                                      "\xc3\xa4"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    expect_fault(scratch_write(&s, "token", 0600, texts[i]), nothing,
                 "--token-file can never match: byte ");
  char variable[] = "RUNLET_TOKEN=one\ntwo";
  char *env[] = {variable, NULL};
  expect_fault(NULL, env, "RUNLET_TOKEN can never match: byte 4 of the token (0x0a)");
  FILE *f = fopen(scratch_path(&s, "token"), "w");
  fwrite("to\0ken\n", 1, 7, f);
  fclose(f);
  expect_fault(scratch_path(&s, "token"), nothing, "byte 3 of the token (0x00)");
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_token__is_in_no_log),
      cmocka_unit_test(test_token__that_no_header_can_carry_is_refused_at_the_start),
      cmocka_unit_test(
          test_token__the_variable_is_taken_and_wiped_even_when_the_file_wins),
      cmocka_unit_test(test_token__two_of_them_are_an_error_and_both_are_wiped),
      cmocka_unit_test(test_token__is_wiped_for_who_needs_none),
      cmocka_unit_test(test_token__an_empty_one_is_an_error_not_an_open_door),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
