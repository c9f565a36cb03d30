/* SPDX-License-Identifier: MIT */
#include "event/format_pretty.h"

#include "base/limits.h"
#include "collector.h"
#include "event/event.h"
#include "event/event_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct show {
  struct buf text;
  struct collector lines;
  struct events *events;
};

static void open_show(struct show *s, const struct event_format *format)
{
  s->text = buf_make(MIB);
  s->lines = collector_make(&s->text);
  struct events_setup setup = {.run_id = SPAN_LITERAL("r1"),
                               .thread_id = SPAN_LITERAL("t"),
                               .model = SPAN_LITERAL("sonnet"),
                               .format = format,
                               .sink = &s->lines.sink};
  s->events = events_new(&setup);
}

static void expect_show(struct show *s, const char *wanted)
{
  events_free(s->events);
  assert_true(s->lines.ended);
  assert_string_equal(buf_cstring(&s->text), wanted);
  buf_free(&s->text);
}

static void test_pretty__a_run_reads_as_a_transcript(void **state)
{
  struct show s;
  struct event_usage usage = event_usage_none();
  (void)state;
  open_show(&s, &event_format_pretty);
  usage.prompt = 10, usage.completion = 4;
  events_reasoning(s.events, SPAN_LITERAL("let me think"));
  events_text(s.events, SPAN_LITERAL("Hel"));
  events_text(s.events, SPAN_LITERAL("lo\nthere\n"));
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("x"), SPAN_LITERAL("getTime"),
                   SPAN_LITERAL("{\"tz\":\"utc\"}"));
  events_tool_result(s.events, SPAN_LITERAL("x"), SPAN_LITERAL("now\nin utc"), false);
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("y"), SPAN_LITERAL("boom"),
                   (struct span){0});
  events_tool_result(s.events, SPAN_LITERAL("y"), SPAN_LITERAL("it broke"), true);
  events_warn(s.events, "a-b", SPAN_LITERAL("mind the gap"));
  const struct event_session session = {.id = SPAN_LITERAL("0195-ab")};
  events_session(s.events, "claude-code", &session);
  events_custom(s.events, "sandbox.file",
                SPAN_LITERAL("{\"type\":\"create\",\"path\":\"/w/a\\u001b.txt\"}"));
  usage.cost_usd = SPAN_LITERAL("0.01234");
  events_report(s.events, SPAN_LITERAL("\"durationMs\":9,\"maxRssKiB\":215040"), 1234);
  events_finish(s.events, "stop", &usage);
  expect_show(&s, "run r1, model sonnet\n"
                  "let me think\n"
                  "Hello\nthere\n"
                  "> getTime {\"tz\":\"utc\"}\n"
                  "< now\n  in utc\n"
                  "> boom {}\n"
                  "! it broke\n"
                  "warning: mind the gap\n"
                  "files: /w/a^[.txt (new)\n"
                  "finished, 1.2 s, 2 tool calls, 10 tokens in, 4 out, $0.0123, at most "
                  "210 MiB, session 0195-ab\n");
}

static void test_pretty__an_error_says_code_and_message(void **state)
{
  struct show s;
  (void)state;
  open_show(&s, &event_format_pretty);
  events_text(s.events, SPAN_LITERAL("cut off"));
  events_tool_call(s.events, TOOL_HOST, SPAN_LITERAL("x"), SPAN_LITERAL("n"),
                   (struct span){0});
  events_tool_result(s.events, SPAN_LITERAL("x"), SPAN_LITERAL("r"), false);
  events_report(s.events, (struct span){0}, 50);
  events_fail(s.events, SPAN_LITERAL("agent-exit"), SPAN_LITERAL("exited with code 7"));
  expect_show(&s, "run r1, model sonnet\ncut off\n> n {}\n< r\n"
                  "failed (agent-exit): exited with code 7, 0.1 s, 1 tool call\n");
}

