/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int read_end, saved_stderr;
static char input[200000];

/* stderr is a pipe while a record is written. */
static void listen_to_stderr(void)
{
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  (void)fcntl(ends[1], F_SETPIPE_SZ,
              256 * KIB); /* a record fits at once, or the test hangs */
  saved_stderr = dup(STDERR_FILENO);
  (void)dup2(ends[1], STDERR_FILENO);
  (void)close(ends[1]);
  read_end = ends[0];
}

static const char *what_was_heard(void)
{
  (void)dup2(saved_stderr, STDERR_FILENO);
  (void)close(saved_stderr);
  size_t len = 0;
  ssize_t got;
  while ((got = read(read_end, input + len, sizeof input - 1 - len)) > 0)
    len += (size_t)got;
  (void)close(read_end);
  input[len] = 0;
  return input;
}

static int set_up(void **state)
{
  (void)state;
  clock_freeze(1795233235123ll);
  log_setup(LOG_INFO, LOG_TEXT);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  clock_freeze(-1);
  log_forget_all();
  return 0;
}

static void test_log__text_is_one_line_a_record(void **state)
{
  (void)state;
  listen_to_stderr();
  log_line(LOG_WARN, span_of("r1"), "hello %d", 7);
  log_line(LOG_ERROR, span_of(""), "a\nb\tc\x1b[1m\x7f\xc2\x9b\xd8\x9c\xe2\x80\x8b");
  assert_string_equal(what_was_heard(),
                      "2026-11-21T03:53:55.123Z warn run=r1 hello 7\n"
                      "2026-11-21T03:53:55.123Z error "
                      "a\\nb\\tc\\x1b[1m\\x7f\\x9b\\xd8\\x9c\\xe2\\x80\\x8b\n");
}

static void test_log__json_is_one_object_a_record(void **state)
{
  (void)state;
  log_setup(LOG_DEBUG, LOG_JSON);
  listen_to_stderr();
  log_line(LOG_DEBUG, span_of("r\"1"), "a\n\xff");
  log_line(LOG_INFO, (struct span){NULL, 0}, "x");
  assert_string_equal(what_was_heard(),
                      "{\"time\":\"2026-11-21T03:53:55.123Z\",\"level\":\"debug\","
                      "\"run\":\"r\\\"1\",\"message\":\"a\\n\xef\xbf\xbd\"}\n"
                      "{\"time\":\"2026-11-21T03:53:55.123Z\",\"level\":\"info\","
                      "\"message\":\"x\"}\n");
}

static void test_log__a_run_of_a_trace_says_of_which(void **state)
{
  (void)state;
  listen_to_stderr();
  log_trace(span_of("r1"), span_of("0af7651916cd43dd8448eb211c80319c"), span_of(""));
  log_trace(span_of("r2"), span_of(""), span_of("b7ad6b7169203331"));
  log_line(LOG_WARN, span_of("r1"), "a");
  log_line(LOG_WARN, span_of("r2"), "b");
  log_line(LOG_WARN, span_of(""), "c");
  log_trace(span_of("r3"), span_of("ee"), span_of("b7ad6b7169203331"));
  log_line(LOG_WARN, span_of("r3"), "f");
  log_trace(span_of("r1"), span_of("ff"), span_of("aa"));
  log_setup(LOG_DEBUG, LOG_JSON);
  log_line(LOG_WARN, span_of("r1"), "d");
  log_trace(span_of("r1"), span_of(""), span_of(""));
  log_line(LOG_WARN, span_of("r1"), "e");
  assert_string_equal(
      what_was_heard(),
      "2026-11-21T03:53:55.123Z warn run=r1 trace=0af7651916cd43dd8448eb211c80319c a\n"
      "2026-11-21T03:53:55.123Z warn run=r2 b\n"
      "2026-11-21T03:53:55.123Z warn c\n"
      "2026-11-21T03:53:55.123Z warn run=r3 trace=ee span=b7ad6b7169203331 f\n"
      "{\"time\":\"2026-11-21T03:53:55.123Z\",\"level\":\"warn\",\"run\":\"r1\","
      "\"trace\":\"ff\",\"span\":\"aa\",\"message\":\"d\"}\n"
      "{\"time\":\"2026-11-21T03:53:55.123Z\",\"level\":\"warn\",\"run\":\"r1\","
      "\"message\":\"e\"}\n");
}

