/* SPDX-License-Identifier: MIT */
#include "door/exec/exec_request.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_exec_request__has_a_command_its_input_and_its_time(void **state)
{
  (void)state;
  struct exec_request e;
  struct fault f = {0};
  assert_int_equal(
      exec_request_read(
          SPAN_LITERAL("{\"command\":\"sh\",\"args\":[\"-c\",\"\"],\"cwd\":\"/w\","
                       "\"env\":{\"A\":\"1\"},\"stdin\":\"a\\u0000b\",\"timeoutMs\":5,"
                       "\"streamOutput\":true}"),
          &e, &f),
      0);
  assert_int_equal(e.command.argv.count, 3);
  assert_string_equal(strv_env(&e.command.env, "A"), "1");
  assert_string_equal(buf_cstring(&e.command.cwd), "/w");
  assert_true(span_equal(buf_span(&e.input), (struct span){"a\0b", 3}));
  assert_int_equal(e.timeout_ms, 5);
  exec_request_free(&e);
  assert_int_equal(
      exec_request_read(SPAN_LITERAL("{\"command\":\"x\",\"stdin\":null}"), &e, &f), 0);
  assert_int_equal(e.input.len, 0);
  assert_int_equal(e.timeout_ms, LIMIT_RUN_MS);
  exec_request_free(&e);
}

static void test_exec_request__what_is_wrong_is_named(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"", "exec request: "},
      {"[]", "exec request: it must be a JSON object"},
      {"{\"command\":\"\xff\"}", "exec request: it is no UTF-8"},
      {"{}", "exec request: command must be a text without NUL"},
      {"{\"command\":\"\"}", "exec request: command is empty"},
      {"{\"command\":\"a\\u0000\"}", "exec request: command must be a text"},
      {"{\"command\":\"a\",\"args\":\"b\"}", "args must be a list of texts"},
      {"{\"command\":\"a\",\"args\":[1]}", "each of args must be a text"},
      {"{\"command\":\"a\",\"cwd\":1}", "cwd must be a text"},
      {"{\"command\":\"a\",\"env\":[]}", "env must be an object of texts"},
      {"{\"command\":\"a\",\"env\":{\"A\":1}}", "each of env must be a text"},
      {"{\"command\":\"a\",\"env\":{\"A=\":\"\"}}", "env has a name that is none"},
      {"{\"command\":\"a\",\"stdin\":1}", "exec request: stdin must be a text"},
      {"{\"command\":\"a\",\"timeoutMs\":0}", "timeoutMs must be a whole number from 1"},
      {"{\"command\":\"a\",\"timeoutMs\":1.5}", "timeoutMs must be a whole number"},
      {"{\"command\":\"a\",\"timeoutMs\":\"9\"}", "timeoutMs must be a whole number"},
      {"{\"command\":\"a\",\"timeoutMs\":2147483648}", "timeoutMs must be a whole"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct exec_request e;
    struct fault f = {0};
    if (exec_request_read(span_of(rows[i][0]), &e, &f) == 0)
      fail_msg("%s was taken", rows[i][0]);
    if (!strstr(f.text, rows[i][1]))
      fail_msg("%s: %s", rows[i][0], f.text);
    exec_request_free(&e);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exec_request__has_a_command_its_input_and_its_time),
      cmocka_unit_test(test_exec_request__what_is_wrong_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
