/* SPDX-License-Identifier: MIT */
#include "http/http_answer.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_http_answer__head_has_the_headers_in_their_order(void **state)
{
  (void)state;
  struct http_header more[] = {{SPAN_LITERAL("allow"), SPAN_LITERAL("POST")},
                               {SPAN_LITERAL("x-y"), SPAN_LITERAL("a\r\nevil: 1\x7f")}};
  struct http_answer answer = {
      .status = 404, .content_type = "text/plain", .headers = more, .header_count = 2};
  struct buf out = buf_make(KIB);
  http_answer_put_head(&out, &answer);
  assert_string_equal(buf_cstring(&out),
                      "HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\n"
                      "allow: POST\r\nx-y: a  evil: 1 \r\n");
  buf_free(&out);
}

static void test_http_answer__every_status_gets_a_reason(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  http_answer_put_head(&out, &(struct http_answer){.status = 299});
  assert_string_equal(buf_cstring(&out), "HTTP/1.1 299 Status\r\n");
  buf_free(&out);
}

static void test_http_answer__tells_a_client_what_its_version_does_not_imply(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  http_answer_put_connection(&out, false, 1);
  assert_int_equal(out.len, 0);
  http_answer_put_connection(&out, false, 0);
  assert_string_equal(buf_cstring(&out), "connection: keep-alive\r\n");
  buf_clear(&out);
  http_answer_put_connection(&out, true, 1);
  assert_string_equal(buf_cstring(&out), "connection: close\r\n");
  buf_free(&out);
}

static void test_http_answer__frames_a_body(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  http_answer_put_length(&out, 120);
  http_answer_put_chunk_head(&out, 0x1a2b);
  assert_string_equal(buf_cstring(&out), "content-length: 120\r\n1a2b\r\n");
  assert_true(http_answer_has_body(200));
  assert_false(http_answer_has_body(101));
  assert_false(http_answer_has_body(204));
  assert_false(http_answer_has_body(304));
  buf_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_http_answer__head_has_the_headers_in_their_order),
      cmocka_unit_test(test_http_answer__every_status_gets_a_reason),
      cmocka_unit_test(test_http_answer__tells_a_client_what_its_version_does_not_imply),
      cmocka_unit_test(test_http_answer__frames_a_body),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
