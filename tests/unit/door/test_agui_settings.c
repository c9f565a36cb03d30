/* SPDX-License-Identifier: MIT */
#include "door/http/agui_settings.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct scratch scratch;
static struct agui_settings s;
static struct fault f;

static int open_all(void **state)
{
  (void)state;
  scratch = scratch_make();
  return 0;
}

static int close_all(void **state)
{
  (void)state;
  scratch_remove(&scratch);
  return 0;
}

static const char *file(const char *name, const char *text)
{
  static char paths[16][512];
  static unsigned next;
  char *path = paths[next++ % 16];
  (void)snprintf(path, sizeof *paths, "%s", scratch_write(&scratch, name, 0600, text));
  return path;
}

static int open_with(struct agui_options agui)
{
  struct options o = {0};
  o.serve.agui = agui;
  f = (struct fault){0};
  return agui_settings_open(&s, &o, &f);
}

static void expect_fault(struct agui_options agui, const char *words)
{
  assert_int_equal(open_with(agui), -1);
  if (!strstr(f.text, words))
    fail_msg("\"%s\" instead of \"%s\"", f.text, words);
  agui_settings_close(&s);
}

static void test_agui_settings__without_a_harness_there_is_no_door(void **state)
{
  (void)state;
  assert_int_equal(open_with((struct agui_options){.model = "m"}), 0);
  assert_false(s.on);
  agui_settings_close(&s);
}

static void test_agui_settings__files_are_read_and_tried_at_the_start(void **state)
{
  (void)state;
  struct agui_options good = {.harness = "claude-code",
                              .defaults = file("d", " {\"env\":{\"A\":\"b\"}}\n"),
                              .tools = file("t", "[{\"name\":\"a\"}]"),
                              .tool_url = "http://127.0.0.1:1/",
                              .tool_token_file = file("k", "tok\n")};
  assert_int_equal(open_with(good), 0);
  assert_true(s.on);
  assert_true(span_is(s.setup.tool_token, "tok"));
  assert_true(span_is(s.setup.tools, "[{\"name\":\"a\"}]"));
  agui_settings_close(&s);
  struct agui_options bad = good;
  bad.tool_token_file = NULL;
  expect_fault(bad, "--agui-tool-token-file");
  bad = good;
  bad.tools = "/nowhere";
  expect_fault(bad, "--agui-tools: ");
  bad.tools = file("t2", "{}");
  expect_fault(bad, "must hold an array of JSON");
  bad.tools = file("t2", "[{\"name\":\"a\"},{\"name\":\"a\"}]");
  expect_fault(bad, "two tools named");
  bad = good;
  bad.defaults = file("d2", "[]");
  expect_fault(bad, "--agui-defaults: ");
  bad.defaults = file("d2", "{\"timeouts\":{\"runMs\":\"x\"}}");
  expect_fault(bad, "timeouts.runMs");
  expect_fault((struct agui_options){.harness = "nobody"}, "known harness");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          test_agui_settings__without_a_harness_there_is_no_door, open_all, close_all),
      cmocka_unit_test_setup_teardown(
          test_agui_settings__files_are_read_and_tried_at_the_start, open_all, close_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
