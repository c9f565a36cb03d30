/* SPDX-License-Identifier: MIT */
#include "agent/claude_code/claude_compaction.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void told(const char *boundary, const char *summary, const char *value)
{
  struct stream s;
  struct fault f = {0};
  struct claude_compaction c = {0};
  struct json *doc = json_parse(span_of(boundary), NULL, &f);
  struct buf line = buf_make(1000);
  assert_non_null(doc);
  stream_open(&s, &event_format_tanstack, 0);
  claude_compaction_begin(&c, doc, json_root(doc));
  claude_compaction_tell(&c, span_of(summary), s.events);
  claude_compaction_tell(&c, SPAN_LITERAL("again"), s.events); /* told once */
  buf_addf(&line,
           "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"runlet.compaction\","
           "\"value\":%s,\"metadata\":{\"tanstack\":{\"model\":\"m\"}}}",
           value);
  stream_expect_last(&s, buf_cstring(&line));
  assert_int_equal(stream_count(&s), 2); /* and RUN_STARTED */
  stream_close(&s);
  buf_free(&line);
  json_free(doc);
}

static void test_claude_compaction__tells_what_is_known_of_it(void **state)
{
  (void)state;
  told("{\"compact_metadata\":{\"trigger\":\"manual\",\"pre_tokens\":1200}}", "all",
       "{\"trigger\":\"manual\",\"summary\":\"all\",\"tokensBefore\":1200}");
  told("{\"compact_metadata\":{\"trigger\":\"other\",\"pre_tokens\":-1}}", "",
       "{\"trigger\":\"auto\",\"summary\":\"\"}");
  told("{}", "", "{\"trigger\":\"auto\",\"summary\":\"\"}");
}

static void test_claude_compaction__nothing_is_told_where_none_was(void **state)
{
  (void)state;
  struct stream s;
  struct claude_compaction c = {0};
  stream_open(&s, &event_format_tanstack, 0);
  events_start(s.events);
  claude_compaction_tell(&c, SPAN_LITERAL("x"), s.events);
  assert_int_equal(stream_count(&s), 1);
  stream_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_claude_compaction__tells_what_is_known_of_it),
      cmocka_unit_test(test_claude_compaction__nothing_is_told_where_none_was),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
