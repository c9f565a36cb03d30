/* SPDX-License-Identifier: MIT */
#include "agent/agent_input.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_agent_input__a_line_must_be_a_json_object(void **state)
{
  static const struct {
    const char *line;
    enum fault_kind kind;
  } rows[] = {{"{\"a\":1}", FAULT_NONE},
              {"[1]", FAULT_AGENT},
              {"null", FAULT_AGENT},
              {"{\"a\"", FAULT_BAD_INPUT},
              {"noise", FAULT_BAD_INPUT}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct stream s;
    struct fault f = {0};
    stream_open(&s, &event_format_tanstack, 0);
    struct json *doc = agent_input_json(span_of(rows[i].line), NULL, s.events, &f);
    assert_int_equal(doc == NULL, rows[i].kind != FAULT_NONE);
    assert_int_equal(f.kind, rows[i].kind);
    assert_int_equal(stream_count_of(&s, "RUN_STARTED"), 1); /* whatever the line is */
    json_free(doc);
    stream_close(&s);
  }
}

static void test_agent_input__what_is_no_count_is_not_known(void **state)
{
  struct fault f = {0};
  struct json *doc = json_parse(
      SPAN_LITERAL("{\"a\":7,\"b\":1.5,\"c\":-1,\"d\":\"7\",\"e\":9007199254740993,"
                   "\"f\":9007199254740992}"),
      NULL, &f);
  json_at root = json_root(doc);
  (void)state;
  assert_int_equal(agent_input_count(root, "a"), 7);
  assert_int_equal(agent_input_count(root, "b"), -1);
  assert_int_equal(agent_input_count(root, "c"), -1);
  assert_int_equal(agent_input_count(root, "d"), -1);
  assert_int_equal(agent_input_count(root, "e"), -1);
  assert_int_equal(agent_input_count(root, "f"), 9007199254740992);
  assert_int_equal(agent_input_count(root, "absent"), -1);
  json_free(doc);
}

static void test_agent_input__a_zeroed_text_can_be_kept_and_kept_anew(void **state)
{
  struct buf text = {0};
  (void)state;
  agent_keep(&text, SPAN_LITERAL("one"));
  assert_string_equal(buf_cstring(&text), "one");
  agent_keep(&text, SPAN_LITERAL("2"));
  assert_string_equal(buf_cstring(&text), "2");
  agent_keep(&text, (struct span){0});
  assert_int_equal(text.len, 0);
  buf_free(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_agent_input__a_line_must_be_a_json_object),
      cmocka_unit_test(test_agent_input__what_is_no_count_is_not_known),
      cmocka_unit_test(test_agent_input__a_zeroed_text_can_be_kept_and_kept_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
