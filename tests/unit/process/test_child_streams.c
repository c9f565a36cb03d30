/* SPDX-License-Identifier: MIT */
#include "process/child_streams.h"

#include "base/limits.h"
#include "loopback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
  uv_loop_t loop;
  struct child_streams streams;
  struct pipes pipes;
  struct buf lines; /* each with a '|' behind it */
  unsigned news, closes;
  unsigned slow_us; /* what a line costs */
  uv_timer_t ticks; /* each millisecond that the loop is free */
  unsigned ticked, hold_at;
};

static void on_line(void *who, struct span line)
{
  struct fixture *d = who;
  buf_add(&d->lines, line);
  buf_add_char(&d->lines, '|');
  if (d->slow_us)
    usleep(d->slow_us);
  if (d->hold_at == d->lines.len)
    child_streams_hold(&d->streams);
}

static bool is_enough(void *who)
{
  return child_streams_is_enough(&((struct fixture *)who)->streams);
}

static void on_too_long(void *who, size_t ceiling)
{
  struct fixture *d = who;
  buf_addf(&d->lines, "longer than %zu|", ceiling);
}

static void on_news(void *who)
{
  ((struct fixture *)who)->news++;
}

static void on_closed(void *who)
{
  ((struct fixture *)who)->closes++;
}

static const struct child_streams_calls calls = {
    {on_line, on_too_long, is_enough}, on_news, on_closed};

static void open_fixture(struct fixture *d)
{
  struct fault f = {0};
  *d = (struct fixture){.lines = buf_make(KIB)};
  uv_loop_init(&d->loop);
  d->streams = child_streams_make(8, NULL, &calls, d);
  assert_int_equal(pipes_open(&d->pipes, &f), 0);
  assert_int_equal(child_streams_open(&d->streams, &d->loop, &d->pipes, &f), 0);
  for (int i = 0; i < PIPES; i++)
    assert_int_equal(d->pipes.ours[i], -1);
}

static void finish_fixture(struct fixture *d)
{
  child_streams_close(&d->streams);
  child_streams_close(&d->streams);
  loopback_loop_close(&d->loop);
  assert_int_equal(d->closes, 3);
  child_streams_free(&d->streams);
  pipes_close(d->pipes.theirs);
  buf_free(&d->lines);
}

static void print(struct fixture *d, int pipe, const char *text)
{
  assert_int_equal(write(d->pipes.theirs[pipe], text, strlen(text)), strlen(text));
}

static bool is_over(void *who)
{
  return child_streams_are_over(&((struct fixture *)who)->streams);
}

static void
test_child_streams__make_lines_of_stdout_and_keep_the_end_of_stderr(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  assert_int_equal(d.streams.first_output_ms, 0);
  print(&d, PIPES_OUT, "one\ntwo\nmuch too long\nlast");
  print(&d, PIPES_ERR, "a warning");
  pipes_close(d.pipes.theirs);
  loopback_wait(&d.loop, is_over, &d);
  assert_string_equal(buf_cstring(&d.lines), "one|two|longer than 8|");
  child_streams_end_lines(&d.streams);
  assert_string_equal(buf_cstring(&d.lines), "one|two|longer than 8|last|");
  assert_true(span_is(buf_span(&d.streams.stderr_tail), "a warning"));
  assert_true(d.streams.first_output_ms > 0);
  assert_true(d.news >= 4); /* two pieces, two ends */
  finish_fixture(&d);
}

static void test_child_streams__lines_of_stderr_with_the_mark_are_handed_out_and_not_kept(
    void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.streams.aside = " mark: ";
  d.streams.on_aside = on_line;
  print(&d, PIPES_ERR, "a warn");
  print(&d, PIPES_ERR, "ing\nnow mark: 1\nanother\nnow mark: 2");
  pipes_close(d.pipes.theirs);
  loopback_wait(&d.loop, is_over, &d);
  child_streams_end_lines(&d.streams);
  assert_string_equal(buf_cstring(&d.lines), "now mark: 1|now mark: 2|");
  assert_true(span_is(buf_span(&d.streams.stderr_tail), "a warning\nanother\n"));
  finish_fixture(&d);
}

static bool has_read(void *who)
{
  return ((struct fixture *)who)->lines.len > 0;
}

static void test_child_streams__are_drained_when_both_outputs_are_empty(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  child_streams_mark(&d.streams);
  assert_true(child_streams_are_drained(&d.streams));
  print(&d, PIPES_OUT, "one\n");
  assert_true(child_streams_have_unread(&d.streams));
  assert_false(child_streams_are_drained(&d.streams));
  loopback_wait(&d.loop, has_read, &d);
  assert_false(child_streams_have_unread(&d.streams));
  assert_true(child_streams_are_drained(&d.streams));
  assert_false(child_streams_are_over(&d.streams)); /* others may still hold them */
  finish_fixture(&d);
}

static void ticks(uv_timer_t *timer)
{
  ((struct fixture *)timer->data)->ticked++;
}

static bool has_all(void *who)
{
  const struct fixture *d = who;
  return d->lines.len == 80;
}

static void test_child_streams__give_others_their_turn_between_slow_lines(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.slow_us = 10000;
  d.ticks.data = &d;
  uv_timer_init(&d.loop, &d.ticks);
  uv_timer_start(&d.ticks, ticks, 1, 1);
  for (int i = 0; i < 40; i++)
    print(&d, PIPES_OUT, "1\n");
  loopback_wait(&d.loop, has_all, &d);
  /* 400 ms in turns of 20 (30 with the line that went over it). */
  assert_true(d.ticked >= 8);
  assert_false(child_streams_have_unread(&d.streams));
  uv_close((uv_handle_t *)&d.ticks, NULL);
  finish_fixture(&d);
}

static void test_child_streams__hand_out_no_line_while_they_are_held(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.hold_at = 4;
  child_streams_mark(&d.streams);
  print(&d, PIPES_OUT, "1\n2\n3\n");
  loopback_wait(&d.loop, has_read, &d);
  for (int i = 0; i < 20; i++)
    uv_run(&d.loop, UV_RUN_NOWAIT);
  assert_string_equal(buf_cstring(&d.lines), "1|2|");
  assert_true(child_streams_have_unread(&d.streams));
  assert_false(child_streams_are_drained(&d.streams));
  child_streams_go_on(&d.streams);
  print(&d, PIPES_OUT, "4\n");
  pipes_close(d.pipes.theirs);
  loopback_wait(&d.loop, is_over, &d);
  assert_string_equal(buf_cstring(&d.lines), "1|2|3|4|");
  finish_fixture(&d);
}

static void
test_child_streams__that_were_never_opened_can_be_closed_and_freed(void **state)
{
  (void)state;
  struct fixture d = {0};
  d.streams = child_streams_make(8, NULL, &calls, &d);
  child_streams_close(&d.streams);
  child_streams_free(&d.streams);
  assert_int_equal(d.closes, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_child_streams__make_lines_of_stdout_and_keep_the_end_of_stderr),
      cmocka_unit_test(
          test_child_streams__lines_of_stderr_with_the_mark_are_handed_out_and_not_kept),
      cmocka_unit_test(test_child_streams__are_drained_when_both_outputs_are_empty),
      cmocka_unit_test(test_child_streams__give_others_their_turn_between_slow_lines),
      cmocka_unit_test(test_child_streams__hand_out_no_line_while_they_are_held),
      cmocka_unit_test(
          test_child_streams__that_were_never_opened_can_be_closed_and_freed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
