/* SPDX-License-Identifier: MIT */
#include "http/sse_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct got {
  struct buf text; /* each event in <>, each one too long as ! */
};

static void on_data(void *who, struct span data)
{
  struct got *g = who;
  buf_add_char(&g->text, '<');
  buf_add(&g->text, data);
  buf_add_char(&g->text, '>');
}

static void on_too_long(void *who, size_t ceiling)
{
  struct got *g = who;
  assert_int_equal(ceiling, 20);
  buf_add_char(&g->text, '!');
}

/* The same for every size of the pieces. */
static void expect(const char *stream, const char *events)
{
  static const struct sse_reader_calls calls = {on_data, on_too_long, NULL};
  struct span whole = span_of(stream);
  for (size_t piece = 1; piece <= whole.len + 1; piece++) {
    struct got got = {buf_make(1000)};
    struct sse_reader r = sse_reader_make(20, &calls, &got);
    for (struct span rest = whole; rest.len > 0;) {
      size_t n = piece < rest.len ? piece : rest.len;
      sse_reader_add(&r, (struct span){rest.at, n});
      rest = span_after(rest, n);
    }
    assert_string_equal(buf_cstring(&got.text), events);
    sse_reader_free(&r);
    buf_free(&got.text);
  }
}

static void test_sse_reader__hands_out_the_data_of_each_event(void **state)
{
  (void)state;
  expect("data: {}\n\ndata:1\n\n", "<{}><1>");
  expect("data: a\r\ndata:  b\r\n\r\n", "<a\n b>");
  expect("data\n\ndata:\n\n", "<><>");
}

static void test_sse_reader__passes_over_everything_else(void **state)
{
  (void)state;
  expect(": hello\nevent: x\nid: 7\nretry: 1\ndatax: no\n\n\n\ndata: y\n\n", "<y>");
}

static void test_sse_reader__does_not_hand_out_half_an_event(void **state)
{
  (void)state;
  expect("data: a\n\ndata: b\n", "<a>");
}

static void test_sse_reader__leaves_out_an_event_that_is_too_long(void **state)
{
  (void)state;
  expect("data: 0123456789012345678901234\ndata: 1\n\ndata: next\n\n", "!<next>");
  expect("data: 0123456789\ndata: 0123456789\ndata: z\n\ndata: n\n\n", "!<n>");
}

static void test_sse_reader__mends_what_is_no_utf8(void **state)
{
  (void)state;
  expect("data: a\xff\n\n", "<a\xef\xbf\xbd>");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sse_reader__hands_out_the_data_of_each_event),
      cmocka_unit_test(test_sse_reader__passes_over_everything_else),
      cmocka_unit_test(test_sse_reader__does_not_hand_out_half_an_event),
      cmocka_unit_test(test_sse_reader__leaves_out_an_event_that_is_too_long),
      cmocka_unit_test(test_sse_reader__mends_what_is_no_utf8),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
