/* SPDX-License-Identifier: MIT */
#include "workspace/beneath.h"

#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct scratch scratch; /* work/ and outside/ */
static char root[96];

static int open_scratch(void **state)
{
  (void)state;
  scratch = scratch_make();
  assert_int_equal(mkdir(scratch_path(&scratch, "outside"), 0755), 0);
  assert_int_equal(mkdir(scratch_path(&scratch, "work"), 0755), 0);
  strcpy(root, scratch_path(&scratch, "work"));
  return 0;
}

static int close_scratch(void **state)
{
  (void)state;
  scratch_remove(&scratch);
  return 0;
}

static void content_is(const char *name, const char *expected)
{
  char *text = scratch_read(&scratch, name);
  assert_non_null(text);
  assert_string_equal(text, expected);
  free(text);
}

static void writes(const char *path, const char *text)
{
  struct fault f = {0};
  if (beneath_write(root, span_of(path), span_of(text), NULL, &f) < 0)
    fail_msg("%s", f.text);
}

static void refuses(const char *path)
{
  struct fault f = {0};
  struct buf out = buf_make(100);
  assert_int_equal(beneath_write(root, span_of(path), SPAN_LITERAL("x"), NULL, &f), -1);
  if (f.kind != FAULT_BAD_INPUT)
    fail_msg("%s: %s", path, f.text);
  assert_int_not_equal(beneath_read(root, span_of(path), &out, &f), 0);
  assert_int_equal(out.len, 0);
  assert_int_equal(scratch_count(&scratch, "outside"), 0);
  buf_free(&out);
}

static void test_beneath__makes_the_folders_on_the_way(void **state)
{
  (void)state;
  struct stat s;
  writes("a/b/c.txt", "one");
  content_is("work/a/b/c.txt", "one");
  writes("/a/./b//c.txt", "two");
  content_is("work/a/b/c.txt", "two");
  assert_int_equal(stat(scratch_path(&scratch, "work/a/b/c.txt"), &s), 0);
  assert_int_equal(s.st_mode & 0777, 0644);
  assert_int_equal(scratch_count(&scratch, "work/a/b"), 1);
}

static void test_beneath__keeps_the_mode_of_what_is_there(void **state)
{
  (void)state;
  struct stat s;
  scratch_write(&scratch, "work/run.sh", 0755, "old");
  writes("run.sh", "new");
  content_is("work/run.sh", "new");
  assert_int_equal(stat(scratch_path(&scratch, "work/run.sh"), &s), 0);
  assert_int_equal(s.st_mode & 0777, 0755);
}

static void test_beneath__another_name_of_the_file_keeps_its_content(void **state)
{
  (void)state;
  char other[128];
  scratch_write(&scratch, "outside-file", 0644, "kept");
  strcpy(other, scratch_path(&scratch, "outside-file"));
  assert_int_equal(link(other, scratch_path(&scratch, "work/hard")), 0);
  writes("hard", "new");
  content_is("outside-file", "kept");
  content_is("work/hard", "new");
}

static void test_beneath__follows_no_link(void **state)
{
  (void)state;
  assert_int_equal(symlink("../outside", scratch_path(&scratch, "work/docs")), 0);
  assert_int_equal(symlink("../outside/f", scratch_path(&scratch, "work/file")), 0);
  refuses("docs/x");
  refuses("docs/sub/x");
  refuses("file");
}

static void test_beneath__refuses_what_leads_out_or_names_no_file(void **state)
{
  (void)state;
  refuses("../outside/x");
  refuses("a/../../outside/x");
  refuses("");
  refuses("/");
  refuses(".");
  refuses("..");
  assert_int_equal(mkdir(scratch_path(&scratch, "work/folder"), 0755), 0);
  refuses("folder");
  scratch_write(&scratch, "work/plain", 0644, "");
  refuses("plain/x");
}

static void test_beneath__reads_up_to_the_ceiling(void **state)
{
  (void)state;
  struct buf out = buf_make(5);
  struct fault f = {0};
  scratch_write(&scratch, "work/five", 0644, "12345");
  scratch_write(&scratch, "work/six", 0644, "123456");
  assert_int_equal(beneath_read(root, span_of("five"), &out, &f), 0);
  assert_string_equal(buf_cstring(&out), "12345");
  buf_clear(&out);
  assert_int_equal(beneath_read(root, span_of("none"), &out, &f), 1);
  assert_int_equal(beneath_read(root, span_of("no/ne"), &out, &f), 1);
  assert_int_equal(beneath_read(root, span_of("six"), &out, &f), -1);
  assert_string_equal(f.text, "\"six\" is too long");
  buf_free(&out);
}

