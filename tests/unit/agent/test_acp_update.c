/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_update.h"

#include "agent/harnesses.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_update__what_is_said_before_the_prompt_is_the_past(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_TEXT("too early"), NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_TEXT("too early"), NULL);
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_hear(&t, ACP_TEXT("in time"), NULL);
  acp_talk_told(&t, "too early", false);
  acp_talk_told(&t, "in time", true);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_update__what_is_said_before_the_prompt_is_the_past),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
