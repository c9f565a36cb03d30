/* SPDX-License-Identifier: MIT */
/* What the golden transcripts cannot show: a bridge of another name, and a flood. */
#include "agent/acp/acp_calls.h"

#include "agent/harnesses.h"
#include "base/limits.h"

#include "acp_talk.h"
#include "agent/acp/acp_state.h"
#include "tool_names.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OTHER(kind)                                                                      \
  "{\"method\":\"session/update\",\"params\":{\"update\":{\"sessionUpdate\":\"" kind     \
  "\"}}}"

static const struct bridge_address bridge = {.name = SPAN_LITERAL("tanstack"),
                                             .url =
                                                 SPAN_LITERAL("http://127.0.0.1:5/mcp"),
                                             .token = SPAN_LITERAL("s3cret-token")};

static void hear_call(struct acp_talk *t, const char *kind, const char *members)
{
  struct buf line = buf_make(64 * KIB);
  buf_addf(&line,
           "{\"method\":\"session/update\",\"params\":{\"update\":{\"sessionUpdate\":"
           "\"%s\",%s}}}",
           kind, members);
  acp_talk_hear(t, buf_cstring(&line), NULL);
  buf_free(&line);
}

static void prompt(struct acp_talk *t, const struct bridge_address *address)
{
  acp_talk_open(t, &acp_harness);
  acp_talk_begin(t, address);
  acp_talk_hear(t, ACP_INIT, "session/new");
  acp_talk_hear(t, ACP_OPEN, "session/prompt");
}

static void
test_calls__of_which_only_titles_are_known_have_the_first_as_name(void **state)
{
  struct acp_talk t;
  (void)state;
  prompt(&t, NULL);
  hear_call(&t, "tool_call",
            "\"toolCallId\":\"1\",\"title\":\"nowhere_tool\",\"rawInput\":{}");
  hear_call(
      &t, "tool_call_update",
      "\"toolCallId\":\"1\",\"status\":\"failed\",\"title\":\"There is no such tool: "
      "nowhere_tool\"");
  hear_call(&t, "tool_call",
            "\"toolCallId\":\"2\",\"title\":\"Looks around\",\"rawInput\":{\"a\":1}");
  hear_call(&t, "tool_call",
            "\"toolCallId\":\"3\",\"title\":\"ls\",\"kind\":\"read\","
            "\"rawInput\":{\"a\":1}");
  acp_talk_told(&t, "\"toolCallId\":\"r-1\",\"toolCallName\":\"nowhere_tool\"", true);
  acp_talk_told(&t, "\"toolCallId\":\"r-2\",\"toolCallName\":\"tool\"", true);
  acp_talk_told(&t, "\"toolCallId\":\"r-3\",\"toolCallName\":\"read\"", true);
  acp_talk_close(&t);
}

static void test_calls__the_bridge_may_have_another_name(void **state)
{
  struct bridge_address other = bridge;
  struct acp_talk t;
  (void)state;
  other.name = SPAN_LITERAL("host");
  prompt(&t, &other);
  hear_call(&t, "tool_call",
            "\"toolCallId\":\"1\",\"title\":\"mcp__host__echo\",\"rawInput\":{\"a\":1}");
  hear_call(&t, "tool_call",
            "\"toolCallId\":\"2\",\"title\":\"mcp__tanstack__sum\",\"kind\":\"read\","
            "\"rawInput\":{\"a\":1}");
  acp_talk_told(&t, "\"toolCallName\":\"echo\"", true);
  acp_talk_told(&t, "\"toolCallName\":\"read\"", true);
  acp_talk_close(&t);
}

static void test_calls__an_id_of_a_bridged_tool_gives_a_native_one_no_leave(void **state)
{
  static const char ask[] =
      "{\"id\":\"p\",\"method\":\"session/request_permission\",\"params\":{\"toolCall\":{"
      "\"toolCallId\":\"Bash:0\",\"title\":\"%s\"},\"options\":[{\"kind\":"
      "\"allow_once\",\"optionId\":\"yes\"},{\"kind\":\"reject_once\",\"optionId\":"
      "\"no\"}]}}";
  struct acp_talk t;
  char line[512];
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.permission_mode = SPAN_LITERAL("default");
  acp_talk_begin(&t, &bridge);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  (void)snprintf(line, sizeof line, ask, "mcp__tanstack__echo");
  acp_talk_hear(&t, line, "\"optionId\":\"yes\"");
  hear_call(&t, "tool_call_update", "\"toolCallId\":\"Bash:0\",\"status\":\"completed\"");
  (void)snprintf(line, sizeof line, ask, "rm -rf");
  acp_talk_hear(&t, line, "\"optionId\":\"no\"");
  acp_talk_told(&t, "\"toolCallId\":\"r-Bash:0-2\"", true);
  acp_talk_close(&t);
}

static void test_calls__an_alias_is_told_by_the_hosts_name(void **state)
{
  struct acp_talk t;
  struct acp *acp;
  (void)state;
  struct tools *tools = tools_from_names(SPAN_LITERAL("a.b"));
  prompt(&t, &bridge);
  acp = t.talk.state;
  acp->calls.tools = tools;
  acp->calls.drops_wait = acp->calls.empty_is_text = true;
  struct buf call = buf_make(KIB);
  buf_addf(&call,
           "\"toolCallId\":\"1\",\"title\":\"mcp__tanstack__%s\",\"rawInput\":{\"x\":1.0,"
           "\"wait_for_previous\":true}",
           tools_at(tools, 0)->alias[ALIAS_USUAL]);
  hear_call(&t, "tool_call", buf_cstring(&call));
  hear_call(&t, "tool_call_update",
            "\"toolCallId\":\"1\",\"status\":\"completed\",\"content\":[]");
  acp_talk_told(&t, "\"toolCallName\":\"a.b\"", true);
  acp_talk_told(&t, "\"input\":{\"x\":1.0}", true);
  acp_talk_told(&t, "\"content\":\"\"", true);
  buf_free(&call);
  acp_talk_close(&t);
  tools_free(tools);
}

