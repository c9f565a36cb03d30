/* SPDX-License-Identifier: MIT */
#include "run/secrets.h"

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char path[] = "PATH=/bin", token[] = "RUNLET_TOKEN=control",
            key[] = "KEY=value-of-the-key",
            empty[] = "EMPTY=", level[] = "RUNLET_LOG_LEVEL=debug";
static char *const machine[] = {path, token, key, empty, level, NULL};

static struct run_request *request(const char *more)
{
  struct buf text = buf_make(4096);
  struct fault f = {0};
  struct request_rules rules = {
      .lenient = true, .run_id = SPAN_LITERAL("r"), .thread_id = SPAN_LITERAL("t")};
  buf_addf(&text, "{\"harness\":\"claude-code\",\"prompt\":\"x\"%s}", more);
  struct run_request *req = run_request_read(&text, &rules, &f);
  if (!req)
    fail_msg("%s", f.text);
  return req;
}

static void test_secrets__leave_our_own_variables_out(void **state)
{
  (void)state;
  struct strv env = secrets_environment(machine);
  assert_int_equal(env.count, 3);
  assert_null(strv_env(&env, "RUNLET_TOKEN"));
  assert_string_equal(strv_env(&env, "PATH"), "/bin");
  strv_free(&env);
}

static void
test_secrets__a_missing_or_empty_one_is_refused_in_the_references_words(void **state)
{
  (void)state;
  struct strv env = secrets_environment(machine), out = {0};
  const char *names[] = {"NONE", "EMPTY"};
  for (size_t i = 0; i < 2; i++) {
    char more[200], wanted[200];
    snprintf(more, sizeof more,
             ",\"workspace\":{\"source\":{},\"secrets\":{\"KEY\":{},\"%s\":{}}}",
             names[i]);
    snprintf(wanted, sizeof wanted,
             "runInContainerHarness: secret \"%s\" is not set in the container env",
             names[i]);
    struct run_request *req = request(more);
    struct fault f = {0};
    assert_int_equal(secrets_resolve(&env, req, &out, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_string_equal(f.text, wanted);
    assert_int_equal(out.count, 0); /* all or nothing */
    run_request_free(req);
  }
  strv_free(&env);
}

static void test_secrets__the_requests_variables_beat_the_machines(void **state)
{
  (void)state;
  struct strv env = secrets_environment(machine), out = {0};
  struct run_request *req = request(",\"env\":{\"KEY\":\"mine\",\"NEW\":\"x=y\"}");
  struct fault f = {0};
  assert_int_equal(secrets_resolve(&env, req, &out, &f), 0);
  assert_string_equal(strv_env(&out, "KEY"), "mine");
  assert_string_equal(strv_env(&out, "NEW"), "x=y");
  assert_string_equal(strv_env(&out, "PATH"), "/bin");
  run_request_free(req);
  strv_free(&env);
  strv_free(&out);
}

static void test_secrets__loopback_is_spared_from_proxies(void **state)
{
  (void)state;
  struct strv env = {0};
  strv_add(&env, SPAN_LITERAL("NO_PROXY=example.org"));
  secrets_spare_loopback(&env);
  assert_string_equal(strv_env(&env, "NO_PROXY"), "example.org,127.0.0.1,localhost,::1");
  assert_string_equal(strv_env(&env, "no_proxy"), "127.0.0.1,localhost,::1");
  strv_free(&env);
}

static void test_secrets__are_struck_out_of_the_log_while_the_run_lives(void **state)
{
  (void)state;
  struct strv env = secrets_environment(machine);
  struct run_request *req =
      request(",\"workspace\":{\"source\":{},\"secrets\":{\"KEY\":{}}}");
  struct buf shown = buf_make(1000);
  secrets_hide(&env, req, true);
  log_redact(SPAN_LITERAL("the value-of-the-key here"), &shown);
  assert_string_equal(buf_cstring(&shown), "the *** here");
  secrets_hide(&env, req, false);
  buf_clear(&shown);
  log_redact(SPAN_LITERAL("the value-of-the-key here"), &shown);
  assert_string_equal(buf_cstring(&shown), "the value-of-the-key here");
  buf_free(&shown);
  run_request_free(req);
  strv_free(&env);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_secrets__leave_our_own_variables_out),
      cmocka_unit_test(
          test_secrets__a_missing_or_empty_one_is_refused_in_the_references_words),
      cmocka_unit_test(test_secrets__the_requests_variables_beat_the_machines),
      cmocka_unit_test(test_secrets__loopback_is_spared_from_proxies),
      cmocka_unit_test(test_secrets__are_struck_out_of_the_log_while_the_run_lives),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
