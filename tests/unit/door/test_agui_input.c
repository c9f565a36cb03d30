/* SPDX-License-Identifier: MIT */
#include "door/http/agui_input.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BODY(more) "{\"threadId\":\"t\",\"runId\":\"r\"" more "}"

static struct fault f;

static int read_input(const char *text, struct agui_input *in)
{
  struct buf body = buf_make(MIB);
  buf_add_text(&body, text);
  f = (struct fault){0};
  return agui_input_read(&body, in, &f);
}

static void
test_agui_input__bad_bodies_are_refused_by_the_name_of_what_is_wrong(void **state)
{
  static const struct {
    const char *body, *words;
  } rows[] = {
      {"", "RunAgentInput"},
      {"{", "RunAgentInput"},
      {"[]", "RunAgentInput must be a JSON object"},
      {"\"x\"", "must be a JSON object"},
      {"{}", "RunAgentInput: runId must be a non-empty string"},
      {"{\"runId\":1,\"threadId\":\"t\"}", "runId must be"},
      {"{\"runId\":\"r\"}", "threadId must be a non-empty string"},
      {"{\"runId\":\"r\",\"threadId\":\"\"}", "threadId must be"},
      {"{\"runId\":\"r\\n\",\"threadId\":\"t\"}", "runId must be at most 256 bytes"},
      {"{\"runId\":\"r\",\"runId\":\"s\",\"threadId\":\"t\"}", "runId"},
      {BODY(",\"messages\":{}"), "messages must be an array of objects"},
      {BODY(",\"messages\":[\"hi\"]"), "messages must be an array of objects"},
      {BODY(",\"tools\":\"x\""), "tools must be an array of objects"},
      {BODY(",\"tools\":[null]"), "tools must be an array of objects"},
      {BODY(",\"context\":[1]"), "context must be an array of objects"},
      {BODY(",\"resume\":true"), "resume must be an array of objects"},
      {BODY(",\"forwardedProps\":{\"runlet\":[]}"), "runlet must be an object"},
      {BODY(",\"forwardedProps\":{\"runlet\":{\"model\":1}}"),
       "forwardedProps.runlet.model must be a string"},
      {BODY(",\"forwardedProps\":{\"runlet\":{\"hostTools\":\"a\"}}"),
       "hostTools must be an array of strings"},
      {BODY(",\"forwardedProps\":{\"runlet\":{\"hostTools\":[1]}}"),
       "hostTools must be an array of strings"},
      {BODY(",\"forwardedProps\":{\"runlet\":{\"workspace\":{}}}"),
       "a page may set model, effort, sessionId, budget and hostTools, not "
       "\"workspace\""},
      {BODY(",\"forwardedProps\":{\"runlet\":{\"toolExecUrl\":\"http://x\"}}"),
       "not \"toolExecUrl\""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct agui_input in;
    assert_int_equal(read_input(rows[i].body, &in), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    if (!strstr(f.text, rows[i].words))
      fail_msg("%s: \"%s\" instead of \"%s\"", rows[i].body, f.text, rows[i].words);
    agui_input_free(&in);
  }
}

static void test_agui_input__takes_what_clients_send(void **state)
{
  struct agui_input in;
  (void)state;
  assert_int_equal(
      read_input(
          BODY(",\"parentRunId\":\"p\",\"protocolVersion\":\"1.0\",\"state\":{\"a\":[]},"
               "\"messages\":[{\"role\":\"user\"}],\"tools\":[{\"name\":\"a\"}],"
               "\"context\":null,\"data\":{\"b\":1},\"forwardedProps\":{\"other\":1,"
               "\"runlet\":{\"model\":\"m\\u0041\",\"effort\":\"high\",\"sessionId\":"
               "\"s\",\"hostTools\":[\"\\u0061\"],\"later\":null}}"),
          &in),
      0);
  assert_true(span_is(in.run_id, "r"));
  assert_true(span_is(in.thread_id, "t"));
  assert_true(span_is(in.messages, "[{\"role\":\"user\"}]"));
  assert_true(span_is(in.tools, "[{\"name\":\"a\"}]"));
  assert_int_equal(in.context.len, 0);
  assert_true(span_is(in.model, "\"m\\u0041\""));
  assert_true(span_is(in.effort, "\"high\""));
  assert_true(span_is(in.session_id, "\"s\""));
  assert_false(in.fresh);
  assert_true(agui_input_is_host_tool(&in, SPAN_LITERAL("\"a\"")));
  assert_false(agui_input_is_host_tool(&in, SPAN_LITERAL("\"b\"")));
  assert_false(agui_input_is_host_tool(&in, (struct span){0}));
  agui_input_free(&in);
}

static void test_agui_input__a_session_id_of_null_asks_for_a_new_session(void **state)
{
  struct agui_input in;
  (void)state;
  assert_int_equal(
      read_input(BODY(",\"forwardedProps\":{\"runlet\":{\"sessionId\":null}}"), &in), 0);
  assert_true(in.fresh);
  agui_input_free(&in);
  assert_int_equal(read_input(BODY(",\"forwardedProps\":{\"runlet\":null}"), &in), 0);
  assert_false(in.fresh);
  agui_input_free(&in);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_agui_input__bad_bodies_are_refused_by_the_name_of_what_is_wrong),
      cmocka_unit_test(test_agui_input__takes_what_clients_send),
      cmocka_unit_test(test_agui_input__a_session_id_of_null_asks_for_a_new_session),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
