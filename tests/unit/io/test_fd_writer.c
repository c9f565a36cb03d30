/* SPDX-License-Identifier: MIT */
#include "io/fd_writer.h"

#include "base/clock.h"
#include "base/limits.h"
#include "io/loop.h"
#include "loopback.h"
#include "scratch.h"
#include "traces.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

struct fixture {
  struct uv_loop_s *loop;
  struct fd_writer *writer;
  int in, out; /* the reader's end, the writer's */
  unsigned drained, gone, ended;
  struct buf read;
};

static void drained(void *who)
{
  ((struct fixture *)who)->drained++;
}

static void gone(void *who)
{
  ((struct fixture *)who)->gone++;
}

static void ended(void *who)
{
  ((struct fixture *)who)->ended++;
}

static void gone_for_good(void *who)
{
  struct fixture *d = who;
  gone(d);
  fd_writer_end(d->writer, 100, ended, d);
  d->writer = NULL;
}

static bool is_gone(void *who)
{
  return ((struct fixture *)who)->gone > 0;
}

static bool has_ended(void *who)
{
  return ((struct fixture *)who)->ended > 0;
}

static void open_on(struct fixture *d, int in, int out)
{
  struct fault f = {0};
  *d = (struct fixture){.in = in, .out = out, .read = buf_make(LIMIT_EVENT_LINE_BYTES)};
  d->loop = loop_new(&f);
  d->writer = fd_writer_open(d->loop, out, drained, gone, d, &f);
  assert_non_null(d->writer);
}

static void open_pipe(struct fixture *d)
{
  int pair[2];
  assert_int_equal(pipe(pair), 0);
  open_on(d, pair[0], pair[1]);
}

static void end_fixture(struct fixture *d)
{
  if (d->writer)
    fd_writer_end(d->writer, 100, ended, d);
  assert_int_equal(d->ended, 0); /* on a later turn */
  loopback_wait(d->loop, has_ended, d);
  assert_true(loop_free(d->loop));
  assert_int_equal(d->ended, 1);
  close(d->in);
  close(d->out);
  buf_free(&d->read);
}

/* Takes what is in the pipe, without waiting. */
static void read_some(struct fixture *d)
{
  int flags = fcntl(d->in, F_GETFL);
  fcntl(d->in, F_SETFL, flags | O_NONBLOCK);
  for (;;) {
    char *at = buf_reserve(&d->read, LIMIT_READ_BYTES);
    ssize_t n = read(d->in, at, LIMIT_READ_BYTES);
    if (n <= 0)
      break;
    buf_grew(&d->read, (size_t)n);
  }
  fcntl(d->in, F_SETFL, flags);
}

static void
test_fd_writer__bytes_of_one_turn_leave_together_and_not_before_its_end(void **state)
{
  (void)state;
  int pair[2];
  char got[64] = "";
  assert_int_equal(pipe2(pair, O_DIRECT), 0); /* each write is a packet of its own */
  struct fixture d;
  open_on(&d, pair[0], pair[1]);
  assert_int_equal(fd_writer_put(d.writer, SPAN_LITERAL("one ")), 4);
  assert_int_equal(fd_writer_put(d.writer, SPAN_LITERAL("two ")), 8);
  assert_int_equal(fd_writer_put(d.writer, SPAN_LITERAL("three")), 13);
  read_some(&d);
  assert_int_equal(d.read.len, 0);
  loopback_run_ms(d.loop, 5);
  assert_int_equal(read(d.in, got, sizeof got), 13);
  assert_string_equal(got, "one two three");
  assert_int_equal(d.drained, 0); /* it never was above */
  end_fixture(&d);
}

static void test_fd_writer__a_slow_reader_gets_all_and_drain_comes_once(void **state)
{
  (void)state;
  struct fixture d;
  open_pipe(&d);
  size_t size = 3 * LIMIT_SINK_HIGH_BYTES;
  char *text = malloc(size);
  for (size_t i = 0; i < size; i++)
    text[i] = (char)('a' + i % 23);
  assert_true(fd_writer_put(d.writer, (struct span){text, size}) > LIMIT_SINK_HIGH_BYTES);
  /* nobody reads: it waits, and does not block us */
  for (int i = 0; i < 5; i++)
    loopback_run_ms(d.loop, 2);
  assert_int_equal(d.drained, 0);
  size_t backlog = size;
  while (d.read.len < size) {
    read_some(&d);
    loopback_run_ms(d.loop, 1);
    backlog = size - d.read.len;
    if (backlog > LIMIT_SINK_LOW_BYTES + 256 * KIB) /* what may stand in the pipe */
      assert_int_equal(d.drained, 0);
  }
  assert_int_equal(d.drained, 1);
  assert_memory_equal(d.read.at, text, size);
  free(text);
  end_fixture(&d);
}