static void test_pretty__who_interrupts_a_run_sees_no_failure(void **state)
{
  struct show s;
  (void)state;
  open_show(&s, &event_format_pretty_colour);
  events_text(s.events, SPAN_LITERAL("cut off"));
  events_report(s.events, (struct span){0}, 50);
  events_fail(s.events, SPAN_LITERAL("runner-shutdown"), SPAN_LITERAL("told to stop"));
  expect_show(&s, "\033[2mrun r1, model sonnet\n\033[0mcut off\n"
                  "\033[1minterrupted\033[0m, 0.1 s, 0 tool calls\n");
}

static void test_pretty__full_shows_all_of_a_call_and_its_result(void **state)
{
  struct show s;
  struct buf args = buf_make(MIB), result = buf_make(MIB);
  (void)state;
  open_show(&s, &event_format_pretty_full);
  buf_addf(&args, "\"%0300d\"", 7);
  for (int i = 0; i < 30; i++)
    buf_addf(&result, "line %d\n", i);
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("x"), SPAN_LITERAL("n"),
                   buf_span(&args));
  events_tool_result(s.events, SPAN_LITERAL("x"), buf_span(&result), false);
  events_finish(s.events, "stop", NULL);
  assert_non_null(strstr(buf_cstring(&s.text), buf_cstring(&args)));
  assert_non_null(strstr(buf_cstring(&s.text), "< line 0\n  line 1\n"));
  assert_non_null(strstr(buf_cstring(&s.text), "  line 29\nfinished"));
  assert_null(strstr(buf_cstring(&s.text), "…"));
  events_free(s.events);
  buf_free(&args);
  buf_free(&result);
  buf_free(&s.text);
}

static void beat(struct show *s)
{
  events_custom(s->events, "runlet.heartbeat", SPAN_LITERAL("{\"sinceMs\":1}"));
}

static void test_pretty__a_terminal_sees_what_is_waited_for_until_it_comes(void **state)
{
  struct show s;
  (void)state;
  open_show(&s, &event_format_pretty_terminal);
  beat(&s);
  events_text(s.events, SPAN_LITERAL("Hel"));
  beat(&s);
  events_custom(s.events, "else", SPAN_LITERAL("{}"));
  events_text(s.events, SPAN_LITERAL("lo"));
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("x"), SPAN_LITERAL("getTime"),
                   (struct span){0});
  beat(&s);
  events_finish(s.events, "stop", NULL);
  expect_show(&s, "run r1, model sonnet\n"
                  "\0337\033[?7l… waiting for the agent, 0 s\033[?7h\0338"
                  "\033[KHel"
                  "\0337\033[?7l … waiting for sonnet, 0 s\033[?7h\0338"
                  "\033[Klo\n> getTime {}\n"
                  "\0337\033[?7l… waiting for getTime, 0 s\033[?7h\0338"
                  "\033[K< {\"status\":\"interrupted\"}\nfinished\n");
}

static void test_pretty__no_signs_of_life_where_there_is_no_terminal(void **state)
{
  struct show s;
  (void)state;
  open_show(&s, &event_format_pretty);
  beat(&s);
  events_finish(s.events, "stop", NULL);
  expect_show(&s, "run r1, model sonnet\nfinished\n");
}

static void test_pretty__says_why_it_finished_if_not_by_itself(void **state)
{
  struct show s;
  struct event_usage usage = event_usage_none();
  (void)state;
  open_show(&s, &event_format_pretty);
  usage.prompt = 1, usage.completion = 2;
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("y"), SPAN_LITERAL("boom"),
                   (struct span){0});
  events_tool_result(s.events, SPAN_LITERAL("y"), SPAN_LITERAL("it broke"), true);
  events_finish(s.events, "length", &usage);
  expect_show(&s, "run r1, model sonnet\n> boom {}\n! it broke\n"
                  "finished (length), 1 tokens in, 2 out\n");
}

