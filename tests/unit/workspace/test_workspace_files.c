/* SPDX-License-Identifier: MIT */
#include "workspace/workspace_files.h"

#include "scratch.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct scratch scratch;
static struct run_request req;
static struct workspace_file file;
static struct fault fault;

static int open_scratch(void **state)
{
  (void)state;
  scratch = scratch_make();
  fault = (struct fault){0};
  req = (struct run_request){.root = SPAN_LITERAL("/workspace")};
  return 0;
}

static int close_scratch(void **state)
{
  (void)state;
  scratch_remove(&scratch);
  return 0;
}

static int write_all(void)
{
  return workspace_files_write(&req, scratch.folder, NULL, &fault);
}

static void inside_is(const char *path, const char *expected)
{
  struct span s = workspace_files_inside(&req, span_of(path));
  if (!span_is(s, expected))
    fail_msg("%s: %.*s", path, SPAN_ARG(s));
}

static void test_workspace_files__a_path_may_begin_with_the_root(void **state)
{
  (void)state;
  inside_is("/workspace/a/b", "a/b");
  inside_is("/workspace", "workspace");
  inside_is("/workspaces/a", "workspaces/a");
  inside_is("/a", "a");
  inside_is("./a", "a");
  inside_is("a", "a");
  inside_is("../a", "../a");
}

static void test_workspace_files__notes_that_no_file_can_take_are_a_fault(void **state)
{
  (void)state;
  req.workspace.instructions = SPAN_LITERAL("i");
  assert_int_equal(symlink("/none", scratch_path(&scratch, "AGENTS.md")), 0);
  assert_int_equal(mkdir(scratch_path(&scratch, "CLAUDE.md"), 0755), 0);
  assert_int_equal(mkfifo(scratch_path(&scratch, "GEMINI.md"), 0644), 0);
  assert_int_equal(write_all(), -1);
  assert_int_equal(fault.kind, FAULT_BAD_INPUT);
  assert_string_equal(fault.text, "the workspace's notes: \"AGENTS.md\" leads over a "
                                  "link, or over what is no folder");
  req.workspace.instructions = (struct span){0};
  assert_int_equal(write_all(), 0);
}

static void
test_workspace_files__a_skill_for_a_notes_file_that_is_a_link_is_a_fault(void **state)
{
  (void)state;
  file = (struct workspace_file){SPAN_LITERAL("GEMINI.md"), SPAN_LITERAL("g")};
  req.workspace.files = &file;
  req.workspace.file_count = 1;
  assert_int_equal(symlink("/none", scratch_path(&scratch, "GEMINI.md")), 0);
  assert_int_equal(write_all(), -1);
  assert_non_null(strstr(fault.text, "\"GEMINI.md\" leads over a link"));
  assert_int_equal(scratch_count(&scratch, ""), 1);
}

static void test_workspace_files__what_the_system_refuses_is_no_link(void **state)
{
  (void)state;
  req.workspace.instructions = SPAN_LITERAL("i");
  assert_int_equal(workspace_files_write(&req, "/none", NULL, &fault), -1);
  assert_int_equal(fault.kind, FAULT_SYSTEM);
  assert_int_equal(fault.os, -ENOENT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_scratch, close_scratch)

int main(void)
{
  const struct CMUnitTest tests[] = {
      T(test_workspace_files__a_path_may_begin_with_the_root),
      T(test_workspace_files__notes_that_no_file_can_take_are_a_fault),
      T(test_workspace_files__a_skill_for_a_notes_file_that_is_a_link_is_a_fault),
      T(test_workspace_files__what_the_system_refuses_is_no_link),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