static void test_fd_writer__tells_once_that_the_reader_is_gone(void **state)
{
  (void)state;
  struct fixture d;
  open_pipe(&d);
  close(d.in);
  d.in = -1;
  fd_writer_put(d.writer, SPAN_LITERAL("x"));
  assert_int_equal(d.gone, 0); /* never from inside */
  loopback_wait(d.loop, is_gone, &d);
  assert_int_equal(fd_writer_put(d.writer, SPAN_LITERAL("y")), 0);
  loopback_run_ms(d.loop, 10);
  assert_int_equal(d.gone, 1);
  end_fixture(&d);
}

static void
test_fd_writer__a_reader_that_goes_is_seen_without_a_byte_to_write(void **state)
{
  (void)state;
  for (int as_socket = 0; as_socket < 2; as_socket++) {
    int pair[2];
    struct fixture d;
    if (as_socket)
      assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    else
      assert_int_equal(pipe(pair), 0);
    open_on(&d, pair[0], pair[1]);
    loopback_run_ms(d.loop, 5);
    assert_int_equal(d.gone, 0);
    close(d.in);
    d.in = -1;
    loopback_wait(d.loop, is_gone, &d);
    loopback_run_ms(d.loop, 5);
    assert_int_equal(d.gone, 1);
    end_fixture(&d);
  }
}

static void test_fd_writer__whoever_is_told_may_end_it_at_once(void **state)
{
  (void)state;
  for (int with_bytes = 0; with_bytes < 2; with_bytes++) {
    struct fault f = {0};
    struct fixture d = {.loop = loop_new(&f)};
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    d.writer = fd_writer_open(d.loop, pair[1], drained, gone_for_good, &d, &f);
    close(pair[0]);
    if (with_bytes)
      fd_writer_put(d.writer, SPAN_LITERAL("x"));
    loopback_wait(d.loop, has_ended, &d);
    assert_int_equal(d.gone, 1);
    assert_true(loop_free(d.loop));
    close(pair[1]);
  }
}

static void test_fd_writer__a_reader_that_only_stopped_sending_still_reads(void **state)
{
  (void)state;
  int pair[2];
  struct fixture d;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  open_on(&d, pair[0], pair[1]);
  shutdown(d.in, SHUT_WR);
  loopback_run_ms(d.loop, 10);
  assert_int_equal(d.gone, 0);
  fd_writer_put(d.writer, SPAN_LITERAL("still here"));
  loopback_run_ms(d.loop, 5);
  read_some(&d);
  assert_string_equal(buf_cstring(&d.read), "still here");
  end_fixture(&d);
}

static void test_fd_writer__an_idle_writer_is_no_reason_for_the_loop_to_stay(void **state)
{
  (void)state;
  struct fixture d;
  open_pipe(&d);
  loop_run(d.loop); /* returns */
  end_fixture(&d);
}

static void test_fd_writer__the_end_flushes_what_waits(void **state)
{
  (void)state;
  struct fixture d;
  open_pipe(&d);
  fd_writer_put(d.writer, SPAN_LITERAL("last words"));
  fd_writer_end(d.writer, 5000, ended, &d);
  d.writer = NULL;
  unsigned long long begin = clock_ticks_ms();
  end_fixture(&d);
  assert_true(clock_ticks_ms() - begin < 3000); /* and does not wait for its deadline */
}

static void test_fd_writer__what_was_put_before_the_end_was_read(void **state)
{
  (void)state;
  struct fixture d;
  open_pipe(&d);
  fd_writer_put(d.writer, SPAN_LITERAL("last words"));
  fd_writer_end(d.writer, 5000, ended, &d);
  loopback_wait(d.loop, has_ended, &d);
  read_some(&d);
  assert_string_equal(buf_cstring(&d.read), "last words");
  assert_true(loop_free(d.loop));
  close(d.in);
  close(d.out);
  buf_free(&d.read);
}

static void
test_fd_writer__the_end_waits_no_longer_than_told_for_a_stuck_reader(void **state)
{
  (void)state;
  struct fixture d;
  open_pipe(&d);
  char *text = calloc(1, MIB);
  fd_writer_put(d.writer, (struct span){text, MIB});
  free(text);
  unsigned long long begin = clock_ticks_ms();
  fd_writer_end(d.writer, 60, ended, &d);
  assert_int_equal(d.ended, 0);
  loopback_wait(d.loop, has_ended, &d);
  assert_in_range(clock_ticks_ms() - begin, 55, 3000);
  assert_int_equal(d.gone, 0); /* who ends knows */
  assert_true(loop_free(d.loop));
  close(d.in);
  close(d.out);
}