static void test_pretty__no_agent_text_drives_the_terminal(void **state)
{
  struct show s;
  (void)state;
  open_show(&s, &event_format_pretty);
  events_text(s.events, SPAN_LITERAL("a\033[2J\007\r\177\xc2\x9b"
                                     "\xe2\x80\xae"
                                     "\tb\xed\xa0\xbd\xe2\x82\xac"));
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("x"), SPAN_LITERAL("n\033n"),
                   (struct span){0});
  events_tool_result(s.events, SPAN_LITERAL("x"), SPAN_LITERAL("\033]0;t\007"), false);
  events_fail(s.events, SPAN_LITERAL("c\033"), SPAN_LITERAL("m\033"));
  for (size_t i = 0; i < s.text.len; i++)
    assert_true((unsigned char)s.text.at[i] >= 0x20 || s.text.at[i] == '\n' ||
                s.text.at[i] == '\t');
  expect_show(&s, "run r1, model sonnet\n"
                  "a^[[2J^G^M^?<c2><9b><e2><80><ae>\tb<ed><a0><bd>\xe2\x82\xac\n"
                  "> n^[n {}\n< ^[]0;t^G\nfailed (c^[): m^[\n");
}

static void test_pretty__shows_what_would_mislead_its_reader(void **state)
{
  struct show s;
  (void)state;
  open_show(&s, &event_format_pretty);
  /* U+061C, U+200B, U+2066, U+FEFF, U+2028, U+E0041 (a tag); and U+1F600, a face. */
  events_text(s.events, SPAN_LITERAL("\xd8\x9c \xe2\x80\x8b \xe2\x81\xa6 \xef\xbb\xbf "
                                     "\xe2\x80\xa8 \xf3\xa0\x81\x81 \xf0\x9f\x98\x80"));
  events_finish(s.events, "stop", NULL);
  expect_show(&s, "run r1, model sonnet\n<d8><9c> <e2><80><8b> <e2><81><a6> <ef><bb><bf> "
                  "<e2><80><a8> <f3><a0><81><81> \xf0\x9f\x98\x80\nfinished\n");
}

static void test_pretty__tool_lines_are_cut_to_one_screen_line(void **state)
{
  struct show s;
  struct buf args = buf_make(MIB);
  (void)state;
  open_show(&s, &event_format_pretty);
  buf_addf(&args, "\"%0500d\"", 7);
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("x"), SPAN_LITERAL("n"),
                   buf_span(&args));
  events_tool_result(s.events, SPAN_LITERAL("x"), buf_span(&args), false);
  char *line = strtok(s.text.at, "\n");
  for (; line != NULL; line = strtok(NULL, "\n"))
    assert_true(strlen(line) <= 110);
  events_finish(s.events, "stop", NULL);
  events_free(s.events);
  buf_free(&args);
  buf_free(&s.text);
}

static void test_pretty__colour_is_always_switched_off_again(void **state)
{
  struct show s;
  (void)state;
  open_show(&s, &event_format_pretty_colour);
  events_reasoning(s.events, SPAN_LITERAL("h"));
  events_finish(s.events, "stop", NULL);
  expect_show(&s, "\033[2mrun r1, model sonnet\n\033[0m"
                  "\033[2mh\n\033[0m"
                  "\033[1mfinished\033[0m\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pretty__a_run_reads_as_a_transcript),
      cmocka_unit_test(test_pretty__an_error_says_code_and_message),
      cmocka_unit_test(test_pretty__who_interrupts_a_run_sees_no_failure),
      cmocka_unit_test(test_pretty__full_shows_all_of_a_call_and_its_result),
      cmocka_unit_test(test_pretty__a_terminal_sees_what_is_waited_for_until_it_comes),
      cmocka_unit_test(test_pretty__no_signs_of_life_where_there_is_no_terminal),
      cmocka_unit_test(test_pretty__says_why_it_finished_if_not_by_itself),
      cmocka_unit_test(test_pretty__no_agent_text_drives_the_terminal),
      cmocka_unit_test(test_pretty__shows_what_would_mislead_its_reader),
      cmocka_unit_test(test_pretty__tool_lines_are_cut_to_one_screen_line),
      cmocka_unit_test(test_pretty__colour_is_always_switched_off_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
