/* SPDX-License-Identifier: MIT */
#include "request/session_store.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct session_names names = {SPAN_LITERAL("0123456789-id"),
                                           SPAN_LITERAL("workspace")};

static bool matches(const char *pattern, const char *text)
{
  return session_path_matches(span_of(pattern), span_of(text), &names);
}

static void test_session_store__a_pattern_takes_what_it_says(void **state)
{
  (void)state;
  assert_true(matches("a/{w}/{i}.jsonl", "a/workspace/0123456789-id.jsonl"));
  assert_true(matches("x-{s}", "x-01234567"));
  assert_true(matches("#/#/r-*-{i}.jsonl", "2026/11/r-2026-11-28-0123456789-id.jsonl"));
  assert_true(matches("*/*", "a/b"));
  assert_true(matches("*.json", "a.b_c-d.json"));
  assert_true(matches("*a*b", "xaab"));
}

static void test_session_store__a_pattern_takes_nothing_else(void **state)
{
  (void)state;
  assert_false(matches("a/{w}/{i}.jsonl", "a/other/0123456789-id.jsonl"));
  assert_false(matches("{i}", "0123456789-i"));
  assert_false(matches("{i}", "0123456789-id2"));
  assert_false(matches("#", "1a"));
  assert_false(matches("#", ""));
  assert_false(matches("*", "a/b"));
  assert_false(matches("*", "a b"));
  assert_false(matches("*.json", ".json"));
  assert_false(matches("*", ".."));
  assert_false(matches("a/*", "a/..")); /* no way up */
  assert_false(matches("a/*", "a/.credentials.json"));
  assert_false(matches("*/b", "../b"));
  assert_false(matches("a", "a/"));
  assert_false(matches("a", ""));
}

static void test_session_store__an_id_is_no_path_and_no_option(void **state)
{
  (void)state;
  assert_true(session_id_is_good(SPAN_LITERAL("01a22277-7b57-77b2-aa9e-f96c27e7d572")));
  assert_true(session_id_is_good(SPAN_LITERAL("ses_ddd887aadffe48SW75RBSYxeEs")));
  const char *const bad[] = {"",           "short",      "../../../etc", "a/b/c/d/e",
                             "-leading-1", "with space", "with.dot..1",  "with\nline"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(session_id_is_good(span_of(bad[i])));
}

static void folder_is(enum session_folder how, const char *workspace, const char *wanted)
{
  const struct session_store store = {.folder = how, .folders = "projects"};
  struct buf out = buf_make(8 * KIB);
  session_store_folder(&store, span_of(workspace), &out);
  assert_string_equal(buf_cstring(&out), wanted);
  buf_free(&out);
}

static void
test_session_store__a_workspaces_folder_is_called_as_the_agent_calls_it(void **state)
{
  (void)state;
  folder_is(SESSION_NO_FOLDER, "/a/b", "");
  folder_is(SESSION_DASHES, "/tmp/a.b_c/D-1", "-tmp-a-b-c-D-1");
  folder_is(SESSION_DASHES, "/w\xc3\xb6rk \xf0\x9f\x98\x80", "-w-rk---");
  folder_is(SESSION_PERCENT, "/tmp/a.b_c D~é", "%2Ftmp%2Fa.b_c%20D~%C3%A9");
  folder_is(SESSION_MARKED, "/a", "workspace-6a50dc8584134c7d");
}

/* As its own function says: 200 characters, then the hash. */
static void test_session_store__a_path_that_is_too_long_for_claude_is_cut(void **state)
{
  (void)state;
  char path[252];
  const struct session_store store = {.folder = SESSION_DASHES, .folders = "projects"};
  struct buf out = buf_make(8 * KIB);
  memset(path, 'a', sizeof path);
  path[0] = '/';
  session_store_folder(&store, (struct span){path, sizeof path - 1}, &out);
  assert_int_equal(out.at[0], '-');
  assert_int_equal(out.at[200], '-');
  assert_in_range(out.len, 202, 208);
  buf_free(&out);
}

static void test_session_store__a_part_without_a_star_is_expanded(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  assert_true(session_path_expand(SPAN_LITERAL("{i}.jsonl"), &names, &out));
  assert_string_equal(buf_cstring(&out), "0123456789-id.jsonl");
  assert_false(session_path_expand(SPAN_LITERAL("a*"), &names, &out));
  assert_false(session_path_expand(SPAN_LITERAL("#"), &names, &out));
  buf_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_store__a_pattern_takes_what_it_says),
      cmocka_unit_test(test_session_store__a_pattern_takes_nothing_else),
      cmocka_unit_test(test_session_store__an_id_is_no_path_and_no_option),
      cmocka_unit_test(
          test_session_store__a_workspaces_folder_is_called_as_the_agent_calls_it),
      cmocka_unit_test(test_session_store__a_path_that_is_too_long_for_claude_is_cut),
      cmocka_unit_test(test_session_store__a_part_without_a_star_is_expanded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
