/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_messages.h"

#include "agent/harnesses.h"
#include "base/version.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_messages__initialize_offers_no_files_and_no_terminal(void **state)
{
  struct buf out = buf_make(4096);
  (void)state;
  acp_initialize(&out);
  assert_string_equal(
      buf_cstring(&out),
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
      "\"protocolVersion\":1,\"clientInfo\":{\"name\":\"runlet\",\"title\":\"runlet\","
      "\"version\":\"" RUNLET_VERSION "\"},\"clientCapabilities\":{\"fs\":{"
      "\"readTextFile\":false,\"writeTextFile\":false},\"terminal\":false,\"session\":{"
      "\"notices\":{}}}}}\n");
  buf_free(&out);
}

static void
test_messages__a_cancel_is_said_while_the_prompt_is_out_and_not_else(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  assert_false(acp_harness.cancel(t.talk.state, &t.talk.output));
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  assert_true(acp_harness.cancel(t.talk.state, &t.talk.output));
  assert_string_equal(buf_cstring(&t.talk.actions.input),
                      "{\"jsonrpc\":\"2.0\",\"method\":\"session/cancel\",\"params\":{"
                      "\"sessionId\":\"s-1\"}}\n");
  buf_clear(&t.talk.actions.input);
  acp_talk_hear(&t,
                "{\"id\":7,\"method\":\"session/request_permission\",\"params\":{"
                "\"toolCall\":{\"toolCallId\":\"c\"},\"options\":[{\"kind\":"
                "\"allow_once\",\"optionId\":\"a\"}]}}",
                "\"id\":7,\"result\":{\"outcome\":{\"outcome\":\"cancelled\"}}");
  acp_talk_hear(&t, "{\"id\":8,\"result\":{\"stopReason\":\"cancelled\"}}", NULL);
  assert_true(t.talk.actions.hang_up);
  assert_false(acp_harness.succeeded(t.talk.state));
  acp_talk_close(&t);
}

static void
test_messages__a_limit_in_dollars_goes_to_the_agent_that_keeps_it(void **state)
{
  struct span words[] = {SPAN_LITERAL("claude-agent-acp")};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.command = (struct spans){words, 1};
  t.req.budget.most[BUDGET_USD] = BUDGET_USD_PARTS / 4;
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT,
                "\"_meta\":{\"claudeCode\":{\"options\":{\"maxBudgetUsd\":0.25}}}");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_hear(&t,
                "{\"method\":\"session/update\",\"params\":{\"sessionId\":\"s-1\","
                "\"update\":{\"sessionUpdate\":\"usage_update\",\"used\":9,\"cost\":{"
                "\"amount\":0.26,\"currency\":\"USD\"}}}}",
                NULL);
  acp_talk_hear(&t, "{\"id\":8,\"error\":{\"code\":-32603,\"message\":\"enough\"}}",
                NULL);
  acp_harness.finish(t.talk.state, &(struct process_end){0}, &t.talk.output);
  acp_talk_told(&t, "\"budget-exceeded\"", true);
  acp_talk_close(&t);
}

static void test_messages__images_go_to_an_agent_that_takes_them(void **state)
{
  static const char takes[] =
      "{\"id\":1,\"result\":{\"protocolVersion\":1,\"agentCapabilities\":{"
      "\"promptCapabilities\":{\"image\":true}}}}";
  struct message_part parts[] = {{.message = 0,
                                  .image = true,
                                  .mime_type = SPAN_LITERAL("image/png"),
                                  .data = SPAN_LITERAL("QQ==")}};
  (void)state;
  for (int yes = 0; yes < 2; yes++) {
    struct acp_talk t;
    acp_talk_open(&t, &acp_harness);
    t.req.parts = parts;
    t.req.part_count = 1;
    acp_talk_begin(&t, NULL);
    acp_talk_hear(&t, yes ? takes : ACP_INIT, "session/new");
    acp_talk_hear(&t, ACP_OPEN,
                  yes ? "\"prompt\":[{\"type\":\"image\",\"mimeType\":\"image/png\","
                        "\"data\":\"QQ==\"},{\"type\":\"text\",\"text\":\"hi\"}]"
                      : "\"prompt\":[{\"type\":\"text\",\"text\":\"hi\"}]");
    acp_talk_told(&t, "image-not-passed", !yes);
    acp_talk_close(&t);
  }
}

