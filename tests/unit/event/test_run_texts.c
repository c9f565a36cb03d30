/* SPDX-License-Identifier: MIT */
#include "event/run_texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_run_texts__each_is_there_raw_and_as_json(void **state)
{
  (void)state;
  struct run_texts t =
      run_texts_make(SPAN_LITERAL("r\""), (struct span){0}, SPAN_LITERAL("m"));
  assert_true(span_is(t.run.run_id, "r\"") && span_is(t.run.run_json, "\"r\\\"\""));
  assert_true(span_is(t.run.thread_id, "") && span_is(t.run.thread_json, "\"\""));
  assert_true(span_is(t.run.model, "m") && span_is(t.run.model_json, "\"m\""));
  run_texts_free(&t);
  assert_null(t.bytes.at);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_texts__each_is_there_raw_and_as_json),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
