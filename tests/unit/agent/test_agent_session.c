/* SPDX-License-Identifier: MIT */
#include "agent/agent_session.h"

#include "agent/harnesses.h"
#include "base/limits.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define INIT                                                                             \
  "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\",\"tools\":[]}"
#define GOOD "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false}"

struct fixture {
  struct stream stream;
  struct agent_session session;
};

static void fixture_open(struct fixture *d)
{
  stream_open(&d->stream, &event_format_tanstack, 0);
  d->session = agent_session_make(harness_find(SPAN_LITERAL("claude-code")));
  d->session.events = d->stream.events;
}

static void fixture_close(struct fixture *d, int status)
{
  struct process_end end = {.status = status};
  agent_session_finish(&d->session, &end);
  assert_true(d->stream.sink.ended);
  agent_session_free(&d->session);
  agent_session_free(&d->session); /* twice is fine */
}

static bool says(const struct fixture *d, const char *text)
{
  return d->stream.text.len > 0 && strstr(d->stream.text.at, text) != NULL;
}

static void
test_agent_session__warns_of_the_first_bad_line_and_counts_the_rest(void **state)
{
  (void)state;
  struct fixture d;
  fixture_open(&d);
  assert_false(agent_session_line(&d.session, SPAN_LITERAL("not json")));
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 1);
  assert_false(agent_session_line(&d.session, SPAN_LITERAL("{\"cut")));
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 1);
  agent_session_line(&d.session, SPAN_LITERAL("[1]")); /* another kind */
  agent_session_line(&d.session, SPAN_LITERAL("[2]"));
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 2);
  agent_session_too_long(&d.session, 4096);
  agent_session_too_long(&d.session, 4096);
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 3);
  agent_session_sum_up(&d.session, 3);
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 6);
  assert_true(says(&d, "4 lines could not be understood."));
  assert_true(says(&d, "longer than 4096 bytes"));
  assert_true(says(&d, "2 lines were too long."));
  assert_true(says(&d, "3 invalid UTF-8 sequences"));
  fixture_close(&d, 1);
  stream_close(&d.stream);
}

static void test_agent_session__passes_over_blank_lines_and_sums_up_nothing(void **state)
{
  (void)state;
  struct fixture d;
  fixture_open(&d);
  assert_false(agent_session_line(&d.session, SPAN_LITERAL("")));
  agent_session_line(&d.session, SPAN_LITERAL(" \t "));
  agent_session_sum_up(&d.session, 0);
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 0);
  fixture_close(&d, 1);
  stream_close(&d.stream);
}

static void test_agent_session__tells_tasks_that_ended_with_the_agent(void **state)
{
  (void)state;
  struct fixture d;
  fixture_open(&d);
  agent_session_line(
      &d.session,
      SPAN_LITERAL("{\"type\":\"system\",\"subtype\":\"task_started\",\"task_id\":"
                   "\"a\",\"is_backgrounded\":true}"));
  agent_session_cut(&d.session);
  agent_session_line(
      &d.session, SPAN_LITERAL("{\"type\":\"system\",\"subtype\":\"task_notification\","
                               "\"task_id\":\"a\"}")); /* it closes it as it ends */
  agent_session_sum_up(&d.session, 0);
  assert_true(says(&d, "{\"code\":\"background-tasks-ended\",\"message\":\"1 of the "));
  fixture_close(&d, 1);
  stream_close(&d.stream);
}

static void test_agent_session__a_bad_exit_says_that_a_success_was_seen(void **state)
{
  (void)state;
  for (int good = 0; good < 2; good++) {
    struct fixture d;
    fixture_open(&d);
    if (good)
      agent_session_line(&d.session, SPAN_LITERAL(GOOD));
    fixture_close(&d, 7);
    assert_int_equal(says(&d, "\"runlet\":{\"successSeen\":true}"), good);
    stream_close(&d.stream);
  }
}

static void test_agent_session__knows_a_success_and_that_the_turn_is_over(void **state)
{
  (void)state;
  struct fixture d;
  fixture_open(&d);
  assert_true(agent_session_line(&d.session, SPAN_LITERAL(INIT)));
  assert_false(agent_session_succeeded(&d.session));
  assert_false(d.session.actions.hang_up);
  agent_session_line(&d.session, SPAN_LITERAL(GOOD));
  assert_true(agent_session_succeeded(&d.session));
  assert_true(d.session.actions.hang_up);
  fixture_close(&d, 0);
  assert_int_equal(stream_count_of(&d.stream, "RUN_FINISHED"), 1);
  stream_close(&d.stream);
}

static void say_often(struct agent_session *h, unsigned times, const char *line)
{
  for (unsigned i = 0; i < times; i++)
    agent_session_line(h, span_of(line));
}

