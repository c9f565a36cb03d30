/* SPDX-License-Identifier: MIT */
#include "workspace/memory.h"

#include "child_fixture.h"
#include "workspace_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char wish[] = "\"source\":{\"type\":\"git\",\"url\":\"https://h/r\"},"
                           "\"setup\":[\"a\",\"b\"],\"instructions\":\"i\"";

static int fd;

static bool knows(struct workspace_fixture *d, const char *workspace)
{
  workspace_fixture_ask(d, workspace);
  return memory_knows(fd, d->req, d->folder);
}

static void test_memory__knows_what_was_noted_and_nothing_else(void **state)
{
  (void)state;
  struct workspace_fixture d;
  struct fault f = {0};
  workspace_fixture_open(&d);
  fd = memory_open(d.memory, d.folder, &f);
  assert_true(fd >= 0);
  assert_false(knows(&d, wish));
  assert_int_equal(memory_note(fd, d.req, d.folder, &f), 0);
  assert_true(knows(&d, wish));
  assert_false(memory_knows(fd, d.req, "/elsewhere"));
  assert_true(knows(&d, "\"source\":{\"type\":\"git\",\"url\":\"https://h/r\",\"auth\":"
                        "{\"token\":\"another\"}},\"setup\":[\"a\",\"b\"],"
                        "\"instructions\":\"i\""));
  assert_false(knows(&d, "\"source\":{\"type\":\"git\",\"url\":\"https://h/r\"},"
                         "\"setup\":[\"ab\"],\"instructions\":\"i\""));
  assert_false(knows(&d, "\"source\":{\"type\":\"git\",\"url\":\"https://h/r\"},"
                         "\"setup\":[\"a\",\"b\"]"));
  close(fd);
  fd = memory_open(d.memory, d.folder, &f); /* after a restart */
  assert_true(knows(&d, wish));
  close(fd);
  workspace_fixture_close(&d);
}

/* Nobody can make two requests share a SHA-256: one may run a setup as if it was done. */
static void
test_memory__the_note_is_the_folder_and_a_hash_that_nobody_can_forge(void **state)
{
  (void)state;
  struct workspace_fixture d;
  struct fault f = {0};
  char note[512] = "";
  workspace_fixture_open(&d);
  workspace_fixture_ask(&d, wish);
  fd = memory_open(d.memory, d.folder, &f);
  assert_int_equal(memory_note(fd, d.req, d.folder, &f), 0);
  ssize_t n = pread(fd, note, sizeof note - 1, 0);
  size_t folder = strlen(d.folder);
  assert_int_equal(n, folder + 1 + 64 + 1);
  assert_memory_equal(note, d.folder, folder);
  assert_int_equal(strspn(note + folder + 1, "0123456789abcdef"), 64);
  close(fd);
  workspace_fixture_close(&d);
}

static void test_memory__one_at_a_time(void **state)
{
  (void)state;
  struct workspace_fixture d;
  struct fault f = {0};
  workspace_fixture_open(&d);
  fd = memory_open(d.memory, d.folder, &f);
  assert_int_equal(memory_open(d.memory, d.folder, &f), -1);
  assert_int_equal(f.kind, FAULT_CONFLICT);
  assert_non_null(strstr(f.text, "/work is being filled by another process"));
  int other = memory_open(d.memory, "/other", &f);
  assert_true(other >= 0);
  close(other);
  close(fd);
  fd = memory_open(d.memory, d.folder, &f);
  assert_true(fd >= 0);
  close(fd);
  workspace_fixture_close(&d);
}

static void test_memory__is_readable_by_us_only(void **state)
{
  (void)state;
  struct workspace_fixture d;
  struct fault f = {0};
  struct stat s;
  workspace_fixture_open(&d);
  fd = memory_open(d.memory, d.folder, &f);
  assert_int_equal(fstat(fd, &s), 0);
  assert_int_equal(s.st_mode & 0777, 0600);
  close(fd);
  assert_int_equal(memory_open("/none/x", d.folder, &f), -1);
  assert_int_equal(f.kind, FAULT_SYSTEM);
  workspace_fixture_close(&d);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_memory__knows_what_was_noted_and_nothing_else),
      cmocka_unit_test(
          test_memory__the_note_is_the_folder_and_a_hash_that_nobody_can_forge),
      cmocka_unit_test(test_memory__one_at_a_time),
      cmocka_unit_test(test_memory__is_readable_by_us_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
