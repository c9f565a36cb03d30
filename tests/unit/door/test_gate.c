/* SPDX-License-Identifier: MIT */
#include "door/gate.h"

#include "base/log.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *const no_env[] = {NULL};

static int opened(struct gate *g, const char *file, char *const *env, const char *host,
                  bool allow, const char *why)
{
  struct fault f = {0};
  int r = gate_open(g, file, env, host, allow, &f);
  if (why && (r == 0 || !strstr(f.text, why)))
    fail_msg("%s", r == 0 ? "it opened" : f.text);
  return r;
}

static void
test_gate__the_token_comes_from_the_file_or_the_variable_which_is_wiped(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct gate g;
  char variable[] = "RUNLET_TOKEN=from-the-env", other[] = "A=b";
  char *const env[] = {other, variable, NULL};
  assert_int_equal(opened(&g, NULL, env, "127.0.0.1", false, NULL), 0);
  assert_true(span_is(buf_span(&g.token), "from-the-env"));
  for (size_t i = strlen("RUNLET_TOKEN="); i < sizeof variable; i++)
    assert_int_equal(variable[i], 0);
  gate_close(&g);
  char again[] = "RUNLET_TOKEN=from-the-env";
  char *const both[] = {again, NULL};
  assert_int_equal(opened(&g, scratch_write(&s, "t", 0600, "from-the-file\n"), both,
                          "::1", false, NULL),
                   0);
  assert_true(span_is(buf_span(&g.token), "from-the-file"));
  assert_int_equal(again[strlen("RUNLET_TOKEN=")], 0); /* wiped though the file won */
  gate_close(&g);
  opened(&g, scratch_write(&s, "t", 0600, " \t spaced out \r\n\n"), no_env, "::1", false,
         NULL);
  assert_true(span_is(buf_span(&g.token), "spaced out")); /* its ends only */
  gate_close(&g);
  assert_int_equal(g.token.len, 0);
  log_forget_all();
  scratch_remove(&s);
}

static void test_gate__an_empty_or_missing_token_is_an_error(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct gate g;
  char empty[] = "RUNLET_TOKEN=";
  char *const env[] = {empty, NULL};
  opened(&g, NULL, env, "127.0.0.1", false, "RUNLET_TOKEN is empty");
  gate_close(&g);
  opened(&g, scratch_write(&s, "t", 0600, " \n"), no_env, "127.0.0.1", false, "is empty");
  gate_close(&g);
  opened(&g, scratch_write(&s, "t", 0600, ""), no_env, "127.0.0.1", false, "is empty");
  gate_close(&g);
  char blank[] = "RUNLET_TOKEN= \t", good[] = "RUNLET_TOKEN=x";
  char *const blanks[] = {blank, NULL}, *const goods[] = {good, NULL};
  opened(&g, NULL, blanks, "127.0.0.1", false, "RUNLET_TOKEN is empty");
  gate_close(&g);
  /* no falling back to the variable, and it is wiped all the same */
  opened(&g, scratch_path(&s, "none"), goods, "127.0.0.1", false, "--token-file");
  assert_int_equal(good[strlen("RUNLET_TOKEN=")], 0);
  gate_close(&g);
  char big[4 * 1024 + 2];
  memset(big, 'x', sizeof big - 1);
  big[sizeof big - 1] = 0;
  opened(&g, scratch_write(&s, "t", 0600, big), no_env, "127.0.0.1", false,
         "--token-file");
  gate_close(&g);
  opened(&g, scratch_path(&s, "none"), no_env, "127.0.0.1", false, "--token-file");
  gate_close(&g);
  scratch_remove(&s);
}

static void test_gate__beyond_loopback_it_needs_a_token_or_a_loud_word(void **state)
{
  (void)state;
  struct gate g;
  opened(&g, NULL, no_env, "0.0.0.0", false, "--allow-unauthenticated");
  gate_close(&g);
  opened(&g, NULL, no_env, "192.168.1.1", false, "--token-file");
  gate_close(&g);
  opened(&g, NULL, no_env, "::", false, "--listen :: without a token");
  gate_close(&g);
  assert_int_equal(opened(&g, NULL, no_env, "::1", false, NULL), 0);
  gate_close(&g);
  assert_int_equal(opened(&g, NULL, no_env, "0.0.0.0", true, NULL), 0);
  gate_close(&g);
  assert_int_equal(opened(&g, NULL, no_env, "127.0.0.1", false, NULL), 0);
  gate_close(&g);
}

