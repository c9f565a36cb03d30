/* SPDX-License-Identifier: MIT */
#include "agent/claude_code/claude_edits.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct stream s;

/* `value` empty: nothing is told. */
static void expect(const char *result, const char *value)
{
  size_t before = stream_count(&s);
  claude_edits_tell(span_of(result), s.events);
  if (!value[0]) {
    assert_int_equal(stream_count(&s), before);
    return;
  }
  struct span line = stream_line(&s, stream_count(&s) - 1);
  struct buf text = buf_make(line.len + 1);
  buf_add(&text, line);
  assert_non_null(strstr(buf_cstring(&text), "\"name\":\"file.changed\""));
  if (!strstr(buf_cstring(&text), value))
    fail_msg("%s", buf_cstring(&text));
  buf_free(&text);
}

static void test_claude_edits__each_tool_that_edits_has_its_own_words(void **state)
{
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  expect("{\"type\":\"create\",\"filePath\":\"/a\",\"content\":\"x\\n\","
         "\"structuredPatch\":[]}",
         "\"value\":{\"path\":\"/a\",\"kind\":\"add\",\"diff\":\"--- /dev/null\\n"
         "+++ /a\\n@@ -0,0 +1,1 @@\\n+x\\n\"}");
  expect("{\"filePath\":\"/a\",\"structuredPatch\":[{\"oldStart\":4,\"oldLines\":1,"
         "\"newStart\":4,\"newLines\":2,\"lines\":[\" a\",\"+b\"]},{\"oldStart\":9,"
         "\"oldLines\":1,\"newStart\":10,\"newLines\":0,\"lines\":[\"-c\"]}]}",
         "\"diff\":\"--- /a\\n+++ /a\\n@@ -4,1 +4,2 @@\\n a\\n+b\\n@@ -9,1 +10,0 "
         "@@\\n-c\\n\"");
  expect(
      "{\"notebook_path\":\"/n\",\"original_file\":\"a\\n\",\"updated_file\":\"b\\n\"}",
      "\"path\":\"/n\",\"kind\":\"update\",\"diff\":\"--- /n\\n+++ /n\\n@@ -1,1 +1,1 "
      "@@\\n-a\\n+b\\n\"");
  events_fail(s.events, SPAN_LITERAL("x"), SPAN_LITERAL("x"));
  stream_close(&s);
}

static void test_claude_edits__other_results_are_none(void **state)
{
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_start(s.events);
  expect("", "");
  expect("\"Error: String to replace not found\"", "");
  expect("{\"stdout\":\"hi\"}", "");
  expect("{\"type\":\"text\",\"file\":{\"filePath\":\"/a\"}}", "");
  expect("{\"filePath\":\"/a\",\"structuredPatch\":7}", "");
  expect("{\"structuredPatch\":[]}", "");
  expect("[1]", "");
  events_fail(s.events, SPAN_LITERAL("x"), SPAN_LITERAL("x"));
  stream_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_claude_edits__each_tool_that_edits_has_its_own_words),
      cmocka_unit_test(test_claude_edits__other_results_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
