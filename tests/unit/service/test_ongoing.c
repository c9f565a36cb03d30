/* SPDX-License-Identifier: MIT */
#include "service/ongoing.h"

#include "base/limits.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct found {
  unsigned count;
  char text[200]; /* of the last */
  long long began_at;
};

static void note_lost(void *who, const struct ongoing_run *run)
{
  struct found *f = who;
  f->count++;
  f->began_at = run->began_at;
  snprintf(f->text, sizeof f->text, "%.*s|%.*s|%.*s|%.*s", SPAN_ARG(run->id),
           SPAN_ARG(run->thread), SPAN_ARG(run->harness), SPAN_ARG(run->model));
}

static const struct ongoing_run run = {SPAN_LITERAL("a/..\n\"1"), SPAN_LITERAL("t"),
                                       SPAN_LITERAL("claude-code"), SPAN_LITERAL(""),
                                       1795861690878ll};

static void test_ongoing__who_was_killed_leaves_his_runs_once(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct found found = {0};
  pid_t pid = fork();
  if (pid == 0) {
    struct ongoing *o = ongoing_new(s.folder);
    struct ongoing_run other = run;
    other.id = SPAN_LITERAL("over");
    unsigned first = ongoing_note(o, &other);
    (void)ongoing_note(o, &run);
    ongoing_forget(o, first);
    _exit(first ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  ongoing_take_lost(s.folder, note_lost, &found);
  assert_int_equal(found.count, 1);
  assert_string_equal(found.text, "a/..\n\"1|t|claude-code|");
  assert_int_equal(found.began_at, run.began_at);
  ongoing_take_lost(s.folder, note_lost, &found);
  assert_int_equal(found.count, 1);
  assert_int_equal(scratch_count(&s, "."), 0);
  scratch_remove(&s);
}

static void test_ongoing__the_living_are_not_lost_and_leave_nothing(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct found found = {0};
  struct ongoing *o = ongoing_new(s.folder);
  for (int i = 0; i < 3; i++) {
    unsigned a = ongoing_note(o, &run), b = ongoing_note(o, &run);
    assert_int_equal(a, 1); /* the places of those that are over */
    assert_int_equal(b, 2);
    assert_int_equal(scratch_count(&s, "."), 1);
    ongoing_take_lost(s.folder, note_lost, &found);
    assert_int_equal(found.count, 0);
    ongoing_forget(o, a);
    ongoing_forget(o, b);
  }
  (void)ongoing_note(o, &run);
  ongoing_free(o);
  assert_int_equal(scratch_count(&s, "."), 0);
  scratch_remove(&s);
}

static void test_ongoing__what_cannot_be_noted_is_not_and_nonsense_is_no_run(void **state)
{
  (void)state;
  static char big[LIMIT_NOTE_BYTES + 1];
  struct scratch s = scratch_make();
  struct found found = {0};
  struct ongoing *o = ongoing_new("/no/such/folder");
  assert_int_equal(ongoing_note(o, &run), 0);
  ongoing_forget(o, 0);
  ongoing_free(o);
  o = ongoing_new(s.folder);
  struct ongoing_run long_one = run;
  memset(big, 'm', sizeof big);
  long_one.model = (struct span){big, sizeof big};
  assert_int_equal(ongoing_note(o, &long_one), 0);
  ongoing_free(o);
  assert_int_equal(mkdir(scratch_path(&s, "ongoing-1"), 0700), 0);
  scratch_write(&s, "ongoing-1/runs", 0600, "half a note");
  scratch_write(&s, "ongoing-1/other", 0600, "x");
  ongoing_take_lost(s.folder, note_lost, &found);
  assert_int_equal(found.count, 0);
  assert_int_equal(scratch_count(&s, "."), 0);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ongoing__who_was_killed_leaves_his_runs_once),
      cmocka_unit_test(test_ongoing__the_living_are_not_lost_and_leave_nothing),
      cmocka_unit_test(test_ongoing__what_cannot_be_noted_is_not_and_nonsense_is_no_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
