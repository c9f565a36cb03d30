/* SPDX-License-Identifier: MIT */
#include "event/formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_formats__are_found_by_their_names(void **state)
{
  static const char *const names[] = {"tanstack", "ag-ui", "pretty", "pretty-terminal",
                                      "pretty-colour-full"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    assert_string_equal(formats_find(span_of(names[i]))->name, names[i]);
  assert_string_equal(formats_find((struct span){0})->name, "tanstack");
  assert_null(formats_find(SPAN_LITERAL("tanstac")));
}

static void test_formats__a_request_may_not_ask_for_a_transcript(void **state)
{
  (void)state;
  assert_string_equal(formats_wire_name(0), "tanstack");
  bool has_ag_ui = false;
  for (size_t i = 0; formats_wire_name(i); i++) {
    has_ag_ui = has_ag_ui || !strcmp(formats_wire_name(i), "ag-ui");
    assert_null(strstr(formats_wire_name(i), "pretty"));
  }
  assert_true(has_ag_ui);
  assert_null(formats_wire_name(SIZE_MAX));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_formats__are_found_by_their_names),
      cmocka_unit_test(test_formats__a_request_may_not_ask_for_a_transcript),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