static void test_agent_session__an_agent_that_tries_for_ever_is_given_up(void **state)
{
  static const char retry[] =
      "{\"type\":\"error\",\"message\":\"Reconnecting... no network\"}";
  struct fixture d;
  struct buf why = buf_make(1000);
  (void)state;
  fixture_open(&d);
  agent_session_free(&d.session);
  d.session = agent_session_make(&codex_harness);
  d.session.events = d.stream.events;
  agent_session_put_reason(&d.session, &why);
  assert_int_equal(why.len, 0);
  say_often(&d.session, LIMIT_AGENT_RETRIES, retry);
  assert_false(agent_session_gave_up(&d.session));
  agent_session_put_reason(&d.session, &why);
  assert_string_equal(buf_cstring(&why),
                      "; it was trying again: Reconnecting... no network");
  say_often(&d.session, 1, retry);
  assert_true(agent_session_gave_up(&d.session));
  fixture_close(&d, 0);
  stream_expect_last(&d.stream,
                     "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"given up "
                     "after 4 retries: Reconnecting... no network\",\"code\":"
                     "\"agent-error\",\"metadata\":{\"tanstack\":{\"model\":\"m\"}}}");
  buf_free(&why);
  stream_close(&d.stream);
}

static void test_agent_session__a_success_after_all_is_one(void **state)
{
  struct fixture d;
  (void)state;
  fixture_open(&d);
  agent_session_free(&d.session);
  d.session = agent_session_make(&codex_harness);
  d.session.events = d.stream.events;
  say_often(&d.session, 99, "{\"type\":\"error\",\"message\":\"Reconnecting...\"}");
  agent_session_line(&d.session, SPAN_LITERAL("{\"type\":\"turn.completed\"}"));
  assert_false(agent_session_gave_up(&d.session));
  fixture_close(&d, 0);
  assert_int_equal(stream_count_of(&d.stream, "RUN_FINISHED"), 1);
  stream_close(&d.stream);
}

static struct agent_input last; /* what the harness below was told */
static char last_text[100];

static int keep_it(void *state, const struct agent_input *h, struct agent_output *output,
                   struct fault *f)
{
  (void)state, (void)f;
  last = *h;
  snprintf(last_text, sizeof last_text, "%.*s", (int)h->text.len,
           h->text.len > 0 ? h->text.at : "");
  agent_heartbeat(output);
  return 0;
}

static void expect_recorded(const char *line, enum agent_input_kind kind, int tag,
                            int status, const char *text)
{
  static const struct harness listener = {.id = "listener", .on_input = keep_it};
  struct agent_session h = agent_session_make(&listener);
  last = (struct agent_input){0};
  agent_session_recorded(&h, span_of(line));
  assert_int_equal(last.kind, kind);
  assert_int_equal(last.tag, tag);
  assert_int_equal(last.status, status);
  assert_string_equal(last_text, text);
  assert_true(h.actions.heartbeat);
  agent_session_free(&h);
}

static void test_agent_session__reads_what_a_transcript_says_came_by_http(void **state)
{
  (void)state;
  expect_recorded("{\"heard\":\"answer\",\"tag\":2,\"status\":404,\"text\":\"a\\nb\"}",
                  AGENT_ANSWER, 2, 404, "a\nb");
  expect_recorded("{\"heard\":\"stream\",\"tag\":1,\"status\":200,\"text\":{\"a\": 1.0}}",
                  AGENT_STREAM, 1, 200, "{\"a\": 1.0}");
  expect_recorded("{\"heard\":\"stream\",\"tag\":1,\"status\":0}", AGENT_STREAM, 1, 0,
                  "");
  expect_recorded("{\"heard\":\"line\"}", AGENT_LINE, 0, 0, "{\"heard\":\"line\"}");
  expect_recorded("{\"heard\":\"answer\",\"tag\":-1}", AGENT_LINE, 0, 0,
                  "{\"heard\":\"answer\",\"tag\":-1}");
  expect_recorded("plain", AGENT_LINE, 0, 0, "plain");
}

static void test_agent_session__tells_blank_lines_to_those_that_want_them(void **state)
{
  static const struct harness listener = {
      .id = "listener", .on_input = keep_it, .blank_lines = true};
  struct agent_session h = agent_session_make(&listener);
  (void)state;
  last = (struct agent_input){0};
  (void)agent_session_line(&h, SPAN_LITERAL("  "));
  assert_string_equal(last_text, "  ");
  (void)agent_session_line(&h, SPAN_LITERAL(""));
  assert_string_equal(last_text, "");
  agent_session_free(&h);
}

static bool answer_it(void *state, struct span id, const struct agent_answer *answer,
                      struct agent_output *output)
{
  (void)state;
  agent_write(output, id);
  agent_write(output, answer->yes ? SPAN_LITERAL(" yes ") : SPAN_LITERAL(" no "));
  agent_write(output, answer->reason);
  return true;
}

static int say_it(void *state, const struct agent_words *words,
                  struct agent_output *output, struct fault *f)
{
  (void)state;
  agent_write(output, words->text);
  return fault_set(f, FAULT_CONFLICT, "too late");
}

