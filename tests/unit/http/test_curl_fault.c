/* SPDX-License-Identifier: MIT */
#include "http/curl_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A handle that never did anything has no error of the system and sent nothing. */
static void expect(CURLcode result, enum fault_kind kind, const char *text)
{
  struct curl_fault_facts facts = {.detail = "in curl's words\n",
                                   .connect_ms = 10,
                                   .total_ms = 20,
                                   .answer_ceiling = 30};
  struct fault f = {0};
  CURL *easy = curl_easy_init();
  assert_int_equal(curl_fault_set(&f, easy, result, &facts), -1);
  assert_int_equal(f.kind, kind);
  assert_string_equal(f.text, text);
  curl_easy_cleanup(easy);
}

static void test_curl_fault__says_in_few_words_what_happened(void **state)
{
  (void)state;
  expect(CURLE_COULDNT_CONNECT, FAULT_UPSTREAM, "connection refused");
  expect(CURLE_COULDNT_RESOLVE_HOST, FAULT_UPSTREAM, "the host name cannot be resolved");
  expect(CURLE_SEND_FAIL_REWIND, FAULT_UPSTREAM,
         "the connection was closed before the answer was complete");
  expect(CURLE_WRITE_ERROR, FAULT_TOO_BIG, "the answer is larger than 30 bytes");
  expect(CURLE_FILESIZE_EXCEEDED, FAULT_TOO_BIG, "the answer is larger than 30 bytes");
  expect(CURLE_PEER_FAILED_VERIFICATION, FAULT_UPSTREAM,
         "the TLS certificate is not trusted: in curl's words");
  expect(CURLE_SSL_CONNECT_ERROR, FAULT_UPSTREAM, "in curl's words");
}

static void test_curl_fault__names_the_limit_that_was_passed(void **state)
{
  (void)state;
  expect(CURLE_OPERATION_TIMEDOUT, FAULT_TIMEOUT, "no connection within 10 ms");
  CURL *easy = curl_easy_init();
  struct curl_fault_facts total_first = {.connect_ms = 50, .total_ms = 20};
  struct fault f = {0};
  curl_fault_set(&f, easy, CURLE_OPERATION_TIMEDOUT, &total_first);
  assert_string_equal(f.text, "timed out after 20 ms");
  curl_easy_cleanup(easy);
}

static void test_curl_fault__uses_curls_general_text_when_there_is_no_other(void **state)
{
  (void)state;
  CURL *easy = curl_easy_init();
  struct curl_fault_facts none = {.detail = ""};
  struct fault f = {0};
  curl_fault_set(&f, easy, CURLE_UNSUPPORTED_PROTOCOL, &none);
  assert_string_equal(f.text, "libcurl's error 1"); /* CURLE_UNSUPPORTED_PROTOCOL */
  curl_easy_cleanup(easy);
}

static void test_curl_fault__knows_that_nothing_was_sent_before_a_start(void **state)
{
  (void)state;
  CURL *easy = curl_easy_init();
  assert_false(curl_fault_maybe_sent(easy));
  curl_easy_cleanup(easy);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_curl_fault__says_in_few_words_what_happened),
      cmocka_unit_test(test_curl_fault__names_the_limit_that_was_passed),
      cmocka_unit_test(test_curl_fault__uses_curls_general_text_when_there_is_no_other),
      cmocka_unit_test(test_curl_fault__knows_that_nothing_was_sent_before_a_start),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
