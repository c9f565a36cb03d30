/* SPDX-License-Identifier: MIT */
#include "door/bridge/bridge_state.h"

#include "scratch.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct scratch scratch;

static void file_is(const char *name, const char *wanted)
{
  char *text = scratch_read(&scratch, name);
  assert_non_null(text);
  assert_string_equal(text, wanted);
  free(text);
}

static unsigned mode_of(const char *name)
{
  struct stat st;
  assert_int_equal(stat(scratch_path(&scratch, name), &st), 0);
  return st.st_mode & 0777;
}

static void test_bridge_state__is_told_by_files(void **state)
{
  (void)state;
  struct fault f = {0};
  char folder[100], meta[200];
  scratch = scratch_make();
  (void)snprintf(folder, sizeof folder, "%s/a/b", scratch.folder);
  struct bridge_state s = {.folder = folder, .type = "some \"type\""};
  assert_int_equal(bridge_state_open(&s, &f), 0);
  assert_string_equal(s.name, "init");
  s.port = 4711;
  bridge_state_set(&s, "waiting");
  (void)snprintf(meta, sizeof meta,
                 "{\"type\":\"some \\\"type\\\"\",\"port\":4711,\"state\":\"waiting\","
                 "\"pid\":%d}",
                 (int)getpid());
  file_is("a/b/bridge-meta.json", meta);
  bridge_state_put_start(&s, span_of("{\"one\":1}"));
  bridge_state_put_start(&s, span_of("{\"two\":2}"));
  file_is("a/b/start-config.json", "{\"two\":2}");
  file_is("a/b/rerun-start-config.json", "{\"one\":1}");
  assert_int_equal(scratch_count(&scratch, "a/b"), 3);
  assert_int_equal(mode_of("a/b/start-config.json"), 0600); /* its env may be secret */
  assert_int_equal(mode_of("a/b/rerun-start-config.json"), 0600);
  assert_int_equal(mode_of("a/b/bridge-meta.json") & 0444, 0444);
  scratch_remove(&scratch);
}

static void test_bridge_state__a_folder_that_cannot_be_made_is_named(void **state)
{
  (void)state;
  struct fault f = {0};
  scratch = scratch_make();
  scratch_write(&scratch, "file", 0600, "");
  struct bridge_state s = {.folder = scratch_path(&scratch, "file/x"), .type = "t"};
  assert_int_equal(bridge_state_open(&s, &f), -1);
  assert_true(span_starts(span_of(f.text), "--bridge-state-dir: "));
  scratch_remove(&scratch);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bridge_state__is_told_by_files),
      cmocka_unit_test(test_bridge_state__a_folder_that_cannot_be_made_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
