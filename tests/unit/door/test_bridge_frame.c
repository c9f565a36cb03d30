/* SPDX-License-Identifier: MIT */
#include "door/bridge/bridge_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void read_frame(const char *text, struct bridge_frame *frame)
{
  struct fault f = {0};
  if (bridge_frame_read(span_of(text), frame, &f) < 0)
    fail_msg("%s: %s", text, f.text);
}

static void type_is(const char *text, enum bridge_frame_type type)
{
  struct bridge_frame frame;
  read_frame(text, &frame);
  assert_int_equal(frame.type, type);
  bridge_frame_free(&frame);
}

static void refused(const char *text, const char *why)
{
  struct bridge_frame frame;
  struct fault f = {0};
  assert_int_equal(bridge_frame_read(span_of(text), &frame, &f), -1);
  if (!strstr(f.text, why))
    fail_msg("%s: %s", text, f.text);
  bridge_frame_free(&frame);
}

static void test_bridge_frame__verbs_of_both_generations(void **state)
{
  (void)state;
  type_is("{\"type\":\"abort\"}", FRAME_ABORT);
  type_is("{\"type\":\"stop\"}", FRAME_STOP);
  type_is("{\"type\":\"detach\"}", FRAME_DETACH);
  type_is("{\"type\":\"destroy\"}", FRAME_DESTROY);
  type_is("{\"type\":\"shutdown\"}", FRAME_SHUTDOWN);
  type_is("{\"type\":\"interrupt\",\"more\":1}", FRAME_INTERRUPT);
  type_is("{\"type\":\"of tomorrow\"}", FRAME_UNKNOWN);
}

static void test_bridge_frame__a_result_keeps_its_bytes(void **state)
{
  (void)state;
  struct bridge_frame frame;
  read_frame(
      "{\"type\":\"tool-result\",\"toolCallId\":\"c\\u00e4\",\"output\":{\"a\" : 1.0},"
      "\"isError\":true}",
      &frame);
  assert_int_equal(frame.type, FRAME_TOOL_RESULT);
  assert_true(span_is(frame.id, "c\xc3\xa4"));
  assert_true(span_is(frame.json, "{\"a\" : 1.0}"));
  assert_true(frame.yes);
  bridge_frame_free(&frame);
  read_frame("{\"type\":\"tool-result\",\"toolCallId\":\"c\"}", &frame);
  assert_true(span_is(frame.json, "null"));
  assert_false(frame.yes);
  bridge_frame_free(&frame);
}

static void test_bridge_frame__answers_words_and_cursors(void **state)
{
  (void)state;
  struct bridge_frame frame;
  read_frame(
      "{\"type\":\"tool-approval-response\",\"approvalId\":\"a\",\"approved\":false,"
      "\"reason\":\"no\"}",
      &frame);
  assert_int_equal(frame.type, FRAME_APPROVAL);
  assert_true(span_is(frame.id, "a") && span_is(frame.text, "no") && !frame.yes);
  bridge_frame_free(&frame);
  read_frame("{\"type\":\"user-message\",\"messageId\":\"m\",\"text\":\"left\"}", &frame);
  assert_true(span_is(frame.id, "m") && span_is(frame.text, "left"));
  bridge_frame_free(&frame);
  read_frame("{\"type\":\"resume\",\"lastSeenEventId\":18446744073709551615}", &frame);
  assert_true(frame.number == UINT64_MAX);
  bridge_frame_free(&frame);
  read_frame("{\"type\":\"start\",\"prompt\":\"x\"}", &frame);
  assert_true(span_is(frame.text, "{\"type\":\"start\",\"prompt\":\"x\"}"));
  bridge_frame_free(&frame);
}

static void test_bridge_frame__what_is_missing_is_named(void **state)
{
  (void)state;
  refused("", "at byte 0");
  refused("{\"type\":", "at byte");
  refused("[]", "a frame is a JSON object with a type");
  refused("{\"type\":7}", "a frame is a JSON object with a type");
  refused("{\"type\":\"tool-result\"}", "tool-result: toolCallId is missing");
  refused("{\"type\":\"tool-approval-response\",\"approvalId\":\"a\"}", "approved");
  refused("{\"type\":\"tool-approval-response\",\"approved\":true}", "approvalId");
  refused("{\"type\":\"user-message\",\"text\":1}", "user-message: text");
  refused("{\"type\":\"resume\",\"lastSeenEventId\":-1}", "lastSeenEventId");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bridge_frame__verbs_of_both_generations),
      cmocka_unit_test(test_bridge_frame__a_result_keeps_its_bytes),
      cmocka_unit_test(test_bridge_frame__answers_words_and_cursors),
      cmocka_unit_test(test_bridge_frame__what_is_missing_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
