/* SPDX-License-Identifier: MIT */
#include "event/page.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

struct paper {
  struct page_place place;
  struct buf out;
  struct page page;
};

static struct page *open_paper(struct paper *s, bool full)
{
  *s = (struct paper){.out = buf_make(64 * KIB)};
  s->page = (struct page){.place = &s->place, .out = &s->out, .full = full};
  return &s->page;
}

static void expect(struct paper *s, const char *wanted)
{
  assert_string_equal(buf_cstring(&s->out), wanted);
  buf_free(&s->out);
}

static void test_page__many_lines_are_folded(void **state)
{
  (void)state;
  struct paper s;
  struct page *p = open_paper(&s, false);
  page_say(p, "< ");
  page_folded(p, SPAN_LITERAL("1\n2\r\n\n4\n5\n6\n7\n8\n\n"));
  expect(&s, "< 1\n  2\n  \n  4\n  5\n  … 3 more lines (--full shows them)\n");
}

static void test_page__a_last_line_is_shown_and_not_told(void **state)
{
  (void)state;
  struct paper s;
  struct page *p = open_paper(&s, false);
  page_say(p, "< ");
  page_folded(p, SPAN_LITERAL("1\n2\n3\n4\n5\n6"));
  expect(&s, "< 1\n  2\n  3\n  4\n  5\n  6\n");
  p = open_paper(&s, false);
  page_say(p, "< ");
  page_folded(p, SPAN_LITERAL(""));
  page_new_line(p);
  expect(&s, "< \n");
}

static void test_page__a_full_one_cuts_and_folds_nothing(void **state)
{
  (void)state;
  struct paper s;
  struct page *p = open_paper(&s, true);
  char lines[1000];
  memset(lines, 'x', 300);
  lines[300] = 0;
  for (int i = 0; i < 9; i++)
    strcat(lines, "\ny");
  page_folded(p, span_of(lines));
  assert_null(strstr(buf_cstring(&s.out), "…"));
  assert_int_equal(s.out.len, 301 + 9 * 4);
  buf_free(&s.out);
}

static void test_page__each_line_is_cut_to_the_screen(void **state)
{
  (void)state;
  struct paper s;
  struct page *p = open_paper(&s, false);
  char lines[500];
  memset(lines, 'x', 150);
  lines[150] = 0;
  strcat(lines, "\nshort");
  page_folded(p, span_of(lines));
  assert_int_equal(s.out.len, 100 + strlen("…\n  short\n"));
  buf_free(&s.out);
}

#define SIGN(words) "\0337\033[?7l" words "\033[?7h\0338"

static void
test_page__a_sign_stands_behind_the_text_and_goes_without_a_trace(void **state)
{
  (void)state;
  struct paper s;
  struct page *p = open_paper(&s, false);
  page_sign(p, SPAN_LITERAL("wait\n\033"));
  page_sign(p, SPAN_LITERAL("more"));
  page_unsign(p);
  page_text(p, SPAN_LITERAL("text"));
  page_sign(p, SPAN_LITERAL("wait"));
  page_unsign(p);
  page_unsign(p);
  page_text(p, SPAN_LITERAL(" goes on\n"));
  expect(&s, SIGN("wait ^[") "\033[K" SIGN("more") "\033[Ktext" SIGN(
                 " wait") "\033[K goes on\n");
}

static void test_page__no_sign_behind_a_line_that_may_fill_the_screen(void **state)
{
  (void)state;
  struct paper s;
  struct page *p = open_paper(&s, false);
  char line[PAGE_SIGN_MOST + 1];
  memset(line, 'x', sizeof line);
  page_text(p, (struct span){line, sizeof line});
  page_sign(p, SPAN_LITERAL("wait"));
  assert_int_equal(s.out.len, sizeof line);
  page_text(p, SPAN_LITERAL("\n"));
  page_sign(p, SPAN_LITERAL("wait"));
  assert_true(s.place.signs);
  buf_free(&s.out);
}

static void test_page__attributes_are_written_with_colour_alone(void **state)
{
  (void)state;
  struct paper s;
  struct page *p = open_paper(&s, false);
  page_attribute(p, PAGE_RED);
  page_say(p, "a");
  p->colour = true;
  page_attribute(p, PAGE_RED);
  page_say(p, "b");
  page_new_line(p);
  page_new_line(p);
  expect(&s, "a\033[31mb\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_page__many_lines_are_folded),
      cmocka_unit_test(test_page__a_last_line_is_shown_and_not_told),
      cmocka_unit_test(test_page__a_full_one_cuts_and_folds_nothing),
      cmocka_unit_test(test_page__each_line_is_cut_to_the_screen),
      cmocka_unit_test(test_page__a_sign_stands_behind_the_text_and_goes_without_a_trace),
      cmocka_unit_test(test_page__no_sign_behind_a_line_that_may_fill_the_screen),
      cmocka_unit_test(test_page__attributes_are_written_with_colour_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
