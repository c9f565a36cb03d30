/* SPDX-License-Identifier: MIT */
#include "door/auth.h"

#include "base/limits.h"
#include "base/log.h"
#include "scratch.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static char *const nothing[] = {NULL};

static struct auth auth_of(const char *token, const char *host)
{
  struct auth g;
  struct fault f = {0};
  struct scratch s = scratch_make();
  const char *file = token ? scratch_write(&s, "token", 0600, token) : NULL;
  assert_int_equal(auth_open(&g, file, nothing, host, true, &f), 0);
  scratch_remove(&s);
  return g;
}

static void expect(const struct auth *g, const struct auth_facts *facts,
                   enum fault_kind kind)
{
  struct fault f = {0};
  assert_int_equal(auth_check(g, facts, &f), kind == FAULT_NONE ? 0 : -1);
  assert_int_equal(f.kind, kind);
}

static void expect_authorization(const struct auth *g, const char *authorization,
                                 enum fault_kind kind)
{
  expect(g, &(struct auth_facts){.authorization = span_of(authorization)}, kind);
}

static void expect_host(const struct auth *g, const char *host, enum fault_kind kind)
{
  expect(g, &(struct auth_facts){.host = span_of(host), .from_here = true}, kind);
}

/* -- with a token -- */

static void test_auth__with_a_token_only_that_bearer_enters(void **state)
{
  (void)state;
  struct auth g = auth_of("s3cret-token\n", "0.0.0.0");
  expect_authorization(&g, "Bearer s3cret-token", FAULT_NONE);
  expect_authorization(&g, "bearer s3cret-token", FAULT_NONE);
  expect_authorization(&g, "BEARER  s3cret-token ", FAULT_NONE);
  expect_authorization(&g, "", FAULT_DENIED);
  expect_authorization(&g, "Bearer", FAULT_DENIED);
  expect_authorization(&g, "Bearer ", FAULT_DENIED);
  expect_authorization(&g, "Bearer s3cret-toke", FAULT_DENIED);
  expect_authorization(&g, "Bearer s3cret-token2", FAULT_DENIED);
  expect_authorization(&g, "Bearer S3CRET-TOKEN", FAULT_DENIED);
  expect_authorization(&g, "Basic s3cret-token", FAULT_DENIED);
  expect_authorization(&g, "s3cret-token", FAULT_DENIED);
  auth_close(&g);
}

static void test_auth__with_a_token_neither_origin_nor_address_matters(void **state)
{
  (void)state;
  struct auth g = auth_of("s3cret-token", "0.0.0.0");
  expect(&g,
         &(struct auth_facts){.authorization = SPAN_LITERAL("Bearer s3cret-token"),
                              .host = SPAN_LITERAL("evil.example"),
                              .origin = SPAN_LITERAL("http://evil.example"),
                              .has_origin = true,
                              .from_here = true},
         FAULT_NONE);
  auth_close(&g);
}

static void test_auth__the_token_is_in_no_log(void **state)
{
  (void)state;
  struct auth g = auth_of("s3cret-token", "127.0.0.1");
  struct buf out = buf_make(KIB);
  log_redact(SPAN_LITERAL("got s3cret-token"), &out);
  assert_string_equal(out.at, "got ***");
  buf_free(&out);
  auth_close(&g);
  log_forget_all();
}

static void
test_auth__the_variable_is_taken_and_wiped_even_when_the_file_wins(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char variable[] = "RUNLET_TOKEN=from-env", other[] = "RUNLET_TOKENS=stays";
  char *env[] = {other, variable, NULL};
  struct auth g;
  struct fault f = {0};
  assert_int_equal(auth_open(&g, NULL, env, "0.0.0.0", false, &f), 0);
  assert_true(span_is(buf_span(&g.token), "from-env"));
  assert_string_equal(variable, "RUNLET_TOKEN=");
  assert_memory_equal(variable + 13, "\0\0\0\0\0\0\0\0", 8);
  assert_string_equal(other, "RUNLET_TOKENS=stays");
  auth_close(&g);

  memcpy(variable + 13, "from-env", 8);
  scratch_write(&s, "token", 0600, "from-file\n");
  assert_int_equal(auth_open(&g, s.path, env, "0.0.0.0", false, &f), 0);
  assert_true(span_is(buf_span(&g.token), "from-file"));
  assert_string_equal(variable, "RUNLET_TOKEN=");
  auth_close(&g);
  scratch_remove(&s);
}

static void test_auth__two_tokens_are_an_error_and_both_are_wiped(void **state)
{
  (void)state;
  char one[] = "RUNLET_TOKEN=first", two[] = "RUNLET_TOKEN=second", other[] = "A=b";
  char *env[] = {one, other, two, NULL};
  struct auth g;
  struct fault f = {0};
  assert_int_equal(auth_open(&g, NULL, env, "127.0.0.1", false, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, "RUNLET_TOKEN"));
  assert_memory_equal(one, "RUNLET_TOKEN=\0\0\0\0\0", sizeof one);
  assert_memory_equal(two, "RUNLET_TOKEN=\0\0\0\0\0\0", sizeof two);
  assert_string_equal(other, "A=b");
  auth_close(&g);
}

static void test_auth__wipes_the_variable_for_who_needs_no_token(void **state)
{
  (void)state;
  char variable[] = "RUNLET_TOKEN=token", other[] = "RUNLET_TOKEN_X=stays";
  char *env[] = {other, variable, NULL};
  auth_wipe(env);
  assert_memory_equal(variable, "RUNLET_TOKEN=\0\0\0\0\0", sizeof variable);
  assert_string_equal(other, "RUNLET_TOKEN_X=stays");
}

