/* SPDX-License-Identifier: MIT */
#include "door/bridge/bridge_settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char token[] = "BRIDGE_CHANNEL_TOKEN=t",
            no_token[] = "BRIDGE_CHANNEL_TOKEN=", near[] = "BRIDGE_CHANNEL_TOKENS=x";

static void test_bridge_settings__a_token_is_enough(void **state)
{
  struct bridge_settings s;
  struct fault f = {0};
  char empty[] = "BRIDGE_WS_PORT=";
  char *const env[] = {near, token, empty, NULL};
  (void)state;
  assert_int_equal(bridge_settings_read(env, &s, &f), 0);
  assert_true(span_is(s.token, "t"));
  assert_int_equal(s.port, 0);
  assert_false(s.replay);
}

static void test_bridge_settings__all_is_read(void **state)
{
  struct bridge_settings s;
  struct fault f = {0};
  char port[] = "BRIDGE_WS_PORT=65535", replay[] = "BRIDGE_REPLAY_FROM_DISK=1";
  char *const env[] = {port, replay, token, NULL};
  (void)state;
  assert_int_equal(bridge_settings_read(env, &s, &f), 0);
  assert_int_equal(s.port, 65535);
  assert_true(s.replay);
}

static void fails(char *first, char *second, const char *why)
{
  struct bridge_settings s;
  struct fault f = {0};
  char *const env[] = {first, second, NULL};
  assert_int_equal(bridge_settings_read(env, &s, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_string_equal(f.text, why);
}

static void test_bridge_settings__a_fault_names_its_variable(void **state)
{
  char big[] = "BRIDGE_WS_PORT=65536", word[] = "BRIDGE_WS_PORT=9x";
  (void)state;
  fails(near, NULL, "BRIDGE_CHANNEL_TOKEN must be set");
  fails(no_token, NULL, "BRIDGE_CHANNEL_TOKEN must be set");
  fails(token, big,
        "BRIDGE_WS_PORT must be a whole number from 0 to 65535, not \"65536\"");
  fails(token, word, "BRIDGE_WS_PORT must be a whole number from 0 to 65535, not \"9x\"");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bridge_settings__a_token_is_enough),
      cmocka_unit_test(test_bridge_settings__all_is_read),
      cmocka_unit_test(test_bridge_settings__a_fault_names_its_variable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
