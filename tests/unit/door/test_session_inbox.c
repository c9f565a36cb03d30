/* SPDX-License-Identifier: MIT */
#include "door/session/session_inbox.h"

#include "base/limits.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
  struct scratch s;
  struct session_inbox in;
  enum session_message_kind kind;
  struct buf bytes;
  struct fault f;
};

static void open_fixture(struct fixture *d)
{
  *d = (struct fixture){.s = scratch_make()};
  assert_int_equal(mkdir(scratch_path(&d->s, "session"), 0700), 0);
  assert_int_equal(session_inbox_open(&d->in, scratch_path(&d->s, "session"), 3, &d->f),
                   0);
}

static void close_fixture(struct fixture *d)
{
  buf_free(&d->bytes);
  session_inbox_close(&d->in);
  scratch_remove(&d->s);
}

static void write_message(struct fixture *d, unsigned number, const char *text)
{
  char name[80];
  snprintf(name, sizeof name, "session/stdin/%012u.json", number);
  scratch_write(&d->s, name, 0600, text);
}

static enum session_inbox_news next(struct fixture *d)
{
  buf_free(&d->bytes);
  d->f.text[0] = 0;
  return session_inbox_next(&d->in, &d->kind, &d->bytes, &d->f);
}

static void expect_stdin(struct fixture *d, const char *bytes)
{
  assert_int_equal(next(d), INBOX_MESSAGE);
  assert_int_equal(d->kind, SESSION_STDIN);
  assert_true(span_is(buf_span(&d->bytes), bytes));
}

#define STDIN(base64) "{\"type\":\"stdin\",\"data\":\"" base64 "\"}\n"

static void test_session_inbox__messages_come_in_order_and_are_removed(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  assert_int_equal(next(&d), INBOX_NOTHING);
  write_message(&d, 2, STDIN("Mg=="));
  assert_int_equal(next(&d), INBOX_NOTHING); /* the first is not there yet */
  write_message(&d, 1, STDIN("MQ=="));
  write_message(&d, 3, "{\"type\":\"stdinEnd\"}");
  expect_stdin(&d, "1");
  expect_stdin(&d, "2");
  assert_int_equal(next(&d), INBOX_MESSAGE);
  assert_int_equal(d.kind, SESSION_STDIN_END);
  assert_int_equal(next(&d), INBOX_NOTHING);
  assert_int_equal(scratch_count(&d.s, "session/stdin"), 0);
  close_fixture(&d);
}

static void test_session_inbox__one_that_never_comes_is_told_and_passed(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  write_message(&d, 3, STDIN("Mw=="));
  scratch_write(&d.s, "session/stdin/notes.json", 0600, "{}");
  assert_int_equal(next(&d), INBOX_NOTHING);
  assert_int_equal(next(&d), INBOX_NOTHING);
  assert_int_equal(next(&d), INBOX_LOST);
  assert_string_equal(d.f.text,
                      "Advanced past missing stdin files 1 to 2 after 3 retries.");
  write_message(&d, 2, STDIN("Mg==")); /* too late: its place is gone */
  expect_stdin(&d, "3");
  assert_int_equal(next(&d), INBOX_NOTHING);
  close_fixture(&d);
}

static void test_session_inbox__one_that_is_not_whole_is_looked_at_again(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  write_message(&d, 1, "");
  write_message(&d, 2, STDIN("Mg=="));
  assert_int_equal(next(&d), INBOX_NOTHING);
  write_message(&d, 1, "{\"type\":\"stdin\",\"da");
  assert_int_equal(next(&d), INBOX_NOTHING);
  write_message(&d, 1, STDIN("MQ=="));
  expect_stdin(&d, "1");
  expect_stdin(&d, "2");
  write_message(&d, 3, "never");
  write_message(&d, 4, STDIN("NA=="));
  assert_int_equal(next(&d), INBOX_NOTHING);
  assert_int_equal(next(&d), INBOX_NOTHING);
  assert_int_equal(next(&d), INBOX_LOST);
  assert_non_null(strstr(d.f.text, "Dropped unreadable stdin file after 3 retries: "
                                   "000000000003.json: "));
  expect_stdin(&d, "4");
  assert_int_equal(scratch_count(&d.s, "session/stdin"), 0);
  close_fixture(&d);
}

