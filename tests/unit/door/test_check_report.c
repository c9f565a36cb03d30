/* SPDX-License-Identifier: MIT */
#include "door/check_report.h"

#include "base/version.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void fill(struct check_report *r, bool json)
{
  check_report_open(r, json);
  check_report_add(r, CHECK_OK, "workspace", SPAN_LITERAL("/work"));
  assert_false(r->failed);
  check_report_add(r, CHECK_WARNING, "HOME", SPAN_LITERAL("a\033[2J\nb"));
  assert_false(r->failed);
  check_report_add(r, CHECK_FAILED, "secret", SPAN_LITERAL("\"K\" \xff"));
  assert_true(r->failed);
}

static void expect(struct check_report *r, const char *wanted)
{
  struct buf all = buf_make(1024);
  buf_add(&all, check_report_end(r));
  assert_string_equal(buf_cstring(&all), wanted);
  buf_free(&all);
  check_report_close(r);
}

static void test_check_report__is_lines_for_people(void **state)
{
  (void)state;
  struct check_report r;
  fill(&r, false);
  expect(&r, "ok       workspace: /work\n"
             "warning  HOME: a [2J b\n"
             "failed   secret: \"K\" \xef\xbf\xbd\n");
}

static void test_check_report__is_one_object_for_programs(void **state)
{
  (void)state;
  struct check_report r;
  fill(&r, true);
  expect(&r, "{\"version\":\"" RUNLET_VERSION "\",\"checks\":["
             "{\"name\":\"workspace\",\"state\":\"ok\",\"text\":\"/work\"},"
             "{\"name\":\"HOME\",\"state\":\"warning\",\"text\":\"a\\u001b[2J\\nb\"},"
             "{\"name\":\"secret\",\"state\":\"failed\",\"text\":\"\\\"K\\\" "
             "\xef\xbf\xbd\"}],\"ok\":false}\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_check_report__is_lines_for_people),
      cmocka_unit_test(test_check_report__is_one_object_for_programs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
