/* SPDX-License-Identifier: MIT */
#include "io/lines.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct agent_input { /* every line as "<text>|", every line too long as "#|" */
  struct buf text;
  size_t count;
};

static void on_line(void *who, struct span line)
{
  struct agent_input *h = who;
  buf_add(&h->text, line);
  buf_add_char(&h->text, '|');
  h->count++;
}

static void on_too_long(void *who, size_t ceiling)
{
  struct agent_input *h = who;
  (void)ceiling;
  buf_add_text(&h->text, "#|");
}

static const struct lines_calls calls = {on_line, on_too_long, NULL};

/* Feeds `text` in pieces of `step` bytes and compares what was heard; returns the
 * repairs. */
static unsigned long long feed(struct span text, size_t ceiling, size_t step,
                               const char *expected)
{
  struct lines l = lines_make(ceiling);
  struct agent_input h = {.text = buf_make(64 * MIB)};
  for (size_t at = 0; at < text.len; at += step) {
    size_t n = text.len - at < step ? text.len - at : step;
    char *own = malloc(n); /* exact size, so that a sanitizer sees a read past the end */
    memcpy(own, text.at + at, n);
    lines_add(&l, (struct span){own, n}, &calls, &h);
    free(own);
  }
  lines_end(&l, &calls, &h);
  assert_string_equal(buf_cstring(&h.text), expected);
  unsigned long long repaired = l.repaired;
  lines_free(&l);
  buf_free(&h.text);
  return repaired;
}

static void feed_every_way(struct span text, size_t ceiling, const char *expected,
                           unsigned long long repaired)
{
  for (size_t step = 1; step <= text.len; step++)
    assert_int_equal(feed(text, ceiling, step, expected), repaired);
}

static void test_lines__come_whole_however_the_bytes_are_cut(void **state)
{
  (void)state;
  feed_every_way(SPAN_LITERAL("one\ntwo\r\n\n\r\nthree\n"), 100, "one|two|||three|", 0);
  feed_every_way(SPAN_LITERAL("a\rb\nlast"), 100, "a\rb|last|", 0);
}

static void test_lines__hand_out_a_last_line_without_newline(void **state)
{
  (void)state;
  feed_every_way(SPAN_LITERAL("tail"), 4, "tail|", 0);
  feed_every_way(SPAN_LITERAL("tail\r"), 100, "tail\r|", 0);
}

static void test_lines__report_a_line_above_the_ceiling_once_and_go_on(void **state)
{
  (void)state;
  feed_every_way(SPAN_LITERAL("abcd\nabcde\nxy\n"), 4, "abcd|#|xy|", 0);
  feed_every_way(SPAN_LITERAL("abcdefghijklmnop\nxy\nabcdefgh"), 4, "#|xy|#|", 0);
  feed_every_way(SPAN_LITERAL("abcd\r\nxy\n"), 4, "abcd|xy|", 0);
  feed_every_way(SPAN_LITERAL("abcd\rz\nxy\n"), 4, "#|xy|", 0);
  feed_every_way(SPAN_LITERAL("abcd\r"), 4, "#|", 0);
}

static void test_lines__repair_utf8_but_not_what_a_read_cut(void **state)
{
  (void)state;
  feed_every_way(SPAN_LITERAL("\xc3\xa9\xf0\x9f\x98\x80\n"), 100,
                 "\xc3\xa9\xf0\x9f\x98\x80|", 0);
  feed_every_way(SPAN_LITERAL("a\xff\n\xe2\x82\nb\xed\xa0\x80\n"), 100,
                 "a\xef\xbf\xbd|\xef\xbf\xbd|b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|", 5);
}

static void test_lines__tell_of_too_long_before_the_newline_comes(void **state)
{
  (void)state;
  struct lines l = lines_make(4);
  struct agent_input h = {.text = buf_make(KIB)};
  lines_add(&l, SPAN_LITERAL("abcde"), &calls, &h);
  assert_string_equal(buf_cstring(&h.text), "#|");
  lines_free(&l);
  buf_free(&h.text);
}

static void check_lent(void *who, struct span line)
{
  const char **expected = who;
  assert_ptr_equal(line.at, *expected);
}

static void test_lines__lend_whole_lines_without_a_copy(void **state)
{
  (void)state;
  static const struct lines_calls lent = {check_lent, on_too_long, NULL};
  const char *text = "whole\n";
  struct lines l = lines_make(100);
  lines_add(&l, span_of(text), &lent, &text);
  lines_free(&l);
}

static void test_lines__give_back_the_memory_of_a_long_line(void **state)
{
  (void)state;
  struct lines l = lines_make(LIMIT_LINE_BYTES);
  struct agent_input h = {.text = buf_make(64 * MIB)};
  char *block = malloc(MIB);
  memset(block, 'x', MIB);
  for (int i = 0; i < 4; i++)
    lines_add(&l, (struct span){block, MIB}, &calls, &h);
  assert_true(l.part.capacity >= 4 * (size_t)MIB);
  lines_add(&l, SPAN_LITERAL("\n"), &calls, &h);
  assert_int_equal(h.count, 1);
  assert_int_equal(l.part.capacity, 0);
  free(block);
  lines_free(&l);
  buf_free(&h.text);
}

static bool after_each(void *who)
{
  (void)who;
  return true;
}

static void test_lines__stop_between_two_when_it_is_enough(void **state)
{
  (void)state;
  static const struct lines_calls one_by_one = {on_line, on_too_long, after_each};
  struct lines l = lines_make(100);
  struct agent_input h = {.text = buf_make(KIB)};
  struct span rest = SPAN_LITERAL("a\nbb\nc");
  assert_int_equal(lines_add(&l, rest, &one_by_one, &h), 2);
  assert_string_equal(buf_cstring(&h.text), "a|");
  rest = span_after(rest, 2);
  assert_int_equal(lines_add(&l, rest, &one_by_one, &h), 3);
  assert_string_equal(buf_cstring(&h.text), "a|bb|");
  /* What is wholly used up is taken, whatever is said. */
  rest = span_after(rest, 3);
  assert_int_equal(lines_add(&l, rest, &one_by_one, &h), 1);
  lines_end(&l, &one_by_one, &h);
  assert_string_equal(buf_cstring(&h.text), "a|bb|c|");
  lines_free(&l);
  buf_free(&h.text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines__come_whole_however_the_bytes_are_cut),
      cmocka_unit_test(test_lines__hand_out_a_last_line_without_newline),
      cmocka_unit_test(test_lines__report_a_line_above_the_ceiling_once_and_go_on),
      cmocka_unit_test(test_lines__repair_utf8_but_not_what_a_read_cut),
      cmocka_unit_test(test_lines__tell_of_too_long_before_the_newline_comes),
      cmocka_unit_test(test_lines__lend_whole_lines_without_a_copy),
      cmocka_unit_test(test_lines__give_back_the_memory_of_a_long_line),
      cmocka_unit_test(test_lines__stop_between_two_when_it_is_enough),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
