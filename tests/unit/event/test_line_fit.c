/* SPDX-License-Identifier: MIT */
#include "event/line_fit.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_line_fit__what_fits_is_left_whole(void **state)
{
  (void)state;
  assert_int_equal(line_fit(SPAN_LITERAL("abc"), 1000, 0).len, 3);
  assert_int_equal(line_fit((struct span){0}, 1000, 0).len, 0);
}

static void test_line_fit__escapes_count_and_characters_stay_whole(void **state)
{
  struct buf text = buf_make(MIB);
  (void)state;
  for (int i = 0; i < 3000; i++)
    buf_add_text(&text, i % 3 == 0 ? "\n\n" : "\xc3\xa4\xf0\x9f\x98\x80");
  for (size_t line = 100; line < 3000; line += 77) {
    struct span front = line_fit(buf_span(&text), line, 10);
    assert_true(front.len > 0 && front.len < text.len);
    assert_true(json_escaped_length(front) <= (line > 74 ? line - 10 : 64));
    assert_true(((unsigned char)front.at[front.len] & 0xc0) != 0x80);
  }
  buf_free(&text);
}

static void test_line_fit__there_is_always_a_little_place(void **state)
{
  char text[200];
  (void)state;
  memset(text, 'a', sizeof text);
  struct span front = line_fit((struct span){text, sizeof text}, 10, 5000);
  assert_true(front.len > 32 && front.len <= 64);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_line_fit__what_fits_is_left_whole),
      cmocka_unit_test(test_line_fit__escapes_count_and_characters_stay_whole),
      cmocka_unit_test(test_line_fit__there_is_always_a_little_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