/* All who share the descriptor have its mode: stdin on a terminal, a shell. */
static void expect_mode_untouched(int in, int out)
{
  struct fixture d;
  char got[16] = "";
  int before = fcntl(out, F_GETFL);
  open_on(&d, in, out);
  fd_writer_put(d.writer, SPAN_LITERAL("words"));
  loopback_run_ms(d.loop, 2);
  assert_int_equal(read(in, got, sizeof got), 5);
  assert_string_equal(got, "words");
  assert_int_equal(fcntl(out, F_GETFL), before);
  fd_writer_end(d.writer, 100, ended, &d);
  loopback_wait(d.loop, has_ended, &d);
  assert_true(loop_free(d.loop));
  assert_int_equal(fcntl(out, F_GETFL), before);
  close(in);
  close(out);
}

static void test_fd_writer__a_terminal_and_a_pipe_keep_their_modes_all_along(void **state)
{
  (void)state;
  int pair[2], terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_int_equal(grantpt(terminal), 0);
  assert_int_equal(unlockpt(terminal), 0);
  int shown = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_true(shown >= 0);
  expect_mode_untouched(terminal, shown);
  assert_int_equal(pipe(pair), 0);
  expect_mode_untouched(pair[0], pair[1]);
}

static void test_fd_writer__the_mode_of_a_socket_is_put_back(void **state)
{
  (void)state;
  int pair[2];
  struct fixture d;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  int before = fcntl(pair[1], F_GETFL);
  open_on(&d, pair[0], pair[1]);
  assert_true(fcntl(pair[1], F_GETFL) & O_NONBLOCK);
  fd_writer_end(d.writer, 100, ended, &d);
  loopback_wait(d.loop, has_ended, &d);
  assert_int_equal(fcntl(pair[1], F_GETFL), before);
  assert_true(loop_free(d.loop));
  close(d.in);
  close(d.out);
}

static void test_fd_writer__a_file_gets_all_of_it(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fixture d;
  int out = open(scratch_write(&s, "file", 0600, ""), O_WRONLY | O_CLOEXEC);
  open_on(&d, -1, out);
  fd_writer_put(d.writer, SPAN_LITERAL("one\n"));
  loopback_run_ms(d.loop, 2);
  fd_writer_put(d.writer, SPAN_LITERAL("two\n"));
  end_fixture(&d);
  char *text = scratch_read(&s, "file");
  assert_string_equal(text, "one\ntwo\n");
  free(text);
  scratch_remove(&s);
}

static void test_fd_writer__a_closed_stdout_is_a_fault(void **state)
{
  (void)state;
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  assert_null(fd_writer_open(loop, 999, drained, gone, NULL, &f));
  assert_int_equal(f.kind, FAULT_SYSTEM);
  assert_non_null(strstr(f.text, "stdout"));
  assert_true(loop_free(loop));
}

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_fd_writer__bytes_of_one_turn_leave_together_and_not_before_its_end),
      cmocka_unit_test(test_fd_writer__a_slow_reader_gets_all_and_drain_comes_once),
      cmocka_unit_test(test_fd_writer__tells_once_that_the_reader_is_gone),
      cmocka_unit_test(
          test_fd_writer__a_reader_that_goes_is_seen_without_a_byte_to_write),
      cmocka_unit_test(test_fd_writer__whoever_is_told_may_end_it_at_once),
      cmocka_unit_test(test_fd_writer__a_reader_that_only_stopped_sending_still_reads),
      cmocka_unit_test(test_fd_writer__an_idle_writer_is_no_reason_for_the_loop_to_stay),
      cmocka_unit_test(test_fd_writer__the_end_flushes_what_waits),
      cmocka_unit_test(test_fd_writer__what_was_put_before_the_end_was_read),
      cmocka_unit_test(
          test_fd_writer__the_end_waits_no_longer_than_told_for_a_stuck_reader),
      cmocka_unit_test(test_fd_writer__a_terminal_and_a_pipe_keep_their_modes_all_along),
      cmocka_unit_test(test_fd_writer__the_mode_of_a_socket_is_put_back),
      cmocka_unit_test(test_fd_writer__a_file_gets_all_of_it),
      cmocka_unit_test(test_fd_writer__a_closed_stdout_is_a_fault),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
