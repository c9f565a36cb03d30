/* SPDX-License-Identifier: MIT */
#include "http/http_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_http_header__a_type_is_accepted_however_it_is_named(void **state)
{
  (void)state;
  static const char type[] = "text/event-stream";
  assert_true(http_header_accepts(SPAN_LITERAL("text/event-stream"), type));
  assert_true(http_header_accepts(SPAN_LITERAL("a/b, TEXT/Event-Stream;q=0"), type));
  assert_false(http_header_accepts(SPAN_LITERAL("text/event-strea"), type));
  assert_false(http_header_accepts(SPAN_LITERAL("*/*"), type));
  assert_false(http_header_accepts((struct span){0}, type));
}

static void test_http_header__a_value_cannot_end_its_line(void **state)
{
  (void)state;
  struct buf out = buf_make(100);
  buf_add_text(&out, "x:\n");
  http_header_put_value(&out, SPAN_LITERAL("a\r\nb: \xc3\xa4\x7f\0"), '_');
  assert_string_equal(buf_cstring(&out), "x:\na__b: \xc3\xa4__");
  buf_free(&out);
}

static void
test_http_header__a_stream_is_in_the_form_that_is_asked_for_or_in_none(void **state)
{
  static const struct {
    const char *accept;
    enum http_stream_type type;
  } rows[] = {{"", HTTP_STREAM_NDJSON},
              {" ", HTTP_STREAM_NDJSON},
              {"*/*", HTTP_STREAM_NDJSON},
              {"application/x-ndjson", HTTP_STREAM_NDJSON},
              {"application/json", HTTP_STREAM_NDJSON},
              {"Application/JSON;charset=utf-8", HTTP_STREAM_NDJSON},
              {"text/html, application/*;q=0.2", HTTP_STREAM_NDJSON},
              {"text/event-stream", HTTP_STREAM_SSE},
              {"TEXT/Event-Stream; q=0.9", HTTP_STREAM_SSE},
              {"text/*", HTTP_STREAM_SSE},
              {"application/json, text/event-stream", HTTP_STREAM_SSE},
              {"text/event-stream, */*;q=0.1", HTTP_STREAM_SSE},
              {"text/event-stream;q=0.5, application/x-ndjson", HTTP_STREAM_NDJSON},
              {"text/event-stream;q=0, */*", HTTP_STREAM_NDJSON},
              {"text/event-stream;q=nonsense", HTTP_STREAM_SSE},
              {"text/event-stream;q=0", HTTP_STREAM_NONE},
              {"text/event-stream;q=0.000", HTTP_STREAM_NONE},
              {"text/html", HTTP_STREAM_NONE},
              {"application/x-ndjson;q=0, */*", HTTP_STREAM_NDJSON}, /* as JSON */
              {"application/*;q=0, */*", HTTP_STREAM_SSE},
              {"application/x-ndjson;q=0, application/json;q=0, application/ndjson;q=0, "
               "*/*",
               HTTP_STREAM_SSE},
              {"*/*, text/*;q=0, application/*;q=0", HTTP_STREAM_NONE},
              {"text/event-stream; q = 0 , application/json", HTTP_STREAM_NDJSON},
              {"text/event-stream; q = 0", HTTP_STREAM_NONE},
              {"text/event-stream;q=\"0\", */*", HTTP_STREAM_NDJSON},
              {"text/event-stream;q=\"0.5\", application/json", HTTP_STREAM_NDJSON},
              {"text/event-stream;q=0.2, text/event-stream", HTTP_STREAM_SSE},
              {"image/*, , ;q=1", HTTP_STREAM_NONE},
              {",", HTTP_STREAM_NONE}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (http_header_stream_type(span_of(rows[i].accept)) != rows[i].type)
      fail_msg("%s", rows[i].accept);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_http_header__a_type_is_accepted_however_it_is_named),
      cmocka_unit_test(test_http_header__a_value_cannot_end_its_line),
      cmocka_unit_test(
          test_http_header__a_stream_is_in_the_form_that_is_asked_for_or_in_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
