/* SPDX-License-Identifier: MIT */
/* What the golden transcripts cannot show: the plan, what the request's output makes of
 * the same lines, and how the record and the end decide together. */
#include "agent/harnesses.h"

#include "base/limits.h"
#include "base/mem.h"
#include "talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FINISHED "{\"type\":\"RUN_FINISHED\"}"
#define FAILED   "{\"type\":\"RUN_ERROR\",\"message\":\"no luck\"}"

static struct span words[] = {SPAN_LITERAL("sh"), SPAN_LITERAL("-c"), SPAN_LITERAL("")};

static struct run_request asking(struct message *message)
{
  *message = (struct message){.role = ROLE_USER, .text = SPAN_LITERAL("hi")};
  return (struct run_request){.messages = message,
                              .message_count = 1,
                              .model = SPAN_LITERAL("m"),
                              .harness_options.command = {words, 3}};
}

/* NULL words: it goes well. */
static void plan(const struct run_request *req, const struct bridge_address *bridge,
                 struct process_plan *out, const char *refusal)
{
  struct plan_place place = {.folder = SPAN_LITERAL("/f"),
                             .workspace = SPAN_LITERAL("/w")};
  void *state = mem_new(command_harness.memory);
  struct fault f = {0};
  *out = process_plan_make();
  int rc = command_harness.plan(state, req, bridge, &place, out, &f);
  assert_int_equal(rc, refusal == NULL ? 0 : -1);
  if (refusal != NULL && strstr(f.text, refusal) == NULL)
    fail_msg("%s is not in %s", refusal, f.text);
  command_harness.free(state);
  free(state);
}

static void test_program__is_started_as_it_was_given(void **state)
{
  const struct bridge_address bridge = {.name = SPAN_LITERAL("tanstack"),
                                        .url = SPAN_LITERAL("http://127.0.0.1:5/mcp"),
                                        .token = SPAN_LITERAL("s3cret")};
  struct span system[] = {SPAN_LITERAL("be kind")};
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan p;
  (void)state;
  req.system_prompts = (struct spans){system, 1};
  plan(&req, &bridge, &p, NULL);
  assert_int_equal(p.argv.count, 3);
  assert_string_equal(p.argv.at[0], "sh");
  assert_string_equal(p.argv.at[1], "-c");
  assert_string_equal(p.argv.at[2], "");
  assert_int_equal(p.input, INPUT_ONCE);
  assert_string_equal(buf_cstring(&p.first_input), "be kind\n\nhi");
  assert_string_equal(strv_env(&p.env, "MCP_BRIDGE_URL"), "http://127.0.0.1:5/mcp");
  assert_string_equal(strv_env(&p.env, "MCP_BRIDGE_TOKEN"), "s3cret");
  assert_int_equal(p.file_count, 0);
  process_plan_free(&p);
  plan(&req, NULL, &p, NULL);
  assert_int_equal(p.env.count, 0);
  process_plan_free(&p);
}

static void test_program__what_cannot_be_done_is_refused(void **state)
{
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan p;
  (void)state;
  req.harness_options.output = SPAN_LITERAL("xml");
  plan(&req, NULL, &p, "harnessOptions.output must be text or ndjson");
  process_plan_free(&p);
  req = asking(&message);
  message.text = SPAN_LITERAL("");
  plan(&req, NULL, &p, "Command adapter requires a trailing user message");
  process_plan_free(&p);
  req = asking(&message);
  char *much = mem_new(LIMIT_ARGUMENT_BYTES);
  memset(much, 'a', LIMIT_ARGUMENT_BYTES);
  words[2] = (struct span){much, LIMIT_ARGUMENT_BYTES};
  plan(&req, NULL, &p, "harnessOptions.command is longer than");
  process_plan_free(&p);
  words[2] = (struct span){0};
  free(much);
}

static void expect_line(const char *output, const char *line, const char *wanted)
{
  struct talk t;
  talk_open(&t, &command_harness);
  struct run_request req = {.harness_options = {.command = {words, 3}}};
  req.harness_options.output = span_of(output);
  talk_plan(&t, req, NULL);
  (void)talk_say(&t, line);
  talk_end(&t, (struct process_end){0});
  if (strstr(t.stream.text.at, wanted) == NULL)
    fail_msg("%s is not in %s", wanted, t.stream.text.at);
  talk_close(&t);
}

static void test_program__output_says_what_a_line_is(void **state)
{
  (void)state;
  expect_line("text", "{\"type\":\"CUSTOM\",\"name\":\"a\",\"value\":1}",
              "\"delta\":\"{\\\"type\\\":\\\"CUSTOM\\\"");
  expect_line(NULL, "[]", "\"delta\":\"[]\"");
  expect_line("ndjson", "{\"type\":\"CUSTOM\",\"name\":\"a\",\"value\":1}",
              "\"name\":\"a\",\"value\":1");
  expect_line("ndjson", "just words", "RUN_FINISHED");
}

static void test_program__record_and_end_decide_together(void **state)
{
  const struct process_end well = {0}, failed = {.status = 1};
  const struct process_end forced = {.signal = SIGKILL, .forced = true};
  const struct process_end killed = {.signal = SIGKILL};
  const char *const text[] = {"words", NULL}, *const none[] = {NULL};
  const char *const good[] = {FINISHED, NULL}, *const bad[] = {FAILED, NULL};
  (void)state;
  talk_expect(&command_harness, text, well, "\"finishReason\":\"stop\"");
  talk_expect(&command_harness, text, failed, "\"code\":\"agent-exit\"");
  talk_expect(&command_harness, text, killed, "\"code\":\"agent-signal\"");
  talk_expect(&command_harness, none, well, "\"finishReason\":\"stop\"");
  talk_expect(&command_harness, good, forced, "\"finishReason\":\"stop\"");
  talk_expect(&command_harness, good, failed, "\"code\":\"agent-exit\"");
  talk_expect(&command_harness, bad, well, "\"code\":\"agent-error\"");
  talk_expect(&command_harness, bad, failed, "\"message\":\"no luck\"");
}

static void test_program__hangs_up_at_its_own_end(void **state)
{
  struct talk t;
  (void)state;
  talk_open(&t, &command_harness);
  talk_say(&t, "{\"type\":\"RUN_STARTED\"}");
  assert_false(t.actions.hang_up);
  assert_true(command_harness.succeeded(t.state));
  talk_say(&t, FAILED);
  assert_true(t.actions.hang_up);
  assert_false(command_harness.succeeded(t.state));
  talk_end(&t, (struct process_end){0});
  talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_program__is_started_as_it_was_given),
      cmocka_unit_test(test_program__what_cannot_be_done_is_refused),
      cmocka_unit_test(test_program__output_says_what_a_line_is),
      cmocka_unit_test(test_program__record_and_end_decide_together),
      cmocka_unit_test(test_program__hangs_up_at_its_own_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
