/* SPDX-License-Identifier: MIT */
#include "agent/harnesses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void test_harnesses__is_found_by_its_whole_id(void **state)
{
  (void)state;
  assert_ptr_equal(harness_find(SPAN_LITERAL("claude-code")), &claude_code_harness);
  assert_null(harness_find(SPAN_LITERAL("claude")));
  assert_null(harness_find((struct span){0}));
}

#define AT(name) &name##_harness,
static const struct harness *const rows[] = {HARNESSES(AT)};

static void test_harnesses__each_row_is_whole_and_has_its_golden_folder(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct harness *h = rows[i];
    char folder[300];
    struct stat is;
    assert_ptr_equal(harness_find(span_of(h->id)), h); /* no two have one id */
    assert_true(h->memory > 0 && h->plan && h->on_input && h->finish && h->succeeded);
    assert_true(h->program == NULL || h->program[0] != 0);
    (void)snprintf(folder, sizeof folder, "tests/golden/%s", h->id);
    if (stat(folder, &is) != 0 || !S_ISDIR(is.st_mode))
      fail_msg("there is no folder %s", folder);
  }
}

static void
test_harnesses__what_an_argument_cannot_be_is_refused_before_the_run(void **state)
{
  static const struct {
    const char *harness, *field;
    struct run_request req;
  } wrong[] = {
      {"claude-code", "model", {.model = SPAN_LITERAL("-x")}},
      {"codex", "model", {.model = SPAN_LITERAL("-x")}},
      {"grok-build", "model", {.model = SPAN_LITERAL("-x")}},
      {"gemini", "model", {.model = SPAN_LITERAL("-x")}},
      {"claude-code", "modelOptions.effort", {.effort = SPAN_LITERAL("-x")}},
      {"codex", "modelOptions.effort", {.effort = SPAN_LITERAL("-x")}},
      {"grok-build", "modelOptions.effort", {.effort = SPAN_LITERAL("-x")}},
      {"claude-code", "modelOptions.sessionId", {.session_id = SPAN_LITERAL("-x")}},
      {"codex", "modelOptions.sessionId", {.session_id = SPAN_LITERAL("-x")}},
      {"opencode", "modelOptions.sessionId", {.session_id = SPAN_LITERAL("../x")}},
      {"claude-code",
       "modelOptions.permissionMode",
       {.permission_mode = SPAN_LITERAL("-x")}},
      {"codex", "modelOptions.permissionMode", {.permission_mode = SPAN_LITERAL("no")}},
      {"codex",
       "harnessOptions.sandbox",
       {.harness_options.sandbox = SPAN_LITERAL("no")}},
      {"gemini",
       "harnessOptions.protocol",
       {.harness_options.protocol = SPAN_LITERAL("no")}},
  };
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct run_request req = wrong[i].req;
    struct fault f = {0};
    if (req.model.len == 0)
      req.model = SPAN_LITERAL("a/model");
    if (harness_admit(harness_find(span_of(wrong[i].harness)), &req, &f) == 0 ||
        f.kind != FAULT_BAD_INPUT || !strstr(f.text, wrong[i].field))
      fail_msg("%s, %s: %s", wrong[i].harness, wrong[i].field, f.text);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_harnesses__is_found_by_its_whole_id),
      cmocka_unit_test(test_harnesses__each_row_is_whole_and_has_its_golden_folder),
      cmocka_unit_test(
          test_harnesses__what_an_argument_cannot_be_is_refused_before_the_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
