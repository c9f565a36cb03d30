/* SPDX-License-Identifier: MIT */
/* What the golden transcripts cannot show: the actions, the value that was asked for, and
 * how the record and the end decide together. */
#include "agent/harnesses.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK "{\"type\":\"result\",\"status\":\"success\"}"
#define FAILED                                                                           \
  "{\"type\":\"result\",\"status\":\"error\",\"error\":{\"type\":\"Error\",\"message\":" \
  "\"no credit\"}}"
#define TURNS                                                                            \
  "{\"type\":\"result\",\"status\":\"error\",\"error\":{\"type\":"                       \
  "\"FatalTurnLimitedError\",\"message\":\"turns\"}}"

static void test_gemini__record_and_end_decide_together(void **state)
{
  const struct process_end well = {0}, failed = {.status = 1}, turns_end = {.status = 53};
  const struct process_end forced = {.signal = SIGTERM, .forced = true};
  const struct process_end killed = {.signal = SIGKILL};
  const char *const ok[] = {OK, NULL}, *const none[] = {NULL};
  const char *const error[] = {FAILED, NULL}, *const turns[] = {TURNS, NULL};
  (void)state;
  talk_expect(&gemini_harness, ok, well, "\"finishReason\":\"stop\"");
  talk_expect(&gemini_harness, ok, forced, "\"finishReason\":\"stop\"");
  talk_expect(&gemini_harness, ok, failed, "\"code\":\"agent-exit\"");
  talk_expect(&gemini_harness, ok, killed, "\"code\":\"agent-signal\"");
  talk_expect(&gemini_harness, error, failed,
              "\"message\":\"no credit\",\"code\":\"agent-error\"");
  talk_expect(&gemini_harness, turns, turns_end, "\"finishReason\":\"length\"");
  talk_expect(&gemini_harness, none, well, "\"code\":\"no-result\"");
}

static void test_gemini__speaks_acp_unless_told_else(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &gemini_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t,
                "{\"id\":5,\"result\":{\"sessionId\":\"s-1\",\"modes\":{"
                "\"currentModeId\":\"default\",\"availableModes\":[{\"id\":\"default\"},{"
                "\"id\":\"yolo\"}]}}}",
                "session/prompt"); /* it is left to ask */
  assert_true(gemini_harness.cancel(t.talk.state, &t.talk.output));
  acp_talk_close(&t);
}

static void open_stream(struct acp_talk *t)
{
  acp_talk_open(t, &gemini_harness);
  t->req.harness_options.protocol = SPAN_LITERAL("stream-json");
  t->req.output_schema = SPAN_LITERAL("{\"type\":\"object\"}");
  acp_talk_begin(t, NULL);
}

static void test_gemini__hangs_up_after_the_result_and_has_no_polite_word(void **state)
{
  struct acp_talk t;
  (void)state;
  open_stream(&t);
  assert_false(gemini_harness.cancel(t.talk.state, &t.talk.output));
  acp_talk_hear(&t, "{\"type\":\"init\",\"session_id\":\"s\",\"model\":\"m\"}", NULL);
  assert_false(t.talk.actions.hang_up);
  acp_talk_hear(&t, OK, NULL);
  assert_true(t.talk.actions.hang_up);
  assert_true(gemini_harness.succeeded(t.talk.state));
  acp_talk_close(&t);
}

static void test_gemini__the_value_is_looked_for_behind_the_last_tool_call(void **state)
{
  struct acp_talk t;
  (void)state;
  open_stream(&t);
  acp_talk_hear(
      &t,
      "{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"{}\",\"delta\":"
      "true}",
      NULL);
  acp_talk_hear(&t, "{\"type\":\"tool_use\",\"tool_name\":\"x\",\"tool_id\":\"1\"}",
                NULL);
  acp_talk_hear(&t,
                "{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"So "
                "{\\\"n\\\":7}\",\"delta\":true}",
                NULL);
  acp_talk_hear(&t, OK, NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "\"object\":{\"n\":7}", true);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gemini__record_and_end_decide_together),
      cmocka_unit_test(test_gemini__speaks_acp_unless_told_else),
      cmocka_unit_test(test_gemini__hangs_up_after_the_result_and_has_no_polite_word),
      cmocka_unit_test(test_gemini__the_value_is_looked_for_behind_the_last_tool_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
