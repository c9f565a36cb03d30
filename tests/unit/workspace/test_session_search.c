/* SPDX-License-Identifier: MIT */
#include "workspace/session_search.h"

#include "base/limits.h"
#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ID "0123456789-id"
static const char *const dated[] = {"s/#/r-*-{i}.jsonl", NULL};
static const struct session_store by_date = {.paths = dated};
static const char *const placed[] = {"p/{w}/{i}.jsonl", "p/{w}/{i}/a-*.jsonl", NULL};
static const struct session_store by_place = {
    .paths = placed, .folder = SESSION_DASHES, .folders = "p"};

static struct scratch scratch;
static int root;
static struct buf folder;
static struct strv found;

static int open_scratch(void **state)
{
  (void)state;
  scratch = scratch_make();
  root = open(scratch_path(&scratch, "."), O_RDONLY | O_DIRECTORY);
  folder = buf_make(KIB);
  return root < 0;
}

static int close_scratch(void **state)
{
  (void)state;
  close(root);
  buf_free(&folder);
  strv_free(&found);
  scratch_remove(&scratch);
  return 0;
}

static void make(const char *name)
{
  char path[200];
  for (const char *at = strchr(name, '/'); at; at = strchr(at + 1, '/')) {
    (void)snprintf(path, sizeof path, "%.*s", (int)(at - name), name);
    (void)mkdir(scratch_path(&scratch, path), 0755);
  }
  (void)scratch_write(&scratch, name, 0600, name);
}

static void test_session_search__files_are_found_by_their_patterns(void **state)
{
  (void)state;
  make("s/2026/r-b-" ID ".jsonl");
  make("s/2025/r-a-" ID ".jsonl");
  make("s/2026/r-b-0123456789-other.jsonl");
  make("s/old/r-b-" ID ".jsonl");
  assert_int_equal(
      symlink("r-b-" ID ".jsonl", scratch_path(&scratch, "s/2026/r-link-" ID ".jsonl")),
      0);
  assert_int_equal(symlink("2026", scratch_path(&scratch, "s/2024")), 0);
  session_search(root, &by_date, SPAN_LITERAL(ID), &folder, &found);
  assert_int_equal(found.count, 2);
  assert_string_equal(found.at[0], "s/2025/r-a-" ID ".jsonl");
  assert_string_equal(found.at[1], "s/2026/r-b-" ID ".jsonl");
}

static void test_session_search__the_workspaces_folder_comes_first_then_any(void **state)
{
  (void)state;
  make("p/-w/" ID ".jsonl");
  make("p/-w/" ID "/a-1.jsonl");
  make("p/-a/" ID ".jsonl");
  buf_add_text(&folder, "-w");
  session_search(root, &by_place, SPAN_LITERAL(ID), &folder, &found);
  assert_int_equal(found.count, 2);
  assert_string_equal(found.at[0], "p/-w/" ID ".jsonl");
  assert_string_equal(found.at[1], "p/-w/" ID "/a-1.jsonl");
  strv_free(&found);
  found = (struct strv){0};
  buf_clear(&folder);
  buf_add_text(&folder, "-none");
  session_search(root, &by_place, SPAN_LITERAL(ID), &folder, &found);
  assert_int_equal(found.count, 1);
  assert_string_equal(buf_cstring(&folder), "-a");
}

static void test_session_search__without_its_first_file_there_is_no_session(void **state)
{
  (void)state;
  make("p/-w/" ID "/a-1.jsonl");
  buf_add_text(&folder, "-w");
  session_search(root, &by_place, SPAN_LITERAL(ID), &folder, &found);
  assert_int_equal(found.count, 0);
}

static void test_session_search__a_folder_may_be_known_by_its_mark(void **state)
{
  (void)state;
  struct session_store marked = by_place;
  marked.folder = SESSION_MARKED;
  make("p/one/x");
  (void)scratch_write(&scratch, "p/one/.project_root", 0600, "/work/other\n");
  assert_false(session_search_folder(root, &marked, SPAN_LITERAL("/work"), &folder));
  assert_true(span_starts(buf_span(&folder), "workspace-"));
  buf_clear(&folder);
  make("p/two/x");
  (void)scratch_write(&scratch, "p/two/.project_root", 0600, "/work\n");
  assert_true(session_search_folder(root, &marked, SPAN_LITERAL("/work"), &folder));
  assert_string_equal(buf_cstring(&folder), "two");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scratch, close_scratch)
  const struct CMUnitTest tests[] = {
      TEST(test_session_search__files_are_found_by_their_patterns),
      TEST(test_session_search__the_workspaces_folder_comes_first_then_any),
      TEST(test_session_search__without_its_first_file_there_is_no_session),
      TEST(test_session_search__a_folder_may_be_known_by_its_mark),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
