/* SPDX-License-Identifier: MIT */
/* Asking and the end of the turn; the whole dialogue is in test_opencode.c. */
#include "agent/opencode/opencode_turn.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
  struct stream stream;
  struct agent_actions actions;
  struct agent_output output;
  struct opencode c;
};

static void fixture_open(struct fixture *d)
{
  memset(d, 0, sizeof *d);
  stream_open(&d->stream, &event_format_tanstack, 0);
  d->actions = agent_actions_make();
  d->output = (struct agent_output){.events = d->stream.events, .actions = &d->actions};
  d->c.parts.order = &d->c.order;
}

static void fixture_close(struct fixture *d)
{
  buf_free(&d->c.url);
  buf_free(&d->c.session);
  buf_free(&d->c.answer);
  buf_free(&d->c.failure);
  buf_free(&d->c.said);
  opencode_parts_free(&d->c.parts);
  agent_actions_free(&d->actions);
  stream_close(&d->stream);
}

static void test_turn__asks_nothing_before_it_knows_whom_or_by_what_is_no_id(void **state)
{
  (void)state;
  struct fixture d;
  fixture_open(&d);
  opencode_ask(&d.c, &d.output, OPENCODE_SESSION, "/session", SPAN_LITERAL("{}"));
  assert_int_equal(d.actions.call_count, 0);
  agent_keep(&d.c.url, SPAN_LITERAL("http://127.0.0.1:1"));
  opencode_ask_of(&d.c, &d.output, OPENCODE_REPLY, "permission", SPAN_LITERAL("../x"),
                  "/reply", SPAN_LITERAL("{}"));
  assert_int_equal(d.actions.call_count, 0);
  opencode_ask_of(&d.c, &d.output, OPENCODE_REPLY, "permission", SPAN_LITERAL("per_1"),
                  "/reply", SPAN_LITERAL("{}"));
  assert_int_equal(d.actions.call_count, 1);
  fixture_close(&d);
}

static void answer(struct fixture *d, enum opencode_tag tag, int status)
{
  struct agent_input input = {.kind = AGENT_ANSWER, .tag = (int)tag, .status = status};
  struct opencode_input h = {&d->c, NULL, &d->output};
  opencode_answer(&h, &input);
}

static void test_turn__is_over_with_its_answer_and_the_last_event(void **state)
{
  (void)state;
  struct fixture d;
  fixture_open(&d);
  d.c.asked = true;
  d.c.idle = true;
  opencode_maybe_over(&d.c, &d.output);
  assert_false(d.c.over); /* the answer is missing */
  answer(&d, OPENCODE_PROMPT, 200);
  assert_true(d.c.over);
  assert_true(d.actions.dismissed);
  fixture_close(&d);
}

static void test_turn__without_an_answer_has_failed(void **state)
{
  (void)state;
  struct fixture d;
  fixture_open(&d);
  d.c.asked = true;
  answer(&d, OPENCODE_PROMPT, 0);
  assert_true(d.c.over);
  assert_true(d.actions.dismissed);
  assert_non_null(strstr(buf_cstring(&d.c.failure), "did not answer the prompt"));
  answer(&d, OPENCODE_PROMPT, 200); /* once is enough */
  assert_false(d.c.finished);
  fixture_close(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_turn__asks_nothing_before_it_knows_whom_or_by_what_is_no_id),
      cmocka_unit_test(test_turn__is_over_with_its_answer_and_the_last_event),
      cmocka_unit_test(test_turn__without_an_answer_has_failed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
