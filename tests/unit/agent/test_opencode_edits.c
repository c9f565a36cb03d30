/* SPDX-License-Identifier: MIT */
#include "agent/opencode/opencode_edits.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_opencode_edits__a_tool_is_known_by_what_it_tells(void **state)
{
  (void)state;
  struct stream s;
  stream_open(&s, &event_format_tanstack, 0);
  opencode_edits_tell(SPAN_LITERAL("{\"filepath\":\"/a\",\"exists\":false}"),
                      SPAN_LITERAL("{\"content\":\"x\\n\"}"), s.events);
  opencode_edits_tell(SPAN_LITERAL("{\"filepath\":\"/a\",\"exists\":true}"),
                      SPAN_LITERAL("{\"content\":\"x\\n\"}"), s.events);
  opencode_edits_tell(SPAN_LITERAL("{\"filediff\":{\"file\":\"/b\",\"patch\":\"p\\n\"}}"),
                      SPAN_LITERAL("{}"), s.events);
  opencode_edits_tell(
      SPAN_LITERAL("{\"files\":[{\"filePath\":\"/c\",\"type\":\"delete\"},{\"filePath\":"
                   "\"/d\",\"movePath\":\"/e\",\"type\":\"move\",\"patch\":\"q\"}]}"),
      SPAN_LITERAL(""), s.events);
  static const char *const values[] = {
      ("\"/a\",\"kind\":\"add\",\"diff\":\"--- /dev/null\\n+++ /a\\n@@ -0,0 +1,1 @@\\n"
       "+x\\n\"}"),
      "\"/a\",\"kind\":\"update\",\"diff\":\"\"}",
      "\"/b\",\"kind\":\"update\",\"diff\":\"p\\n\"}",
      "\"/c\",\"kind\":\"delete\",\"diff\":\"\"}",
      "\"/e\",\"kind\":\"update\",\"diff\":\"q\"}"};
  assert_int_equal(stream_count(&s), 6); /* RUN_STARTED comes of itself */
  for (size_t i = 0; i < 5; i++) {
    struct buf line = buf_make(4096);
    buf_addf(&line,
             "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"file.changed\",\"value\":{"
             "\"path\":%s,\"metadata\":{\"tanstack\":{\"model\":\"m\"}}}",
             values[i]);
    stream_expect(&s, i + 1, buf_cstring(&line));
    buf_free(&line);
  }
  opencode_edits_tell(SPAN_LITERAL("{\"exit\":0}"), SPAN_LITERAL("{}"), s.events);
  opencode_edits_tell(SPAN_LITERAL(""), SPAN_LITERAL(""), s.events);
  opencode_edits_tell(SPAN_LITERAL("{\"filepath\":\"/r\"}"), SPAN_LITERAL(""), s.events);
  assert_int_equal(stream_count(&s), 6);
  events_fail(s.events, SPAN_LITERAL("x"), SPAN_LITERAL("x"));
  stream_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_opencode_edits__a_tool_is_known_by_what_it_tells),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
