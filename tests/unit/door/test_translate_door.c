/* SPDX-License-Identifier: MIT */
#include "door/translate_door.h"

#include "agui_check.h"
#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINE                                                                             \
  "{\"type\":\"assistant\",\"message\":{\"id\":\"m\",\"content\":[{\"type\":\"text\","   \
  "\"text\":\"hello\"}]}}\n"
#define OK "{\"type\":\"result\",\"subtype\":\"success\"}\n"

static struct translate_options setup_for(int out)
{
  return (struct translate_options){
      .harness = "claude-code", .out = out, .timestamp_ms = 5};
}

/* Translates `input`, given on stdin. */
static int translated(struct translate_options *setup, const char *input, struct buf *out)
{
  FILE *in = tmpfile(), *to = tmpfile();
  struct fault f = {0};
  char piece[4096];
  int before = dup(STDIN_FILENO);
  assert_int_equal(fwrite(input, 1, strlen(input), in), strlen(input));
  rewind(in);
  assert_int_equal(dup2(fileno(in), STDIN_FILENO), STDIN_FILENO);
  setup->out = fileno(to);
  int rc = translate_run(setup, &f);
  assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
  (void)close(before);
  rewind(to);
  *out = buf_make(MIB);
  for (size_t n; (n = fread(piece, 1, sizeof piece, to)) > 0;)
    buf_add(out, (struct span){piece, n});
  (void)fclose(in);
  (void)fclose(to);
  return rc;
}

static void test_translate__reads_stdin_and_has_defaults(void **state)
{
  struct translate_options setup = setup_for(-1);
  struct buf out;
  (void)state;
  assert_int_equal(translated(&setup, LINE OK, &out), 0);
  assert_null(agui_check_stream(buf_span(&out), &event_format_tanstack));
  assert_true(span_starts(
      buf_span(&out),
      "{\"type\":\"RUN_STARTED\",\"runId\":\"run\",\"threadId\":\"thread\","
      "\"timestamp\":5,\"metadata\":{\"tanstack\":{\"model\":\"unknown\"}}}\n"));
  assert_true(clock_now_ms() > 5); /* the clock runs again */
  buf_free(&out);
}

static void test_translate__a_last_line_needs_no_newline(void **state)
{
  struct translate_options setup = setup_for(-1);
  struct buf out;
  (void)state;
  setup.file = "-";
  assert_int_equal(
      translated(&setup, LINE "{\"type\":\"result\",\"subtype\":\"success\"}", &out), 0);
  assert_non_null(strstr(buf_cstring(&out), "RUN_FINISHED"));
  buf_free(&out);
}

static void test_translate__the_end_is_told_by_the_caller(void **state)
{
  struct translate_options setup = setup_for(-1);
  struct buf out;
  (void)state;
  setup.exit_status = 3;
  assert_int_equal(translated(&setup, LINE OK, &out), 0);
  assert_non_null(strstr(buf_cstring(&out), "exited with code 3"));
  buf_free(&out);
  setup.signal = 15;
  assert_int_equal(translated(&setup, "", &out), 0);
  assert_non_null(strstr(buf_cstring(&out), "SIGTERM"));
  buf_free(&out);
}

static void test_translate__bad_lines_are_warned_of_and_counted(void **state)
{
  struct translate_options setup = setup_for(-1);
  struct buf out;
  (void)state;
  setup.max_line_bytes = sizeof LINE;
  assert_int_equal(translated(&setup, "x\ny\nz\n" LINE LINE LINE, &out), 0);
  assert_non_null(strstr(buf_cstring(&out), "\"unparsable-line\",\"message\":\"3 lines"));
  assert_null(strstr(buf_cstring(&out), "line-too-long"));
  buf_free(&out);
  setup.max_line_bytes = 20;
  assert_int_equal(translated(&setup, LINE LINE "17\n", &out), 0);
  assert_null(agui_check_stream(buf_span(&out), &event_format_tanstack));
  assert_non_null(strstr(buf_cstring(&out), "longer than 20 bytes"));
  assert_non_null(strstr(buf_cstring(&out), "2 lines were too long"));
  assert_null(strstr(buf_cstring(&out), "unparsable-line"));
  buf_free(&out);
}

static void test_translate__says_what_it_cannot_do(void **state)
{
  struct translate_options setup = setup_for(STDOUT_FILENO);
  struct fault f = {0};
  (void)state;
  setup.harness = "claude";
  assert_int_equal(translate_run(&setup, &f), -1);
  assert_int_equal(f.kind, FAULT_UNKNOWN);
  assert_string_equal(f.text, "--harness: \"claude\" is not known");
  setup = setup_for(STDOUT_FILENO);
  setup.file = "/nonexistent/file";
  f = (struct fault){0};
  assert_int_equal(translate_run(&setup, &f), -1);
  assert_int_equal(f.kind, FAULT_SYSTEM);
  assert_int_equal(f.os, -ENOENT);
}

static void test_translate__unreadable_input_still_ends_the_stream(void **state)
{
  struct translate_options setup = setup_for(-1);
  struct buf out;
  (void)state;
  setup.file = "/"; /* opens, but a folder cannot be read */
  assert_int_equal(translated(&setup, "", &out), -1);
  assert_null(agui_check_stream(buf_span(&out), &event_format_tanstack));
  assert_non_null(strstr(buf_cstring(&out), "\"code\":\"internal\""));
  buf_free(&out);
}

static void test_translate__an_output_that_fails_is_an_error(void **state)
{
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  struct translate_options setup = setup_for(fd);
  struct fault f = {0};
  (void)state;
  setup.file = "/dev/null";
  assert_int_equal(translate_run(&setup, &f), -1);
  assert_int_equal(f.os, -EBADF);
  (void)close(fd);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_translate__reads_stdin_and_has_defaults),
      cmocka_unit_test(test_translate__a_last_line_needs_no_newline),
      cmocka_unit_test(test_translate__the_end_is_told_by_the_caller),
      cmocka_unit_test(test_translate__bad_lines_are_warned_of_and_counted),
      cmocka_unit_test(test_translate__says_what_it_cannot_do),
      cmocka_unit_test(test_translate__unreadable_input_still_ends_the_stream),
      cmocka_unit_test(test_translate__an_output_that_fails_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
