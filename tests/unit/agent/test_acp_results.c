/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void hear(struct acp_progress *p, const char *update, const char *result)
{
  static const char *const raw[] = {"rawOutput", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  struct json *doc = json_parse(span_of(update), &rules, &f);
  assert_non_null(doc);
  acp_progress_hear(p, doc, json_root(doc));
  if (result) {
    struct buf text = buf_make(65536);
    acp_progress_result(p, doc, json_root(doc), false, &text);
    assert_string_equal(buf_cstring(&text), result);
    buf_free(&text);
  }
  json_free(doc);
}

static void test_results__are_unwrapped(void **state)
{
  static const struct {
    const char *update, *text;
  } rows[] = {
      {"{\"rawOutput\":\"a\"}", "a"},
      {"{\"rawOutput\":[{\"type\":\"text\",\"text\":\"a\"}]}", "a"},
      {"{\"rawOutput\":{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}}", "a"},
      {"{\"rawOutput\":{\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"a\"}],"
       "\"structuredContent\":null},\"error\":null}}",
       "a"},
      {"{\"rawOutput\":{\"result\":null,\"error\":{\"message\":\"bad\"}}}", "bad"},
      {"{\"rawOutput\":{\"content\":\"a\",\"detailedContent\":\"b\"}}", "a"},
      {"{\"rawOutput\":{\"message\":\"no\",\"code\":\"failure\"}}", "no"},
      {"{\"rawOutput\":{\"output\":\"a\\n\",\"metadata\":{\"exit\":3}}}",
       "a\n(exit code 3)"},
      {"{\"rawOutput\":{\"output\":\"a\",\"exitCode\":1}}", "a\n(exit code 1)"},
      {"{\"rawOutput\":{\"output\":{\"OkayOutput\":\"a\"}}}", "a"},
      {"{\"status\":\"failed\",\"rawOutput\":\"x failed\",\"content\":[{\"type\":"
       "\"content\",\"content\":{\"type\":\"text\",\"text\":\"the disk is full\"}}]}",
       "the disk is full"},
      {"{\"status\":\"failed\",\"rawOutput\":\"full\",\"content\":[{\"type\":"
       "\"content\",\"content\":{\"type\":\"text\",\"text\":\"```full```\"}}]}",
       "full"},
      {"{\"rawOutput\":{\"z\":1}}", "{\"z\":1}"},
      {"{\"status\":\"failed\"}", "{\"status\":\"failed\"}"}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct acp_progress p = {0};
    hear(&p, rows[i].update, rows[i].text);
    acp_progress_free(&p);
  }
}

static void test_results__of_a_terminal_are_what_it_printed(void **state)
{
  struct acp_progress p = {0};
  (void)state;
  hear(&p, "{\"_meta\":{\"terminal_output_delta\":{\"data\":\"a\"}}}", NULL);
  hear(&p, "{\"_meta\":{\"terminal_output_delta\":{\"data\":\"b\\n\"}}}", "ab\n");
  hear(&p,
       "{\"_meta\":{\"terminal_exit\":{\"exit_code\":7,\"signal\":null}},\"rawOutput\":"
       "\"other\"}",
       "ab\n(exit code 7)");
  hear(&p, "{\"_meta\":{\"terminal_output\":{\"data\":\"whole\"}}}",
       "whole\n(exit code 7)");
  hear(&p, "{\"_meta\":{\"terminal_exit\":{\"exit_code\":null,\"signal\":\"SIGTERM\"}}}",
       "whole\n(signal SIGTERM)");
  acp_progress_free(&p);
}

static void test_results__keep_the_changes_of_the_newest_update_with_any(void **state)
{
#define DIFF(path, old)                                                                  \
  "{\"content\":[{\"type\":\"diff\",\"path\":\"" path "\",\"oldText\":" old              \
  ",\"newText\":\"x\"}]}"
  struct acp_progress p = {0};
  (void)state;
  hear(&p, DIFF("/a", "\"1\""), NULL);
  hear(&p, "{\"content\":[{\"type\":\"content\"}]}", NULL);
  assert_string_equal(buf_cstring(&p.changes),
                      "{\"path\":\"/a\",\"kind\":\"update\",\"diff\":\"--- /a\\n+++ /a\\n"
                      "@@ -1,1 +1,1 @@\\n-1\\n\\\\ No newline at end of file\\n+x\\n"
                      "\\\\ No newline at end of file\\n\"}\n");
  hear(&p, DIFF("/b", "\"\""), NULL);
  assert_string_equal(
      buf_cstring(&p.changes),
      "{\"path\":\"/b\",\"kind\":\"add\",\"diff\":\"--- /dev/null\\n+++ /b\\n"
      "@@ -0,0 +1,1 @@\\n+x\\n\\\\ No newline at end of file\\n\"}\n");
  hear(&p, DIFF("/c", "null"), NULL);
  assert_string_equal(
      buf_cstring(&p.changes),
      "{\"path\":\"/c\",\"kind\":\"add\",\"diff\":\"--- /dev/null\\n+++ /c\\n"
      "@@ -0,0 +1,1 @@\\n+x\\n\\\\ No newline at end of file\\n\"}\n");
  acp_progress_free(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_results__are_unwrapped),
      cmocka_unit_test(test_results__of_a_terminal_are_what_it_printed),
      cmocka_unit_test(test_results__keep_the_changes_of_the_newest_update_with_any),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
