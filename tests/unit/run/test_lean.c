/* SPDX-License-Identifier: MIT */
#include "run/lean.h"

#include "base/limits.h"
#include "base/strv.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

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

#define HOME  "fails HOME: cannot be written: this agent does not start\n"
#define PROC  "fails /proc: is not mounted, or another's: this agent does not run\n"
#define SPACE "fails address space: this agent needs more than 4 GiB (ulimit -v)\n"
#define HEAP  "fails NODE_OPTIONS: this agent needs a heap that nobody limits\n"

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
         "warns HOME: cannot be written: claude keeps no session\n");
  expect(&home, "codex", HOME);
  expect(&home, "opencode", HOME);
  expect(&home, "gemini", HOME);
  expect(&home, "grok-build", HOME);
  expect(&home, "command", "");
  expect(&proc, "claude-code", PROC);
  expect(&proc, "codex", PROC);
  expect(&proc, "opencode", PROC);
  expect(&proc, "gemini", "");
  expect(&proc, "grok-build", "");
  expect(&small, "opencode", SPACE);
  expect(&small, "gemini", SPACE);
  expect(&small, "claude-code", "");
  expect(&heap, "gemini", HEAP);
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
  struct rlimit before, narrow;
  assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
  narrow = before;
  narrow.rlim_cur = 1ull << 47;
  assert_int_equal(setrlimit(RLIMIT_AS, &narrow), 0);
  assert_true(lean_look_up(&env, true).address_bytes == 1ull << 47);
  assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
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
