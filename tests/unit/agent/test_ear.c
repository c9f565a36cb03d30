/* SPDX-License-Identifier: MIT */
#include "agent/ear.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_ear__what_is_said_waits_in_the_outbox(void **state)
{
  struct outbox outbox = outbox_make();
  struct ear ear = {.outbox = &outbox};
  (void)state;
  ear_write(&ear, SPAN_LITERAL("one"));
  ear_write(&ear, SPAN_LITERAL("two"));
  assert_string_equal(buf_cstring(&outbox.input), "onetwo");
  assert_false(outbox.hang_up);
  ear_hang_up(&ear);
  ear_hang_up(&ear);
  assert_true(outbox.hang_up);
  outbox_free(&outbox);
  assert_false(outbox.hang_up);
  assert_int_equal(outbox.input.len, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ear__what_is_said_waits_in_the_outbox),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
