/* SPDX-License-Identifier: MIT */
#include "http/sse.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_message(struct span json, const char *data)
{
  struct buf out = buf_make(4096), want = buf_make(4096);
  char *own = malloc(json.len); /* exact size, so that a sanitizer sees a read past it */
  memcpy(own, json.at, json.len);
  sse_write_message((struct span){own, json.len}, &out);
  free(own);
  buf_addf(&want, "event: message\ndata: %s\n\n", data);
  assert_string_equal(buf_cstring(&out), buf_cstring(&want));
  buf_free(&out);
  buf_free(&want);
}

static void test_sse__writes_one_event_with_one_data_line(void **state)
{
  (void)state;
  expect_message(SPAN_LITERAL("{\"a\":\"b\\n\"}"), "{\"a\":\"b\\n\"}");
  expect_message(SPAN_LITERAL("1"), "1");
}

static void test_sse__keeps_the_data_line_one_line_for_every_reader(void **state)
{
  (void)state;
  expect_message(SPAN_LITERAL("\"\xe2\x80\xa8\""), "\"\\u2028\"");
  expect_message(SPAN_LITERAL("\"a\xe2\x80\xa9\xc2\x85z\""), "\"a\\u2029\\u0085z\"");
  expect_message(SPAN_LITERAL("{\r\n \"a\":\n1\r}"), "{   \"a\": 1 }");
}

static void test_sse__leaves_other_characters_as_they_are(void **state)
{
  (void)state;
  expect_message(
      SPAN_LITERAL("\"\xc2\x84\xc2\x86\xe2\x80\xa7\xe2\x80\xaa\xe2\x81\xa8\xc3\xa9\""),
      "\"\xc2\x84\xc2\x86\xe2\x80\xa7\xe2\x80\xaa\xe2\x81\xa8\xc3\xa9\"");
  expect_message(SPAN_LITERAL("\"\xf0\x9f\x98\x80\""), "\"\xf0\x9f\x98\x80\"");
}

static void test_sse__does_not_read_past_a_cut_character(void **state)
{
  (void)state;
  expect_message(SPAN_LITERAL("\xe2\x80"), "\xe2\x80");
  expect_message(SPAN_LITERAL("\xc2"), "\xc2");
}

static void test_sse__says_the_same_value_as_the_json_it_was_given(void **state)
{
  (void)state;
  struct span json = SPAN_LITERAL("\"x\xe2\x80\xa8y\xc2\x85z\"");
  struct buf out = buf_make(4096), was = buf_make(4096), is = buf_make(4096);
  sse_write_message(json, &out);
  struct span data = span_after(buf_span(&out), strlen("event: message\ndata: "));
  data.len -= 2;
  json_unescape(json, &was);
  json_unescape(data, &is);
  assert_true(span_equal(buf_span(&was), buf_span(&is)));
  buf_free(&out);
  buf_free(&was);
  buf_free(&is);
}

static void test_sse__numbers_events(void **state)
{
  (void)state;
  struct buf out = buf_make(4096);
  sse_write_numbered(12345678901, SPAN_LITERAL("{\"a\":1}"), &out);
  assert_string_equal(buf_cstring(&out), "id: 12345678901\ndata: {\"a\":1}\n\n");
  buf_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sse__writes_one_event_with_one_data_line),
      cmocka_unit_test(test_sse__keeps_the_data_line_one_line_for_every_reader),
      cmocka_unit_test(test_sse__leaves_other_characters_as_they_are),
      cmocka_unit_test(test_sse__does_not_read_past_a_cut_character),
      cmocka_unit_test(test_sse__says_the_same_value_as_the_json_it_was_given),
      cmocka_unit_test(test_sse__numbers_events),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
