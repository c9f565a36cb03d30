/* SPDX-License-Identifier: MIT */
#include "agent/file_change.h"

#include "base/json.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *old, const char *now, const char *kind, const char *json)
{
  struct buf out = buf_make(MIB);
  file_change_put_texts(&out, SPAN_LITERAL("/f"), kind, span_of(old), span_of(now));
  assert_string_equal(buf_cstring(&out), json);
  buf_free(&out);
}

static void test_file_change__one_hunk_with_three_lines_around(void **state)
{
  (void)state;
  expect("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "update",
         "{\"path\":\"/f\",\"kind\":\"update\",\"diff\":\"--- /f\\n+++ /f\\n"
         "@@ -2,7 +2,7 @@\\n 2\\n 3\\n 4\\n-5\\n+five\\n 6\\n 7\\n 8\\n\"}");
  expect("", "a\nb\n", "add",
         "{\"path\":\"/f\",\"kind\":\"add\",\"diff\":\"--- /dev/null\\n+++ /f\\n"
         "@@ -0,0 +1,2 @@\\n+a\\n+b\\n\"}");
  expect("a\n", "", "delete",
         "{\"path\":\"/f\",\"kind\":\"delete\",\"diff\":\"--- /f\\n+++ /dev/null\\n"
         "@@ -1,1 +0,0 @@\\n-a\\n\"}");
  expect("a", "a\n", "update",
         "{\"path\":\"/f\",\"kind\":\"update\",\"diff\":\"--- /f\\n+++ /f\\n"
         "@@ -1,1 +1,1 @@\\n-a\\n\\\\ No newline at end of file\\n+a\\n\"}");
  expect("same\n", "same\n", "update",
         "{\"path\":\"/f\",\"kind\":\"update\",\"diff\":\"\"}");
  expect("", "", "add", "{\"path\":\"/f\",\"kind\":\"add\",\"diff\":\"\"}");
}

/* What a patch program does, for texts whose lines all end. */
static void apply(const char *old, const char *diff, struct buf *out)
{
  size_t from = 0, lines = 0, to = 0, more = 0;
  const char *hunk = strstr(diff, "@@");
  if (!hunk) {
    buf_add_text(out, old);
    return;
  }
  assert_int_equal(sscanf(hunk, "@@ -%zu,%zu +%zu,%zu @@", &from, &lines, &to, &more), 4);
  for (size_t i = 1; i < from + (lines == 0); i++) {
    const char *end = strchr(old, '\n') + 1;
    buf_add(out, (struct span){old, (size_t)(end - old)});
    old = end;
  }
  for (const char *l = strchr(hunk, '\n') + 1; *l; l = strchr(l, '\n') + 1) {
    size_t len = (size_t)(strchr(l, '\n') + 1 - l) - 1;
    if (*l != '+') {
      assert_memory_equal(old, l + 1, len);
      old += len;
      lines--;
    }
    if (*l != '-') {
      buf_add(out, (struct span){l + 1, len});
      more--;
    }
  }
  assert_int_equal(lines + more, 0);
  buf_add_text(out, old);
}

static void add_random_lines(struct buf *out)
{
  for (int n = rand() % 12; n > 0; n--)
    buf_addf(out, "%d\n", rand() % 4);
}

static void test_file_change__who_applies_a_diff_has_the_new_text(void **state)
{
  (void)state;
  srand(7);
  for (int i = 0; i < 5000; i++) {
    struct buf old = buf_make(KIB), now = buf_make(KIB), json = buf_make(64 * KIB),
               made = buf_make(KIB);
    struct fault f = {0};
    add_random_lines(&old);
    add_random_lines(&now);
    file_change_put_texts(&json, SPAN_LITERAL("f"), "update", buf_span(&old),
                          buf_span(&now));
    struct json *doc = json_parse(buf_span(&json), NULL, &f);
    char *diff = span_copy(json_member_text(doc, json_root(doc), "diff"));
    apply(buf_cstring(&old), diff, &made);
    assert_string_equal(buf_cstring(&made), buf_cstring(&now));
    free(diff);
    json_free(doc);
    buf_free(&old);
    buf_free(&now);
    buf_free(&json);
    buf_free(&made);
  }
}

static void test_file_change__a_long_diff_is_cut_behind_a_line_and_says_so(void **state)
{
  (void)state;
  struct buf now = buf_make(16 * MIB), out = buf_make(16 * MIB);
  struct fault f = {0};
  for (int i = 0; i < 20000; i++)
    buf_addf(&now, "line %d\n", i);
  file_change_put_texts(&out, SPAN_LITERAL("f"), "add", (struct span){0}, buf_span(&now));
  struct json *doc = json_parse(buf_span(&out), NULL, &f);
  json_at root = json_root(doc);
  struct span diff = json_member_text(doc, root, "diff");
  unsigned long long bytes = 0;
  assert_in_range(diff.len, LIMIT_DIFF_BYTES - 20, LIMIT_DIFF_BYTES);
  assert_int_equal(diff.at[diff.len - 1], '\n');
  assert_true(
      json_whole(json_get(json_get(root, "truncated"), "bytes"), UINT64_MAX, &bytes));
  assert_in_range(bytes, now.len + 20000, now.len + 20100);
  json_free(doc);
  buf_clear(&out);
  file_change_put(&out, SPAN_LITERAL("f"), "update", buf_span(&now));
  assert_true(out.len < LIMIT_DIFF_BYTES + 10 * KIB);
  assert_non_null(strstr(buf_cstring(&out), "\"truncated\":{\"bytes\":"));
  buf_free(&now);
  buf_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_file_change__one_hunk_with_three_lines_around),
      cmocka_unit_test(test_file_change__who_applies_a_diff_has_the_new_text),
      cmocka_unit_test(test_file_change__a_long_diff_is_cut_behind_a_line_and_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
