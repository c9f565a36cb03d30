/* SPDX-License-Identifier: MIT */
#include "event/event_ids.h"

#include "base/limits.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_message(struct event_ids *ids, const char *native, const char *wanted)
{
  struct buf out = buf_make(MIB);
  event_ids_message(ids, span_of(native), &out);
  assert_string_equal(buf_cstring(&out), wanted);
  buf_free(&out);
}

static void expect_call(struct event_ids *ids, const char *native, const char *wanted)
{
  struct buf out = buf_make(MIB);
  event_ids_call(ids, span_of(native), &out);
  assert_string_equal(buf_cstring(&out), wanted);
  buf_free(&out);
}

static void expect_result(struct event_ids *ids, const char *native, const char *wanted)
{
  struct buf out = buf_make(MIB);
  event_ids_result(ids, span_of(native), &out);
  assert_string_equal(buf_cstring(&out), wanted);
  buf_free(&out);
}

#define API_MADE "toolu_01AbCdEfGhIjKlMn"

static void
test_event_ids__what_an_api_made_stays_and_what_is_counted_is_the_runs(void **state)
{
  static const char *const stays[] = {"msg_01AbCdEfGhIjKl0",
                                      API_MADE,
                                      "call_AbCdEfGhIjKlMnOpQrStUvWx",
                                      "chatcmpl-8f14e45fceea167a5a36dedd4bea2543",
                                      "gen-1763456789-AbCdEfGhIjKl",
                                      "123e4567-e89b-12d3-a456-426614174000",
                                      "1763456789123"};
  static const char *const counted[] = {"item_12",
                                        "msg_1",
                                        "call_1",
                                        "Bash:0",
                                        "functions.Bash:12",
                                        "0",
                                        "elevenchars",
                                        "\"",
                                        "read_file-1763456789123-0",
                                        "é",
                                        "call_123456789_999999"};
  struct event_ids ids = {.run_id = SPAN_LITERAL("r")};
  char wanted[100];
  (void)state;
  for (size_t i = 0; i < sizeof stays / sizeof stays[0]; i++) {
    (void)snprintf(wanted, sizeof wanted, "\"%s\"", stays[i]);
    expect_message(&ids, stays[i], wanted);
    expect_call(&ids, stays[i], wanted);
  }
  for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
    (void)snprintf(wanted, sizeof wanted, "\"r-%s%s\"", counted[i][0] == '"' ? "\\" : "",
                   counted[i]);
    expect_message(&ids, counted[i], wanted);
    expect_call(&ids, counted[i], wanted);
  }
  event_ids_free(&ids);
}

static void test_event_ids__no_id_is_given_twice(void **state)
{
  struct event_ids ids = {.run_id = SPAN_LITERAL("r")};
  (void)state;
  expect_message(&ids, "a", "\"r-a\"");
  expect_message(&ids, "a", "\"r-a-2\"");
  expect_message(&ids, "a-2", "\"r-a-2-2\"");
  expect_message(&ids, "a", "\"r-a-3\"");
  expect_message(&ids, API_MADE, "\"" API_MADE "\"");
  expect_message(&ids, API_MADE, "\"" API_MADE "-2\"");
  expect_message(&ids, API_MADE "-2", "\"r-" API_MADE "-2\"");
  expect_message(&ids, API_MADE, "\"" API_MADE "-3\"");
  event_ids_free(&ids);
}

static void test_event_ids__a_users_id_stays_unless_it_was_used(void **state)
{
  static const char *const given[][2] = {
      {"n", "\"n\""}, {"n", "\"n-2\""}, {"1", "\"1\""}, {"", "\"r-0\""}};
  struct event_ids ids = {.run_id = SPAN_LITERAL("r")};
  (void)state;
  for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
    struct buf out = buf_make(MIB);
    event_ids_given(&ids, span_of(given[i][0]), &out);
    assert_string_equal(buf_cstring(&out), given[i][1]);
    buf_free(&out);
  }
  event_ids_free(&ids);
}

