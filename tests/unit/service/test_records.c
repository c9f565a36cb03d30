/* SPDX-License-Identifier: MIT */
#include "service/records.h"

#include "loopback.h"
#include "process/keeper.h"
#include "run_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MISSING                                                                          \
  ",\"workspace\":{\"source\":{\"type\":\"local\",\"path\":\"/nowhere/at/all\"}}"

struct fixture {
  struct run_fixture run;
  struct runs *runs;
  struct records *records;
  struct counters counters;
};

static void open_fixture(struct fixture *d, const char *script, unsigned keep_ms,
                         unsigned keep_runs, unsigned long long keep_bytes)
{
  memset(d, 0, sizeof *d);
  run_fixture_open(&d->run, script);
  d->run.settings.workspace_per_thread = true;
  d->runs = runs_new(&d->run.settings, 8);
  struct records_setup setup = {.loop = d->run.settings.loop,
                                .runs = d->runs,
                                .counters = &d->counters,
                                .folder = d->run.state,
                                .memory_bytes = 1 << 20,
                                .spill_bytes = 1 << 24,
                                .keep_ms = keep_ms,
                                .keep_runs = keep_runs,
                                .keep_bytes = keep_bytes};
  d->records = records_new(&setup);
}

static void close_fixture(struct fixture *d)
{
  records_free(d->records);
  runs_free(d->runs);
  run_fixture_close(&d->run);
}

static struct record *post(struct fixture *d, const char *id, uint64_t body,
                           const char *more, struct fault *f)
{
  struct run_request *req = run_fixture_request(more);
  req->run_id = req->thread_id = span_of(id);
  return records_post(d->records, req, body, f);
}

struct wait {
  struct fixture *fixture;
  const char *id;
};

static bool is_over(void *who)
{
  struct wait *w = who;
  const struct record *r = records_find(w->fixture->records, span_of(w->id));
  return !r || !r->run;
}

static bool is_forgotten(void *who)
{
  struct wait *w = who;
  return !records_find(w->fixture->records, span_of(w->id));
}

static void wait_for(struct fixture *d, bool (*so)(void *), const char *id)
{
  struct wait w = {d, id};
  loopback_wait(d->run.settings.loop, so, &w);
}

static void nothing(void *who)
{
  (void)who;
}

static void test_records__know_a_run_again_by_its_id_and_body(void **state)
{
  (void)state;
  struct fixture d;
  struct fault f = {0};
  open_fixture(&d, "INIT; SAY; GOOD", 60000, 8, 1 << 30);
  struct record *a = post(&d, "a", 1, "", &f);
  assert_non_null(a);
  assert_string_equal(record_state(a), "running");
  assert_ptr_equal(post(&d, "a", 1, "", &f), a);
  assert_null(post(&d, "a", 2, "", &f));
  assert_int_equal(f.kind, FAULT_CONFLICT);
  assert_int_equal(runs_count(d.runs), 1);
  wait_for(&d, is_over, "a");
  assert_string_equal(record_state(a), "over");
  assert_true(a->outcome.finished);
  assert_true(a->report.len > 20);
  assert_ptr_equal(post(&d, "a", 1, "", &f), a);
  assert_null(post(&d, "a", 2, "", &f));
  assert_false(record_cancel(a));
  assert_null(records_find(d.records, SPAN_LITERAL("b")));
  assert_int_equal(d.counters.codes[0].runs, 1);
  close_fixture(&d);
}

/* In a shell the agent's part of MCP is a question for leave, which is answered by the
 * next record of the thread. */
#define ASK                                                                              \
  "INIT; printf '%s\\n' "                                                                \
  "'{\"type\":\"assistant\",\"message\":{\"id\":\"m\",\"content\":[{"                    \
  "\"type\":\"tool_use\",\"id\":\"toolu_0123456789ab\",\"name\":\"Bash\",\"input\":{}}]" \
  "},"                                                                                   \
  "\"parent_tool_use_id\":null}' '{\"type\":\"control_request\",\"request_id\":\"q\","   \
  "\"request\":{\"subtype\":\"can_use_tool\",\"tool_name\":\"Bash\",\"input\":{},"       \
  "\"tool_use_id\":\"toolu_0123456789ab\"}}'; read -r line; read -r line; GOOD"

static bool is_held(void *who)
{
  struct wait *w = who;
  return records_held(w->fixture->records, span_of(w->id));
}

