/* SPDX-License-Identifier: MIT */
#include "run/agents_found.h"

#include "base/strv.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void folder(struct scratch *s, const char *name)
{
  assert_int_equal(mkdir(scratch_path(s, name), 0755), 0);
}

static void version_is(struct scratch *s, const char *program, const char *wanted)
{
  struct buf out = buf_make(1000);
  agents_version_put(scratch_path(s, program), &out);
  assert_string_equal(buf_cstring(&out), wanted);
  buf_free(&out);
}

static void test_agents_found__a_version_is_that_of_the_package_or_the_path(void **state)
{
  struct scratch s = scratch_make();
  (void)state;
  static const char *const folders[] = {"p", "p/dist",    "p/dist/bin",
                                        "v", "v/2.1.332", "l"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    folder(&s, folders[i]);
  scratch_write(&s, "p/dist/bin/tool", 0755, "");
  version_is(&s, "p/dist/bin/tool", "");
  scratch_write(&s, "p/dist/package.json", 0644, "{\"type\":\"module\"}");
  scratch_write(&s, "p/package.json", 0644,
                "{\"name\":\"x\",\"version\":\"1.20.3-rc.1\"}");
  version_is(&s, "p/dist/bin/tool", "1.20.3-rc.1");
  scratch_write(&s, "v/2.1.332/claude", 0755, "");
  version_is(&s, "v/2.1.332/claude", "2.1.332");
  scratch_write(&s, "v/0.9.1", 0755, "");
  char target[600];
  strcpy(target, scratch_path(&s, "v/0.9.1"));
  assert_int_equal(symlink(target, scratch_path(&s, "l/grok")), 0);
  version_is(&s, "l/grok", "0.9.1");
  scratch_write(&s, "p/package.json", 0644, "{\"version\":7}");
  version_is(&s, "p/dist/bin/tool", "");
  scratch_write(&s, "p/package.json", 0644, "no JSON");
  version_is(&s, "p/dist/bin/tool", "");
  version_is(&s, "p/nowhere", "");
  scratch_remove(&s);
}

static void test_agents_found__lists_what_the_path_has_and_starts_none_of_it(void **state)
{
  struct scratch s = scratch_make();
  struct strv env = {0};
  struct buf out = buf_make(4000), wanted = buf_make(4000);
  (void)state;
  strv_set_env(&env, "PATH", span_of(s.folder));
  agents_found_put(&env, true, &out);
  assert_string_equal(buf_cstring(&out), "none");
  scratch_write(&s, "codex", 0755, "#!/bin/sh\n: >started\n");
  scratch_write(&s, "claude", 0755, "#!/bin/sh\n: >started\n");
  scratch_write(&s, "opencode", 0644, "no program");
  scratch_write(&s, "package.json", 0644, "{\"version\":\"3.0\"}");
  buf_clear(&out);
  agents_found_put(&env, true, &out);
  buf_addf(&wanted, "claude-code 3.0 (%s/claude), codex 3.0 (%s/codex)", s.folder,
           s.folder);
  assert_string_equal(buf_cstring(&out), buf_cstring(&wanted));
  buf_clear(&out);
  agents_known_put(&env, &out);
  assert_string_equal(buf_cstring(&out),
                      "claude-code, codex, opencode, grok-build, gemini, acp, command; "
                      "found on PATH: claude-code, codex");
  assert_false(scratch_has(&s, "started"));
  buf_free(&out);
  buf_free(&wanted);
  strv_free(&env);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_agents_found__a_version_is_that_of_the_package_or_the_path),
      cmocka_unit_test(test_agents_found__lists_what_the_path_has_and_starts_none_of_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
