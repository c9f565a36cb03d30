/* SPDX-License-Identifier: MIT */
#include "process/output_pipe.h"

#include "base/limits.h"
#include "base/mem.h"
#include "loopback.h"
#include "process/pipes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
  uv_loop_t loop;
  struct output_pipe in;
  struct pipes pipes;
  char *memory;
  size_t bytes;
  unsigned ends, closes;
  bool close_at_bytes;
};

static void on_bytes(void *who, struct span bytes)
{
  struct fixture *d = who;
  d->bytes += bytes.len;
  if (d->close_at_bytes)
    output_pipe_close(&d->in);
}

static void on_end(void *who)
{
  struct fixture *d = who;
  d->ends++;
  assert_false(d->in.open);
}

static void on_closed(void *who)
{
  ((struct fixture *)who)->closes++;
}

static const struct output_pipe_calls calls = {on_bytes, on_end, on_closed};

static void open_fixture(struct fixture *d)
{
  struct fault f = {0};
  memset(d, 0, sizeof *d);
  uv_loop_init(&d->loop);
  d->memory = mem_new(LIMIT_READ_BYTES);
  assert_int_equal(pipes_open(&d->pipes, &f), 0);
  output_pipe_open(&d->in, &d->loop, d->memory, &calls, d);
  assert_int_equal(uv_pipe_open(&d->in.pipe, d->pipes.ours[PIPES_OUT]), 0);
  d->pipes.ours[PIPES_OUT] = -1;
  assert_int_equal(output_pipe_read(&d->in), 0);
}

static void finish_fixture(struct fixture *d)
{
  output_pipe_close(&d->in);
  output_pipe_close(&d->in);
  loopback_loop_close(&d->loop);
  assert_int_equal(d->closes, 1);
  pipes_close(d->pipes.ours);
  pipes_close(d->pipes.theirs);
  free(d->memory);
}

static void print(struct fixture *d, const char *text)
{
  assert_int_equal(write(d->pipes.theirs[PIPES_OUT], text, strlen(text)), strlen(text));
}

static bool has_some(void *who)
{
  return ((struct fixture *)who)->bytes > 0;
}

static bool has_ended(void *who)
{
  return ((struct fixture *)who)->ends > 0;
}

static void test_output_pipe__gives_all_bytes_and_then_the_end_once(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  print(&d, "twelve bytes");
  loopback_wait(&d.loop, has_some, &d);
  assert_int_equal(d.bytes, 12);
  assert_int_equal(d.ends, 0);
  pipes_close(d.pipes.theirs);
  loopback_wait(&d.loop, has_ended, &d);
  finish_fixture(&d);
  assert_int_equal(d.ends, 1);
}

static void test_output_pipe__held_it_gives_nothing_and_loses_nothing(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  output_pipe_hold(&d.in);
  print(&d, "kept");
  loopback_run_ms(&d.loop, 30);
  assert_int_equal(d.bytes, 0);
  assert_true(output_pipe_has_unread(&d.in));
  assert_int_equal(output_pipe_read(&d.in), 0);
  loopback_wait(&d.loop, has_some, &d);
  assert_int_equal(d.bytes, 4);
  assert_false(output_pipe_has_unread(&d.in));
  finish_fixture(&d);
}

static void test_output_pipe__is_drained_when_empty_or_when_a_pipe_full_came(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  static char piece[64 * KIB];
  memset(piece, 'x', sizeof piece);
  output_pipe_mark(&d.in);
  assert_true(output_pipe_is_drained(&d.in));
  print(&d, "x");
  assert_false(output_pipe_is_drained(&d.in));
  for (size_t sent = 0; sent < LIMIT_PIPE_BYTES; sent += sizeof piece) {
    d.bytes = 0;
    assert_int_equal(write(d.pipes.theirs[PIPES_OUT], piece, sizeof piece), sizeof piece);
    loopback_wait(&d.loop, has_some, &d);
    loopback_run_ms(&d.loop, 1);
  }
  print(&d, "somebody else prints on");
  assert_true(output_pipe_has_unread(&d.in));
  assert_true(output_pipe_is_drained(&d.in));
  finish_fixture(&d);
}

static void test_output_pipe__may_be_closed_from_inside(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.close_at_bytes = true;
  print(&d, "some");
  loopback_wait(&d.loop, has_some, &d);
  pipes_close(d.pipes.theirs);
  loopback_run_ms(&d.loop, 10);
  assert_int_equal(d.ends, 0);
  assert_false(output_pipe_has_unread(&d.in));
  assert_int_equal(output_pipe_read(&d.in), 0); /* of no effect */
  finish_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_output_pipe__gives_all_bytes_and_then_the_end_once),
      cmocka_unit_test(test_output_pipe__held_it_gives_nothing_and_loses_nothing),
      cmocka_unit_test(test_output_pipe__is_drained_when_empty_or_when_a_pipe_full_came),
      cmocka_unit_test(test_output_pipe__may_be_closed_from_inside),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
