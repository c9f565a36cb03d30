/* SPDX-License-Identifier: MIT */
#include "agent/structured.h"

#include "base/arena.h"
#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void finds(const char *text, const char *value)
{
  struct span found = structured_find(span_of(text));
  if (!span_is(found, value))
    fail_msg("in %s: %.*s", text, (int)found.len, found.at ? found.at : "");
}

static void test_structured__finds_the_value_wherever_a_model_puts_it(void **state)
{
  (void)state;
  finds(" {\"a\": 1.0}\n", "{\"a\": 1.0}");
  finds("[1,2]", "[1,2]");
  finds("```json\n{\"a\":1}\n```", "{\"a\":1}");
  finds("First ```\n{\"a\":1}\n``` then\n```json\n{\"b\":2}\n```\nDone {x}.",
        "{\"b\":2}");
  finds("Of {these} it is {\"a\":{\"b\":[1]}}, I think :]", "{\"a\":{\"b\":[1]}}");
  finds("``` {\"a\":1}", "{\"a\":1}");
  finds("", "");
  finds("no value", "");
  finds("{not json}", "");
  finds("\"text\"", "");
  finds("```", "");
}

static void test_structured__many_brackets_do_not_take_for_ever(void **state)
{
  (void)state;
  struct buf text = buf_make(SIZE_MAX);
  for (int i = 0; i < 50000; i++)
    buf_add_text(&text, "[}");
  assert_int_equal(structured_find(buf_span(&text)).len, 0);
  buf_free(&text);
}

static void test_structured__says_it_with_the_id_of_the_last_message(void **state)
{
  (void)state;
  struct stream s;
  stream_open(&s, &event_format_tanstack, 0);
  events_text_open(s.events, SPAN_LITERAL("m1"));
  events_text(s.events, SPAN_LITERAL("{\"a\":1}"));
  events_text_close(s.events);
  structured_say(s.events, SPAN_LITERAL("{\"a\":1.0}"),
                 SPAN_LITERAL("It is {\"a\":1.0}"));
  events_finish(s.events, "stop", NULL);
  assert_non_null(strstr(s.text.at, "\"name\":\"structured-output.start\",\"value\":"
                                    "{\"messageId\":\"r-m1\"}"));
  assert_non_null(strstr(s.text.at, "\"name\":\"structured-output.complete\",\"value\":"
                                    "{\"object\":{\"a\":1.0},\"raw\":\"It is "
                                    "{\\\"a\\\":1.0}\",\"messageId\":\"r-m1\"}"));
  stream_close(&s);
}

static void test_structured__says_it_though_there_was_no_message(void **state)
{
  (void)state;
  struct stream s;
  stream_open(&s, &event_format_ag_ui, 0);
  structured_say(s.events, SPAN_LITERAL("[]"), SPAN_LITERAL("[]"));
  events_finish(s.events, "stop", NULL);
  assert_non_null(strstr(s.text.at, "\"value\":{\"messageId\":\""));
  stream_close(&s);
}

static void test_structured__a_failure_shows_the_beginning_of_what_was_said(void **state)
{
  (void)state;
  struct stream s;
  stream_open(&s, &event_format_tanstack, 0);
  struct buf said = buf_make(SIZE_MAX);
  /* two bytes each */
  for (int i = 0; i < 300; i++)
    buf_add_text(&said, "\xc3\xa9");
  structured_fail(s.events, buf_span(&said));
  assert_string_equal(events_error_code(s.events), "structured-output-parse-failed");
  const char *shown = strstr(s.text.at, "Content: ");
  assert_non_null(shown);
  assert_int_equal(strcspn(shown + strlen("Content: "), "\""), 400);
  buf_free(&said);
  stream_close(&s);
}

static void test_structured__a_run_cut_short_says_what_there_is(void **state)
{
  (void)state;
  struct stream s;
  stream_open(&s, &event_format_tanstack, 0);
  structured_say_if_any(s.events, SPAN_LITERAL("no"));
  assert_non_null(strstr(s.text.at, "\"code\":\"structured-output-parse-failed\""));
  assert_null(strstr(s.text.at, "RUN_ERROR"));
  structured_say_if_any(s.events, SPAN_LITERAL("It is {\"n\":1}"));
  assert_non_null(strstr(s.text.at, "\"object\":{\"n\":1}"));
  stream_close(&s);
}

static void test_structured__asks_with_the_schema_as_it_is(void **state)
{
  (void)state;
  struct buf prompt = buf_make(SIZE_MAX);
  buf_add_text(&prompt, "q");
  structured_ask(SPAN_LITERAL("{ \"type\":\"object\" }"), &prompt);
  assert_int_equal(strncmp(prompt.at, "q\n\n", 3), 0);
  assert_non_null(strstr(prompt.at, "\n\n{ \"type\":\"object\" }"));
  buf_free(&prompt);
}

static int forget(void **state)
{
  (void)state;
  arena_forget_all();
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_structured__finds_the_value_wherever_a_model_puts_it),
      cmocka_unit_test(test_structured__many_brackets_do_not_take_for_ever),
      cmocka_unit_test(test_structured__says_it_with_the_id_of_the_last_message),
      cmocka_unit_test(test_structured__says_it_though_there_was_no_message),
      cmocka_unit_test(test_structured__a_failure_shows_the_beginning_of_what_was_said),
      cmocka_unit_test(test_structured__a_run_cut_short_says_what_there_is),
      cmocka_unit_test(test_structured__asks_with_the_schema_as_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