static void test_session_inbox__a_link_among_the_messages_is_not_followed(void **state)
{
  (void)state;
  struct fixture d;
  char target[600];
  open_fixture(&d);
  scratch_write(&d.s, "elsewhere", 0600, STDIN("MQ=="));
  snprintf(target, sizeof target, "%s", scratch_path(&d.s, "elsewhere"));
  assert_int_equal(symlink(target, scratch_path(&d.s, "session/stdin/000000000001.json")),
                   0);
  assert_int_equal(next(&d), INBOX_NOTHING);
  assert_int_equal(next(&d), INBOX_NOTHING);
  assert_int_equal(next(&d), INBOX_LOST);
  assert_true(scratch_has(&d.s, "elsewhere"));
  close_fixture(&d);
}

static void test_session_inbox__links_and_planted_probes_are_refused(void **state)
{
  (void)state;
  struct fixture d = {.s = scratch_make()};
  struct scratch *s = &d.s;
  char target[600], name[80];
  assert_int_equal(mkdir(scratch_path(s, "real"), 0700), 0);
  snprintf(target, sizeof target, "%s", scratch_path(s, "real"));
  assert_int_equal(symlink(target, scratch_path(s, "link")), 0);
  assert_int_equal(session_inbox_open(&d.in, scratch_path(s, "link"), 3, &d.f), -1);
  assert_string_equal(d.f.text,
                      "Refusing a symbolic link on a process session control path.");
  session_inbox_close(&d.in);
  assert_int_equal(symlink(target, scratch_path(s, "real/stdin")), 0);
  assert_int_equal(session_inbox_open(&d.in, scratch_path(s, "real"), 3, &d.f), -1);
  assert_non_null(strstr(d.f.text, "symbolic link"));
  session_inbox_close(&d.in);
  assert_int_equal(unlink(scratch_path(s, "real/stdin")), 0);
  snprintf(name, sizeof name, "real/.paperclip-birthtime-probe-%d-1", getpid());
  assert_int_equal(symlink("/nowhere/at/all", scratch_path(s, name)), 0);
  assert_int_equal(session_inbox_open(&d.in, scratch_path(s, "real"), 3, &d.f), -1);
  assert_non_null(strstr(d.f.text, "could not be created exclusively"));
  assert_non_null(strstr(d.f.text, target));
  close_fixture(&d);
}

static void test_session_inbox__another_folder_in_its_place_is_noticed(void **state)
{
  (void)state;
  struct fixture d;
  char path[600], aside[600];
  open_fixture(&d);
  assert_int_equal(session_inbox_check(&d.in, &d.f), 0);
  snprintf(path, sizeof path, "%s", scratch_path(&d.s, "session/stdin"));
  snprintf(aside, sizeof aside, "%s", scratch_path(&d.s, "session/aside"));
  assert_int_equal(rename(path, aside), 0);
  assert_int_equal(mkdir(path, 0700), 0);
  assert_int_equal(session_inbox_check(&d.in, &d.f), -1);
  close_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_inbox__messages_come_in_order_and_are_removed),
      cmocka_unit_test(test_session_inbox__one_that_never_comes_is_told_and_passed),
      cmocka_unit_test(test_session_inbox__one_that_is_not_whole_is_looked_at_again),
      cmocka_unit_test(test_session_inbox__a_link_among_the_messages_is_not_followed),
      cmocka_unit_test(test_session_inbox__links_and_planted_probes_are_refused),
      cmocka_unit_test(test_session_inbox__another_folder_in_its_place_is_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