static void test_auth__the_agent_does_not_enter_whatever_it_sends(void **state)
{
  (void)state;
  struct auth with = auth_of("s3cret-token\n", "0.0.0.0"),
              without = auth_of(NULL, "127.0.0.1");
  struct auth_facts facts = {.authorization = SPAN_LITERAL("Bearer s3cret-token"),
                             .host = SPAN_LITERAL("localhost"),
                             .from_here = true,
                             .from_agent = true};
  expect(&with, &facts, FAULT_FORBIDDEN);
  expect(&without, &facts, FAULT_FORBIDDEN);
  facts.from_agent = false;
  expect(&with, &facts, FAULT_NONE);
  expect(&without, &facts, FAULT_NONE);
  auth_close(&with);
  auth_close(&without);
}

static void test_auth__an_empty_token_is_an_error_not_an_open_door(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char variable[] = "RUNLET_TOKEN=";
  char *env[] = {variable, NULL};
  struct auth g;
  struct fault f = {0};
  assert_int_equal(auth_open(&g, NULL, env, "127.0.0.1", true, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, "RUNLET_TOKEN"));
  auth_close(&g);
  scratch_write(&s, "token", 0600, " \n");
  assert_int_equal(auth_open(&g, s.path, nothing, "127.0.0.1", true, &f), -1);
  assert_non_null(strstr(f.text, "--token-file"));
  auth_close(&g);
  assert_int_equal(
      auth_open(&g, scratch_path(&s, "none"), nothing, "127.0.0.1", true, &f), -1);
  assert_non_null(strstr(f.text, "--token-file"));
  auth_close(&g);
  scratch_remove(&s);
}

/* -- without one -- */

static void test_auth__beyond_loopback_without_a_token_must_be_said_out_loud(void **state)
{
  (void)state;
  static const char *const wide[] = {"0.0.0.0", "::", "192.0.2.1", "::ffff:127.0.0.1"};
  struct auth g;
  struct fault f = {0};
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(auth_open(&g, NULL, nothing, wide[i], false, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_non_null(strstr(f.text, "--allow-unauthenticated"));
    auth_close(&g);
    assert_int_equal(auth_open(&g, NULL, nothing, wide[i], true, &f), 0);
    auth_close(&g);
  }
  assert_int_equal(auth_open(&g, NULL, nothing, "127.0.0.1", false, &f), 0);
  auth_close(&g);
  assert_int_equal(auth_open(&g, NULL, nothing, "::1", false, &f), 0);
  auth_close(&g);
}

static void test_auth__on_loopback_host_must_be_a_loopback_name(void **state)
{
  (void)state;
  struct auth g = auth_of(NULL, "127.0.0.1");
  static const char *const good[] = {"localhost",    "LOCALHOST:8080", "127.0.0.1",
                                     "127.0.0.1:80", "127.1.2.3",      "[::1]",
                                     "[::1]:8080"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    expect_host(&g, good[i], FAULT_NONE);
  /* A name of 127.x.example is anybody's to point here. */
  static const char *const bad[] = {"",
                                    "evil.example",
                                    "evil.example:8080",
                                    "localhost.evil.example",
                                    "127.0.0.1.evil.example",
                                    "127.evil.io",
                                    "127.0.0.1a",
                                    "127.0.0.1.",
                                    "128.0.0.1",
                                    "127.0.0",
                                    "127.0.0.256",
                                    "[::2]",
                                    "[::1].evil.example"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    expect_host(&g, bad[i], FAULT_FORBIDDEN);
  auth_close(&g);
}

static void test_auth__without_a_token_no_web_page_may_call(void **state)
{
  (void)state;
  struct auth_facts facts = {.host = SPAN_LITERAL("localhost"), .has_origin = true};
  struct auth near = auth_of(NULL, "127.0.0.1"), wide = auth_of(NULL, "0.0.0.0");
  expect(&near, &facts, FAULT_FORBIDDEN); /* "null" and "" are origins too */
  expect(&wide, &facts, FAULT_FORBIDDEN);
  auth_close(&near);
  auth_close(&wide);
}

static void test_auth__beyond_loopback_the_machine_itself_may_not_call(void **state)
{
  (void)state;
  struct auth g = auth_of(NULL, "0.0.0.0");
  struct auth_facts facts = {.host = SPAN_LITERAL("runner:8080")};
  expect(&g, &facts, FAULT_NONE);
  facts.from_here = true;
  expect(&g, &facts, FAULT_FORBIDDEN);
  auth_close(&g);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_auth__with_a_token_only_that_bearer_enters),
      cmocka_unit_test(test_auth__with_a_token_neither_origin_nor_address_matters),
      cmocka_unit_test(test_auth__the_token_is_in_no_log),
      cmocka_unit_test(
          test_auth__the_variable_is_taken_and_wiped_even_when_the_file_wins),
      cmocka_unit_test(test_auth__two_tokens_are_an_error_and_both_are_wiped),
      cmocka_unit_test(test_auth__wipes_the_variable_for_who_needs_no_token),
      cmocka_unit_test(test_auth__the_agent_does_not_enter_whatever_it_sends),
      cmocka_unit_test(test_auth__an_empty_token_is_an_error_not_an_open_door),
      cmocka_unit_test(test_auth__beyond_loopback_without_a_token_must_be_said_out_loud),
      cmocka_unit_test(test_auth__on_loopback_host_must_be_a_loopback_name),
      cmocka_unit_test(test_auth__without_a_token_no_web_page_may_call),
      cmocka_unit_test(test_auth__beyond_loopback_the_machine_itself_may_not_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
