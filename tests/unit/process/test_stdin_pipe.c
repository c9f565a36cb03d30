/* SPDX-License-Identifier: MIT */
#include "process/stdin_pipe.h"

#include "base/limits.h"
#include "loopback.h"
#include "process/pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
  uv_loop_t loop;
  struct stdin_pipe feed;
  struct pipes pipes;
  struct buf got;
  bool ended; /* the reader saw the end */
  unsigned closes;
};

static void on_closed(void *who)
{
  ((struct fixture *)who)->closes++;
}

static void open_fixture(struct fixture *d)
{
  struct fault f = {0};
  memset(d, 0, sizeof *d);
  d->got = buf_make(16 * MIB);
  uv_loop_init(&d->loop);
  assert_int_equal(pipes_open(&d->pipes, &f), 0);
  stdin_pipe_open(&d->feed, &d->loop, on_closed, d);
  assert_int_equal(uv_pipe_open(&d->feed.pipe, d->pipes.ours[PIPES_IN]), 0);
  d->pipes.ours[PIPES_IN] = -1;
  int fd = d->pipes.theirs[PIPES_IN];
  assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

static void finish_fixture(struct fixture *d)
{
  stdin_pipe_close(&d->feed);
  stdin_pipe_close(&d->feed);
  loopback_loop_close(&d->loop);
  assert_int_equal(d->closes, 1);
  stdin_pipe_wipe(&d->feed);
  pipes_close(d->pipes.ours);
  pipes_close(d->pipes.theirs);
  buf_free(&d->got);
}

/* Reads what is there; true at the end. */
static bool reader_ended(void *who)
{
  struct fixture *d = who;
  for (;;) {
    char *at = buf_reserve(&d->got, 64 * KIB);
    ssize_t n = read(d->pipes.theirs[PIPES_IN], at, 64 * KIB);
    if (n > 0)
      buf_grew(&d->got, (size_t)n);
    else
      return d->ended = n == 0;
  }
}

static bool reader_has_some(void *who)
{
  reader_ended(who);
  return ((struct fixture *)who)->got.len > 0;
}

static void test_stdin_pipe__writes_all_in_order_and_then_the_end(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  struct buf first = buf_make(8 * MIB);
  memset(buf_reserve(&first, 4 * MIB), 'a', 4 * MIB);
  buf_grew(&first, 4 * MIB);
  stdin_pipe_take(&d.feed, &first); /* more than the pipe holds */
  assert_int_equal(first.len, 0);
  stdin_pipe_put(&d.feed, SPAN_LITERAL("b"));
  stdin_pipe_put(&d.feed, SPAN_LITERAL("c"));
  stdin_pipe_end(&d.feed);
  loopback_wait(&d.loop, reader_ended, &d);
  assert_int_equal(d.got.len, 4 * MIB + 2);
  assert_memory_equal(d.got.at + 4 * MIB - 1, "abc", 3);
  finish_fixture(&d);
}

static void test_stdin_pipe__stays_open_until_it_is_ended(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  stdin_pipe_put(&d.feed, SPAN_LITERAL("one"));
  loopback_wait(&d.loop, reader_has_some, &d);
  assert_string_equal(buf_cstring(&d.got), "one");
  loopback_run_ms(&d.loop, 10);
  assert_false(reader_ended(&d));
  assert_null(d.feed.now.at); /* what was written is given back */
  stdin_pipe_put(&d.feed, SPAN_LITERAL("two"));
  stdin_pipe_end(&d.feed);
  stdin_pipe_end(&d.feed);
  loopback_wait(&d.loop, reader_ended, &d);
  assert_string_equal(buf_cstring(&d.got), "onetwo");
  stdin_pipe_put(&d.feed, SPAN_LITERAL("too late"));
  finish_fixture(&d);
}

static void test_stdin_pipe__with_nothing_to_say_the_reader_sees_the_end(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  stdin_pipe_end(&d.feed);
  loopback_wait(&d.loop, reader_ended, &d);
  assert_int_equal(d.got.len, 0);
  finish_fixture(&d);
}

static void test_stdin_pipe__a_reader_that_is_gone_is_no_fault(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  pipes_close(d.pipes.theirs);
  stdin_pipe_put(&d.feed, SPAN_LITERAL("nobody reads this"));
  stdin_pipe_put(&d.feed, SPAN_LITERAL("nor this"));
  loopback_run_ms(&d.loop, 20);
  assert_false(d.feed.open);
  finish_fixture(&d);
}

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_stdin_pipe__writes_all_in_order_and_then_the_end),
      cmocka_unit_test(test_stdin_pipe__stays_open_until_it_is_ended),
      cmocka_unit_test(test_stdin_pipe__with_nothing_to_say_the_reader_sees_the_end),
      cmocka_unit_test(test_stdin_pipe__a_reader_that_is_gone_is_no_fault),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