static void test_records__a_held_run_goes_over_to_the_next_record(void **state)
{
  (void)state;
  struct fixture d;
  struct fault f = {0};
  open_fixture(&d, ASK, 60000, 8, 1 << 30);
  struct run_request *req =
      run_fixture_request(",\"modelOptions\":{\"permissionMode\":\"default\"}");
  req->run_id = req->thread_id = SPAN_LITERAL("a");
  req->event_format = SPAN_LITERAL("agui");
  req->hold_ms = 60000;
  struct record *a = records_post(d.records, req, 1, &f);
  assert_non_null(a);
  wait_for(&d, is_held, "a");
  assert_string_equal(record_state(a), "held");
  assert_true(journal_is_over(a->journal));
  assert_false(records_ending(d.records, SPAN_LITERAL("a")));
  assert_null(records_held(d.records, SPAN_LITERAL("b")));
  struct record *b = record_go_on(a, SPAN_LITERAL("b"), 2);
  assert_ptr_equal(records_newest(d.records), b);
  assert_string_equal(record_state(a), "over");
  assert_true(a->outcome.finished);
  assert_string_equal(record_state(b), "running");
  assert_true(span_is(buf_span(&b->thread), "a"));
  assert_int_equal(runs_count(d.runs), 1);
  assert_true(record_cancel(b));
  assert_true(records_ending(d.records, SPAN_LITERAL("a")));
  wait_for(&d, is_over, "b");
  assert_false(records_ending(d.records, SPAN_LITERAL("a")));
  assert_string_equal(b->outcome.code, "cancelled");
  close_fixture(&d);
}

static void
test_records__forget_by_number_age_and_bytes_but_not_what_is_read(void **state)
{
  (void)state;
  struct fixture d;
  struct fault f = {0};
  static const char *const ids[] = {"a", "b", "c"};
  struct journal_reader reader;
  open_fixture(&d, "INIT; SAY; GOOD", 60000, 1, 1 << 30); /* by number */
  for (int i = 0; i < 3; i++) {
    struct record *r = post(&d, ids[i], 1, "", &f);
    if (i == 0)
      record_join(r, &reader, 0, false, nothing, NULL);
    wait_for(&d, is_over, ids[i]);
  }
  assert_non_null(records_find(d.records, SPAN_LITERAL("a"))); /* somebody reads it */
  assert_null(records_find(d.records, SPAN_LITERAL("b")));
  record_leave(records_find(d.records, SPAN_LITERAL("a")), &reader);
  assert_null(records_find(d.records, SPAN_LITERAL("a")));
  assert_non_null(records_find(d.records, SPAN_LITERAL("c")));
  close_fixture(&d);

  open_fixture(&d, "INIT; SAY; GOOD", 200, 8, 1 << 30); /* by age */
  post(&d, "a", 1, "", &f);
  wait_for(&d, is_over, "a");
  assert_non_null(records_find(d.records, SPAN_LITERAL("a")));
  wait_for(&d, is_forgotten, "a");
  assert_int_equal(records_figures(d.records).kept, 0);
  close_fixture(&d);

  open_fixture(&d, "INIT; SAY; GOOD", 60000, 8, 10); /* by bytes */
  post(&d, "a", 1, "", &f);
  wait_for(&d, is_forgotten, "a");
  close_fixture(&d);
}

static void test_records__end_or_detach_a_run_whose_posters_left(void **state)
{
  (void)state;
  struct fixture d;
  struct fault f = {0};
  struct journal_reader one, two, looker;
  open_fixture(&d, "INIT; SAY; exec sleep 60", 60000, 8, 1 << 30);
  struct record *a = post(&d, "a", 1, "", &f);
  record_join(a, &one, 0, true, nothing, NULL);
  record_join(a, &two, 0, true, nothing, NULL);
  record_join(a, &looker, 0, false, nothing, NULL);
  record_leave(a, &one);
  record_leave(a, &looker);
  assert_string_equal(record_state(a), "running");
  record_leave(a, &two);
  assert_string_equal(record_state(a), "ending");
  wait_for(&d, is_over, "a");
  assert_string_equal(a->outcome.code, "cancelled");

  struct record *b = post(&d, "b", 1, ",\"onDisconnect\":\"detach\"", &f);
  record_join(b, &one, 0, true, nothing, NULL);
  record_leave(b, &one);
  assert_string_equal(record_state(b), "running");
  assert_int_equal(records_figures(d.records).running, 1);
  assert_true(record_cancel(b));
  wait_for(&d, is_over, "b");
  assert_non_null(strstr(b->report.at, "\"cancelledBy\":\"api\""));
  assert_null(post(&d, "c", 1, MISSING, &f)); /* refused: no record */
  assert_null(records_find(d.records, SPAN_LITERAL("c")));
  close_fixture(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_records__know_a_run_again_by_its_id_and_body),
      cmocka_unit_test(test_records__a_held_run_goes_over_to_the_next_record),
      cmocka_unit_test(test_records__forget_by_number_age_and_bytes_but_not_what_is_read),
      cmocka_unit_test(test_records__end_or_detach_a_run_whose_posters_left),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
