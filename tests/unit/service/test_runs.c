/* SPDX-License-Identifier: MIT */
#include "service/runs.h"

#include "agui_check.h"
#include "base/clock.h"
#include "process/keeper.h"
#include "run_fixture.h"
#include "traces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <uv.h>

#define HANG "INIT; SAY; exec sleep 60"

static struct sink *sink_of(void *who, struct run *r)
{
  struct run_fixture *d = who;
  assert_non_null(r);
  return &d->sink.sink;
}

static struct run *start(struct runs *all, struct run_fixture *d, const char *id,
                         struct fault *f)
{
  struct run_request *req = run_fixture_request("");
  req->run_id = span_of(id);
  return runs_start(all, req, sink_of, run_fixture_over, d, f);
}

static void count_empty(void *who)
{
  (*(unsigned *)who)++;
}

static void test_runs__refuse_a_second_one_by_id_by_folder_and_by_number(void **state)
{
  (void)state;
  struct run_fixture d;
  struct fault f = {0};
  run_fixture_open(&d, HANG);
  struct runs *all = runs_new(&d.settings, 2);
  assert_non_null(start(all, &d, "a", &f));
  assert_null(start(all, &d, "a", &f));
  assert_int_equal(f.kind, FAULT_CONFLICT);
  assert_non_null(strstr(f.text, "run a is going on already"));
  assert_null(start(all, &d, "b", &f));
  assert_int_equal(f.kind, FAULT_CONFLICT);
  assert_non_null(strstr(f.text, "in use by run a"));
  assert_int_equal(runs_count(all), 1);
  unsigned empty = 0;
  runs_shutdown(all, 100, count_empty, &empty);
  assert_null(start(all, &d, "c", &f));
  assert_int_equal(f.kind, FAULT_BUSY);
  run_fixture_wait(&d, 1);
  assert_int_equal(empty, 1);
  assert_string_equal(d.outcome.code, "runner-shutdown");
  assert_int_equal(runs_count(all), 0);
  run_fixture_check(&d);
  runs_free(all);

  all = runs_new(&d.settings, 1);
  run_fixture_again(&d);
  assert_non_null(start(all, &d, "a", &f));
  assert_null(start(all, &d, "b", &f));
  assert_int_equal(f.kind, FAULT_BUSY);
  assert_non_null(strstr(f.text, "--max-runs"));
  runs_shutdown(all, 100, count_empty, &empty);
  run_fixture_wait(&d, 2);
  run_fixture_check(&d);
  runs_free(all);
  run_fixture_close(&d);
}

static void test_runs__go_on_at_once_in_a_folder_for_each_thread(void **state)
{
  (void)state;
  struct run_fixture d, other;
  struct fault f = {0};
  run_fixture_open(&d, "INIT; SAY; GOOD");
  run_fixture_open(&other, "exit 0");
  d.settings.workspace_per_thread = true;
  struct runs *all = runs_new(&d.settings, 2);
  struct run_request *second = run_fixture_request("");
  second->run_id = SPAN_LITERAL("b");
  second->thread_id = SPAN_LITERAL("t2");
  assert_non_null(start(all, &d, "a", &f));
  assert_non_null(runs_start(all, second, sink_of, run_fixture_over, &other, &f));
  assert_int_equal(runs_count(all), 2);
  run_fixture_wait(&d, 1);
  struct uv_loop_s *own = other.settings.loop;
  other.settings.loop = d.settings.loop; /* both runs live on this one */
  run_fixture_wait(&other, 1);
  other.settings.loop = own;
  assert_true(d.outcome.finished && other.outcome.finished);
  run_fixture_check(&d);
  run_fixture_check(&other);
  assert_int_equal(scratch_count(&d.scratch, "work"), 2);
  runs_free(all);
  run_fixture_close(&other);
  run_fixture_close(&d);
}

struct three { /* runs of one process, each with its own sink and outcome */
  struct run_fixture fixture;
  struct one {
    struct buf text;
    struct collector sink;
    unsigned over;
    struct run_outcome outcome;
    struct three *all;
  } one[3];
};

static struct sink *own_sink(void *who, struct run *r)
{
  (void)r;
  return &((struct one *)who)->sink.sink;
}

static void one_over(void *who, const struct run_outcome *outcome)
{
  struct one *one = who;
  one->over++;
  one->outcome = *outcome;
  one->all->fixture.over++;
}

static void start_three(struct three *t, struct runs *all)
{
  static const char *const names[] = {"a", "b", "c"};
  struct fault f = {0};
  for (size_t i = 0; i < 3; i++) {
    struct one *one = &t->one[i];
    *one = (struct one){.text = buf_make(1 << 20), .all = t};
    one->sink = collector_make(&one->text);
    struct run_request *req = run_fixture_request("");
    req->run_id = req->thread_id = span_of(names[i]);
    assert_non_null(runs_start(all, req, own_sink, one_over, one, &f));
  }
}

