/* SPDX-License-Identifier: MIT */
#include "workspace/file_watch.h"

#include "base/limits.h"
#include "io/loop.h"
#include "scratch.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
  struct scratch scratch;
  struct uv_loop_s *loop;
  struct file_watch *w;
  struct buf told; /* "<type> <path>\n" */
  bool blocked;
  unsigned warnings, finished;
};

static void on_file(void *who, const char *type, struct span path)
{
  struct fixture *d = who;
  assert_false(d->blocked);
  buf_addf(&d->told, "%s %.*s\n", type, SPAN_ARG(path));
}

static void on_warning(void *who, const char *code, const char *text)
{
  struct fixture *d = who;
  assert_true(code[0] && text[0]);
  d->warnings++;
}

static bool may_tell(void *who)
{
  const struct fixture *d = who;
  return !d->blocked;
}

static void on_finished(void *who)
{
  struct fixture *d = who;
  d->finished++;
}

static void begin(struct fixture *d)
{
  static const struct file_watch_calls calls = {on_file, on_warning, may_tell,
                                                on_finished};
  struct fault f = {0};
  *d = (struct fixture){.scratch = scratch_make(), .told = buf_make(MIB)};
  d->loop = loop_new(&f);
  assert_int_equal(mkdir(scratch_path(&d->scratch, "sub"), 0755), 0);
  scratch_write(&d->scratch, "sub/old", 0644, "x");
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); /* not of this tick */
  const struct file_watch_setup setup = {.loop = d->loop, .folder = d->scratch.folder};
  d->w = file_watch_open(&setup, &calls, d);
  assert_int_equal(d->told.len, 0);
}

static void finish(struct fixture *d, unsigned most_ms)
{
  file_watch_finish(d->w, most_ms);
  assert_int_equal(d->finished, 0); /* never from inside */
  while (d->finished == 0)
    uv_run(d->loop, UV_RUN_ONCE);
}

static void end(struct fixture *d)
{
  assert_int_equal(d->finished, 1);
  file_watch_close(d->w);
  file_watch_close(NULL);
  assert_true(loop_free(d->loop));
  buf_free(&d->told);
  scratch_remove(&d->scratch);
}

static void test_file_watch__a_last_look_tells_all_that_was_done(void **state)
{
  (void)state;
  struct fixture d;
  begin(&d);
  scratch_write(&d.scratch, "a", 0644, "x");
  scratch_write(&d.scratch, "sub/old", 0644, "longer");
  assert_int_equal(mkdir(scratch_path(&d.scratch, "sub/new"), 0755), 0);
  scratch_write(&d.scratch, "sub/new/b", 0644, "x");
  scratch_write(&d.scratch, "passing", 0644, "x");
  unlink(scratch_path(&d.scratch, "passing"));
  finish(&d, 10000);
  assert_string_equal(buf_cstring(&d.told),
                      "create /a\nchange /sub/old\ncreate /sub/new/b\n");
  struct file_watch_counts counts = file_watch_counts(d.w);
  assert_int_equal(counts.told, 3);
  assert_int_equal(counts.rescans, 0);
  assert_true(counts.folded > 0);
  assert_int_equal(d.warnings, 0);
  end(&d);
}

static void test_file_watch__a_folder_in_the_place_of_a_file_and_back(void **state)
{
  (void)state;
  struct fixture d;
  begin(&d);
  unlink(scratch_path(&d.scratch, "sub/old"));
  assert_int_equal(mkdir(scratch_path(&d.scratch, "sub/old"), 0755), 0);
  scratch_write(&d.scratch, "sub/old/in", 0644, "x");
  unsigned long long seen = 0;
  while ((seen = file_watch_counts(d.w).told) < 2)
    uv_run(d.loop, UV_RUN_ONCE);
  unlink(scratch_path(&d.scratch, "sub/old/in"));
  rmdir(scratch_path(&d.scratch, "sub/old"));
  scratch_write(&d.scratch, "sub/old", 0644, "y");
  finish(&d, 10000);
  assert_string_equal(
      buf_cstring(&d.told),
      "delete /sub/old\ncreate /sub/old/in\ndelete /sub/old/in\ncreate /sub/old\n");
  end(&d);
}

static void test_file_watch__who_may_not_tell_waits_and_the_end_does_not(void **state)
{
  (void)state;
  struct fixture d;
  begin(&d);
  d.blocked = true;
  scratch_write(&d.scratch, "a", 0644, "x");
  struct loop_timer *t = loop_timer_new(d.loop, on_finished, &d);
  loop_timer_start(t, LIMIT_FILES_GATHER_MS + 100);
  while (d.finished == 0)
    uv_run(d.loop, UV_RUN_ONCE);
  loop_timer_free(t);
  d.finished = 0;
  assert_int_equal(d.told.len, 0);
  d.blocked = false;
  file_watch_go_on(d.w);
  while (d.told.len == 0)
    uv_run(d.loop, UV_RUN_ONCE);
  assert_string_equal(buf_cstring(&d.told), "create /a\n");
  d.blocked = true;
  scratch_write(&d.scratch, "b", 0644, "x");
  finish(&d, 100);
  assert_int_equal(d.warnings, 1); /* that not all is told */
  end(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_file_watch__a_last_look_tells_all_that_was_done),
      cmocka_unit_test(test_file_watch__a_folder_in_the_place_of_a_file_and_back),
      cmocka_unit_test(test_file_watch__who_may_not_tell_waits_and_the_end_does_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
