/* SPDX-License-Identifier: MIT */
#include "door/http/prometheus.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_prometheus__a_family_is_help_type_and_sample(void **state)
{
  struct buf out = buf_make(KIB);
  (void)state;
  prometheus_number(&out, "a_total", "counter", 3, "Words.");
  prometheus_seconds(&out, "b_seconds_total", 0.25, "More.");
  assert_string_equal(buf_cstring(&out),
                      "# HELP a_total Words.\n# TYPE a_total counter\na_total 3\n"
                      "# HELP b_seconds_total More.\n# TYPE b_seconds_total counter\n"
                      "b_seconds_total 0.250000\n");
  buf_free(&out);
}

static void test_prometheus__a_label_may_hold_anything(void **state)
{
  struct buf out = buf_make(KIB);
  (void)state;
  prometheus_label(&out, "od\"d\\\n");
  assert_string_equal(buf_cstring(&out), "od\\\"d\\\\\\n");
  buf_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prometheus__a_family_is_help_type_and_sample),
      cmocka_unit_test(test_prometheus__a_label_may_hold_anything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
