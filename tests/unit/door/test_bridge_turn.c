/* SPDX-License-Identifier: MIT */
#include "door/bridge/bridge_turn.h"

#include "base/limits.h"
#include "loopback.h"
#include "process/keeper.h"
#include "run_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
  struct run_fixture run;
  struct runtime runtime;
  struct bridge_turn_setup setup;
  struct buf thread, said;
  struct bridge_turn *turn;
  unsigned overs;
} s;

static const struct run_tools nobody_calls; /* the agents here have no MCP */

static size_t say(void *who, struct span object)
{
  (void)who;
  assert_int_equal(s.overs, 0);
  buf_add(&s.said, object);
  buf_add_char(&s.said, '\n');
  return 0;
}

static void over(void *who)
{
  (void)who;
  s.overs++;
  s.run.over++;
}

static void open_turn(const char *script, const char *start)
{
  struct fault f = {0};
  memset(&s, 0, sizeof s);
  run_fixture_open(&s.run, script);
  s.run.settings.tools = &nobody_calls;
  s.thread = buf_make(KIB);
  s.said = buf_make(MIB);
  s.runtime.loop = s.run.settings.loop;
  s.runtime.settings.environment = &s.run.env;
  s.runtime.runs = runs_new(&s.run.settings, 1);
  s.setup = (struct bridge_turn_setup){.runtime = &s.runtime,
                                       .harness = SPAN_LITERAL("claude-code"),
                                       .thread = &s.thread,
                                       .thread_id = SPAN_LITERAL("t"),
                                       .say = say,
                                       .over = over};
  s.turn = bridge_turn_start(&s.setup, span_of(start), true, &f);
  if (!s.turn)
    buf_add_text(&s.said, f.text);
}

static void close_turn(void)
{
  if (s.turn)
    bridge_turn_free(s.turn);
  runs_free(s.runtime.runs);
  buf_free(&s.thread);
  buf_free(&s.said);
  run_fixture_close(&s.run);
}

static bool says(const char *text)
{
  return strstr(buf_cstring(&s.said), text);
}

static void test_bridge_turn__says_the_runs_parts_and_ends_once(void **state)
{
  (void)state;
  open_turn("INIT; SAY; GOOD", "{\"prompt\":\"go\",\"webSearch\":true}");
  assert_non_null(s.turn);
  assert_int_equal(s.overs, 0);
  run_fixture_wait(&s.run, 1);
  assert_true(says("{\"type\":\"stream-start\",\"warnings\":[{\"type\":"
                   "\"unsupported-setting\",\"setting\":\"webSearch\"}]"));
  assert_true(says("\"delta\":\"hello\""));
  assert_true(says("{\"type\":\"bridge-thread\",\"threadId\":\"s\"}"));
  assert_true(says("{\"type\":\"finish\","));
  assert_string_equal(buf_cstring(&s.thread), "\"s\"");
  assert_int_equal(s.overs, 1);
  close_turn();
}

static void test_bridge_turn__an_abort_is_one_finish_and_a_mute_one_nothing(void **state)
{
  (void)state;
  for (unsigned mute = 0; mute < 2; mute++) {
    open_turn("INIT; exec sleep 60", "{\"prompt\":\"go\"}");
    bridge_turn_abort(s.turn, mute);
    bridge_turn_abort(s.turn, mute);
    run_fixture_wait(&s.run, 1);
    assert_int_equal(says("\"raw\":\"aborted\""), !mute);
    assert_false(says("\"error\""));
    close_turn();
  }
}

static void test_bridge_turn__a_start_that_cannot_be_says_why(void **state)
{
  (void)state;
  open_turn("INIT; GOOD", "{\"prompt\":7}");
  assert_null(s.turn);
  assert_true(says("start: prompt"));
  close_turn();
}

static void test_bridge_turn__words_are_answered_and_the_same_again_alike(void **state)
{
  (void)state;
  struct bridge_frame frame = {
      .type = FRAME_USER_MESSAGE, .id = SPAN_LITERAL("m"), .text = SPAN_LITERAL("x")};
  open_turn("INIT; SAY; exec sleep 60", "{\"prompt\":\"go\"}");
  bridge_turn_message(s.turn, &frame); /* it is not started yet */
  bridge_turn_message(s.turn, &frame);
  static const char refused[] =
      "{\"type\":\"user-message-response\",\"messageId\":\"m\",\"accepted\":false,"
      "\"error\":{\"message\":\"";
  char *first = strstr(buf_cstring(&s.said), refused);
  assert_non_null(first);
  assert_non_null(strstr(first + 1, refused));
  bridge_turn_abort(s.turn, true);
  run_fixture_wait(&s.run, 1);
  close_turn();
}

