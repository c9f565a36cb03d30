/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_settings.h"

#include "agent/harnesses.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OFFER                                                                            \
  "\"modes\":{\"currentModeId\":\"default\",\"availableModes\":[{\"id\":\"default\"},{"  \
  "\"id\":\"autoEdit\"},{\"id\":\"yolo\"},{\"id\":\"read-only\"}]},\"models\":{"         \
  "\"currentModelId\":\"small\",\"availableModels\":[{\"modelId\":\"small\"},{"          \
  "\"modelId\":\"big\"}]}"
#define OFFERED "{\"id\":5,\"result\":{\"sessionId\":\"s-1\"," OFFER "}}"
#define CONFIG                                                                           \
  "{\"id\":5,\"result\":{\"sessionId\":\"s-1\",\"configOptions\":[{\"id\":\"m\","        \
  "\"category\":\"model\",\"currentValue\":\"a\",\"options\":[{\"value\":\"a\"},{"       \
  "\"value\":\"b\"}]}]}}"
#define PLAIN_SET "{\"id\":7,\"result\":{}}"

static void open_with(struct acp_talk *t, const char *model, const char *permission,
                      const char *mode)
{
  acp_talk_open(t, &acp_harness);
  t->req.model = span_of(model);
  t->req.permission_mode = span_of(permission);
  t->req.harness_options.mode = span_of(mode);
  acp_talk_begin(t, NULL);
  acp_talk_hear(t, ACP_INIT, "session/new");
}

static void test_settings__everything_is_allowed_unless_somebody_says_else(void **state)
{
  struct acp_talk t;
  (void)state;
  open_with(&t, "default", "", "");
  acp_talk_hear(&t, OFFERED,
                "\"id\":7,\"method\":\"session/set_mode\",\"params\":{\"sessionId\":"
                "\"s-1\",\"modeId\":\"yolo\"}}");
  acp_talk_hear(&t, PLAIN_SET, "session/prompt");
  acp_talk_close(&t);
}

static void test_settings__a_mode_has_other_names_elsewhere(void **state)
{
  static const char *const modes[][2] = {{"bypassPermissions", "\"modeId\":\"yolo\""},
                                         {"acceptEdits", "\"modeId\":\"autoEdit\""},
                                         {"plan", "\"modeId\":\"read-only\""},
                                         {"autoEdit", "\"modeId\":\"autoEdit\""},
                                         {"default", "session/prompt"}};
  (void)state;
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    struct acp_talk t;
    open_with(&t, "default", modes[i][0], "");
    acp_talk_hear(&t, OFFERED, modes[i][1]);
    acp_talk_close(&t);
  }
}

static void test_settings__an_agent_without_modes_is_held_by_our_answers(void **state)
{
  static const char *const modes[] = {"", "default", "acceptEdits", "bypassPermissions"};
  (void)state;
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    struct acp_talk t;
    open_with(&t, "default", modes[i], "");
    acp_talk_hear(&t, ACP_OPEN, "session/prompt");
    acp_talk_close(&t);
  }
}

static void test_settings__a_mode_that_is_not_there_ends_the_turn(void **state)
{
  struct acp_talk t;
  (void)state;
  open_with(&t, "default", "", "warp");
  acp_talk_hear(&t, OFFERED, NULL);
  assert_true(t.talk.actions.hang_up);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t,
                "harnessOptions.mode: the agent has no mode \\\"warp\\\". Available: "
                "default, autoEdit, yolo, read-only",
                true);
  acp_talk_close(&t);
  open_with(&t, "default", "plan", "");
  acp_talk_hear(&t, ACP_OPEN, NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "modelOptions.permissionMode", true);
  acp_talk_close(&t);
}

static void test_settings__a_mode_by_name_that_is_refused_ends_the_turn(void **state)
{
  struct acp_talk t;
  (void)state;
  open_with(&t, "default", "", "yolo");
  acp_talk_hear(&t, OFFERED, "\"modeId\":\"yolo\"");
  acp_talk_hear(&t, "{\"id\":7,\"error\":{\"message\":\"not as root\"}}", NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "the mode was refused: not as root", true);
  acp_talk_close(&t);
}

static void test_settings__the_model_is_set_before_the_mode(void **state)
{
  struct acp_talk t;
  (void)state;
  open_with(&t, "big", "", "");
  acp_talk_hear(&t, OFFERED,
                "\"id\":6,\"method\":\"session/set_model\",\"params\":{\"sessionId\":"
                "\"s-1\",\"modelId\":\"big\"}}");
  acp_talk_hear(&t, "{\"id\":6,\"result\":{}}", "\"modeId\":\"yolo\"");
  acp_talk_hear(&t, PLAIN_SET, "session/prompt");
  acp_talk_close(&t);
}

static void test_settings__the_model_may_be_a_config_option(void **state)
{
  struct acp_talk t;
  (void)state;
  open_with(&t, "b", "", "");
  acp_talk_hear(&t, CONFIG,
                "\"method\":\"session/set_config_option\",\"params\":{\"sessionId\":"
                "\"s-1\",\"configId\":\"m\",\"value\":\"b\"}}");
  acp_talk_hear(&t, "{\"id\":6,\"error\":{\"message\":\"too dear\"}}", NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "the model was refused: too dear", true);
  acp_talk_close(&t);
}

static void test_settings__a_model_that_is_not_offered_is_a_warning(void **state)
{
  struct acp_talk t;
  (void)state;
  open_with(&t, "gpt-2", "", "autoEdit");
  acp_talk_hear(&t, OFFERED, "\"modeId\":\"autoEdit\"");
  acp_talk_told(&t, "model-not-set", true);
  acp_talk_told(&t, "it offers: small, big", true);
  acp_talk_close(&t);
  open_with(&t, "small", "default", "");
  acp_talk_hear(&t, OFFERED, "session/prompt");
  acp_talk_told(&t, "model-not-set", false);
  acp_talk_close(&t);
}

static void test_settings__a_loaded_session_is_asked_once_more_for_its_past(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.session_id = SPAN_LITERAL("s-1");
  t.req.permission_mode = SPAN_LITERAL("default");
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/load");
  acp_talk_hear(&t, "{\"id\":4,\"result\":{" OFFER "}}", "\"modeId\":\"default\"");
  acp_talk_hear(&t, ACP_TEXT("late past"), NULL);
  acp_talk_hear(&t, PLAIN_SET, "session/prompt");
  acp_talk_hear(&t, ACP_TEXT("new"), NULL);
  acp_talk_told(&t, "late past", false);
  acp_talk_told(&t, "\"delta\":\"new\"", true);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_settings__everything_is_allowed_unless_somebody_says_else),
      cmocka_unit_test(test_settings__a_mode_has_other_names_elsewhere),
      cmocka_unit_test(test_settings__an_agent_without_modes_is_held_by_our_answers),
      cmocka_unit_test(test_settings__a_mode_that_is_not_there_ends_the_turn),
      cmocka_unit_test(test_settings__a_mode_by_name_that_is_refused_ends_the_turn),
      cmocka_unit_test(test_settings__the_model_is_set_before_the_mode),
      cmocka_unit_test(test_settings__the_model_may_be_a_config_option),
      cmocka_unit_test(test_settings__a_model_that_is_not_offered_is_a_warning),
      cmocka_unit_test(test_settings__a_loaded_session_is_asked_once_more_for_its_past),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
