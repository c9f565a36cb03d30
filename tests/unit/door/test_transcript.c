/* SPDX-License-Identifier: MIT */
#include "door/transcript.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static void set(const char *name, const char *value)
{
  if (value)
    setenv(name, value, 1);
  else
    unsetenv(name);
}

static const char *format_on(int stdout_fd, const char *output, bool full)
{
  int old = dup(STDOUT_FILENO);
  dup2(stdout_fd, STDOUT_FILENO);
  const char *format = transcript_format(output, full);
  dup2(old, STDOUT_FILENO);
  close(old);
  return format;
}

static void
test_transcript__colours_are_for_terminals_that_can_and_people_who_want(void **state)
{
  (void)state;
  static const struct {
    const char *term, *no_colour, *output, *format, *full;
  } rows[] = {
      {"xterm", NULL, NULL, "pretty-colour", "pretty-colour-full"},
      {"xterm", "", "pretty", "pretty-colour", "pretty-colour-full"},
      {"xterm", "1", NULL, "pretty-terminal", "pretty-terminal-full"},
      {"xterm", "0", NULL, "pretty-terminal", "pretty-terminal-full"},
      {"dumb", NULL, NULL, "pretty", "pretty-full"},
      {"", NULL, NULL, "pretty", "pretty-full"},
      {NULL, NULL, NULL, "pretty", "pretty-full"},
      {"xterm", NULL, "ndjson", "", ""},
  };
  int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_int_equal(grantpt(terminal), 0);
  assert_int_equal(unlockpt(terminal), 0);
  int shown = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    set("TERM", rows[i].term);
    set("NO_COLOR", rows[i].no_colour);
    assert_string_equal(format_on(shown, rows[i].output, false), rows[i].format);
    assert_string_equal(format_on(shown, rows[i].output, true), rows[i].full);
  }
  close(shown);
  close(terminal);
}

static void test_transcript__a_file_or_pipe_gets_one_only_if_it_is_asked_for(void **state)
{
  (void)state;
  int pair[2];
  assert_int_equal(pipe(pair), 0);
  set("TERM", "xterm");
  set("NO_COLOR", NULL);
  assert_string_equal(format_on(pair[1], NULL, true), "");
  assert_string_equal(format_on(pair[1], "ndjson", false), "");
  assert_string_equal(format_on(pair[1], "pretty", false), "pretty");
  assert_string_equal(format_on(pair[1], "pretty", true), "pretty-full");
  close(pair[0]);
  close(pair[1]);
}

static void test_transcript__knows_which_are_live(void **state)
{
  (void)state;
  assert_true(transcript_is_live("pretty-colour"));
  assert_true(transcript_is_live("pretty-terminal-full"));
  assert_false(transcript_is_live("pretty-full"));
  assert_false(transcript_is_live("pretty"));
  assert_false(transcript_is_live(""));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_transcript__colours_are_for_terminals_that_can_and_people_who_want),
      cmocka_unit_test(test_transcript__a_file_or_pipe_gets_one_only_if_it_is_asked_for),
      cmocka_unit_test(test_transcript__knows_which_are_live),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