static void test_bridge_turn__a_call_that_nobody_announced_is_told(void **state)
{
  (void)state;
  open_turn("INIT; exec sleep 60", "{\"prompt\":\"go\"}");
  bridge_turn_on_call(s.turn, SPAN_LITERAL("made"), SPAN_LITERAL("echo"),
                      SPAN_LITERAL("{\"a\":1}"));
  assert_false(says("tool-call"));
  loopback_run_ms(s.runtime.loop, LIMIT_BRIDGE_ANNOUNCE_MS + 50);
  assert_true(says("{\"type\":\"tool-call\",\"providerExecuted\":false,\"toolCallId\":"
                   "\"made\",\"toolName\":\"echo\",\"input\":\"{\\\"a\\\":1}\"}"));
  struct bridge_frame frame = {.type = FRAME_TOOL_RESULT,
                               .id = SPAN_LITERAL("made"),
                               .json = SPAN_LITERAL("{\"b\":2}")};
  bridge_turn_tool_result(s.turn, &frame);
  bridge_turn_tool_result(s.turn, &frame);
  assert_true(says("{\"type\":\"tool-result\",\"toolCallId\":\"made\",\"toolName\":"
                   "\"echo\",\"result\":{\"b\":2}}\n"));
  bridge_turn_on_call_over(s.turn, SPAN_LITERAL("made")); /* it was answered */
  assert_false(says("no result was wanted"));
  bridge_turn_abort(s.turn, true);
  run_fixture_wait(&s.run, 1);
  close_turn();
}

#define USE                                                                              \
  "{\"type\":\"assistant\",\"message\":{\"id\":\"m1\",\"content\":[{\"type\":"           \
  "\"tool_use\",\"id\":\"toolu_9\",\"name\":\"mcp__tanstack__echo\",\"input\":{\"a\": "  \
  "1}}]}}"
#define REFUSED                                                                          \
  "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_"   \
  "id\":"                                                                                \
  "\"toolu_9\",\"is_error\":true,\"content\":\"bad arguments\"}]}}"
#define WITH_ECHO "{\"prompt\":\"go\",\"tools\":[{\"name\":\"echo\"}]}"

static void
test_bridge_turn__what_the_agent_did_not_call_the_host_does_not_run(void **state)
{
  (void)state;
  open_turn("INIT; echo '" USE "'; sleep 0.2; echo '" REFUSED "'; GOOD", WITH_ECHO);
  run_fixture_wait(&s.run, 1);
  assert_false(says("\"providerExecuted\":false"));
  char *call = strstr(buf_cstring(&s.said), "{\"type\":\"tool-call\","
                                            "\"providerExecuted\":true,");
  assert_non_null(call);
  assert_non_null(strstr(call, "\"result\":\"bad arguments\",\"isError\":true"));
  close_turn();
}

static void test_bridge_turn__a_call_is_told_when_it_was_announced_and_made(void **state)
{
  (void)state;
  open_turn("INIT; echo '" USE "'; exec sleep 60", WITH_ECHO);
  loopback_run_ms(s.runtime.loop, 200);
  assert_true(says("stream-start"));
  assert_false(says("tool-call"));
  bridge_turn_on_call(s.turn, SPAN_LITERAL("made"), SPAN_LITERAL("echo"),
                      SPAN_LITERAL("{\"a\":1}"));
  assert_true(says("{\"type\":\"tool-call\",\"providerExecuted\":false,"));
  assert_true(says("toolu_9\",\"toolName\":\"echo\",\"input\":\"{\\\"a\\\": 1}\"}"));
  bridge_turn_on_call_over(s.turn, SPAN_LITERAL("made"));
  assert_true(says("no result was wanted"));
  bridge_turn_abort(s.turn, true);
  run_fixture_wait(&s.run, 1);
  close_turn();
}

static void test_bridge_turn__a_call_that_is_given_up_at_once_is_not_told(void **state)
{
  (void)state;
  open_turn("INIT; exec sleep 60", WITH_ECHO);
  bridge_turn_on_call(s.turn, SPAN_LITERAL("made"), SPAN_LITERAL("echo"),
                      SPAN_LITERAL("{}"));
  bridge_turn_on_call_over(s.turn, SPAN_LITERAL("made"));
  loopback_run_ms(s.runtime.loop, LIMIT_BRIDGE_ANNOUNCE_MS + 50);
  assert_false(says("tool-"));
  bridge_turn_abort(s.turn, true);
  run_fixture_wait(&s.run, 1);
  close_turn();
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bridge_turn__says_the_runs_parts_and_ends_once),
      cmocka_unit_test(test_bridge_turn__an_abort_is_one_finish_and_a_mute_one_nothing),
      cmocka_unit_test(test_bridge_turn__a_start_that_cannot_be_says_why),
      cmocka_unit_test(test_bridge_turn__words_are_answered_and_the_same_again_alike),
      cmocka_unit_test(test_bridge_turn__a_call_that_nobody_announced_is_told),
      cmocka_unit_test(
          test_bridge_turn__what_the_agent_did_not_call_the_host_does_not_run),
      cmocka_unit_test(test_bridge_turn__a_call_is_told_when_it_was_announced_and_made),
      cmocka_unit_test(test_bridge_turn__a_call_that_is_given_up_at_once_is_not_told),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
