/* SPDX-License-Identifier: MIT */
#include "process/companion.h"

#include "base/fault.h"
#include "io/loop.h"
#include "io/signals.h"
#include "loopback.h"
#include "process/orphans.h"
#include "traces.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

struct fixture {
  struct uv_loop_s *loop;
  struct strv env;
  struct companion *companion;
  int out; /* what it prints */
  int status;
  unsigned exits;
};

static void exited(void *who, int status)
{
  struct fixture *d = who;
  d->exits++;
  d->status = status;
}

static bool has_exited(void *who)
{
  return ((struct fixture *)who)->exits > 0;
}

/* Its stdout is a pipe here; a companion inherits ours. */
static void start(struct fixture *d, const char *script)
{
  char sh[] = "sh", c[] = "-c", text[300];
  assert_true(strlen(script) < sizeof text);
  strcpy(text, script);
  char *argv[] = {sh, c, text, NULL};
  struct fault f = {0};
  *d = (struct fixture){.loop = loop_new(&f), .env = traces_environment()};
  assert_int_equal(orphans_open(d->loop, &f), 0);
  int ends[2], ours = dup(STDOUT_FILENO);
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
  d->companion = companion_start(d->loop, "/bin/sh", argv, d->env.at, exited, d, &f);
  dup2(ours, STDOUT_FILENO);
  close(ours);
  close(ends[1]);
  d->out = ends[0];
  assert_non_null(d->companion);
}

static void wait_for_word(struct fixture *d, const char *word)
{
  char text[200] = "";
  for (size_t n = 0; !strstr(text, word);) {
    ssize_t got = read(d->out, text + n, sizeof text - 1 - n);
    if (got <= 0)
      fail_msg("\"%s\" never came: %s", word, text);
    n += (size_t)got;
    text[n] = 0;
  }
}

static void finish(struct fixture *d, int status)
{
  loopback_wait(d->loop, has_exited, d);
  assert_int_equal(d->status, status);
  assert_int_equal(d->exits, 1);
  orphans_close(d->loop);
  assert_true(loop_free(d->loop));
  close(d->out);
  strv_free(&d->env);
  traces_expect_no_child();
  traces_expect_alive(0, 1000);
}

static void test_companion__its_exit_code_is_told_once(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "echo here; exit 7");
  wait_for_word(&d, "here"); /* our stdout is its own */
  finish(&d, 7);
}

static void test_companion__a_signal_is_128_and_its_number(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "kill -KILL $$");
  finish(&d, 128 + SIGKILL);
}

static void test_companion__orphans_that_die_first_take_nothing_of_it(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "for i in 1 2 3 4 5 6 7 8 9; do (sleep 0.0$i &); done; sleep 0.1; exit 251");
  finish(&d, 251);
}

static void test_companion__gets_signals_with_their_plain_effect(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "trap 'echo hup' HUP; trap 'exit 9' USR1; echo up; "
            "while :; do sleep 0.02; done");
  wait_for_word(&d, "up");
  companion_signal(d.companion, SIGHUP);
  wait_for_word(&d, "hup");
  companion_signal(d.companion, SIGUSR1);
  finish(&d, 9);
  start(&d, "echo up; exec sleep 60");
  wait_for_word(&d, "up");
  companion_signal(d.companion, SIGTERM); /* blocked in us, not in it */
  finish(&d, 128 + SIGTERM);
}

static void test_companion__is_killed_when_its_time_is_over(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "trap '' TERM; echo up; exec sleep 60");
  wait_for_word(&d, "up");
  companion_signal(d.companion, SIGTERM);
  companion_kill_after(d.companion, 100);
  companion_kill_after(d.companion, 60000); /* the first word counts */
  finish(&d, 128 + SIGKILL);
}

static void test_companion__that_cannot_start_is_a_fault_and_no_exit(void **state)
{
  (void)state;
  struct fault f = {0};
  struct fixture d = {.loop = loop_new(&f)};
  char name[] = "x", *argv[] = {name, NULL}, *env[] = {NULL};
  assert_null(companion_start(d.loop, "/no/such/program", argv, env, exited, &d, &f));
  assert_non_null(strstr(f.text, "cannot execute /no/such/program"));
  assert_true(loop_free(d.loop));
  assert_int_equal(d.exits, 0);
}

int main(void)
{
  signals_block();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_companion__its_exit_code_is_told_once),
      cmocka_unit_test(test_companion__a_signal_is_128_and_its_number),
      cmocka_unit_test(test_companion__orphans_that_die_first_take_nothing_of_it),
      cmocka_unit_test(test_companion__gets_signals_with_their_plain_effect),
      cmocka_unit_test(test_companion__is_killed_when_its_time_is_over),
      cmocka_unit_test(test_companion__that_cannot_start_is_a_fault_and_no_exit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
