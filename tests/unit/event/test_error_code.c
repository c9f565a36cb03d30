/* SPDX-License-Identifier: MIT */
#include "event/error_code.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void goes_out(const char *told, const char *code)
{
  struct buf out = buf_make(1000);
  error_code_of_agent(span_of(told), &out);
  assert_string_equal(buf_cstring(&out), code);
  buf_free(&out);
}

static void test_error_code__an_agents_own_stays(void **state)
{
  (void)state;
  goes_out("error_during_execution", "error_during_execution");
  goes_out("rate.limit-429", "rate.limit-429");
}

static void test_error_code__none_of_ours_can_be_an_agents(void **state)
{
  struct buf ours = buf_make(1000);
  (void)state;
  for (const char *const *code = error_codes_of_ours; *code; code++) {
    buf_clear(&ours);
    buf_addf(&ours, "agent:%s", *code);
    goes_out(*code, buf_cstring(&ours));
    assert_in_range(strlen(*code), 1, ERROR_CODE_BYTES);
  }
  goes_out("runner-lost", "agent:runner-lost");
  goes_out("finished", "agent:finished");
  goes_out("agent:finished", "agent:agent:finished");
  buf_free(&ours);
}

static void test_error_code__other_signs_are_told_apart(void **state)
{
  (void)state;
  goes_out("Too Many", "agent:Too Many");
  goes_out("", "agent:");
  goes_out("ungültig", "agent:ungültig");
}

static void test_error_code__a_long_one_is_cut_on_a_character(void **state)
{
  struct buf long_code = buf_make(1000), out = buf_make(1000);
  (void)state;
  for (int i = 0; i < 40; i++)
    buf_add_text(&long_code, "é");
  error_code_of_agent(buf_span(&long_code), &out);
  assert_int_equal(out.len, ERROR_CODE_BYTES - 1);
  assert_true(utf8_valid(buf_span(&out)));
  buf_clear(&long_code);
  buf_clear(&out);
  for (int i = 0; i < ERROR_CODE_BYTES + 1; i++)
    buf_add_char(&long_code, 'a');
  error_code_of_agent(buf_span(&long_code), &out);
  assert_int_equal(out.len, ERROR_CODE_BYTES);
  assert_true(span_starts(buf_span(&out), "agent:"));
  buf_free(&long_code);
  buf_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_error_code__an_agents_own_stays),
      cmocka_unit_test(test_error_code__none_of_ours_can_be_an_agents),
      cmocka_unit_test(test_error_code__other_signs_are_told_apart),
      cmocka_unit_test(test_error_code__a_long_one_is_cut_on_a_character),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
