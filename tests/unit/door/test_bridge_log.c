/* SPDX-License-Identifier: MIT */
#include "door/bridge/bridge_log.h"

#include "base/limits.h"
#include "io/loop.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct scratch scratch;
static struct uv_loop_s *loop;
static struct buf replayed;

static int open_all(void **state)
{
  struct fault f = {0};
  (void)state;
  scratch = scratch_make();
  loop = loop_new(&f);
  replayed = buf_make(SIZE_MAX);
  return loop ? 0 : -1;
}

static int close_all(void **state)
{
  (void)state;
  assert_true(loop_free(loop));
  buf_free(&replayed);
  scratch_remove(&scratch);
  return 0;
}

static void put(void *who, struct span frame)
{
  (void)who;
  buf_add(&replayed, frame);
  buf_add_char(&replayed, '\n');
}

static void replay_is(struct bridge_log *l, unsigned long long after, const char *wanted)
{
  buf_clear(&replayed);
  bridge_log_replay(l, after, put, NULL);
  assert_string_equal(buf_cstring(&replayed), wanted);
}

static void file_is(const char *wanted)
{
  char *text = scratch_read(&scratch, "event-log.ndjson");
  assert_non_null(text);
  assert_string_equal(text, wanted);
  free(text);
}

static void test_bridge_log__a_frame_is_one_line_in_any_spelling(void **state)
{
  (void)state;
  struct bridge_log *l = bridge_log_open(loop, scratch.folder, false);
  bridge_log_begin(l);
  bridge_log_add(l, span_of("{\"a\":{\n  \"b\": 1\n}}"));
  bridge_log_add(l, span_of("{\"a\":2}"));
  replay_is(l, 1, "{\"a\":2,\"seq\":2}\n");
  bridge_log_close(l);
  file_is("{\"a\":{   \"b\": 1 },\"seq\":1}\n{\"a\":2,\"seq\":2}\n");
}

static void test_bridge_log__numbers_go_on_over_turns_and_frames_do_not(void **state)
{
  (void)state;
  struct bridge_log *l = bridge_log_open(loop, scratch.folder, false);
  bridge_log_begin(l);
  assert_true(span_is(bridge_log_add(l, span_of("{\"a\":1}")), "{\"a\":1,\"seq\":1}"));
  bridge_log_add(l, span_of("{\"a\":2}"));
  replay_is(l, 0, "{\"a\":1,\"seq\":1}\n{\"a\":2,\"seq\":2}\n");
  replay_is(l, 1, "{\"a\":2,\"seq\":2}\n");
  replay_is(l, 2, "");
  bridge_log_begin(l);
  bridge_log_add(l, span_of("{\"a\":3}"));
  replay_is(l, 0, "{\"a\":3,\"seq\":3}\n");
  assert_int_equal(bridge_log_last(l), 3);
  bridge_log_close(l);
  file_is("{\"a\":3,\"seq\":3}\n");
}

static void test_bridge_log__is_on_disk_after_each_turn_of_the_loop(void **state)
{
  (void)state;
  struct bridge_log *l = bridge_log_open(loop, scratch.folder, false);
  bridge_log_begin(l);
  bridge_log_add(l, span_of("{\"a\":1}"));
  file_is("");
  loop_run(loop);
  file_is("{\"a\":1,\"seq\":1}\n");
  bridge_log_close(l);
}

static void
test_bridge_log__what_is_not_in_memory_any_more_comes_from_the_file(void **state)
{
  (void)state;
  struct bridge_log *l = bridge_log_open(loop, scratch.folder, false);
  struct buf big = buf_make(20 * (size_t)MIB);
  buf_add_text(&big, "{\"a\":\"");
  while (big.len < 10 * (size_t)MIB)
    buf_add_text(&big, "0123456789abcdef");
  buf_add_text(&big, "\"}");
  bridge_log_begin(l);
  bridge_log_add(l, span_of("{\"first\":1}"));
  for (unsigned i = 0; i < 9; i++)
    bridge_log_add(l, buf_span(&big));
  buf_clear(&replayed);
  bridge_log_replay(l, 0, put, NULL);
  assert_true(span_starts(buf_span(&replayed), "{\"first\":1,\"seq\":1}\n{\"a\""));
  size_t lines = 0;
  for (size_t i = 0; i < replayed.len; i++)
    lines += replayed.at[i] == '\n';
  assert_int_equal(lines, 10);
  bridge_log_close(l);
  buf_free(&big);
}

static void test_bridge_log__takes_over_what_a_killed_bridge_has_left(void **state)
{
  (void)state;
  scratch_write(&scratch, "event-log.ndjson", 0600,
                "{\"a\":1,\"seq\":4}\n{\"a\":2,\"seq\":5}\n{\"a\":3,\"se");
  struct bridge_log *l = bridge_log_open(loop, scratch.folder, true);
  assert_int_equal(bridge_log_last(l), 5);
  replay_is(l, 4, "{\"a\":2,\"seq\":5}\n");
  bridge_log_add(l, span_of("{\"a\":4}"));
  bridge_log_close(l);
  file_is("{\"a\":1,\"seq\":4}\n{\"a\":2,\"seq\":5}\n{\"a\":4,\"seq\":6}\n");
}

static void test_bridge_log__a_file_that_is_none_ends_nothing(void **state)
{
  (void)state;
  scratch_write(&scratch, "event-log.ndjson", 0600, "nonsense\n{\"seq\":9}\n");
  struct bridge_log *l = bridge_log_open(loop, scratch.folder, true);
  assert_int_equal(bridge_log_last(l), 0);
  bridge_log_close(l);
  file_is("");
  l = bridge_log_open(loop, scratch_path(&scratch, "none"), true);
  bridge_log_begin(l);
  bridge_log_add(l, span_of("{\"a\":1}"));
  replay_is(l, 0, "{\"a\":1,\"seq\":1}\n");
  bridge_log_close(l);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
  const struct CMUnitTest tests[] = {
      T(test_bridge_log__a_frame_is_one_line_in_any_spelling),
      T(test_bridge_log__numbers_go_on_over_turns_and_frames_do_not),
      T(test_bridge_log__is_on_disk_after_each_turn_of_the_loop),
      T(test_bridge_log__what_is_not_in_memory_any_more_comes_from_the_file),
      T(test_bridge_log__takes_over_what_a_killed_bridge_has_left),
      T(test_bridge_log__a_file_that_is_none_ends_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
