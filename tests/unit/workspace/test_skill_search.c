/* SPDX-License-Identifier: MIT */
#include "workspace/skill_search.h"

#include "scratch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct scratch scratch;

static int open_scratch(void **state)
{
  (void)state;
  scratch = scratch_make();
  return 0;
}

static int close_scratch(void **state)
{
  (void)state;
  scratch_remove(&scratch);
  return 0;
}

static void file(const char *name)
{
  char path[256];
  for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
    memcpy(path, name, (size_t)(slash - name));
    path[slash - name] = 0;
    (void)mkdir(scratch_path(&scratch, path), 0755);
  }
  scratch_write(&scratch, name, 0644, "");
}

static void finds(const char *root, const char *expected)
{
  struct strv found = {0};
  struct buf said = buf_make(1000);
  skill_search(root, &found);
  for (size_t i = 0; i < found.count; i++)
    buf_addf(&said, "<%s>", found.at[i]);
  assert_string_equal(buf_cstring(&said), expected);
  buf_free(&said);
  strv_free(&found);
}

static void test_skill_search__finds_each_folder_with_a_skill_md(void **state)
{
  (void)state;
  file("SKILL.md");
  file("skills/b/skill.md");
  file("skills/a/SKILL.MD");
  file("skills/a/scripts/x.py");
  file("a/b/c/d/e/f/SKILL.md");
  file("a/b/c/d/e/f/g/SKILL.md");
  file(".hidden/x/SKILL.md");
  file("node_modules/x/SKILL.md");
  finds(scratch.folder, "<><a/b/c/d/e/f><skills/a><skills/b>");
}

static void
test_skill_search__follows_no_link_and_takes_what_cannot_be_read_for_empty(void **state)
{
  (void)state;
  file("out/SKILL.md");
  file("in/readme");
  assert_int_equal(symlink("../out", scratch_path(&scratch, "in/link")), 0);
  assert_int_equal(symlink("..", scratch_path(&scratch, "in/up")), 0);
  char in[128];
  strcpy(in, scratch_path(&scratch, "in"));
  finds(in, "");
  finds("/none", "");
  finds(scratch_path(&scratch, "in/link"), "");
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_scratch, close_scratch)

int main(void)
{
  const struct CMUnitTest tests[] = {
      T(test_skill_search__finds_each_folder_with_a_skill_md),
      T(test_skill_search__follows_no_link_and_takes_what_cannot_be_read_for_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
