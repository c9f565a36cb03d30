/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_notes.h"

#include "agent/harnesses.h"

#include "acp_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RETRY(session, type, most, reason)                                               \
  "{\"method\":\"_x.ai/session_notification\",\"params\":{\"sessionId\":\"" session      \
  "\",\"update\":{\"sessionUpdate\":\"retry_state\",\"type\":\"" type "\",\"attempt\":1" \
  ",\"max_retries\":" most ",\"reason\":\"" reason "\"}}}"

static void open_turn(struct acp_talk *t)
{
  acp_talk_open(t, &grok_build_harness);
  acp_talk_begin(t, NULL);
  acp_talk_hear(t, RETRY("s-1", "retrying", "15", "too early"), NULL);
  acp_talk_hear(t, ACP_INIT, "session/new");
  acp_talk_hear(t, ACP_OPEN, "session/prompt");
}

static void test_notes__a_retry_of_the_own_session_is_told(void **state)
{
  struct acp_talk t;
  (void)state;
  open_turn(&t);
  acp_talk_hear(&t, RETRY("s-2", "retrying", "15", "of another"), NULL);
  acp_talk_hear(&t, RETRY("s-1", "exhausted", "15", "the end"), NULL);
  acp_talk_told(&t, "agent-retries", false);
  acp_talk_hear(&t, RETRY("s-1", "retrying", "15", "mock 503"), NULL);
  acp_talk_told(&t, "{\"code\":\"agent-retries\",\"message\":\"mock 503\"}", true);
  for (int i = 0; i < 14; i++)
    acp_talk_hear(&t, RETRY("s-1", "retrying", "15", "mock 503"), NULL);
  assert_int_equal(t.talk.actions.retries.in_row, 15);
  acp_talk_close(&t);
}

static void test_notes__half_an_answer_is_abandoned_and_a_whole_one_is_not(void **state)
{
  struct acp_talk t;
  (void)state;
  open_turn(&t);
  acp_talk_hear(&t, RETRY("s-1", "retrying", "15", "mock 503"), NULL);
  acp_talk_told(&t, "message-abandoned", false); /* nothing was said */
  acp_talk_hear(&t, ACP_TEXT("Half"), NULL);
  acp_talk_hear(&t, RETRY("s-1", "retrying", "15", "mock 503"), NULL);
  acp_talk_told(&t, "\"runlet.message-abandoned\",\"value\":{\"messageId\":\"r-0\"}",
                true);
  acp_talk_hear(&t, RETRY("s-1", "retrying", "15", "mock 503"), NULL);
  acp_talk_hear(&t, ACP_TEXT("Whole"), NULL);
  acp_talk_hear(&t,
                "{\"method\":\"session/update\",\"params\":{\"sessionId\":\"s-1\","
                "\"update\":{\"sessionUpdate\":\"tool_call\",\"toolCallId\":\"c\","
                "\"title\":\"sh\",\"status\":\"completed\"}}}",
                NULL);
  acp_talk_hear(&t, RETRY("s-1", "retrying", "15", "mock 503"), NULL);
  acp_talk_hear(&t, ACP_END, NULL);
  talk_end(&t.talk, (struct process_end){0});
  assert_int_equal(stream_count_of(&t.talk.stream, "TEXT_MESSAGE_START"), 2);
  const char *first = strstr(t.talk.stream.text.at, "message-abandoned");
  assert_null(strstr(first + 1, "message-abandoned"));
  acp_talk_close(&t);
}

static void
test_notes__codex_says_that_it_tries_again_and_that_it_cannot_go_on(void **state)
{
#define CODEX(text)                                                                      \
  "{\"method\":\"session/update\",\"params\":{\"sessionId\":\"s-1\",\"update\":{"        \
  "\"sessionUpdate\":\"session_info_update\",\"_meta\":{\"codex\":{" text "}}}}}"
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_hear(&t,
                CODEX("\"error\":{\"message\":\"Reconnecting... 1/1\","
                      "\"additionalDetails\":\"high demand\",\"willRetry\":true}"),
                NULL);
  acp_talk_told(&t,
                "{\"code\":\"agent-retries\",\"message\":\"Reconnecting... 1/1: high "
                "demand\"}",
                true);
  acp_talk_hear(&t, CODEX("\"threadStatus\":{\"type\":\"systemError\"}"), NULL);
  acp_talk_hear(&t, ACP_TEXT("High demand."), NULL);
  acp_talk_hear(&t, ACP_END, NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "\"message\":\"High demand.\",\"code\":\"agent-error\"", true);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_notes__a_retry_of_the_own_session_is_told),
      cmocka_unit_test(test_notes__half_an_answer_is_abandoned_and_a_whole_one_is_not),
      cmocka_unit_test(
          test_notes__codex_says_that_it_tries_again_and_that_it_cannot_go_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
