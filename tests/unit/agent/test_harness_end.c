/* SPDX-License-Identifier: MIT */
#include "agent/harness_end.h"

#include "stream.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect_end(struct process_end end, const char *code, const char *message)
{
  struct stream s;
  char line[2400];
  stream_open(&s, &event_format_tanstack, 0);
  harness_fail_by_end(s.events, &end);
  (void)snprintf(
      line, sizeof line,
      "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"%s\",\"code\":\"%s\","
      "\"metadata\":{\"tanstack\":{\"model\":\"m\"}}}",
      message, code);
  stream_expect_last(&s, line);
  stream_close(&s);
}

static void test_harness_end__each_end_has_its_code_and_words(void **state)
{
  (void)state;
  expect_end((struct process_end){.status = 7}, "agent-exit",
             "Agent process exited with code 7");
  expect_end((struct process_end){.status = 7,
                                  .stderr_tail = SPAN_LITERAL("\n boom on stderr \n")},
             "agent-exit", "Agent process exited with code 7: boom on stderr");
  expect_end((struct process_end){.signal = SIGKILL}, "agent-signal",
             "Agent process was killed by signal 9 (SIGKILL)");
  expect_end((struct process_end){.signal = SIGSEGV,
                                  .core = true,
                                  .stderr_tail = SPAN_LITERAL("x")},
             "agent-signal", "Agent process was killed by signal 11 (SIGSEGV): x");
  expect_end((struct process_end){.signal = 40}, "agent-signal",
             "Agent process was killed by signal 40");
  expect_end((struct process_end){.signal = SIGKILL, .oom = true}, "out-of-memory",
             "Agent process was killed by signal 9 (SIGKILL), out of memory");
  expect_end((struct process_end){.status = 0}, "no-result",
             "Agent process exited without a result");
}

static void test_harness_end__shows_a_thousand_characters_of_stderr(void **state)
{
  char tail[3001], shown[2100];
  (void)state;
  for (size_t i = 0; i < 3000; i += 2)
    memcpy(tail + i, "\xc3\xa4", 3);
  /* begins inside a character: that byte becomes U+FFFD, and counts as one */
  int n = snprintf(shown, sizeof shown,
                   "Agent process exited with code 1: \xef\xbf\xbd%.1998s", tail);
  assert_true(n > 2000);
  expect_end((struct process_end){.status = 1, .stderr_tail = {tail + 1, 2999}},
             "agent-exit", shown);
}

static void test_harness_end__an_answer_without_a_word_is_a_warning(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_text(s.events, SPAN_LITERAL(" \n"));
  agent_warn_if_silent(s.events);
  assert_non_null(
      strstr(buf_cstring(&s.text), "{\"code\":\"empty-answer\",\"message\":"));
  stream_close(&s);
  stream_open(&s, &event_format_tanstack, 0);
  events_text(s.events, SPAN_LITERAL("a"));
  agent_warn_if_silent(s.events);
  assert_int_equal(stream_count_of(&s, "CUSTOM"), 0);
  stream_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_harness_end__each_end_has_its_code_and_words),
      cmocka_unit_test(test_harness_end__shows_a_thousand_characters_of_stderr),
      cmocka_unit_test(test_harness_end__an_answer_without_a_word_is_a_warning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
