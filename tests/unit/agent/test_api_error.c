/* SPDX-License-Identifier: MIT */
#include "agent/api_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *said, const char *wanted)
{
  struct buf out = buf_make(4096);
  api_error_words(span_of(said), &out);
  assert_string_equal(buf_cstring(&out), wanted);
  buf_free(&out);
}

static void test_api_error__is_its_message_and_its_status(void **state)
{
  (void)state;
  expect("[API Error: {\"error\":{\"code\":400,\"message\":\"Bad field.\",\"status\":"
         "\"INVALID_ARGUMENT\"}}]",
         "Bad field. (400 INVALID_ARGUMENT)");
  expect("{\"error\":{\"code\":413,\"message\":\"Too large\"}}", "Too large (413)");
  expect(" {\"error\":{\"message\":\"No\",\"status\":\"DENIED\"}}\n", "No (DENIED)");
  expect("{\"error\":{\"message\":\"No\",\"code\":\"x\"}}", "No");
}

static void test_api_error__inside_an_error_is_looked_for(void **state)
{
  (void)state;
  expect("[API Error: {\"error\":{\"code\":500,\"message\":\"{\\n \\\"error\\\": "
         "{\\\"code\\\": 403, \\\"message\\\": \\\"Not you.\\\", \\\"status\\\": "
         "\\\"PERMISSION_DENIED\\\"}}\\n\",\"status\":\"Forbidden\"}}]",
         "Not you. (403 PERMISSION_DENIED)");
}

static void test_api_error__other_words_stay_as_they_are(void **state)
{
  static const char *const others[] = {
      "",
      "Model stream ended without a finish reason.",
      "[API Error: mock 401]",
      "[API Error: ",
      "[API Error: ]",
      "{\"error\":\"a text\"}",
      "{\"error\":{\"message\":\"\"}}",
      "{\"error\":{\"message\":\"cut",
      "Internal error: {\"error\":{\"message\":\"behind words\"}}",
      "{\"message\":\"no error\"}"};
  (void)state;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    expect(others[i], others[i]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_api_error__is_its_message_and_its_status),
      cmocka_unit_test(test_api_error__inside_an_error_is_looked_for),
      cmocka_unit_test(test_api_error__other_words_stay_as_they_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