static void test_calls__wait_for_arguments_and_go_out_once(void **state)
{
  struct acp_talk t;
  (void)state;
  prompt(&t, NULL);
  hear_call(&t, "tool_call",
            "\"toolCallId\":\"1\",\"rawInput\":{ },\"status\":\"pending\"");
  assert_int_equal(stream_count_of(&t.talk.stream, "TOOL_CALL_START"), 0);
  hear_call(&t, "tool_call_update", "\"toolCallId\":\"1\",\"rawInput\":{\"a\":1}");
  hear_call(&t, "tool_call_update",
            "\"toolCallId\":\"1\",\"rawInput\":{\"a\":1,\"b\":2}");
  assert_int_equal(stream_count_of(&t.talk.stream, "TOOL_CALL_START"), 0);
  acp_talk_hear(&t, OTHER("usage_update"), NULL);
  assert_int_equal(stream_count_of(&t.talk.stream, "TOOL_CALL_START"), 1);
  hear_call(&t, "tool_call_update", "\"toolCallId\":\"1\",\"rawInput\":{\"a\":2}");
  hear_call(&t, "tool_call", "\"toolCallId\":\"1\",\"rawInput\":{\"a\":2}");
  hear_call(&t, "tool_call", "\"toolCallId\":\"1\",\"rawInput\":{ }");
  hear_call(&t, "tool_call_update", "\"toolCallId\":\"1\",\"status\":\"in_progress\"");
  assert_int_equal(stream_count_of(&t.talk.stream, "TOOL_CALL_START"), 1);
  hear_call(&t, "tool_call_update", "\"toolCallId\":\"1\",\"status\":\"failed\"");
  hear_call(&t, "tool_call_update", "\"toolCallId\":\"1\",\"status\":\"completed\"");
  assert_int_equal(stream_count_of(&t.talk.stream, "TOOL_CALL_RESULT"), 1);
  acp_talk_told(&t, "\"delta\":\"{\\\"a\\\":1,\\\"b\\\":2}\"", true);
  acp_talk_close(&t);
}

static void test_calls__begin_at_once_where_the_name_is_sure(void **state)
{
  struct acp_talk t;
  (void)state;
  prompt(&t, NULL);
  hear_call(
      &t, "tool_call",
      "\"toolCallId\":\"1\",\"name\":\"Bash\",\"rawInput\":{},\"status\":\"pending\"");
  hear_call(
      &t, "tool_call",
      "\"toolCallId\":\"2\",\"name\":\"Read\",\"rawInput\":{},\"status\":\"pending\"");
  assert_int_equal(stream_count_of(&t.talk.stream, "TOOL_CALL_START"), 2);
  assert_int_equal(stream_count_of(&t.talk.stream, "TOOL_CALL_END"), 0);
  hear_call(&t, "tool_call_update",
            "\"toolCallId\":\"1\",\"status\":\"in_progress\",\"rawInput\":{\"x\":1}");
  acp_talk_told(&t, "\"toolCallId\":\"r-1\",\"timestamp\":7,\"delta\":\"{\\\"x\\\":1}\"",
                true);
  hear_call(&t, "tool_call_update",
            "\"toolCallId\":\"2\",\"status\":\"pending\",\"rawInput\":{\"y\":1}");
  acp_talk_hear(&t, ACP_TEXT("next"), NULL);
  assert_int_equal(stream_count_of(&t.talk.stream, "TOOL_CALL_END"), 2);
  assert_int_equal(stream_count_of(&t.talk.stream, "TOOL_CALL_START"), 2);
  acp_talk_told(&t, "\"delta\":\"{\\\"y\\\":1}\"", true);
  acp_talk_close(&t);
}

static void test_calls__a_flood_of_announced_ones_has_an_end(void **state)
{
  struct acp_talk t;
  struct buf members = buf_make(4096);
  (void)state;
  prompt(&t, NULL);
  for (unsigned i = 0; i <= LIMIT_OPEN_CALLS; i++) {
    buf_clear(&members);
    buf_addf(&members, "\"toolCallId\":\"%u\",\"rawInput\":{}", i);
    hear_call(&t, "tool_call", buf_cstring(&members));
  }
  assert_int_equal(stream_count_of(&t.talk.stream, "TOOL_CALL_START"), 1);
  buf_free(&members);
  acp_talk_hear(&t, ACP_END, NULL);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_calls__of_which_only_titles_are_known_have_the_first_as_name),
      cmocka_unit_test(test_calls__the_bridge_may_have_another_name),
      cmocka_unit_test(test_calls__an_id_of_a_bridged_tool_gives_a_native_one_no_leave),
      cmocka_unit_test(test_calls__an_alias_is_told_by_the_hosts_name),
      cmocka_unit_test(test_calls__wait_for_arguments_and_go_out_once),
      cmocka_unit_test(test_calls__begin_at_once_where_the_name_is_sure),
      cmocka_unit_test(test_calls__a_flood_of_announced_ones_has_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