static void expect(const struct gate *g, struct gate_facts facts, enum fault_kind kind)
{
  struct fault f = {0};
  int r = gate_check(g, &facts, &f);
  assert_int_equal(r, kind == FAULT_NONE ? 0 : -1);
  if (r < 0)
    assert_int_equal(f.kind, kind);
}

static void test_gate__with_a_token_only_the_token_counts(void **state)
{
  (void)state;
  struct gate g;
  char variable[] = "RUNLET_TOKEN=secret";
  char *const env[] = {variable, NULL};
  assert_int_equal(opened(&g, NULL, env, "0.0.0.0", false, NULL), 0);
  struct {
    const char *authorization;
    enum fault_kind kind;
  } rows[] = {{"Bearer secret", FAULT_NONE},
              {"bearer secret", FAULT_NONE},
              {"BEARER  secret ", FAULT_NONE},
              {"Bearer secre", FAULT_DENIED},
              {"Bearer secret2", FAULT_DENIED},
              {"Bearer ", FAULT_DENIED},
              {"secret", FAULT_DENIED},
              {"Basic secret", FAULT_DENIED},
              {"Bearersecret", FAULT_DENIED},
              {"Bearer", FAULT_DENIED},
              {"Bearer SECRET", FAULT_DENIED},
              {"Bearer secret, secret", FAULT_DENIED},
              {"", FAULT_DENIED}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    expect(&g,
           (struct gate_facts){.authorization = span_of(rows[i].authorization),
                               .host = SPAN_LITERAL("evil.example"),
                               .has_origin = true,
                               .from_here = true},
           rows[i].kind);
  gate_close(&g);
  log_forget_all();
}

static void test_gate__without_one_no_web_page_and_no_foreign_name_gets_in(void **state)
{
  (void)state;
  struct gate g;
  assert_int_equal(opened(&g, NULL, no_env, "127.0.0.1", false, NULL), 0);
  static const char *const good[] = {"localhost",    "localhost:8080", "LOCALHOST:1",
                                     "127.0.0.1:99", "127.1.2.3",      "[::1]",
                                     "[::1]:8080"};
  static const char *const bad[] = {"",
                                    "evil.example",
                                    "runner",
                                    "localhost.evil.example",
                                    "127.0.0.1.evil.example",
                                    "[::2]:80",
                                    "0.0.0.0"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    expect(&g, (struct gate_facts){.host = span_of(good[i]), .from_here = true},
           FAULT_NONE);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    expect(&g, (struct gate_facts){.host = span_of(bad[i])}, FAULT_FORBIDDEN);
  expect(&g, (struct gate_facts){.host = SPAN_LITERAL("localhost"), .has_origin = true},
         FAULT_FORBIDDEN);
  gate_close(&g);
  assert_int_equal(opened(&g, NULL, no_env, "0.0.0.0", true, NULL), 0);
  expect(&g, (struct gate_facts){.host = SPAN_LITERAL("runner")}, FAULT_NONE);
  expect(&g, (struct gate_facts){.host = SPAN_LITERAL("runner"), .from_here = true},
         FAULT_FORBIDDEN);
  expect(&g, (struct gate_facts){.host = SPAN_LITERAL("runner"), .has_origin = true},
         FAULT_FORBIDDEN);
  gate_close(&g);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_gate__the_token_comes_from_the_file_or_the_variable_which_is_wiped),
      cmocka_unit_test(test_gate__an_empty_or_missing_token_is_an_error),
      cmocka_unit_test(test_gate__beyond_loopback_it_needs_a_token_or_a_loud_word),
      cmocka_unit_test(test_gate__with_a_token_only_the_token_counts),
      cmocka_unit_test(test_gate__without_one_no_web_page_and_no_foreign_name_gets_in),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