static void wait_until_three_say(struct three *t, const char *text)
{
  for (size_t i = 0; i < 3; i++) {
    struct run_fixture view = t->fixture; /* the same loop, another text */
    uint64_t end = uv_hrtime() + 10000000000u;
    do {
      uv_run(t->fixture.settings.loop, UV_RUN_NOWAIT);
      view.text = t->one[i].text;
      traces_sleep_ms(1);
    } while (!run_fixture_says(&view, text) && uv_hrtime() < end);
    assert_true(run_fixture_says(&view, text));
  }
}

static void test_runs__a_shutdown_ends_all_and_a_second_one_hastens(void **state)
{
  (void)state;
  struct three t = {0};
  unsigned empty = 0;
  run_fixture_open(&t.fixture, "trap '' TERM; INIT; SAY; while :; do sleep 1; done");
  t.fixture.settings.workspace_per_thread = true;
  struct runs *all = runs_new(&t.fixture.settings, 3);
  start_three(&t, all);
  wait_until_three_say(&t, "hello");
  unsigned long long began = clock_ticks_ms();
  runs_shutdown(all, 60000, count_empty, &empty);
  assert_int_equal(runs_count(all), 3);
  runs_shutdown(all, 100, count_empty, &empty);
  run_fixture_wait(&t.fixture, 3);
  assert_true(clock_ticks_ms() - began < 9000); /* not the minute that was said first */
  assert_int_equal(empty, 1);
  assert_int_equal(runs_count(all), 0);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(t.one[i].over, 1);
    assert_string_equal(t.one[i].outcome.code, "runner-shutdown");
    assert_true(t.one[i].sink.ended);
    const char *why = agui_check_stream(buf_span(&t.one[i].text), &event_format_tanstack);
    if (why)
      fail_msg("%s\n%s", why, buf_cstring(&t.one[i].text));
    buf_free(&t.one[i].text);
  }
  runs_free(all);
  run_fixture_close(&t.fixture);
}

static void test_runs__an_idle_shutdown_is_over_at_once(void **state)
{
  (void)state;
  struct run_fixture d;
  unsigned empty = 0;
  run_fixture_open(&d, "exit 0");
  struct runs *all = runs_new(&d.settings, 2);
  runs_shutdown(all, 100, count_empty, &empty);
  assert_int_equal(empty, 1);
  runs_free(all);
  run_fixture_close(&d);
}

static struct run *resume(struct runs *all, struct run_fixture *d, const char *id,
                          const char *session, struct fault *f)
{
  char more[200];
  (void)snprintf(more, sizeof more,
                 ",\"threadId\":\"t-%s\",\"modelOptions\":{\"sessionId\":\"%s\"}", id,
                 session);
  struct run_request *req = run_fixture_request(more);
  req->run_id = span_of(id);
  return runs_start(all, req, sink_of, run_fixture_over, d, f);
}

static void
test_runs__refuse_one_on_a_session_that_a_running_agent_has_named(void **state)
{
  (void)state;
  struct run_fixture d;
  struct fault f = {0};
  run_fixture_open(&d, HANG);
  d.settings.workspace_per_thread = true;
  struct runs *all = runs_new(&d.settings, 3);
  struct run_request *req = run_fixture_request(",\"threadId\":\"t-a\"");
  assert_non_null(runs_start(all, req, sink_of, run_fixture_over, &d, &f));
  run_fixture_wait_for(&d, "session-id");
  assert_null(resume(all, &d, "b", "s", &f));
  assert_int_equal(f.kind, FAULT_CONFLICT);
  unsigned empty = 0;
  runs_shutdown(all, 100, count_empty, &empty);
  run_fixture_wait(&d, 1);
  runs_free(all);
  run_fixture_close(&d);
}

static void test_runs__refuse_a_second_one_on_the_same_session(void **state)
{
  (void)state;
  struct run_fixture d;
  struct fault f = {0};
  run_fixture_open(&d, HANG);
  d.settings.workspace_per_thread = true;
  struct runs *all = runs_new(&d.settings, 3);
  assert_non_null(resume(all, &d, "a", "s-1", &f));
  assert_null(resume(all, &d, "b", "s-1", &f));
  assert_int_equal(f.kind, FAULT_CONFLICT);
  assert_non_null(strstr(f.text, "modelOptions.sessionId is in use by run a"));
  unsigned empty = 0;
  runs_shutdown(all, 100, count_empty, &empty);
  run_fixture_wait(&d, 1);
  runs_free(all);

  run_fixture_again(&d);
  all = runs_new(&d.settings, 3); /* it is free again */
  assert_non_null(resume(all, &d, "b", "s-1", &f));
  runs_shutdown(all, 100, count_empty, &empty);
  run_fixture_wait(&d, 2);
  runs_free(all);
  run_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_runs__refuse_a_second_one_by_id_by_folder_and_by_number),
      cmocka_unit_test(test_runs__go_on_at_once_in_a_folder_for_each_thread),
      cmocka_unit_test(test_runs__a_shutdown_ends_all_and_a_second_one_hastens),
      cmocka_unit_test(test_runs__an_idle_shutdown_is_over_at_once),
      cmocka_unit_test(test_runs__refuse_a_second_one_on_the_same_session),
      cmocka_unit_test(test_runs__refuse_one_on_a_session_that_a_running_agent_has_named),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
