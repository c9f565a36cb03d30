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

#define OPTIONS                                                                          \
  "\"configOptions\":[{\"id\":\"mode\",\"category\":\"mode\",\"currentValue\":"          \
  "\"https://x/modes#agent\",\"options\":[{\"value\":\"https://x/modes#agent\"},{"       \
  "\"value\":\"https://x/modes#plan\"}]},{\"id\":\"m1\",\"category\":\"model\","         \
  "\"currentValue\":\"a\",\"options\":[{\"value\":\"a\"}]},{\"id\":\"m2\",\"category\":" \
  "\"model\",\"currentValue\":\"b\",\"options\":[{\"name\":\"group\",\"options\":[{"     \
  "\"value\":\"b\"},{\"value\":\"c\"}]}]},{\"id\":\"think\",\"category\":"               \
  "\"thought_level\",\"currentValue\":\"low\",\"options\":[{\"value\":\"low\"},{"        \
  "\"value\":\"high\"}]},{\"id\":\"fast\",\"type\":\"boolean\",\"currentValue\":false}]"
#define OPTIONED      "{\"id\":5,\"result\":{\"sessionId\":\"s-1\"," OPTIONS "}}"
#define DONE(id)      "{\"id\":" #id ",\"result\":{" OPTIONS "}}"
#define CHOOSE(id, v) "\"configId\":\"" id "\",\"value\":\"" v "\"}}"

static void test_settings__everything_may_be_a_config_option(void **state)
{
  struct config_entry config[] = {
      {.id = SPAN_LITERAL("fast"), .is_bool = true, .on = true},
      {.id = SPAN_LITERAL("think"), .text = SPAN_LITERAL("low")}};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.model = SPAN_LITERAL("c"); /* in a group of the second option for models */
  t.req.effort = SPAN_LITERAL("high");
  t.req.permission_mode = SPAN_LITERAL("plan"); /* behind the # */
  t.req.harness_options.config = config;
  t.req.harness_options.config_count = 2;
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, OPTIONED, "\"id\":6,\"method\":\"session/set_config_option\"");
  acp_talk_hear(&t, DONE(6), CHOOSE("think", "high"));
  acp_talk_hear(&t, DONE(12),
                "\"configId\":\"fast\",\"type\":\"boolean\",\"value\":true");
  acp_talk_hear(&t, DONE(13), CHOOSE("think", "low"));
  acp_talk_hear(&t, DONE(14), CHOOSE("mode", "https://x/modes#plan"));
  acp_talk_hear(&t, DONE(7), "session/prompt");
  acp_talk_told(&t, "runlet.warning", false);
  acp_talk_close(&t);
}

static void test_settings__what_is_not_offered_is_answered_with_what_is(void **state)
{
  static const struct {
    struct config_entry entry;
    const char *words;
  } rows[] = {
      {{.id = SPAN_LITERAL("nope"), .text = SPAN_LITERAL("x")},
       "harnessOptions.config.nope: the agent has no such option. Available: mode, m1, "
       "m2, "
       "think, fast"},
      {{.id = SPAN_LITERAL("think"), .text = SPAN_LITERAL("max")},
       "harnessOptions.config.think: the agent does not offer \\\"max\\\". Available: "
       "low, "
       "high"},
      {{.id = SPAN_LITERAL("fast"), .text = SPAN_LITERAL("yes")}, "it is true or false"}};
  struct acp_talk t;
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct config_entry entry = rows[i].entry;
    acp_talk_open(&t, &acp_harness);
    t.req.harness_options.config = &entry;
    t.req.harness_options.config_count = 1;
    acp_talk_begin(&t, NULL);
    acp_talk_hear(&t, ACP_INIT, "session/new");
    acp_talk_hear(&t, OPTIONED, NULL);
    talk_end(&t.talk, (struct process_end){0});
    acp_talk_told(&t, rows[i].words, true);
    acp_talk_close(&t);
  }
  open_with(&t, "z", "", "");
  t.req.effort = SPAN_LITERAL("huge");
  acp_talk_hear(&t, OPTIONED, "session/prompt");
  acp_talk_told(&t,
                "model: the agent does not offer \\\"z\\\" and works with its own; it "
                "offers: a, b, c",
                true);
  acp_talk_told(&t, "{\"code\":\"effort-not-set\"", true);
  acp_talk_close(&t);
}

static void test_settings__codex_has_names_of_its_own_for_modes(void **state)
{
  static const char *const modes[][2] = {{"", "agent-full-access"},
                                         {"acceptEdits", "workspace-write"},
                                         {"default", "read-only"},
                                         {"plan", "read-only"}};
  (void)state;
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    struct acp_talk t;
    open_with(&t, "default", modes[i][0], "");
    acp_talk_hear(
        &t,
        "{\"id\":5,\"result\":{\"sessionId\":\"s-1\",\"modes\":{"
        "\"currentModeId\":\"agent\",\"availableModes\":[{\"id\":\"read-only\"},"
        "{\"id\":\"workspace-write\"},{\"id\":\"agent\"},{\"id\":"
        "\"agent-full-access\"}]}}}",
        modes[i][1]);
    acp_talk_close(&t);
  }
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
      cmocka_unit_test(test_settings__everything_may_be_a_config_option),
      cmocka_unit_test(test_settings__what_is_not_offered_is_answered_with_what_is),
      cmocka_unit_test(test_settings__codex_has_names_of_its_own_for_modes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
