/* SPDX-License-Identifier: MIT */
#include "run/certificate.h"

#include "base/log.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const struct certificate *c, const char *members)
{
  struct buf out = buf_make(1 << 20);
  certificate_write(c, &out);
  assert_string_equal(buf_cstring(&out), members);
  buf_free(&out);
}

static void test_certificate__says_only_what_is_known(void **state)
{
  (void)state;
  expect(&(struct certificate){.duration_ms = 5},
         "\"durationMs\":5,\"events\":0,\"toolCalls\":0");
  struct process_end end = {
      .status = 3, .cpu_ms = 7, .max_rss_kib = 9, .stderr_tail = SPAN_LITERAL("x\n")};
  struct certificate c = {
      .end = &end, .duration_ms = 10, .startup_ms = 2, .events = 4, .tool_calls = 1};
  expect(&c,
         "\"durationMs\":10,\"startupMs\":2,\"events\":4,\"toolCalls\":1,\"exitCode\":3,"
         "\"cpuMs\":7,\"maxRssKiB\":9");
  c.failed = true;
  c.cancelled_by = "client";
  expect(
      &c,
      "\"durationMs\":10,\"startupMs\":2,\"events\":4,\"toolCalls\":1,\"exitCode\":3,"
      "\"cpuMs\":7,\"maxRssKiB\":9,\"cancelledBy\":\"client\",\"stderrTail\":\"x\\n\"");
}

static void test_certificate__names_signals_and_leftovers(void **state)
{
  (void)state;
  struct leftover left[] = {{12, "node"}, {13, "a\"b"}};
  struct process_end end = {.signal = SIGKILL,
                            .oom = true,
                            .forced = true,
                            .leftovers = left,
                            .leftover_count = 2};
  struct certificate c = {.end = &end};
  expect(
      &c,
      "\"durationMs\":0,\"events\":0,\"toolCalls\":0,\"signal\":\"SIGKILL\",\"oom\":true,"
      "\"cpuMs\":0,\"maxRssKiB\":0,\"forced\":true,\"leftovers\":[{\"pid\":12,\"name\":"
      "\"node\"},"
      "{\"pid\":13,\"name\":\"a\\\"b\"}]");
  assert_string_equal(certificate_signal_name(SIGSEGV), "SIGSEGV");
  assert_null(certificate_signal_name(63));
}

static void test_certificate__cleans_stderr_of_control_bytes_and_secrets(void **state)
{
  (void)state;
  struct buf out = buf_make(4096);
  log_hide(SPAN_LITERAL("hunter2-secret"));
  certificate_clean(
      SPAN_LITERAL("\x1b[31mred\x1b[0m\a\ttab\nhunter2-secret \x1b]0;title\a\xff.\x1b"),
      &out);
  assert_string_equal(buf_cstring(&out), "red\ttab\n*** \xef\xbf\xbd.");
  log_unhide(SPAN_LITERAL("hunter2-secret"));
  buf_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_certificate__says_only_what_is_known),
      cmocka_unit_test(test_certificate__names_signals_and_leftovers),
      cmocka_unit_test(test_certificate__cleans_stderr_of_control_bytes_and_secrets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