static void test_log__less_than_the_level_is_not_written(void **state)
{
  (void)state;
  enum log_level level = LOG_DEBUG;
  listen_to_stderr();
  log_line(LOG_DEBUG, span_of(""), "no");
  log_setup(LOG_SILENT, LOG_TEXT);
  log_line(LOG_ERROR, span_of(""), "no");
  assert_string_equal(what_was_heard(), "");
  assert_true(log_level_read(span_of("silent"), &level) && level == LOG_SILENT);
  assert_true(log_level_read(span_of("warn"), &level) && level == LOG_WARN);
  assert_false(log_level_read(span_of("Warn"), &level));
  assert_false(log_level_read(span_of(""), &level));
}

static void redacts(const char *text, const char *to)
{
  struct buf out = buf_make(1000);
  log_redact(span_of(text), &out);
  assert_string_equal(buf_cstring(&out), to);
  buf_free(&out);
}

static void test_log__hidden_words_come_out_as_stars(void **state)
{
  (void)state;
  redacts("nothing hidden", "nothing hidden");
  log_hide(span_of("secret"));
  log_hide(span_of("secretive"));
  log_hide(span_of("short"));
  redacts("secret", "***");
  redacts("a secretive secret, sss secre short", "a *** ***, sss secre short");
  redacts("secretsecret", "******");
  redacts("", "");
  listen_to_stderr();
  log_line(LOG_INFO, span_of("secret"), "Bearer %s!", "secretive");
  assert_string_equal(what_was_heard(),
                      "2026-11-21T03:53:55.123Z info run=*** Bearer ***!\n");
}

static void redacts_tail(const char *text, size_t room, const char *to)
{
  struct buf out = buf_make(1000);
  log_redact_tail(span_of(text), room, &out);
  assert_string_equal(buf_cstring(&out), to);
  buf_free(&out);
}

static void test_log__the_end_of_a_word_at_a_lost_front_is_struck(void **state)
{
  (void)state;
  log_hide(span_of("sk-secret-1234"));
  log_hide(span_of("1234567890"));
  redacts_tail("ret-1234 is bad", 15, "*** is bad");
  redacts_tail("1234567890 is bad", 17, "*** is bad");
  redacts_tail("34567890, sk-secret-1234", 24, "***, ***");
  redacts_tail("ret-1234", 8, "***");
  redacts_tail("234 is bad", 10, "234 is bad");            /* too short to tell */
  redacts_tail("ret-1234 is bad", 100, "ret-1234 is bad"); /* nothing was lost */
  redacts_tail("", 4, "");
}

static void test_log__unhide_takes_back_one_hide(void **state)
{
  (void)state;
  log_hide(span_of("secret"));
  log_hide(span_of("secret"));
  log_unhide(span_of("secret"));
  redacts("secret", "***"); /* another run has it still */
  log_unhide(span_of("secret"));
  redacts("secret", "secret");
  log_unhide(span_of("secret"));
}

static void test_log__a_long_record_is_cut_after_redaction(void **state)
{
  (void)state;
  char *text = mem_new(100001);
  memset(text, 'x', 100000);
  log_hide(span_of("hunter2hunter2"));
  memcpy(text + LIMIT_LOG_RECORD_BYTES - 5, "hunter2hunter2", 14); /* over the cut */
  listen_to_stderr();
  log_line(LOG_INFO, span_of(""), "%s", text);
  const char *line = what_was_heard();
  assert_null(strstr(line, "hunt"));
  assert_true(strlen(line) < LIMIT_LOG_RECORD_BYTES + 100);
  assert_true(strlen(line) > LIMIT_LOG_RECORD_BYTES);
  free(text);
}

static void test_log__a_closed_stderr_stops_nothing(void **state)
{
  (void)state;
  int saved = dup(STDERR_FILENO);
  (void)close(STDERR_FILENO);
  log_line(LOG_INFO, span_of(""), "nobody hears");
  (void)dup2(saved, STDERR_FILENO);
  (void)close(saved);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_log__text_is_one_line_a_record, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_log__a_run_of_a_trace_says_of_which, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_log__json_is_one_object_a_record, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_log__less_than_the_level_is_not_written,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_log__hidden_words_come_out_as_stars, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(
          test_log__the_end_of_a_word_at_a_lost_front_is_struck, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_log__unhide_takes_back_one_hide, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_log__a_long_record_is_cut_after_redaction,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_log__a_closed_stderr_stops_nothing, set_up,
                                      tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
