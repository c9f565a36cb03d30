/* SPDX-License-Identifier: MIT */
#include "io/file_job.h"

#include "base/limits.h"
#include "loopback.h"
#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct file_job job_at(struct scratch *s, enum file_job_kind kind,
                              const char *name)
{
  struct file_job job = {.kind = kind, .path = buf_make(LIMIT_PATH_BYTES)};
  buf_add_text(&job.path, scratch_path(s, name));
  return job;
}

static void make_old(struct scratch *s, const char *name, long seconds)
{
  struct timespec times[2] = {{.tv_sec = time(NULL) - seconds}};
  times[1] = times[0];
  assert_int_equal(utimensat(AT_FDCWD, scratch_path(s, name), times, 0), 0);
}

static void test_file_job__put_leaves_the_whole_file_and_no_part_of_one(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  for (int i = 0; i < 2; i++) { /* the second time it is there */
    struct file_job job = job_at(&s, FILE_PUT, "a.json");
    job.bytes = buf_make(KIB);
    buf_addf(&job.bytes, "text %d", i);
    assert_int_equal(file_job_run(&job), 0);
    file_job_free(&job);
  }
  char *text = scratch_read(&s, "a.json");
  assert_string_equal(text, "text 1");
  free(text);
  assert_int_equal(scratch_count(&s, "."), 1);
  struct file_job job = job_at(&s, FILE_PUT, "none/a.json");
  assert_int_equal(file_job_run(&job), -1);
  assert_int_equal(job.fault.kind, FAULT_SYSTEM);
  assert_non_null(strstr(job.fault.text, "none/a.json"));
  file_job_free(&job);
  scratch_remove(&s);
}

static void test_file_job__take_reads_the_file_and_removes_it(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  scratch_write(&s, "a", 0644, "answer");
  struct file_job job = job_at(&s, FILE_TAKE, "a");
  job.ceiling = 6;
  assert_int_equal(file_job_run(&job), 0);
  assert_true(job.found);
  assert_true(span_is(buf_span(&job.bytes), "answer"));
  assert_false(scratch_has(&s, "a"));
  file_job_free(&job);
  job = job_at(&s, FILE_TAKE, "a");
  assert_int_equal(file_job_run(&job), 0);
  assert_false(job.found);
  file_job_free(&job);
  scratch_remove(&s);
}

static void expect_refused(struct scratch *s, const char *name, enum fault_kind kind)
{
  struct file_job job = job_at(s, FILE_TAKE, name);
  job.ceiling = 5;
  assert_int_equal(file_job_run(&job), -1);
  assert_int_equal(job.fault.kind, kind);
  assert_true(job.found);
  file_job_free(&job);
}

static void test_file_job__take_refuses_what_is_too_long_or_no_plain_file(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char target[600];
  scratch_write(&s, "long", 0644, "123456");
  scratch_write(&s, "kept", 0644, "kept");
  snprintf(target, sizeof target, "%s", scratch_path(&s, "kept"));
  assert_int_equal(symlink(target, scratch_path(&s, "link")), 0);
  assert_int_equal(mkfifo(scratch_path(&s, "fifo"), 0600), 0);
  assert_int_equal(mkdir(scratch_path(&s, "folder"), 0700), 0);
  expect_refused(&s, "long", FAULT_TOO_BIG);
  expect_refused(&s, "link", FAULT_SYSTEM);
  expect_refused(&s, "fifo", FAULT_BAD_INPUT);
  expect_refused(&s, "folder", FAULT_BAD_INPUT);
  assert_false(scratch_has(&s, "long") || scratch_has(&s, "fifo"));
  assert_true(scratch_has(&s, "kept"));
  scratch_remove(&s);
}

static void test_file_job__removing_what_is_not_there_is_fine(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  scratch_write(&s, "a", 0644, "");
  for (int i = 0; i < 2; i++) {
    struct file_job job = job_at(&s, FILE_REMOVE, "a");
    assert_int_equal(file_job_run(&job), 0);
    assert_false(scratch_has(&s, "a"));
    file_job_free(&job);
  }
  scratch_remove(&s);
}

static unsigned long long count(struct scratch *s, unsigned long long most)
{
  struct file_job job = job_at(s, FILE_COUNT, ".");
  job.most = most;
  job.stale_ms = 5000;
  assert_int_equal(file_job_run(&job), 0);
  unsigned long long found = job.count;
  file_job_free(&job);
  return found;
}

static void test_file_job__a_full_folder_is_swept_of_what_nobody_waits_for(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  scratch_write(&s, "new.json", 0644, "");
  scratch_write(&s, "old.json", 0644, "");
  scratch_write(&s, "old.json.tmp", 0644, "");
  assert_int_equal(mkdir(scratch_path(&s, "folder.json"), 0700), 0);
  make_old(&s, "old.json", 60);
  make_old(&s, "old.json.tmp", 60);
  assert_int_equal(count(&s, 3), 2); /* there is room: nothing is swept */
  assert_true(scratch_has(&s, "old.json"));
  assert_int_equal(count(&s, 2), 1);
  assert_false(scratch_has(&s, "old.json"));
  assert_true(scratch_has(&s, "new.json") && scratch_has(&s, "old.json.tmp"));
  assert_int_equal(count(&s, 1), 1); /* full of live ones */
  struct file_job job = job_at(&s, FILE_COUNT, "none");
  assert_int_equal(file_job_run(&job), -1);
  file_job_free(&job);
  scratch_remove(&s);
}

struct fixture {
  unsigned done;
  struct buf bytes;
};

static void done(void *who, struct file_job *job)
{
  struct fixture *d = who;
  assert_int_equal(job->fault.kind, 0);
  d->done++;
  d->bytes = buf_take(&job->bytes);
}

static void test_file_job__in_the_pool_it_answers_once_and_on_a_later_turn(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct fixture d = {0};
  scratch_write(&s, "a", 0644, "answer");
  struct file_job job = job_at(&s, FILE_TAKE, "a");
  job.ceiling = KIB;
  file_job_start(&loop, &job, done, &d);
  assert_null(job.path.at); /* it was taken */
  assert_int_equal(d.done, 0);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(d.done, 1);
  assert_true(span_is(buf_span(&d.bytes), "answer"));
  buf_free(&d.bytes);
  assert_int_equal(uv_loop_close(&loop), 0);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_file_job__put_leaves_the_whole_file_and_no_part_of_one),
      cmocka_unit_test(test_file_job__take_reads_the_file_and_removes_it),
      cmocka_unit_test(test_file_job__take_refuses_what_is_too_long_or_no_plain_file),
      cmocka_unit_test(test_file_job__removing_what_is_not_there_is_fine),
      cmocka_unit_test(test_file_job__a_full_folder_is_swept_of_what_nobody_waits_for),
      cmocka_unit_test(test_file_job__in_the_pool_it_answers_once_and_on_a_later_turn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
