/* SPDX-License-Identifier: MIT */
#include "door/session/session_settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char folder[] = "PAPERCLIP_PROCESS_SESSION_DIR=/s",
            command[] = "PAPERCLIP_PROCESS_SESSION_COMMAND_B64=eyJjb21tYW5kIjoiY2F0In0=",
            broken[] = "PAPERCLIP_PROCESS_SESSION_COMMAND_B64=e30=",
            retries[] = "PAPERCLIP_PROCESS_SESSION_STDIN_MAX_RETRIES=3",
            grace[] = "PAPERCLIP_PROCESS_SESSION_TERMINATE_GRACE_MS=200",
            never[] = "PAPERCLIP_PROCESS_SESSION_TERMINATE_GRACE_MS=3s";

static void test_session_settings__have_paperclips_defaults(void **state)
{
  (void)state;
  struct session_settings s;
  struct fault f = {0};
  char *const plain[] = {folder, command, NULL}, *const more[] = {folder, command,
                                                                  retries, grace, NULL};
  assert_int_equal(session_settings_read(plain, &s, &f), 0);
  assert_string_equal(s.folder, "/s");
  assert_string_equal(s.command.argv.at[0], "cat");
  assert_int_equal(s.retries, 100);
  assert_int_equal(s.grace_ms, 3000);
  session_settings_free(&s);
  assert_int_equal(session_settings_read(more, &s, &f), 0);
  assert_int_equal(s.retries, 3);
  assert_int_equal(s.grace_ms, 200);
  session_settings_free(&s);
}

static void test_session_settings__name_the_variable_at_fault(void **state)
{
  (void)state;
  char *const none[] = {NULL}, *no_command[] = {folder, NULL},
              *bad_command[] = {folder, broken, NULL},
              *bad_number[] = {folder, command, never, NULL};
  const struct {
    char *const *env;
    const char *name;
  } cases[] = {{none, "_DIR is required"},
               {no_command, "_COMMAND_B64 is required"},
               {bad_command, "_COMMAND_B64: command"},
               {bad_number, "_TERMINATE_GRACE_MS must be a whole number"}};
  for (size_t i = 0; i < 4; i++) {
    struct session_settings s;
    struct fault f = {0};
    assert_int_equal(session_settings_read(cases[i].env, &s, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    if (!strstr(f.text, cases[i].name))
      fail_msg("%s", f.text);
    session_settings_free(&s);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_settings__have_paperclips_defaults),
      cmocka_unit_test(test_session_settings__name_the_variable_at_fault),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
