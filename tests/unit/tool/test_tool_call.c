/* SPDX-License-Identifier: MIT */
/* The rules of every call, over an executor that does as it is told. */
#include "tool/tool_call.h"

#include "base/clock.h"
#include "base/limits.h"
#include "io/loop.h"
#include "loopback.h"
#include "tool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct script { /* what an executor will say, and what it was given */
  struct tool_fixture *d;
  struct tool_attempt_end ends[8]; /* of the attempts; the last for all further ones */
  unsigned attempts, cancels;
  bool cannot_start, holds; /* holds: until it is cancelled */
  char ids[8][64], message[200], traceparent[64];
  unsigned number, left_ms;
  struct loop_timer *timer;
  tool_attempt_done *done;
  void *who;
};

static void say(void *who)
{
  struct script *s = who;
  size_t last = sizeof s->ends / sizeof *s->ends - 1;
  size_t i = s->attempts - 1 < last ? s->attempts - 1 : last;
  loop_timer_free(s->timer);
  s->timer = NULL;
  s->done(s->who, &s->ends[i]);
}

static void *script_start(void *context, const struct tool_attempt *attempt,
                          tool_attempt_done *done, void *who, struct fault *f)
{
  struct script *s = context;
  if (s->cannot_start) {
    fault_set(f, FAULT_SYSTEM, "no way out");
    return NULL;
  }
  if (s->attempts < 8)
    snprintf(s->ids[s->attempts], sizeof s->ids[0], "%.*s", (int)attempt->call_id.len,
             attempt->call_id.at);
  snprintf(s->message, sizeof s->message, "%.*s", (int)attempt->message.len,
           attempt->message.at);
  snprintf(s->traceparent, sizeof s->traceparent, "%.*s", SPAN_ARG(attempt->traceparent));
  s->attempts++;
  s->number = attempt->number;
  s->left_ms = attempt->left_ms;
  s->done = done;
  s->who = who;
  s->timer = loop_timer_new(&s->d->loop, say, s);
  if (!s->holds)
    loop_timer_start(s->timer, 0);
  return s;
}

static void script_cancel(void *work)
{
  struct script *s = work;
  s->cancels++;
  loop_timer_start(s->timer, 0);
}

static void open_script(struct tool_fixture *d, struct script *s)
{
  tool_fixture_open(d);
  *s = (struct script){.d = d};
  d->route.executor = (struct tool_executor){s, script_start, script_cancel};
}

static void fill(struct script *s, struct tool_attempt_end end)
{
  for (size_t i = 0; i < sizeof s->ends / sizeof *s->ends; i++)
    s->ends[i] = end;
}

static struct tool_attempt_end good(void)
{
  return (struct tool_attempt_end){.outcome = TOOL_ATTEMPT_ANSWERED,
                                   .answer.result = SPAN_LITERAL("[1]")};
}

static struct tool_attempt_end unsent(void)
{
  return (struct tool_attempt_end){.outcome = TOOL_ATTEMPT_UNSENT,
                                   .answer.failure = SPAN_LITERAL("no host")};
}

static void note_end(void *who, const struct tool_answer *answer, unsigned ms)
{
  struct tool_fixture *d = who;
  assert_int_equal(d->answers, 0); /* before the answer */
  assert_true(ms < 10000);
  buf_add_text(&d->failure, answer->cancelled ? "cancelled;" : "ended;");
}

static void test_tool_call__the_executor_gets_name_and_arguments_as_one_text(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  open_script(&d, &s);
  fill(&s, good());
  d.route.on_ended = note_end;
  d.route.ended_who = &d;
  tool_fixture_start(&d, "{ \"z\":1.0 }");
  tool_fixture_wait(&d);
  assert_string_equal(s.message, "{\"name\":\"a \\\"tool\\\"\",\"args\":{ \"z\":1.0 }}");
  assert_int_equal(s.number, 1);
  assert_int_equal(s.left_ms, 20000);
  assert_string_equal(buf_cstring(&d.result), "[1]");
  assert_string_equal(buf_cstring(&d.failure), "ended;");
  tool_fixture_close(&d);
}

static void *note_begun(void *who, struct span name, struct span id,
                        struct span args_json, char traceparent[TOOL_TRACEPARENT_BYTES])
{
  struct tool_fixture *d = who;
  assert_true(d->inside && span_starts(id, "call-"));
  buf_addf(&d->failure, "%.*s %.*s;", SPAN_ARG(name), SPAN_ARG(args_json));
  snprintf(traceparent, TOOL_TRACEPARENT_BYTES, "00-of-the-call");
  return d;
}

