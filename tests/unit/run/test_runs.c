/* SPDX-License-Identifier: MIT */
#include "run/runs.h"

#include "io/keeper.h"
#include "run_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HANG "INIT; SAY; exec sleep 60"

static struct sink *sink_of(void *who, struct run *r)
{
  struct run_desk *d = who;
  assert_non_null(r);
  return &d->sink.sink;
}

static struct run *start(struct runs *all, struct run_desk *d, const char *id,
                         struct fault *f)
{
  struct run_request *req = run_desk_request("");
  req->run_id = span_of(id);
  return runs_start(all, req, sink_of, run_desk_over, d, f);
}

static void count_empty(void *who)
{
  (*(unsigned *)who)++;
}

static void test_runs__refuse_a_second_one_by_id_by_folder_and_by_number(void **state)
{
  (void)state;
  struct run_desk d;
  struct fault f = {0};
  run_desk_open(&d, HANG);
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
  run_desk_wait(&d, 1);
  assert_int_equal(empty, 1);
  assert_string_equal(d.outcome.code, "runner-shutdown");
  assert_int_equal(runs_count(all), 0);
  runs_free(all);

  all = runs_new(&d.settings, 1);
  d.sink.ended = false;
  assert_non_null(start(all, &d, "a", &f));
  assert_null(start(all, &d, "b", &f));
  assert_int_equal(f.kind, FAULT_BUSY);
  assert_non_null(strstr(f.text, "--max-runs"));
  runs_shutdown(all, 100, count_empty, &empty);
  run_desk_wait(&d, 2);
  runs_free(all);
  run_desk_close(&d);
}

static void test_runs__go_on_at_once_in_a_folder_for_each_thread(void **state)
{
  (void)state;
  struct run_desk d, other;
  struct fault f = {0};
  run_desk_open(&d, "INIT; SAY; GOOD");
  run_desk_open(&other, "exit 0");
  d.settings.workspace_per_thread = true;
  struct runs *all = runs_new(&d.settings, 2);
  struct run_request *second = run_desk_request("");
  second->run_id = SPAN_LITERAL("b");
  second->thread_id = SPAN_LITERAL("t2");
  assert_non_null(start(all, &d, "a", &f));
  assert_non_null(runs_start(all, second, sink_of, run_desk_over, &other, &f));
  assert_int_equal(runs_count(all), 2);
  run_desk_wait(&d, 1);
  struct uv_loop_s *own = other.settings.loop;
  other.settings.loop = d.settings.loop; /* both runs live on this one */
  run_desk_wait(&other, 1);
  other.settings.loop = own;
  assert_true(d.outcome.finished && other.outcome.finished);
  assert_int_equal(scratch_count(&d.scratch, "work"), 2);
  runs_free(all);
  run_desk_close(&other);
  run_desk_close(&d);
}

static void test_runs__a_second_shutdown_hastens_the_first(void **state)
{
  (void)state;
  struct run_desk d;
  struct fault f = {0};
  unsigned empty = 0;
  run_desk_open(&d, "trap '' TERM; INIT; SAY; while :; do sleep 0.05; done");
  struct runs *all = runs_new(&d.settings, 2);
  assert_non_null(start(all, &d, "a", &f));
  run_desk_wait_for(&d, "hello");
  runs_shutdown(all, 60000, count_empty, &empty);
  runs_shutdown(all, 50, count_empty, &empty);
  run_desk_wait(&d, 1);
  assert_int_equal(empty, 1);
  assert_string_equal(d.outcome.code, "runner-shutdown");
  assert_true(run_desk_says(&d, "\"signal\":\"SIGKILL\""));
  runs_free(all);
  run_desk_close(&d);
}

static void test_runs__an_idle_shutdown_is_over_at_once(void **state)
{
  (void)state;
  struct run_desk d;
  unsigned empty = 0;
  run_desk_open(&d, "exit 0");
  struct runs *all = runs_new(&d.settings, 2);
  runs_shutdown(all, 100, count_empty, &empty);
  assert_int_equal(empty, 1);
  runs_free(all);
  run_desk_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_runs__refuse_a_second_one_by_id_by_folder_and_by_number),
      cmocka_unit_test(test_runs__go_on_at_once_in_a_folder_for_each_thread),
      cmocka_unit_test(test_runs__a_second_shutdown_hastens_the_first),
      cmocka_unit_test(test_runs__an_idle_shutdown_is_over_at_once),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
