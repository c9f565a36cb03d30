/* SPDX-License-Identifier: MIT */
#include "base/percent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void decodes(const char *text, const char *bytes, size_t count, bool good)
{
  struct buf out = buf_make(100);
  assert_int_equal(percent_decode(span_of(text), &out), good);
  assert_int_equal(out.len, count);
  assert_memory_equal(buf_cstring(&out), bytes, count);
  buf_free(&out);
}

static void test_percent_decode__reads_bytes(void **state)
{
  (void)state;
  decodes("", "", 0, true);
  decodes("a+b", "a+b", 3, true);
  decodes("a%2Fb%20%C3%a9", "a/b \xc3\xa9", 6, true);
  decodes("%00%ff", "\0\xff", 2, true);
  decodes("%2525", "%25", 3, true);
}

static void test_percent_decode__leaves_what_is_no_escape(void **state)
{
  (void)state;
  decodes("%", "%", 1, false);
  decodes("a%4", "a%4", 3, false);
  decodes("%g0%41", "%g0A", 4, false);
  decodes("%%41", "%A", 2, false);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_percent_decode__reads_bytes),
      cmocka_unit_test(test_percent_decode__leaves_what_is_no_escape),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
