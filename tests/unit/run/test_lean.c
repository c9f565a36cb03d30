/* SPDX-License-Identifier: MIT */
#include "run/lean.h"

#include "base/limits.h"
#include "base/strv.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static void note(void *who, bool fails, const char *about, const char *text)
{
  buf_addf(who, "%s %s: %s\n", fails ? "fails" : "warns", about, text);
}

static void expect(const struct lean_facts *facts, const char *id, const char *wanted)
{
  struct buf told = buf_make(4 * KIB);
  lean_tell(facts, span_of(id), note, &told);
  assert_string_equal(buf_cstring(&told), wanted);
  buf_free(&told);
}

static void test_lean__each_agent_has_its_own_needs(void **state)
{
  (void)state;
  static const char *const ids[] = {"claude-code", "codex",      "opencode",
                                    "gemini",      "grok-build", "command"};
  const struct lean_facts none = {0}, home = {.home_read_only = true},
                          proc = {.no_proc = true}, heap = {.heap_limited = true},
                          small = {.address_bytes = 4ull << 30},
                          enough = {.address_bytes = (4ull << 30) + 1};
  for (size_t i = 0; i < 6; i++) {
    expect(&none, ids[i], "");
    expect(&enough, ids[i], "");
  }
  expect(&home, "claude-code",
         "warns HOME cannot be written: claude runs, but keeps no session to resume\n");
  expect(&home, "codex", "fails HOME cannot be written: codex does not start\n");
  expect(&home, "opencode", "fails HOME cannot be written: opencode does not start\n");
  expect(&home, "gemini", "fails HOME cannot be written: gemini does not start\n");
  expect(&home, "grok-build", "fails HOME cannot be written: grok opens no session\n");
  expect(&home, "command", "");
  expect(&proc, "claude-code",
         "fails /proc: claude does not run without a mounted /proc\n");
  expect(&proc, "codex", "fails /proc: codex does not run without a mounted /proc\n");
  expect(&proc, "opencode",
         "fails /proc: opencode does not run without a mounted /proc\n");
  expect(&proc, "gemini", "");
  expect(&proc, "grok-build", "");
  expect(&small, "opencode",
         "fails address space: opencode needs more than 4 GiB (ulimit -v)\n");
  expect(&small, "gemini",
         "fails address space: gemini needs more than 4 GiB (ulimit -v)\n");
  expect(&small, "claude-code", "");
  expect(&heap, "gemini",
         "fails node's heap: gemini needs a heap that nobody limits "
         "(NODE_OPTIONS)\n");
  expect(&heap, "codex", "");
}

static void test_lean__facts_are_those_of_this_process(void **state)
{
  (void)state;
  struct strv env = {0};
  struct lean_facts f = lean_look_up(&env, true);
  assert_false(f.home_read_only || f.no_proc || f.heap_limited);
  assert_true(lean_look_up(&env, false).home_read_only);
  strv_set_env(&env, "NODE_OPTIONS", SPAN_LITERAL("-r x --max_old_space_size=100"));
  assert_true(lean_look_up(&env, true).heap_limited);
  strv_set_env(&env, "NODE_OPTIONS", SPAN_LITERAL("--max-old-space-size=100"));
  assert_true(lean_look_up(&env, true).heap_limited);
  strv_set_env(&env, "NODE_OPTIONS", SPAN_LITERAL("--no-warnings"));
  assert_false(lean_look_up(&env, true).heap_limited);
  strv_free(&env);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lean__each_agent_has_its_own_needs),
      cmocka_unit_test(test_lean__facts_are_those_of_this_process),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