static void note_over(void *who, void *begun, const struct tool_answer *answer)
{
  struct tool_fixture *d = who;
  assert_ptr_equal(begun, d);
  assert_int_equal(d->answers, 0);
  buf_add_text(&d->failure, answer->cancelled ? "cancelled" : "over");
}

static void test_tool_call__who_watches_it_hears_of_both_its_ends_once(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  open_script(&d, &s);
  fill(&s, unsent());
  s.ends[1] = good();
  d.route.on_begun = note_begun;
  d.route.on_over = note_over;
  d.route.begun_who = &d;
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  assert_int_equal(s.attempts, 2);
  assert_string_equal(s.traceparent, "00-of-the-call");
  assert_string_equal(buf_cstring(&d.failure), "a \"tool\" {};over");
  buf_clear(&d.failure);
  d.answers = 0;
  s.holds = true;
  struct tool_call *c = tool_fixture_start(&d, "{}");
  tool_fixture_cancel(&d, c);
  tool_fixture_wait(&d);
  assert_string_equal(buf_cstring(&d.failure), "a \"tool\" {};cancelled");
  tool_fixture_close(&d);
}

static void test_tool_call__what_never_left_is_tried_three_times(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  open_script(&d, &s);
  fill(&s, unsent());
  unsigned long long begun = clock_ticks_ms();
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  unsigned long long took = clock_ticks_ms() - begun;
  assert_int_equal(s.attempts, 3);
  assert_true(took >= 480 && took < 5000); /* 100 and 400 ms between them */
  assert_string_equal(s.ids[0], s.ids[1]);
  assert_string_equal(s.ids[0], s.ids[2]);
  assert_true(s.left_ms < 20000);
  assert_string_equal(buf_cstring(&d.failure), "no host");
  tool_fixture_close(&d);
}

static void test_tool_call__what_may_have_arrived_is_never_tried_again(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  struct tool_attempt_end lost = unsent();
  open_script(&d, &s);
  lost.outcome = TOOL_ATTEMPT_ANSWERED;
  s.ends[0] = unsent();
  s.ends[1] = lost;
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  loopback_run_ms(&d.loop, 600);
  assert_int_equal(s.attempts, 2);
  tool_fixture_close(&d);
}

static void test_tool_call__pending_is_asked_again_until_there_is_an_answer(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  open_script(&d, &s);
  fill(&s, good());
  for (int i = 0; i < 5; i++)
    s.ends[i] = (struct tool_attempt_end){.outcome = TOOL_ATTEMPT_PENDING, .retry_ms = 5};
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  assert_int_equal(s.attempts, 6);
  assert_int_equal(s.number, 6);
  for (int i = 1; i < 6; i++)
    assert_string_equal(s.ids[i], s.ids[0]);
  assert_string_equal(buf_cstring(&d.result), "[1]");
  tool_fixture_close(&d);
}

static void test_tool_call__pending_ends_before_the_deadline_would_pass(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  open_script(&d, &s);
  fill(&s, (struct tool_attempt_end){.outcome = TOOL_ATTEMPT_PENDING, .retry_ms = 20001});
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  assert_int_equal(s.attempts, 1);
  assert_string_equal(buf_cstring(&d.failure),
                      "Tool execution failed: the tool's answer was still pending at its "
                      "deadline (toolMs)");
  tool_fixture_close(&d);
}

static void
test_tool_call__an_attempt_that_cannot_start_is_told_on_a_later_turn(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  open_script(&d, &s);
  s.cannot_start = true;
  tool_fixture_start(&d, "{}");
  assert_int_equal(d.answers, 0);
  tool_fixture_wait(&d);
  assert_string_equal(buf_cstring(&d.failure), "Tool execution failed: no way out");
  tool_fixture_close(&d);
}

static void
test_tool_call__a_cancel_reaches_the_attempt_once_and_beats_its_answer(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  open_script(&d, &s);
  fill(&s, good());
  s.holds = true;
  struct tool_call *c = tool_fixture_start(&d, "{}");
  tool_fixture_cancel(&d, c);
  tool_fixture_cancel(&d, c);
  tool_fixture_wait(&d);
  assert_int_equal(s.cancels, 1);
  assert_true(d.cancelled);
  assert_int_equal(d.result.len, 0);
  tool_fixture_close(&d);
}

