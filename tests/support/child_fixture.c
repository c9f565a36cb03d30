/* SPDX-License-Identifier: MIT */
/* child_fixture.c - see child_fixture.h. */
#include "child_fixture.h"

#include "base/clock.h"
#include "base/limits.h"
#include "io/loop.h"
#include "loopback.h"
#include "process/keeper.h"
#include "traces.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void closed(void *who)
{
  ((struct child_fixture *)who)->closed++;
}

static void on_line(void *who, struct span line)
{
  struct child_fixture *d = who;
  d->lines++;
  buf_add(&d->text, line);
  buf_add_char(&d->text, '|');
  if (d->lines == d->pause_at)
    child_pause(d->child);
  if (d->lines == d->close_at)
    child_close(d->child, closed, d);
  if (d->lines == 1 && d->stop_grace_ms)
    child_stop(d->child, d->stop_grace_ms);
  if (d->lines == 1 && d->answer)
    child_write(d->child, span_of(d->answer));
}

static void on_too_long(void *who, size_t ceiling)
{
  struct child_fixture *d = who;
  d->too_long++;
  assert_int_equal(ceiling, d->setup.line_ceiling);
}

static void on_end(void *who, const struct process_end *end)
{
  struct child_fixture *d = who;
  d->ended++;
  d->ended_ms = clock_ticks_ms();
  d->end = *end;
  buf_clear(&d->tail);
  buf_add(&d->tail, end->stderr_tail);
}

static void on_settled(void *who, const struct process_end *end)
{
  struct child_fixture *d = who;
  d->settled++;
  assert_in_range(end->leftover_count, 0, 8);
  d->end.leftover_count = end->leftover_count;
  for (size_t i = 0; i < end->leftover_count; i++)
    d->leftovers[i] = end->leftovers[i];
}

bool child_fixture_has_pid(void *who)
{
  return child_pid(((struct child_fixture *)who)->child) > 0;
}

bool child_fixture_ended(void *who)
{
  return ((struct child_fixture *)who)->ended > 0;
}

bool child_fixture_has_settled(void *who)
{
  return ((struct child_fixture *)who)->settled > 0;
}

bool child_fixture_closed(void *who)
{
  return ((struct child_fixture *)who)->closed > 0;
}

bool child_fixture_has_line(void *who)
{
  return ((struct child_fixture *)who)->lines > 0;
}

static const struct child_calls calls = {on_line, on_too_long, on_end};

struct child_fixture child_fixture_make(const char *script)
{
  struct fault f = {0};
  struct child_fixture d = {.loop = loop_new(&f),
                            .env = traces_environment(),
                            .text = buf_make(64 * MIB),
                            .tail = buf_make(LIMIT_STDERR_KEPT_BYTES)};
  strv_add(&d.argv, SPAN_LITERAL("sh"));
  strv_add(&d.argv, SPAN_LITERAL("-c"));
  strv_add(&d.argv, span_of(script));
  d.setup = (struct child_setup){
      .program = "/bin/sh", .cwd = "/", .line_ceiling = MIB, .drain_ms = 100};
  return d;
}

void child_fixture_spawn(struct child_fixture *d)
{
  struct fault f = {0};
  d->setup.argv = &d->argv;
  d->setup.env = &d->env;
  d->child = child_spawn(d->loop, &d->setup, &calls, d, &f);
  assert_non_null(d->child);
  assert_int_equal(d->ended, 0);
}

void child_fixture_run(struct child_fixture *d)
{
  child_fixture_spawn(d);
  loopback_wait(d->loop, child_fixture_ended, d);
}

void child_fixture_settle(struct child_fixture *d, bool sweep)
{
  child_settle(d->child, sweep, on_settled);
  assert_int_equal(d->settled, 0); /* never from inside */
  loopback_wait(d->loop, child_fixture_has_settled, d);
  assert_int_equal(d->settled, 1);
}

/* Closes, and asserts that nothing came twice and nothing is left. */
void child_fixture_finish(struct child_fixture *d, unsigned alive)
{
  unsigned ends = d->ended;
  if (d->child) {
    child_close(d->child, closed, d);
    assert_int_equal(d->closed, 0); /* on a later turn */
    loopback_wait(d->loop, child_fixture_closed, d);
  }
  assert_true(loop_free(d->loop));
  assert_int_equal(d->ended, ends);
  assert_in_range(d->ended, 0, 1);
  assert_int_equal(d->closed, 1);
  traces_expect_no_child();
  traces_expect_alive(alive, 1000);
  strv_free(&d->argv);
  strv_free(&d->env);
  buf_free(&d->text);
  buf_free(&d->tail);
}

void child_fixture_expect(struct child_fixture *d, const char *expected)
{
  assert_string_equal(buf_cstring(&d->text), expected);
}

bool child_fixture_is_keeper(int argc, char **argv)
{
  struct fault f = {0};
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return true;
  signal(SIGPIPE, SIG_IGN);
  assert_int_equal(keeper_prepare(&f), 0);
  return false;
}
