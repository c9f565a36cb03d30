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

static struct memory_wishes wishes_of(const struct workspace_fixture *d)
{
  return (struct memory_wishes){d->req, d->folder, ".claude"};
}

static unsigned knows(struct workspace_fixture *d, const char *workspace)
{
  workspace_fixture_ask(d, workspace);
  struct memory_wishes wishes = wishes_of(d);
  return memory_knows(fd, &wishes);
}

static void notes(struct workspace_fixture *d, unsigned done)
{
  struct memory_wishes wishes = wishes_of(d);
  struct fault f = {0};
  assert_int_equal(memory_note(fd, &wishes, done, &f), 0);
}

enum { ALL = MEMORY_FILLED | MEMORY_SKILLS };

static void test_memory__knows_what_was_noted_and_nothing_else(void **state)
{
  (void)state;
  struct workspace_fixture d;
  struct fault f = {0};
  workspace_fixture_open(&d);
  fd = memory_open(d.memory, d.folder, &f);
  assert_true(fd >= 0);
  assert_int_equal(knows(&d, wish), 0);
  notes(&d, ALL);
  assert_int_equal(knows(&d, wish), ALL);
  struct memory_wishes elsewhere = {d.req, "/elsewhere", ".claude"};
  assert_int_equal(memory_knows(fd, &elsewhere), 0);
  assert_true(ALL ==
              knows(&d, "\"source\":{\"type\":\"git\",\"url\":\"https://h/r\",\"auth\":"
                        "{\"token\":\"another\"}},\"setup\":[\"a\",\"b\"],"
                        "\"instructions\":\"i\""));
  assert_false(MEMORY_FILLED &
               knows(&d, "\"source\":{\"type\":\"git\",\"url\":\"https://h/r\"},"
                         "\"setup\":[\"ab\"],\"instructions\":\"i\""));
  assert_false(MEMORY_FILLED &
               knows(&d, "\"source\":{\"type\":\"git\",\"url\":\"https://h/r\"},"
                         "\"setup\":[\"a\",\"b\"]"));
  close(fd);
  fd = memory_open(d.memory, d.folder, &f); /* after a restart */
  assert_int_equal(knows(&d, wish), ALL);
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
  notes(&d, ALL);
  ssize_t n = pread(fd, note, sizeof note - 1, 0);
  size_t folder = strlen(d.folder);
  assert_int_equal(n, folder + 1 + 2 * (64 + 1));
  assert_memory_equal(note, d.folder, folder);
  assert_int_equal(strspn(note + folder + 1, "0123456789abcdef"), 64);
  close(fd);
  workspace_fixture_close(&d);
}

static void test_memory__skills_are_remembered_apart_and_for_one_agent(void **state)
{
  (void)state;
  struct workspace_fixture d;
  struct fault f = {0};
#define NONE      "\"source\":{\"type\":\"none\"},\"setup\":[\"a\"],"
#define GIT(repo) NONE "\"skills\":[{\"kind\":\"git\",\"repo\":\"" repo "\"}]"
  workspace_fixture_open(&d);
  fd = memory_open(d.memory, d.folder, &f);
  assert_int_equal(knows(&d, GIT("a/b")), 0);
  notes(&d, MEMORY_FILLED);
  assert_int_equal(knows(&d, GIT("a/b")), MEMORY_FILLED);
  notes(&d, ALL);
  assert_int_equal(knows(&d, GIT("a/b")), ALL);
  assert_int_equal(knows(&d, GIT("a/c")), MEMORY_FILLED);
  assert_int_equal(knows(&d, NONE "\"plugins\":[\"p\"]"), MEMORY_FILLED);
  assert_int_equal(knows(&d, GIT("a/b")), ALL);
  struct memory_wishes codex = {d.req, d.folder, ".codex"},
                       none = {d.req, d.folder, NULL};
  assert_int_equal(memory_knows(fd, &codex), MEMORY_FILLED);
  assert_int_equal(memory_knows(fd, &none), MEMORY_FILLED);
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
      cmocka_unit_test(test_memory__skills_are_remembered_apart_and_for_one_agent),
      cmocka_unit_test(test_memory__one_at_a_time),
      cmocka_unit_test(test_memory__is_readable_by_us_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
