/* SPDX-License-Identifier: MIT */
/* What the golden transcripts cannot show: when an agent is hung up on. */
#include "agent/harnesses.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_acp__hangs_up_after_the_answer_to_the_prompt(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_hear(&t, ACP_TEXT("one"), NULL);
  assert_false(t.talk.actions.hang_up);
  assert_false(acp_harness.succeeded(t.talk.state));
  acp_talk_hear(&t, ACP_END, NULL);
  assert_true(t.talk.actions.hang_up);
  assert_true(acp_harness.succeeded(t.talk.state));
  acp_talk_close(&t);
}

static void test_acp__hangs_up_when_there_will_be_no_prompt(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, "{\"id\":1,\"result\":{\"protocolVersion\":2}}", NULL);
  assert_true(t.talk.actions.hang_up);
  talk_end(&t.talk, (struct process_end){.signal = SIGTERM, .forced = true});
  acp_talk_told(&t, "speaks version 2 of the Agent Client Protocol, not 1.", true);
  acp_talk_close(&t);
}

static void test_grok__is_its_own_name_and_program(void **state)
{
  struct acp_talk t;
  (void)state;
  assert_string_equal(grok_build_harness.program, "grok");
  acp_talk_open(&t, &grok_build_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_told(&t, "grok-build.session-id", true);
  acp_talk_hear(&t, "{\"id\":8,\"result\":{\"stopReason\":\"refusal\"}}", NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "Grok Build refused the request.", true);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_acp__hangs_up_after_the_answer_to_the_prompt),
      cmocka_unit_test(test_acp__hangs_up_when_there_will_be_no_prompt),
      cmocka_unit_test(test_grok__is_its_own_name_and_program),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