static void test_tool_call__a_cancel_between_two_attempts_needs_no_executor(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  open_script(&d, &s);
  fill(&s, (struct tool_attempt_end){.outcome = TOOL_ATTEMPT_PENDING, .retry_ms = 5000});
  struct tool_call *c = tool_fixture_start(&d, "{}");
  loopback_run_ms(&d.loop, 20);
  assert_int_equal(s.attempts, 1);
  tool_fixture_cancel(&d, c);
  tool_fixture_wait(&d);
  assert_true(d.cancelled);
  assert_int_equal(s.cancels, 0);
  assert_int_equal(s.attempts, 1);
  tool_fixture_close(&d);
}

#define TEST(name) cmocka_unit_test(test_tool_call__##name)

struct heard {
  unsigned count;
  struct buf what; /* each with a '|' */
};

static void hears(void *who, const struct tool_answer *a)
{
  struct heard *h = who;
  h->count++;
  buf_add(&h->what, a->result);
  buf_add(&h->what, a->failure);
  buf_add(&h->what, a->error);
  buf_add_text(&h->what, a->cancelled ? "cancelled|" : "|");
}

static struct tool_call *ask(struct tool_fixture *d, struct heard *h)
{
  return tool_call_start(&d->route, SPAN_LITERAL("t"), false, SPAN_LITERAL("{}"), hears,
                         h);
}

static bool has_heard_two(void *who)
{
  return ((struct heard *)who)->count == 2;
}

static void end_heard(struct tool_fixture *d, struct heard *h, struct tool_call *first)
{
  d->answers = 1; /* for tool_fixture_close() */
  tool_call_cancel(first);
  while (d->route.line->in_flight > 0 || d->route.line->waiting > 0)
    uv_run(&d->loop, UV_RUN_ONCE);
  tool_fixture_close(d);
  buf_free(&h->what);
}

static void test_tool_call__waits_for_its_place_and_more_are_refused(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  struct heard h = {.what = buf_make(KIB)};
  struct tool_line line = {.run_most = 1, .waiting_most = 1};
  open_script(&d, &s);
  d.route.line = &line;
  s.holds = true;
  struct tool_call *first = ask(&d, &h);
  struct tool_call *second = ask(&d, &h);
  ask(&d, &h);
  assert_int_equal(h.count, 0); /* never from inside */
  while (h.count == 0)
    uv_run(&d.loop, UV_RUN_ONCE);
  assert_string_equal(
      buf_cstring(&h.what),
      "{\"code\":-32000,\"message\":\"too many calls: 1 are in flight and 1 wait\"}|");
  assert_int_equal(s.attempts, 1);
  buf_clear(&h.what);
  tool_call_cancel(first);
  while (s.attempts < 2)
    uv_run(&d.loop, UV_RUN_ONCE);
  assert_string_equal(buf_cstring(&h.what), "cancelled|");
  end_heard(&d, &h, second);
}

static void test_tool_call__waits_for_its_place_until_its_deadline(void **state)
{
  (void)state;
  struct tool_fixture d;
  struct script s;
  struct heard h = {.what = buf_make(KIB)};
  struct tool_line line = {.run_most = 1, .waiting_most = 9};
  open_script(&d, &s);
  d.route.line = &line;
  s.holds = true;
  struct tool_call *first = ask(&d, &h);
  d.route.timeout_ms = 30;
  ask(&d, &h);
  struct tool_call *third = ask(&d, &h);
  tool_call_cancel(third); /* while it waits */
  loopback_wait(&d.loop, has_heard_two, &h);
  assert_string_equal(buf_cstring(&h.what),
                      "cancelled|Tool execution failed: too many calls were in flight "
                      "until its deadline (toolMs)|");
  assert_int_equal(s.attempts, 1);
  end_heard(&d, &h, first);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tool_call__waits_for_its_place_and_more_are_refused),
      cmocka_unit_test(test_tool_call__waits_for_its_place_until_its_deadline),
      TEST(the_executor_gets_name_and_arguments_as_one_text),
      TEST(who_watches_it_hears_of_both_its_ends_once),
      TEST(what_never_left_is_tried_three_times),
      TEST(what_may_have_arrived_is_never_tried_again),
      TEST(pending_is_asked_again_until_there_is_an_answer),
      TEST(pending_ends_before_the_deadline_would_pass),
      TEST(an_attempt_that_cannot_start_is_told_on_a_later_turn),
      TEST(a_cancel_reaches_the_attempt_once_and_beats_its_answer),
      TEST(a_cancel_between_two_attempts_needs_no_executor),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
