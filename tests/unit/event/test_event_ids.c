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

static void test_event_ids__a_message_id_is_never_used_twice(void **state)
{
  struct event_ids ids = {.run_id = SPAN_LITERAL("r")};
  (void)state;
  expect_message(&ids, "a", "\"a\"");
  expect_message(&ids, "a", "\"a-2\"");
  expect_message(&ids, "a-2", "\"a-2-2\"");
  expect_message(&ids, "r-0", "\"r-0\"");
  expect_message(&ids, "", "\"r-1\"");
  expect_message(&ids, "\"", "\"\\\"\"");
  event_ids_free(&ids);
}

static void test_event_ids__a_call_id_is_as_it_is_or_refused(void **state)
{
  struct event_ids ids = {.run_id = SPAN_LITERAL("r")};
  struct buf out = buf_make(MIB);
  (void)state;
  assert_true(event_ids_call(&ids, SPAN_LITERAL("r-0"), &out));
  assert_string_equal(buf_cstring(&out), "\"r-0\"");
  assert_false(event_ids_call(&ids, SPAN_LITERAL("r-0"), &out));
  assert_true(event_ids_call(&ids, (struct span){0}, &out));
  assert_string_equal(buf_cstring(&out), "\"r-1\"");
  buf_free(&out);
  event_ids_free(&ids);
}

static void test_event_ids__an_id_that_is_too_long_is_replaced(void **state)
{
  struct event_ids ids = {.run_id = SPAN_LITERAL("r")};
  char *text = mem_new(LIMIT_NAME_BYTES + 2);
  (void)state;
  memset(text, 'i', LIMIT_NAME_BYTES + 1);
  expect_message(&ids, text, "\"r-0\"");
  free(text);
  event_ids_free(&ids);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_event_ids__a_message_id_is_never_used_twice),
      cmocka_unit_test(test_event_ids__a_call_id_is_as_it_is_or_refused),
      cmocka_unit_test(test_event_ids__an_id_that_is_too_long_is_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
