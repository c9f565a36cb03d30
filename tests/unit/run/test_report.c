/* SPDX-License-Identifier: MIT */
#include "run/report.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void expect(const struct report *c, const char *members)
{
  struct buf out = buf_make(MIB);
  report_write(c, &out);
  assert_string_equal(buf_cstring(&out), members);
  buf_free(&out);
}

static void expect_clean(struct span tail, const char *shown)
{
  struct buf out = buf_make(MIB);
  report_clean(tail, &out);
  assert_string_equal(buf_cstring(&out), shown);
  buf_free(&out);
}

static void test_report__without_a_process_only_the_run_is_known(void **state)
{
  (void)state;
  expect(&(struct report){.duration_ms = 12}, "\"durationMs\":12");
  expect(&(struct report){.files_told = 3, .files_folded = 5},
         "\"durationMs\":0,\"files\":{\"told\":3,\"folded\":5,\"rescans\":0}");
}

static void test_report__a_good_end_has_its_exit_code_and_use(void **state)
{
  (void)state;
  struct process_end end = {
      .cpu_ms = 30, .max_rss_kib = 2048, .stderr_tail = SPAN_LITERAL("chatter")};
  expect(&(struct report){.end = &end, .duration_ms = 812, .startup_ms = 5},
         "\"durationMs\":812,\"startupMs\":5,"
         "\"exitCode\":0,\"cpuMs\":30,\"maxRssKiB\":2048");
}

static void test_report__a_bad_end_says_all_that_is_known(void **state)
{
  (void)state;
  struct leftover left[2] = {{.pid = 41, .name = "sleep"},
                             {.pid = 42, .name = "a\"\xff"}};
  struct process_end end = {.signal = SIGKILL,
                            .oom = true,
                            .forced = true,
                            .stderr_tail = SPAN_LITERAL("boom\n"),
                            .leftovers = left,
                            .leftover_count = 2};
  expect(&(struct report){.end = &end, .failed = true, .cancelled_by = "client"},
         "\"durationMs\":0,\"signal\":\"SIGKILL\","
         "\"oom\":true,\"cpuMs\":0,\"maxRssKiB\":0,\"forced\":true,"
         "\"leftovers\":[{\"pid\":41,\"name\":\"sleep\"},"
         "{\"pid\":42,\"name\":\"a\\\"\xef\xbf\xbd\"}],"
         "\"cancelledBy\":\"client\",\"stderrTail\":\"boom\\n\"");
}

static void test_report__a_signal_without_a_name_keeps_its_number(void **state)
{
  (void)state;
  struct process_end end = {.signal = 40};
  expect(&(struct report){.end = &end}, "\"durationMs\":0,\"signal\":40,\"cpuMs\":0,"
                                        "\"maxRssKiB\":0");
}

static void test_report__control_bytes_and_terminal_sequences_go(void **state)
{
  (void)state;
  expect_clean(SPAN_LITERAL("a\x1b[1;31mred\x1b[0m\x07\x00\r\n\tb\x7f"), "ared\n\tb");
  expect_clean(SPAN_LITERAL("\x1b]0;title\x07shown"), "shown");
  expect_clean(SPAN_LITERAL("\x1b]8;;http://x\x1b\\link"), "link");
  expect_clean(SPAN_LITERAL("\x1b(Bx\x1b="), "Bx");
  expect_clean(SPAN_LITERAL("\xc2\x9b"
                            "31m \xc2\xa0 \xc3\xa9"),
               "31m \xc2\xa0 \xc3\xa9");
}

static void test_report__a_sequence_that_never_ends_swallows_no_further(void **state)
{
  (void)state;
  expect_clean(SPAN_LITERAL("a\x1b"), "a");
  expect_clean(SPAN_LITERAL("a\x1b["), "a");
  expect_clean(SPAN_LITERAL("a\x1b[12;"), "a");
  expect_clean(SPAN_LITERAL("a\x1b]title"), "a");
  expect_clean(SPAN_LITERAL(""), "");
}

static void test_report__what_is_no_utf8_becomes_it(void **state)
{
  (void)state;
  expect_clean(SPAN_LITERAL("\xa9 begins inside a character, ends so \xe2\x82"),
               "\xef\xbf\xbd begins inside a character, ends so \xef\xbf\xbd");
}

