/* SPDX-License-Identifier: MIT */
#include "event/event_session.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const struct event_session *session, const char *name,
                   const char *value)
{
  struct stream s;
  struct buf line = buf_make(1000);
  stream_open(&s, &event_format_tanstack, 0);
  events_session(s.events, "some-agent", session);
  buf_addf(&line,
           "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"%s\",\"value\":%s,"
           "\"metadata\":{\"tanstack\":{\"model\":\"m\"}}}",
           name, value);
  stream_expect_last(&s, buf_cstring(&line));
  buf_free(&line);
  stream_close(&s);
}

static void test_event_session__tells_what_the_agent_has_told(void **state)
{
  (void)state;
  expect(&(struct event_session){.id = SPAN_LITERAL("s-\"1")}, "some-agent.session-id",
         "{\"sessionId\":\"s-\\\"1\"}");
  expect(&(struct event_session){.id = SPAN_LITERAL(""), .model = SPAN_LITERAL("m")},
         "some-agent.session-id", "{\"sessionId\":\"\",\"model\":\"m\"}");
  expect(&(struct event_session){.tools_json = SPAN_LITERAL("[ 1.0 ]")},
         "some-agent.session-id", "{\"tools\":[ 1.0 ]}");
  expect(&(struct event_session){.tools_json = SPAN_LITERAL("[]"),
                                 .skills_json = SPAN_LITERAL("[\"s\"]")},
         "some-agent.session-id", "{\"tools\":[],\"skills\":[\"s\"]}");
}

static void test_event_session__the_id_told_last_can_be_asked(void **state)
{
  (void)state;
  struct stream s;
  stream_open(&s, &event_format_tanstack, 0);
  assert_int_equal(events_session_id(s.events).len, 0);
  events_session(s.events, "a", &(struct event_session){.id = SPAN_LITERAL("one")});
  events_session(s.events, "a", &(struct event_session){.id = SPAN_LITERAL("two")});
  assert_true(span_is(events_session_id(s.events), "two"));
  stream_close(&s);
}

static void test_event_session__tells_what_was_learned_of_it_later(void **state)
{
  (void)state;
  expect(&(struct event_session){.id = SPAN_LITERAL("s"),
                                 .agent_json = SPAN_LITERAL("{\"name\":\"a\"}"),
                                 .title = SPAN_LITERAL("T"),
                                 .context_json = SPAN_LITERAL("{\"used\":1}")},
         "some-agent.session-id",
         "{\"sessionId\":\"s\",\"agent\":{\"name\":\"a\"},\"title\":\"T\",\"context\":{"
         "\"used\":1}}");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_event_session__tells_what_the_agent_has_told),
      cmocka_unit_test(test_event_session__the_id_told_last_can_be_asked),
      cmocka_unit_test(test_event_session__tells_what_was_learned_of_it_later),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