static void test_beneath__a_fifo_holds_nobody(void **state)
{
  (void)state;
  struct buf out = buf_make(5);
  struct fault f = {0};
  assert_int_equal(mkfifo(scratch_path(&scratch, "work/fifo"), 0644), 0);
  assert_int_equal(beneath_read(root, span_of("fifo"), &out, &f), -1);
  assert_string_equal(f.text, "\"fifo\" is no plain file");
  buf_free(&out);
}

static void test_beneath__links_where_nothing_is(void **state)
{
  (void)state;
  char to[16] = "";
  struct fault f = {0};
  assert_int_equal(beneath_link(root, span_of("a/CLAUDE.md"), "AGENTS.md", NULL, &f), 0);
  assert_int_equal(
      readlink(scratch_path(&scratch, "work/a/CLAUDE.md"), to, sizeof to - 1), 9);
  assert_string_equal(to, "AGENTS.md");
  assert_int_equal(beneath_link(root, span_of("a/CLAUDE.md"), "AGENTS.md", NULL, &f), 0);
  assert_int_equal(beneath_link(root, span_of("a/CLAUDE.md"), "OTHER.md", NULL, &f), 1);
  assert_int_equal(symlink("../outside", scratch_path(&scratch, "work/docs")), 0);
  assert_int_equal(beneath_link(root, span_of("docs/x"), "a", NULL, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_int_equal(scratch_count(&scratch, "outside"), 0);
}

static void test_beneath__a_folder_is_made_where_no_link_leads(void **state)
{
  (void)state;
  struct fault f = {0};
  assert_int_equal(beneath_folder(root, span_of("/a/b"), NULL, &f), 0);
  assert_int_equal(beneath_folder(root, span_of("a/b"), NULL, &f), 0);
  assert_true(scratch_has(&scratch, "work/a/b"));
  assert_int_equal(symlink("../outside", scratch_path(&scratch, "work/docs")), 0);
  scratch_write(&scratch, "work/file", 0644, "");
  static const char *const rows[] = {"docs", "docs/x", "file", "../x", "a/..", "", "/"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    f = (struct fault){0};
    assert_int_equal(beneath_folder(root, span_of(rows[i]), NULL, &f), -1);
    if (f.kind != FAULT_BAD_INPUT)
      fail_msg("%s: %s", rows[i], f.text);
  }
  assert_int_equal(scratch_count(&scratch, "outside"), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_scratch, close_scratch)

static void
test_beneath__what_is_created_was_not_there_and_can_be_taken_back(void **state)
{
  (void)state;
  struct fault f = {0};
  int at = open(root, O_RDONLY | O_DIRECTORY);
  assert_int_equal(symlink("../outside", scratch_path(&scratch, "work/out")), 0);
  assert_int_equal(beneath_create(at, SPAN_LITERAL("a/b/c"), SPAN_LITERAL("1"), NULL, &f),
                   0);
  content_is("work/a/b/c", "1");
  assert_int_equal(beneath_create(at, SPAN_LITERAL("a/b/c"), SPAN_LITERAL("2"), NULL, &f),
                   -1);
  assert_int_equal(f.os, -EEXIST);
  content_is("work/a/b/c", "1");
  int fd = beneath_open(at, SPAN_LITERAL("a/b/c"), &f);
  assert_true(fd >= 0);
  close(fd);
  assert_int_equal(beneath_open(at, SPAN_LITERAL("a/x"), &f), -1);
  assert_int_equal(f.os, -ENOENT);
  const char *const bad[] = {"../x", "a/../x", "out/x", "out", "/../x", ""};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(beneath_create(at, span_of(bad[i]), SPAN_LITERAL("x"), NULL, &f),
                     -1);
    beneath_remove(at, i == 3 ? SPAN_LITERAL("none") : span_of(bad[i]));
  }
  assert_int_equal(scratch_count(&scratch, "outside"), 0);
  beneath_remove(at, SPAN_LITERAL("a/b/c"));
  assert_false(scratch_has(&scratch, "work/a/b/c"));
  close(at);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      T(test_beneath__makes_the_folders_on_the_way),
      T(test_beneath__keeps_the_mode_of_what_is_there),
      T(test_beneath__another_name_of_the_file_keeps_its_content),
      T(test_beneath__follows_no_link),
      T(test_beneath__refuses_what_leads_out_or_names_no_file),
      T(test_beneath__reads_up_to_the_ceiling),
      T(test_beneath__a_fifo_holds_nobody),
      T(test_beneath__links_where_nothing_is),
      T(test_beneath__a_folder_is_made_where_no_link_leads),
      T(test_beneath__what_is_created_was_not_there_and_can_be_taken_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
