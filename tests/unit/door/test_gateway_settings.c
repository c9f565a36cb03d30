/* SPDX-License-Identifier: MIT */
#include "door/gateway/gateway_settings.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char token[] = "PAPERCLIP_BRIDGE_TOKEN=t",
            queue[] = "PAPERCLIP_BRIDGE_QUEUE_DIR=/q";

static void bad(const char *entry, const char *why)
{
  struct gateway_settings s;
  struct fault f = {0};
  char *more = span_copy(span_of(entry));
  char *const env[] = {token, queue, more, NULL};
  if (gateway_settings_read(env, &s, &f) == 0)
    fail_msg("%s was taken", entry);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  if (!strstr(f.text, why))
    fail_msg("%s: %s", entry, f.text);
  free(more);
}

static void test_gateway_settings__have_paperclips_defaults(void **state)
{
  (void)state;
  struct gateway_settings s;
  struct fault f = {0};
  char empty[] = "PAPERCLIP_BRIDGE_PORT=", other[] = "PAPERCLIP_BRIDGE_TOKENS=x";
  char *const env[] = {other, token, queue, empty, NULL};
  assert_int_equal(gateway_settings_read(env, &s, &f), 0);
  assert_string_equal(s.token, "t");
  assert_string_equal(s.queue, "/q");
  assert_string_equal(s.host, "127.0.0.1");
  assert_int_equal(s.port, 0);
  assert_int_equal(s.poll_ms, 100);
  assert_int_equal(s.response_ms, 30000);
  assert_int_equal(s.depth, 64);
  assert_int_equal(s.max_body_bytes, 10 * MIB + 64 * KIB);
}

static void
test_gateway_settings__numbers_are_strict_and_name_their_variable(void **state)
{
  (void)state;
  static const char *const wrong[] = {"PAPERCLIP_BRIDGE_PORT=90s",
                                      "PAPERCLIP_BRIDGE_PORT=65536",
                                      "PAPERCLIP_BRIDGE_PORT=-1",
                                      "PAPERCLIP_BRIDGE_POLL_INTERVAL_MS=0",
                                      "PAPERCLIP_BRIDGE_POLL_INTERVAL_MS=1e3",
                                      "PAPERCLIP_BRIDGE_RESPONSE_TIMEOUT_MS=NaN",
                                      "PAPERCLIP_BRIDGE_MAX_QUEUE_DEPTH=0",
                                      "PAPERCLIP_BRIDGE_MAX_QUEUE_DEPTH= 5",
                                      "PAPERCLIP_BRIDGE_MAX_BODY_BYTES=1.5",
                                      "PAPERCLIP_BRIDGE_MAX_BODY_BYTES=0x10"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char *name =
        span_copy((struct span){wrong[i], (size_t)(strchr(wrong[i], '=') - wrong[i])});
    bad(wrong[i], name);
    free(name);
  }
}

static void
test_gateway_settings__an_unknown_mode_comes_before_a_missing_queue(void **state)
{
  (void)state;
  struct gateway_settings s;
  struct fault f = {0};
  char mode[] = "PAPERCLIP_API_BRIDGE_MODE=duplex_v1";
  char *const none[] = {NULL}, *const no_token[] = {mode, queue, NULL},
              *const no_queue[] = {token, NULL}, *const no_mode[] = {token, mode, NULL};
  bad(mode, "Unsupported PAPERCLIP_API_BRIDGE_MODE: duplex_v1");
  assert_int_equal(gateway_settings_read(none, &s, &f), -1);
  assert_string_equal(f.text, "PAPERCLIP_BRIDGE_TOKEN is required.");
  assert_int_equal(gateway_settings_read(no_token, &s, &f), -1);
  assert_string_equal(f.text, "PAPERCLIP_BRIDGE_TOKEN is required.");
  assert_int_equal(gateway_settings_read(no_mode, &s, &f), -1);
  assert_non_null(strstr(f.text, "Unsupported"));
  assert_int_equal(gateway_settings_read(no_queue, &s, &f), -1);
  assert_non_null(strstr(f.text, "PAPERCLIP_BRIDGE_QUEUE_DIR"));
}

static void test_gateway_settings__the_ceiling_is_paperclips_formula(void **state)
{
  (void)state;
  struct gateway_settings s = {.max_body_bytes = 1000};
  assert_int_equal(gateway_settings_envelope(1000), 71536);
  assert_int_equal(gateway_settings_ceiling(&s), 4 * (4 * 71536 + 4 * 1000));
  s.max_body_bytes = LIMIT_GATEWAY_BODY_BYTES;
  assert_int_equal(gateway_settings_ceiling(&s), 1 << 30);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gateway_settings__have_paperclips_defaults),
      cmocka_unit_test(test_gateway_settings__numbers_are_strict_and_name_their_variable),
      cmocka_unit_test(
          test_gateway_settings__an_unknown_mode_comes_before_a_missing_queue),
      cmocka_unit_test(test_gateway_settings__the_ceiling_is_paperclips_formula),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
