/* SPDX-License-Identifier: MIT */
/* What the golden transcripts (test_golden.c) cannot show: sessions that were resumed. */
#include "agent/claude_code/claude_code_result.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RESULT(more)                                                                     \
  "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"num_turns\":1,"     \
  "\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}"      \
  "," more "}"

static bool take(struct claude_result *r, struct stream *s, const char *line)
{
  static const char *const raw[] = {CLAUDE_RESULT_RAW, NULL};
  static const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  struct json *doc = json_parse(span_of(line), &rules, &f);
  assert_non_null(doc);
  bool decides = claude_result_read(r, doc, json_root(doc), s->events);
  json_free(doc);
  return decides;
}

/* The results of a run; the stream must contain `wanted` and not `unwanted`. */
static void expect(bool resumed, const char *const *lines, const char *wanted,
                   const char *unwanted)
{
  struct claude_result r = {.resumed = resumed};
  struct process_end well = {0};
  struct stream s;
  stream_open(&s, &event_format_tanstack, 0);
  events_text(s.events, SPAN_LITERAL("a"));
  for (; *lines; lines++)
    assert_true(take(&r, &s, *lines));
  assert_true(claude_result_is_good(&r));
  claude_result_finish(&r, &well, s.events);
  if (!strstr(buf_cstring(&s.text), wanted))
    fail_msg("%s is not in %s", wanted, s.text.at);
  if (unwanted && strstr(s.text.at, unwanted))
    fail_msg("%s is in %s", unwanted, s.text.at);
  claude_result_free(&r);
  stream_close(&s);
}

static void test_result__the_cost_of_a_resumed_session_says_whose_it_is(void **state)
{
  (void)state;
  const char *const told[] = {
      RESULT("\"total_cost_usd\":0.00216,\"model_usage_since_last_result\":{\"m\":{"
             "\"costUSD\":0.00054},\"n\":{\"costUSD\":0.0001}}"),
      RESULT("\"total_cost_usd\":0.0032400000000000003,\"model_usage_since_last_result\":"
             "{\"m\":{\"costUSD\":0.0010799999999999999}}"),
      NULL};
  const char *const not_told[] = {RESULT("\"total_cost_usd\":0.00216"), NULL};
  expect(true, told, "{\"totalCostUsd\":0.00172}", NULL);
  expect(true, told, "\"runlet\":{\"sessionCostUsd\":0.0032400000000000003}", NULL);
  expect(true, not_told, "\"runlet\":{\"sessionCostUsd\":0.00216}", "totalCostUsd");
  expect(false, not_told, "{\"totalCostUsd\":0.00216}", "sessionCostUsd");
}

static void test_result__a_denied_call_counts_once_however_often_it_is_told(void **state)
{
  (void)state;
  const char *const lines[] = {
      RESULT("\"permission_denials\":[{\"tool_name\":\"Bash\",\"tool_use_id\":\"a\"}]"),
      RESULT("\"permission_denials\":[{\"tool_name\":\"Bash\",\"tool_use_id\":\"a\"},{"
             "\"tool_name\":\"Write\",\"tool_use_id\":\"b\"}]"),
      NULL};
  expect(false, lines,
         "{\"code\":\"permission-denials\",\"message\":\"The agent was not permitted to "
         "use: Bash (1), Write (1)\"}",
         NULL);
}

static void test_result__a_turn_that_was_woken_and_failed_has_its_words_told(void **state)
{
  static const char failed[] =
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"num_turns\":1,"
      "\"stop_reason\":\"stop_sequence\",\"origin\":{\"kind\":\"task-notification\"},"
      "\"result\":\"API Error: 400 mock 400\"}";
  (void)state;
  for (int status = 0; status < 2; status++) {
    struct claude_result r = {0};
    struct process_end end = {.status = status};
    struct stream s;
    stream_open(&s, &event_format_tanstack, 0);
    assert_true(take(&r, &s, RESULT("\"result\":\"First.\"")));
    assert_false(take(&r, &s, failed)); /* it does not decide */
    claude_result_finish(&r, &end, s.events);
    const char *wanted = status
                             ? "\"message\":\"API Error: 400 mock 400\",\"code\":\"agent-"
                               "error\""
                             : "RUN_FINISHED";
    assert_non_null(strstr(buf_cstring(&s.text), wanted));
    claude_result_free(&r);
    stream_close(&s);
  }
}

static void test_result__many_denied_tools_are_told_as_others(void **state)
{
  struct claude_result r = {0};
  struct stream s;
  char line[400];
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  for (int i = 0; i < 20; i++) {
    (void)snprintf(
        line, sizeof line,
        RESULT("\"permission_denials\":[{\"tool_name\":\"T%d\",\"tool_use_id\":"
               "\"c%d\"}]"),
        i, i);
    take(&r, &s, line);
  }
  claude_result_finish(&r, &(struct process_end){0}, s.events);
  assert_non_null(strstr(buf_cstring(&s.text), " T14 (1), others (5)\""));
  claude_result_free(&r);
  stream_close(&s);
}

static void test_result__why_the_model_stopped_is_the_finish_reason(void **state)
{
  (void)state;
  static const char *const rows[][2] = {{"null", "stop"},
                                        {"\"end_turn\"", "stop"},
                                        {"\"tool_use\"", "stop"},
                                        {"\"max_tokens\"", "length"},
                                        {"\"new\"", "new"},
                                        {"\"refusal\"", "content_filter"},
                                        {"5", "stop"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char line[200], wanted[60];
    const char *const lines[] = {line, NULL};
    (void)snprintf(line, sizeof line,
                   "{\"type\":\"result\",\"subtype\":\"success\",\"stop_reason\":%s}",
                   rows[i][0]);
    (void)snprintf(wanted, sizeof wanted, "\"finishReason\":\"%s\"", rows[i][1]);
    expect(false, lines, wanted, "CUSTOM");
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_result__the_cost_of_a_resumed_session_says_whose_it_is),
      cmocka_unit_test(test_result__a_denied_call_counts_once_however_often_it_is_told),
      cmocka_unit_test(test_result__a_turn_that_was_woken_and_failed_has_its_words_told),
      cmocka_unit_test(test_result__many_denied_tools_are_told_as_others),
      cmocka_unit_test(test_result__why_the_model_stopped_is_the_finish_reason),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
