/* SPDX-License-Identifier: MIT */
#include "door/auth.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static struct buf token_of(const char *text)
{
  struct buf token = buf_make(KIB);
  buf_add_text(&token, text);
  return token;
}

static struct auth auth_of(const char *token, const char *host)
{
  struct auth a;
  struct fault f = {0};
  struct buf text = token_of(token ? token : "");
  assert_int_equal(auth_open(&a, &text, host, true, &f), 0);
  assert_null(text.at);
  return a;
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
  expect(
      g,
      &(struct auth_facts){.authorization = span_of(authorization), .authorizations = 1},
      kind);
}

static void expect_host(const struct auth *g, const char *host, enum fault_kind kind)
{
  expect(g, &(struct auth_facts){.host = span_of(host), .from_here = true}, kind);
}

/* -- with a token -- */

static void test_auth__with_a_token_only_that_bearer_enters(void **state)
{
  (void)state;
  struct auth g = auth_of("s3cret-token", "0.0.0.0");
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
  for (size_t count = 0; count < 4; count++)
    expect(&g,
           &(struct auth_facts){.authorization = SPAN_LITERAL("Bearer s3cret-token"),
                                .authorizations = count},
           count == 1 ? FAULT_NONE : FAULT_DENIED);
  auth_close(&g);
}

static void test_auth__with_a_token_neither_origin_nor_address_matters(void **state)
{
  (void)state;
  struct auth g = auth_of("s3cret-token", "0.0.0.0");
  expect(&g,
         &(struct auth_facts){.authorization = SPAN_LITERAL("Bearer s3cret-token"),
                              .authorizations = 1,
                              .host = SPAN_LITERAL("evil.example"),
                              .origin = SPAN_LITERAL("http://evil.example"),
                              .has_origin = true,
                              .from_here = true},
         FAULT_NONE);
  auth_close(&g);
}

static void test_auth__the_agent_does_not_enter_whatever_it_sends(void **state)
{
  (void)state;
  struct auth with = auth_of("s3cret-token", "0.0.0.0"),
              without = auth_of(NULL, "127.0.0.1");
  struct auth_facts facts = {.authorization = SPAN_LITERAL("Bearer s3cret-token"),
                             .authorizations = 1,
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

/* -- without one -- */

static void test_auth__beyond_loopback_without_a_token_must_be_said_out_loud(void **state)
{
  (void)state;
  static const char *const wide[] = {"0.0.0.0", "::", "192.0.2.1", "::ffff:127.0.0.1"};
  struct auth g;
  struct buf none = {0};
  struct fault f = {0};
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(auth_open(&g, &none, wide[i], false, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_non_null(strstr(f.text, "--allow-unauthenticated"));
    auth_close(&g);
    assert_int_equal(auth_open(&g, &none, wide[i], true, &f), 0);
    auth_close(&g);
  }
  assert_int_equal(auth_open(&g, &none, "127.0.0.1", false, &f), 0);
  auth_close(&g);
  assert_int_equal(auth_open(&g, &none, "::1", false, &f), 0);
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
      cmocka_unit_test(test_auth__the_agent_does_not_enter_whatever_it_sends),
      cmocka_unit_test(test_auth__beyond_loopback_without_a_token_must_be_said_out_loud),
      cmocka_unit_test(test_auth__on_loopback_host_must_be_a_loopback_name),
      cmocka_unit_test(test_auth__without_a_token_no_web_page_may_call),
      cmocka_unit_test(test_auth__beyond_loopback_the_machine_itself_may_not_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