static void test_report__secrets_are_struck_out_even_in_colours(void **state)
{
  (void)state;
  log_hide(SPAN_LITERAL("sk-secret-1234"));
  expect_clean(SPAN_LITERAL("key sk-secret-1234 is bad"), "key *** is bad");
  expect_clean(SPAN_LITERAL("key sk-sec\x1b[1mret\x1b[0m-1234."), "key ***.");
  log_forget_all();
}

/* What is taken out of the text is taken out of the secret that it holds, too. */
static void test_report__a_secret_with_a_control_byte_is_known_for_one(void **state)
{
  (void)state;
  log_hide(SPAN_LITERAL("sk-\x01secret\x1b[1m-1234"));
  log_hide(SPAN_LITERAL("first line\r\nsecond line"));
  expect_clean(SPAN_LITERAL("key sk-\x01secret\x1b[1m-1234 is bad"), "key *** is bad");
  expect_clean(SPAN_LITERAL("first line\r\nsecond line"), "***");
  log_forget_all();
}

/* The tail of stderr may begin in the middle of one. */
static void test_report__a_secret_cut_by_the_front_does_not_come_out(void **state)
{
  (void)state;
  log_hide(SPAN_LITERAL("sk-secret-1234"));
  char *tail = malloc(LIMIT_STDERR_KEPT_BYTES);
  memset(tail, '\x01', LIMIT_STDERR_KEPT_BYTES);
  memcpy(tail, "secret-1234 is bad", 18);
  expect_clean((struct span){tail, LIMIT_STDERR_KEPT_BYTES}, "*** is bad");
  free(tail);
  log_forget_all();
}

static void test_report__at_most_4_kib_are_shown_on_a_character_border(void **state)
{
  (void)state;
  char *tail = malloc(LIMIT_STDERR_KEPT_BYTES);
  for (int valid = 0; valid < 2; valid++) {
    for (size_t i = 0; i < LIMIT_STDERR_KEPT_BYTES; i += 2)
      memcpy(tail + i, valid ? "\xc3\xa9" : "\xff\xff", 2);
    tail[LIMIT_STDERR_KEPT_BYTES - 1] = '.';
    struct buf out = buf_make(MIB);
    report_clean((struct span){tail, LIMIT_STDERR_KEPT_BYTES}, &out);
    assert_in_range(out.len, LIMIT_STDERR_TAIL_BYTES - 3, LIMIT_STDERR_TAIL_BYTES);
    assert_true(utf8_valid(buf_span(&out)));
    assert_int_equal(out.at[out.len - 1], '.');
    buf_free(&out);
  }
  free(tail);
}

/* Half of a secret is no known word: it must go before the tail is cut. */
static void test_report__a_secret_across_the_cut_does_not_come_out(void **state)
{
  (void)state;
  log_hide(SPAN_LITERAL("sk-secret-1234"));
  char *tail = malloc(LIMIT_STDERR_KEPT_BYTES);
  for (size_t at = 0; at <= 14; at++) {
    memset(tail, '.', LIMIT_STDERR_KEPT_BYTES);
    memcpy(tail + LIMIT_STDERR_KEPT_BYTES - LIMIT_STDERR_TAIL_BYTES - at,
           "sk-secret-1234", 14);
    struct buf out = buf_make(MIB);
    report_clean((struct span){tail, LIMIT_STDERR_KEPT_BYTES}, &out);
    assert_int_equal(strspn(buf_cstring(&out), ".*"), LIMIT_STDERR_TAIL_BYTES);
    buf_free(&out);
  }
  free(tail);
  log_forget_all();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_report__without_a_process_only_the_run_is_known),
      cmocka_unit_test(test_report__a_good_end_has_its_exit_code_and_use),
      cmocka_unit_test(test_report__a_bad_end_says_all_that_is_known),
      cmocka_unit_test(test_report__a_signal_without_a_name_keeps_its_number),
      cmocka_unit_test(test_report__control_bytes_and_terminal_sequences_go),
      cmocka_unit_test(test_report__a_sequence_that_never_ends_swallows_no_further),
      cmocka_unit_test(test_report__what_is_no_utf8_becomes_it),
      cmocka_unit_test(test_report__secrets_are_struck_out_even_in_colours),
      cmocka_unit_test(test_report__a_secret_with_a_control_byte_is_known_for_one),
      cmocka_unit_test(test_report__a_secret_cut_by_the_front_does_not_come_out),
      cmocka_unit_test(test_report__at_most_4_kib_are_shown_on_a_character_border),
      cmocka_unit_test(test_report__a_secret_across_the_cut_does_not_come_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
