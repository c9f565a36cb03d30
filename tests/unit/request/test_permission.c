/* SPDX-License-Identifier: MIT */
#include "request/permission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define NO  PERMISSION_DENY
#define YES PERMISSION_ALLOW
#define ASK PERMISSION_ASK

/* One row a mode: what is decided of a tool of each kind (other, read, edit), of a host
 * tool, and of one that allowedTools names. */
static const struct {
  const char *mode;
  enum permission other, read, edit, host, listed;
} rows[] = {
    {"", YES, YES, YES, YES, YES},
    {"bypassPermissions", YES, YES, YES, YES, YES},
    {"acceptEdits", NO, YES, YES, YES, YES},
    {"default", NO, NO, NO, YES, YES},
    {"dontAsk", NO, NO, NO, YES, YES},
    {"Plan", NO, NO, NO, YES, YES},
    {"plan", NO, NO, NO, NO, YES},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static enum permission decided(const char *mode, enum permission_kind kind, bool host,
                               bool listed, bool can_ask)
{
  const struct permission_question q = {.mode = permission_mode_read(span_of(mode)),
                                        .kind = kind,
                                        .host_tool = host,
                                        .listed = listed};
  return permission_decide(&q, can_ask);
}

static void test_permission__the_mode_decides_where_nobody_can_be_asked(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    const char *mode = rows[i].mode;
    const enum permission own[] = {[PERMISSION_KIND_OTHER] = rows[i].other,
                                   [PERMISSION_KIND_READ] = rows[i].read,
                                   [PERMISSION_KIND_EDIT] = rows[i].edit,
                                   [PERMISSION_KIND_COMMAND] = rows[i].other,
                                   [PERMISSION_KIND_NETWORK] = rows[i].other};
    for (unsigned kind = 0; kind < 5; kind++) {
      assert_int_equal(decided(mode, kind, false, false, false), own[kind]);
      assert_int_equal(decided(mode, kind, false, true, false), rows[i].listed);
    }
    assert_int_equal(decided(mode, PERMISSION_KIND_OTHER, true, false, false),
                     rows[i].host);
  }
}

static void test_permission__what_would_be_denied_is_asked_but_in_plan_mode(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROWS; i++)
    for (unsigned kind = 0; kind < 5; kind++)
      for (unsigned host = 0; host < 2; host++) {
        enum permission alone = decided(rows[i].mode, kind, host, false, false);
        bool plan = permission_mode_read(span_of(rows[i].mode)) == PERMISSION_MODE_PLAN;
        assert_int_equal(decided(rows[i].mode, kind, host, false, true),
                         alone == NO && !plan ? ASK : alone);
      }
}

static void test_permission__a_question_for_a_person_is_put_to_one_or_denied(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    const struct permission_question q = {.mode =
                                              permission_mode_read(span_of(rows[i].mode)),
                                          .person = true,
                                          .listed = true};
    assert_int_equal(permission_decide(&q, true), ASK);
    assert_int_equal(permission_decide(&q, false), NO);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_permission__the_mode_decides_where_nobody_can_be_asked),
      cmocka_unit_test(test_permission__what_would_be_denied_is_asked_but_in_plan_mode),
      cmocka_unit_test(test_permission__a_question_for_a_person_is_put_to_one_or_denied),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
