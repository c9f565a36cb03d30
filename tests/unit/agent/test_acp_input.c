/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_input.h"

#include "agent/harnesses.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_input__answers_to_nothing_it_has_asked_are_nothing(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_OPEN, NULL);
  acp_talk_hear(&t, ACP_END, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_INIT, NULL);
  acp_talk_hear(&t, "{\"id\":\"5\",\"result\":{\"sessionId\":\"x\"}}", NULL);
  acp_talk_hear(&t, "{\"id\":55,\"result\":{\"sessionId\":\"x\"}}", NULL);
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  assert_false(t.talk.actions.hang_up);
  acp_talk_close(&t);
}

static void test_input__a_line_that_is_no_object_is_not_understood(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  assert_int_equal(talk_say(&t.talk, "[]"), -1);
  assert_int_equal(talk_say(&t.talk, "Loading ..."), -1);
  acp_talk_hear(&t, "{}", NULL);
  acp_talk_hear(&t, "{\"method\":\"session/update\"}", NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new"); /* and it goes on */
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_input__answers_to_nothing_it_has_asked_are_nothing),
      cmocka_unit_test(test_input__a_line_that_is_no_object_is_not_understood),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
