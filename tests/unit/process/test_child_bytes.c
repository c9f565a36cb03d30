/* SPDX-License-Identifier: MIT */
/* A child whose outputs come as bytes. */
#include "process/child.h"

#include "base/limits.h"
#include "child_fixture.h"
#include "loopback.h"
#include "process/keeper.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct buf got[2]; /* stdout, stderr */
static struct child_fixture *playing;
static size_t pause_at;

static void on_bytes(void *who, bool is_stderr, struct span bytes)
{
  assert_ptr_equal(who, playing);
  buf_add(&got[is_stderr], bytes);
  if (pause_at > 0 && got[0].len + got[1].len >= pause_at) {
    pause_at = 0;
    child_pause(playing->child);
  }
}

static struct child_fixture make(const char *script)
{
  struct child_fixture d = child_fixture_make(script);
  for (int i = 0; i < 2; i++)
    got[i] = buf_make(16 * MIB);
  d.setup.on_bytes = on_bytes;
  pause_at = 0;
  return d;
}

static void finish(struct child_fixture *d)
{
  child_fixture_settle(d, true);
  child_fixture_finish(d, 0);
  for (int i = 0; i < 2; i++)
    buf_free(&got[i]);
}

static void test_child_bytes__come_as_they_are_and_no_line_is_made(void **state)
{
  (void)state;
  struct child_fixture d = make("printf 'a\\0\\377\\r\\nb'; printf 'no end' >&2; exit 3");
  playing = &d;
  child_fixture_run(&d);
  assert_int_equal(got[0].len, 6);
  assert_memory_equal(got[0].at, "a\0\377\r\nb", 6);
  assert_string_equal(buf_cstring(&got[1]), "no end");
  assert_int_equal(d.lines, 0);
  assert_int_equal(d.end.status, 3);
  assert_int_equal(d.tail.len, 0);
  finish(&d);
}

static void test_child_bytes__all_of_them_come_before_the_end(void **state)
{
  (void)state;
  struct child_fixture d =
      make("head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2");
  playing = &d;
  child_fixture_run(&d);
  assert_int_equal(got[0].len, 3000000);
  assert_int_equal(got[1].len, 2000000);
  finish(&d);
}

static void test_child_bytes__a_pause_holds_both_outputs(void **state)
{
  (void)state;
  struct child_fixture d =
      make("(sleep 0.05; echo late >&2) & head -c 3000000 /dev/zero; wait");
  playing = &d;
  pause_at = 1;
  child_fixture_spawn(&d);
  loopback_run_ms(d.loop, 150);
  assert_true(child_is_paused(d.child));
  assert_true(got[0].len <= LIMIT_READ_BYTES);
  assert_int_equal(got[1].len, 0);
  child_resume(d.child);
  loopback_wait(d.loop, child_fixture_ended, &d);
  assert_int_equal(got[0].len, 3000000);
  assert_string_equal(buf_cstring(&got[1]), "late\n");
  finish(&d);
}

static void
test_child_bytes__stdout_at_its_end_does_not_keep_stderr_from_a_pause(void **state)
{
  (void)state;
  struct child_fixture d = make("exec 1>&-; head -c 3000000 /dev/zero >&2");
  playing = &d;
  pause_at = 1;
  child_fixture_spawn(&d);
  loopback_run_ms(d.loop, 100);
  assert_true(child_is_paused(d.child));
  assert_true(got[1].len <= 2 * LIMIT_READ_BYTES);
  child_resume(d.child);
  loopback_wait(d.loop, child_fixture_ended, &d);
  assert_int_equal(got[1].len, 3000000);
  finish(&d);
}

static bool is_written(void *who)
{
  return child_unwritten(((struct child_fixture *)who)->child) == 0;
}

static void test_child_bytes__what_it_does_not_read_is_counted(void **state)
{
  (void)state;
  struct child_fixture d = make("sleep 0.1; wc -c");
  char *many = calloc(1, 3 * MIB);
  playing = &d;
  d.setup.dialogue = true;
  child_fixture_spawn(&d);
  assert_int_equal(child_unwritten(d.child), 0);
  child_write(d.child, (struct span){many, 3 * MIB});
  assert_int_equal(child_unwritten(d.child), 3 * MIB);
  loopback_wait(d.loop, is_written, &d);
  child_end_input(d.child);
  loopback_wait(d.loop, child_fixture_ended, &d);
  assert_string_equal(buf_cstring(&got[0]), "3145728\n");
  free(many);
  finish(&d);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_child_bytes__come_as_they_are_and_no_line_is_made),
      cmocka_unit_test(test_child_bytes__all_of_them_come_before_the_end),
      cmocka_unit_test(test_child_bytes__a_pause_holds_both_outputs),
      cmocka_unit_test(
          test_child_bytes__stdout_at_its_end_does_not_keep_stderr_from_a_pause),
      cmocka_unit_test(test_child_bytes__what_it_does_not_read_is_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