static void
test_event_ids__an_id_that_begins_with_the_runs_is_not_taken_for_one_of_it(void **state)
{
  struct event_ids ids = {.run_id = SPAN_LITERAL("r")};
  (void)state;
  expect_message(&ids, "longletters", "\"r-longletters\"");
  expect_message(&ids, "r-longletters", "\"r-r-longletters\"");
  expect_call(&ids, "0", "\"r-0\"");
  expect_message(&ids, "1", "\"r-1\"");
  expect_message(&ids, "", "\"r-2\"");
  expect_message(&ids, "2", "\"r-2-2\"");
  expect_call(&ids, "", "\"r-3\"");
  event_ids_free(&ids);
}

static void test_event_ids__a_late_result_finds_the_last_call_of_its_id(void **state)
{
  struct event_ids ids = {.run_id = SPAN_LITERAL("r")};
  (void)state;
  expect_call(&ids, "x", "\"r-x\"");
  expect_result(&ids, "x", "\"r-x\"");
  expect_call(&ids, "x", "\"r-x-2\"");
  expect_result(&ids, "x", "\"r-x-2\"");
  expect_result(&ids, "x", "\"r-x-2\"");
  /* never opened, and "r-x-2" is of x */
  expect_result(&ids, "x-2", "\"r-x-2-2\"");
  expect_result(&ids, "stray", "\"r-stray\"");
  expect_call(&ids, "stray", "\"r-stray-2\"");
  event_ids_free(&ids);
}

static void test_event_ids__an_id_that_is_too_long_is_replaced(void **state)
{
  struct event_ids ids = {.run_id = SPAN_LITERAL("r")};
  char *text = mem_new(LIMIT_NAME_BYTES + 2);
  (void)state;
  memset(text, 'i', LIMIT_NAME_BYTES + 1);
  expect_message(&ids, text, "\"r-0\"");
  expect_call(&ids, text, "\"r-1\"");
  expect_result(&ids, text, "\"r-2\"");
  free(text);
  event_ids_free(&ids);
}

/* Counted, not timed: places of the table that were looked at. */
static void
test_event_ids__taken_suffixes_are_tried_once_and_not_at_each_use(void **state)
{
  enum { TAKEN = 60000, USES = 300 };
  struct event_ids ids = {.run_id = SPAN_LITERAL("r")};
  struct buf out = buf_make(MIB);
  char id[64];
  (void)state;
  for (unsigned n = 2; n < TAKEN + 2; n++) {
    (void)snprintf(id, sizeof id, "%u-%u", 7, n);
    event_ids_call(&ids, span_of(id), &out);
  }
  unsigned long long before = ids.calls.probes;
  for (unsigned i = 0; i < USES; i++)
    event_ids_call(&ids, SPAN_LITERAL("7"), &out);
  assert_string_equal(buf_cstring(&out), "\"r-7-60300\"");
  assert_true(ids.calls.probes - before < 3 * TAKEN + 20 * USES);
  before = ids.calls.probes;
  for (unsigned i = 0; i < USES; i++)
    event_ids_call(&ids, SPAN_LITERAL("7"), &out);
  assert_true(ids.calls.probes - before < 20 * USES);
  buf_free(&out);
  event_ids_free(&ids);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_event_ids__what_an_api_made_stays_and_what_is_counted_is_the_runs),
      cmocka_unit_test(test_event_ids__no_id_is_given_twice),
      cmocka_unit_test(test_event_ids__a_users_id_stays_unless_it_was_used),
      cmocka_unit_test(
          test_event_ids__an_id_that_begins_with_the_runs_is_not_taken_for_one_of_it),
      cmocka_unit_test(test_event_ids__a_late_result_finds_the_last_call_of_its_id),
      cmocka_unit_test(test_event_ids__an_id_that_is_too_long_is_replaced),
      cmocka_unit_test(test_event_ids__taken_suffixes_are_tried_once_and_not_at_each_use),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
