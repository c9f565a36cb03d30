/* SPDX-License-Identifier: MIT */
#include "door/session/session_command.h"

#include "base/base64.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int read_text(const char *text, struct session_command *c, struct fault *f)
{
  struct buf base64 = buf_make(MIB);
  base64_encode(span_of(text), &base64);
  int failed = session_command_read(buf_span(&base64), c, f);
  buf_free(&base64);
  return failed;
}

static void bad(const char *text, const char *why)
{
  struct session_command c;
  struct fault f = {0};
  if (read_text(text, &c, &f) == 0)
    fail_msg("%s was taken", text);
  if (!strstr(f.text, why))
    fail_msg("%s: %s", text, f.text);
  session_command_free(&c);
}

static void test_session_command__has_words_variables_and_a_folder(void **state)
{
  (void)state;
  struct session_command c;
  struct fault f = {0};
  assert_int_equal(
      read_text(
          "{\"command\":\"node\",\"args\":[\"a b\",\"\",\"\\u00e9\"],\"cwd\":\"/w\","
          "\"env\":{\"A\":\"1=2\",\"B\":\"\"},\"more\":1}",
          &c, &f),
      0);
  assert_int_equal(c.argv.count, 4);
  assert_string_equal(c.argv.at[0], "node");
  assert_string_equal(c.argv.at[1], "a b");
  assert_string_equal(c.argv.at[2], "");
  assert_string_equal(c.argv.at[3], "\xc3\xa9");
  assert_string_equal(strv_env(&c.env, "A"), "1=2");
  assert_string_equal(strv_env(&c.env, "B"), "");
  assert_string_equal(buf_cstring(&c.cwd), "/w");
  session_command_free(&c);
}

static void test_session_command__needs_no_more_than_a_command(void **state)
{
  (void)state;
  struct session_command c;
  struct fault f = {0};
  assert_int_equal(read_text("{\"command\":\"cat\",\"cwd\":null}", &c, &f), 0);
  assert_int_equal(c.argv.count, 1);
  assert_int_equal(c.env.count, 0);
  assert_int_equal(c.cwd.len, 0);
  session_command_free(&c);
}

static void test_session_command__refuses_what_a_process_cannot_get(void **state)
{
  (void)state;
  bad("", "");
  bad("{", "");
  bad("[]", "command");
  bad("{}", "command");
  bad("{\"command\":\"\"}", "command is empty");
  bad("{\"command\":\"a\\u0000b\"}", "without NUL");
  bad("{\"command\":\"a\",\"args\":\"b\"}", "args must be a list");
  bad("{\"command\":\"a\",\"args\":[1]}", "each of args");
  bad("{\"command\":\"a\",\"args\":[\"\\u0000\"]}", "each of args");
  bad("{\"command\":\"a\",\"env\":[]}", "env must be an object");
  bad("{\"command\":\"a\",\"env\":{\"A\":1}}", "each of env");
  bad("{\"command\":\"a\",\"env\":{\"A=B\":\"\"}}", "a name that is none");
  bad("{\"command\":\"a\",\"env\":{\"\":\"\"}}", "a name that is none");
  bad("{\"command\":\"a\",\"cwd\":7}", "cwd");
  struct session_command c;
  struct fault f = {0};
  static const char *const loose[] = {"", "no base64", "e30", "/w=="};
  for (size_t i = 0; i < sizeof loose / sizeof *loose; i++) {
    assert_int_equal(session_command_read(span_of(loose[i]), &c, &f), -1);
    session_command_free(&c);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_command__has_words_variables_and_a_folder),
      cmocka_unit_test(test_session_command__needs_no_more_than_a_command),
      cmocka_unit_test(test_session_command__refuses_what_a_process_cannot_get),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
