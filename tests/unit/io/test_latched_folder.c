/* SPDX-License-Identifier: MIT */
#include "io/latched_folder.h"

#include "base/limits.h"
#include "scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
  struct scratch s;
  struct latched_folder l;
  struct fault f;
  struct buf text;
  bool found;
};

static void open_fixture(struct fixture *d)
{
  *d = (struct fixture){.s = scratch_make(), .text = buf_make(KIB)};
  assert_int_equal(latched_folder_open(&d->l, scratch_path(&d->s, "a"), &d->f), 0);
}

static void close_fixture(struct fixture *d)
{
  latched_folder_close(&d->l);
  latched_folder_close(&d->l);
  buf_free(&d->text);
  scratch_remove(&d->s);
}

static int read_file(struct fixture *d, const char *name, size_t ceiling)
{
  buf_clear(&d->text);
  return latched_folder_read(&d->l, name, ceiling, &d->text, &d->found, &d->f);
}

static void expect_lost(struct fixture *d, const char *why)
{
  d->f.text[0] = 0;
  assert_int_equal(latched_folder_check(&d->l, &d->f), -1);
  if (!strstr(d->f.text, why))
    fail_msg("%s", d->f.text);
}

static void test_latched_folder__a_link_is_refused_and_a_missing_one_made(void **state)
{
  (void)state;
  struct fixture d;
  struct latched_folder other;
  char target[600];
  open_fixture(&d);
  assert_true(scratch_has(&d.s, "a"));
  assert_int_equal(latched_folder_check(&d.l, &d.f), 0);
  snprintf(target, sizeof target, "%s", scratch_path(&d.s, "a"));
  assert_int_equal(symlink(target, scratch_path(&d.s, "link")), 0);
  scratch_write(&d.s, "file", 0600, "");
  static const char *const wrong[] = {"link", "link/", "link//", "file", "none/a"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    d.f = (struct fault){0};
    if (latched_folder_open(&other, scratch_path(&d.s, wrong[i]), &d.f) == 0)
      fail_msg("%s was opened", wrong[i]);
    assert_int_equal(d.f.kind, i < 3 ? FAULT_FORBIDDEN : FAULT_SYSTEM);
    latched_folder_close(&other);
  }
  close_fixture(&d);
}

static void test_latched_folder__another_one_in_its_place_is_noticed(void **state)
{
  (void)state;
  struct fixture d;
  char path[600], aside[600];
  open_fixture(&d);
  snprintf(path, sizeof path, "%s", scratch_path(&d.s, "a"));
  snprintf(aside, sizeof aside, "%s", scratch_path(&d.s, "aside"));
  assert_int_equal(rename(path, aside), 0);
  expect_lost(&d, "no longer exists");
  assert_int_equal(mkdir(path, 0755), 0);
  expect_lost(&d, "another directory");
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(symlink(aside, path), 0);
  expect_lost(&d, "symbolic link");
  assert_int_equal(unlink(path), 0);
  scratch_write(&d.s, "a", 0600, "");
  expect_lost(&d, "no longer a directory");
  assert_int_equal(unlink(path), 0);
  assert_int_equal(rename(aside, path), 0);
  assert_int_equal(latched_folder_check(&d.l, &d.f), 0);
  close_fixture(&d);
}

static void test_latched_folder__files_are_read_and_written_whole(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  assert_int_equal(latched_folder_write(&d.l, "x", SPAN_LITERAL("hello"), &d.f), 0);
  assert_true(latched_folder_has(&d.l, "x"));
  assert_false(latched_folder_has(&d.l, "x.tmp"));
  assert_int_equal(read_file(&d, "x", 5), 0);
  assert_true(d.found);
  assert_string_equal(buf_cstring(&d.text), "hello");
  assert_int_equal(read_file(&d, "x", 4), -1);
  assert_int_equal(d.f.kind, FAULT_TOO_BIG);
  latched_folder_remove(&d.l, "x");
  latched_folder_remove(&d.l, "x");
  assert_int_equal(read_file(&d, "x", 5), 0);
  assert_false(d.found);
  close_fixture(&d);
}

static void test_latched_folder__no_link_is_followed_in_it(void **state)
{
  (void)state;
  struct fixture d;
  char target[600];
  open_fixture(&d);
  scratch_write(&d.s, "secret", 0600, "secret");
  snprintf(target, sizeof target, "%s", scratch_path(&d.s, "secret"));
  assert_int_equal(symlink(target, scratch_path(&d.s, "a/x")), 0);
  assert_int_equal(symlink(target, scratch_path(&d.s, "a/y.tmp")), 0);
  assert_int_equal(mkfifo(scratch_path(&d.s, "a/fifo"), 0600), 0);
  assert_int_equal(read_file(&d, "x", KIB), -1);
  assert_true(d.found);
  assert_int_equal(d.text.len, 0);
  assert_int_equal(read_file(&d, "fifo", KIB), -1);
  assert_int_equal(latched_folder_write(&d.l, "y", SPAN_LITERAL("z"), &d.f), -1);
  char *text = scratch_read(&d.s, "secret");
  assert_string_equal(text, "secret");
  free(text);
  close_fixture(&d);
}

static void test_latched_folder__a_probe_takes_only_its_own_file_away(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  assert_int_equal(latched_folder_probe(&d.l, "probe", &d.f), 0);
  assert_int_equal(scratch_count(&d.s, "a"), 0);
  scratch_write(&d.s, "a/probe", 0600, "somebody else's");
  assert_int_equal(latched_folder_probe(&d.l, "probe", &d.f), -1);
  assert_non_null(strstr(d.f.text, "could not be created exclusively"));
  char *text = scratch_read(&d.s, "a/probe");
  assert_string_equal(text, "somebody else's");
  free(text);
  /* A time of birth that moves with each file is a time of change. */
  d.l.born_ns ^= 1;
  assert_int_equal(latched_folder_probe(&d.l, "other", &d.f), -1);
  assert_non_null(strstr(d.f.text, "changed after a probe write"));
  close_fixture(&d);
}

static void count(void *who, const char *name)
{
  assert_string_not_equal(name, ".");
  assert_string_not_equal(name, "..");
  ++*(unsigned *)who;
}

static void test_latched_folder__lists_its_names_each_time_anew(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  scratch_write(&d.s, "a/1", 0600, "");
  scratch_write(&d.s, "a/2", 0600, "");
  for (int i = 0; i < 2; i++) {
    unsigned names = 0;
    assert_int_equal(latched_folder_each(&d.l, count, &names, &d.f), 0);
    assert_int_equal(names, 2);
  }
  close_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_latched_folder__a_link_is_refused_and_a_missing_one_made),
      cmocka_unit_test(test_latched_folder__another_one_in_its_place_is_noticed),
      cmocka_unit_test(test_latched_folder__files_are_read_and_written_whole),
      cmocka_unit_test(test_latched_folder__no_link_is_followed_in_it),
      cmocka_unit_test(test_latched_folder__a_probe_takes_only_its_own_file_away),
      cmocka_unit_test(test_latched_folder__lists_its_names_each_time_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
