/* SPDX-License-Identifier: MIT */
#include "door/recording.h"

#include "scratch.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <setjmp.h>

#include <cmocka.h>

static void test_recording__has_all_lines_at_once_and_is_ours_alone(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct recording r;
  struct fault f = {0};
  struct stat about;
  const char *file = scratch_write(&s, "lines", 0600, "old");
  char *path = strdup(file);
  assert_int_equal(recording_open(&r, path, &f), 0);
  recording_add(&r, SPAN_LITERAL("one\n"));
  recording_add(&r, SPAN_LITERAL("two\n"));
  char *text = scratch_read(&s, "lines");
  assert_string_equal(text, "one\ntwo\n");
  assert_int_equal(stat(path, &about), 0);
  assert_int_equal(about.st_mode & 0777, 0600);
  recording_close(&r);
  recording_close(&r);
  free(text);
  free(path);
  scratch_remove(&s);
}

static void test_recording__a_file_that_cannot_be_made_names_the_option(void **state)
{
  (void)state;
  struct recording r;
  struct fault f = {0};
  assert_int_equal(recording_open(&r, "/no/such/folder", &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, "--record /no/such/folder: "));
  recording_add(&r, SPAN_LITERAL("one\n"));
  recording_close(&r);
}

static void test_recording__a_full_disk_ends_it_and_nothing_else(void **state)
{
  (void)state;
  struct recording r;
  struct fault f = {0};
  assert_int_equal(recording_open(&r, "/dev/full", &f), 0);
  recording_add(&r, SPAN_LITERAL("one\n"));
  assert_int_equal(r.fd, -1);
  recording_add(&r, SPAN_LITERAL("two\n"));
}

static void test_recording__none_is_wanted_without_a_file(void **state)
{
  (void)state;
  struct recording r;
  struct fault f = {0};
  assert_int_equal(recording_open(&r, NULL, &f), 0);
  recording_add(&r, SPAN_LITERAL("one\n"));
  recording_close(&r);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_recording__has_all_lines_at_once_and_is_ours_alone),
      cmocka_unit_test(test_recording__a_file_that_cannot_be_made_names_the_option),
      cmocka_unit_test(test_recording__a_full_disk_ends_it_and_nothing_else),
      cmocka_unit_test(test_recording__none_is_wanted_without_a_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