static void test_agent_session__hands_an_answer_to_the_harness_that_asked(void **state)
{
  static const struct harness asks = {.id = "asks", .permit = answer_it, .say = say_it};
  static const struct harness never = {.id = "never"};
  struct agent_session h = agent_session_make(&asks);
  (void)state;
  const struct agent_answer no = {.reason = SPAN_LITERAL("not now")};
  assert_true(agent_session_permit(&h, SPAN_LITERAL("c1"), &no));
  assert_string_equal(buf_cstring(&h.actions.input), "c1 no not now");
  agent_session_free(&h);
  h = agent_session_make(&never);
  assert_false(agent_session_permit(&h, SPAN_LITERAL("c1"), &no));
  agent_session_free(&h);
}

static bool not_always(const struct run_request *req)
{
  return req->max_turns == 1;
}

static void test_agent_session__says_why_an_agent_takes_no_words(void **state)
{
  static const struct harness listens = {
      .id = "listens", .say = say_it, .one_prompt = not_always};
  static const struct harness never = {.id = "never"};
  const struct agent_words hi = {SPAN_LITERAL("m"), SPAN_LITERAL("hi"), false};
  struct run_request req = {0};
  struct agent_session h = agent_session_make(&listens);
  struct fault f = {0};
  (void)state;
  assert_int_equal(agent_session_takes_words(&h, &req, &f), 0);
  req.max_turns = 1;
  assert_int_equal(agent_session_takes_words(&h, &req, &f), -1);
  f = (struct fault){0};
  assert_int_equal(agent_session_say(&h, &hi, &f), -1);
  assert_string_equal(f.text, "too late");
  assert_string_equal(buf_cstring(&h.actions.input), "hi");
  agent_session_free(&h);
  h = agent_session_make(&never);
  f = (struct fault){0};
  assert_int_equal(agent_session_takes_words(&h, &req, &f), -1);
  assert_int_equal(f.kind, FAULT_CONFLICT);
  assert_string_equal(f.text, "never takes no messages: it reads one prompt a run");
  agent_session_free(&h);
}

static void test_agent_session__closes_what_was_never_opened(void **state)
{
  (void)state;
  struct agent_session nothing = {0};
  agent_session_free(&nothing);
}

struct heard {
  struct buf text;
};

static void hear(void *who, struct span line)
{
  buf_add(&((struct heard *)who)->text, line);
}

static void test_agent_session__tells_what_it_heard_as_a_transcript_has_it(void **state)
{
  (void)state;
  struct fixture d;
  struct heard heard = {buf_make(KIB)};
  fixture_open(&d);
  d.session.on_heard = hear;
  d.session.heard_who = &heard;
  agent_session_line(&d.session, SPAN_LITERAL(INIT));
  agent_session_line(&d.session, SPAN_LITERAL("not json"));
  agent_session_line(&d.session, SPAN_LITERAL(" ")); /* says nothing */
  struct agent_input answer = {
      .kind = AGENT_ANSWER, .tag = 2, .status = 404, .text = SPAN_LITERAL("a\n\"b\"")};
  agent_session_input(&d.session, &answer);
  answer.kind = AGENT_STREAM;
  answer.text = SPAN_LITERAL("{\"a\":1}");
  agent_session_input(&d.session, &answer);
  assert_string_equal(
      buf_cstring(&heard.text), INIT
      "\nnot json\n"
      "{\"heard\":\"answer\",\"tag\":2,\"status\":404,\"text\":\"a\\n\\\"b\\\"\"}\n"
      "{\"heard\":\"stream\",\"tag\":2,\"status\":404,\"text\":\"{\\\"a\\\":1}\"}\n");
  buf_free(&heard.text);
  fixture_close(&d, 0);
  stream_close(&d.stream);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_agent_session__warns_of_the_first_bad_line_and_counts_the_rest),
      cmocka_unit_test(test_agent_session__passes_over_blank_lines_and_sums_up_nothing),
      cmocka_unit_test(test_agent_session__an_agent_that_tries_for_ever_is_given_up),
      cmocka_unit_test(test_agent_session__a_success_after_all_is_one),
      cmocka_unit_test(test_agent_session__knows_a_success_and_that_the_turn_is_over),
      cmocka_unit_test(test_agent_session__reads_what_a_transcript_says_came_by_http),
      cmocka_unit_test(test_agent_session__tells_blank_lines_to_those_that_want_them),
      cmocka_unit_test(test_agent_session__hands_an_answer_to_the_harness_that_asked),
      cmocka_unit_test(test_agent_session__says_why_an_agent_takes_no_words),
      cmocka_unit_test(test_agent_session__tells_what_it_heard_as_a_transcript_has_it),
      cmocka_unit_test(test_agent_session__closes_what_was_never_opened),
      cmocka_unit_test(test_agent_session__tells_tasks_that_ended_with_the_agent),
      cmocka_unit_test(test_agent_session__a_bad_exit_says_that_a_success_was_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