#define PART(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define WJ         "\xe2\x81\xa0"

/* `parts`: what the agent is prompted with. */
static void expect_parts(const struct harness *harness, const char *program,
                         const char *prompt, bool commands, const char *parts)
{
  struct span words[] = {span_of(program)};
  struct buf wanted = buf_make(4096);
  struct acp_talk t;
  buf_addf(&wanted, "\"prompt\":[%s]}}", parts);
  acp_talk_open(&t, harness);
  if (program)
    t.req.harness_options.command = (struct spans){words, 1};
  t.messages[0].text = span_of(prompt);
  t.req.harness_options.prompt_commands = commands;
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, buf_cstring(&wanted));
  acp_talk_close(&t);
  buf_free(&wanted);
}

static void test_messages__a_prompt_is_words_to_each_agent_by_its_own_way(void **state)
{
  const struct {
    const struct harness *harness;
    const char *program, *prompt, *plain;
  } rows[] = {
      {&acp_harness, "some-agent", " /x @f a@b $s", PART("User:  /x @" WJ "f a@b $s")},
      {&acp_harness, "claude-code-acp", "/x @f a@b", PART("\\n/x @" WJ "f a@b")},
      {&acp_harness, "claude-code-acp", " /x", PART(" /x")},
      {&acp_harness, "codex-acp", "/x @f $s", PART("User: /x @f $" WJ "s")},
      {&grok_build_harness, NULL, "\xef\xbb\xbf/x @ f a@b",
       PART("User: \xef\xbb\xbf/x @" WJ " f a@b")},
      {&gemini_harness, NULL, " /x @f", PART("User:") "," PART(" /x @f")},
      {&gemini_harness, NULL, "$x", PART("User:") "," PART("$x")},
      {&gemini_harness, NULL, " x / $\n", PART(" x / $\\n")},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    expect_parts(rows[i].harness, rows[i].program, rows[i].prompt, false, rows[i].plain);
  expect_parts(&gemini_harness, NULL, "/x @f", true, PART("/x @f"));
  expect_parts(&acp_harness, "some-agent", "/x @f", true, PART("/x @f"));
}

static void test_messages__a_prompt_that_will_be_cut_is_warned_of(void **state)
{
  char *words = malloc(99901);
  (void)state;
  memset(words, 'a', 99901);
  for (size_t i = 0; i < 2; i++) {
    struct acp_talk t;
    acp_talk_open(&t, &grok_build_harness);
    t.messages[0].text = (struct span){words, 99900 + i};
    acp_talk_begin(&t, NULL);
    acp_talk_hear(&t, ACP_INIT, "session/new");
    acp_talk_hear(&t, ACP_OPEN, "session/prompt");
    acp_talk_told(&t, "\"prompt-cut\"", i == 1);
    acp_talk_close(&t);
  }
  free(words);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_messages__initialize_offers_no_files_and_no_terminal),
      cmocka_unit_test(test_messages__a_prompt_is_words_to_each_agent_by_its_own_way),
      cmocka_unit_test(test_messages__a_prompt_that_will_be_cut_is_warned_of),
      cmocka_unit_test(
          test_messages__a_cancel_is_said_while_the_prompt_is_out_and_not_else),
      cmocka_unit_test(test_messages__a_limit_in_dollars_goes_to_the_agent_that_keeps_it),
      cmocka_unit_test(test_messages__images_go_to_an_agent_that_takes_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
