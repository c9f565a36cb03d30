/* SPDX-License-Identifier: MIT */
#include "run/secrets.h"

#include "base/limits.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_redacted(const char *text, const char *expected)
{
  struct buf out = buf_make(KIB);
  log_redact(span_of(text), &out);
  assert_string_equal(buf_cstring(&out), expected);
  buf_free(&out);
}

static void test_secrets__the_secret_of_a_callback_is_hidden_too(void **state)
{
  (void)state;
  struct run_request req = {.callback.secret = SPAN_LITERAL("callback-secret-1")};
  struct strv env = {0};
  secrets_hide(&env, &req);
  expect_redacted("at callback-secret-1!", "at ***!");
  secrets_unhide(&env, &req);
  expect_redacted("at callback-secret-1!", "at callback-secret-1!");
  log_forget_all();
}

static void
test_secrets__values_and_tool_token_are_hidden_while_the_run_lasts(void **state)
{
  (void)state;
  struct span names[] = {SPAN_LITERAL("API_KEY")};
  struct run_request req = {.secrets = {names, 1},
                            .tool_token = SPAN_LITERAL("tool-token-1")};
  struct strv env = {0};
  strv_add(&env, SPAN_LITERAL("PATH=/bin"));
  strv_add(&env, SPAN_LITERAL("API_KEY=sk-from-the-runner"));
  secrets_hide(&env, &req);
  secrets_hide(&env, &req); /* a second run with the same secrets */
  expect_redacted("sk-from-the-runner tool-token-1 /bin", "*** *** /bin");
  secrets_unhide(&env, &req);
  expect_redacted("sk-from-the-runner tool-token-1", "*** ***");
  secrets_unhide(&env, &req);
  expect_redacted("sk-from-the-runner", "sk-from-the-runner");
  log_forget_all();
  strv_free(&env);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_secrets__the_secret_of_a_callback_is_hidden_too),
      cmocka_unit_test(
          test_secrets__values_and_tool_token_are_hidden_while_the_run_lasts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
