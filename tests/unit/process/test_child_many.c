/* SPDX-License-Identifier: MIT */
/* Five hundred children at once, each with an exit code of its own, while orphans rain
 * in: no code is lost and nothing is left.  This program is its own keeper. */
#include "process/child.h"

#include "base/limits.h"
#include "child_fixture.h"
#include "io/loop.h"
#include "loopback.h"
#include "process/keeper.h"
#include "process/orphans.h"
#include "traces.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

enum { CHILDREN = 500, CODES = 251 };

struct one {
  struct crowd *crowd;
  struct child *child;
  int status;
};

struct crowd {
  struct uv_loop_s *loop;
  struct strv env;
  struct one all[CHILDREN];
  unsigned ended, closed;
};

static void on_closed(void *who)
{
  ((struct one *)who)->crowd->closed++;
}

static void on_settled(void *who, const struct process_end *end)
{
  struct one *o = who;
  assert_int_equal(end->leftover_count, 0);
  child_close(o->child, on_closed, o);
}

static void on_line(void *who, struct span line)
{
  (void)who, (void)line;
}

static void on_too_long(void *who, size_t ceiling)
{
  (void)who, (void)ceiling;
}

static void on_end(void *who, const struct process_end *end)
{
  struct one *o = who;
  assert_int_equal(end->signal, 0);
  o->status = end->status;
  o->crowd->ended++;
  child_settle(o->child, true, on_settled);
}

/* All of them live until auth is shut, then all exit at once. */
static void spawn(struct crowd *c, int i)
{
  static const struct child_calls calls = {on_line, on_too_long, on_end};
  struct fault f = {0};
  struct strv argv = {0};
  struct buf nothing = buf_make(KIB);
  strv_add(&argv, SPAN_LITERAL("sh"));
  strv_add(&argv, SPAN_LITERAL("-c"));
  strv_addf(&argv, "read -r line; exit %d", i % CODES);
  struct child_setup setup = {.program = "/bin/sh",
                              .argv = &argv,
                              .env = &c->env,
                              .cwd = "/",
                              .input = &nothing,
                              .dialogue = true,
                              .line_ceiling = KIB,
                              .drain_ms = 100};
  c->all[i] = (struct one){.crowd = c, .status = -1};
  c->all[i].child = child_spawn(c->loop, &setup, &calls, &c->all[i], &f);
  if (!c->all[i].child)
    fail_msg("child %d: %s", i, f.text);
  strv_free(&argv);
}

/* A process that makes orphans until it is killed; they fall to us. */
static pid_t rain(void)
{
  pid_t pid = fork();
  if (pid != 0)
    return pid;
  for (;;) {
    pid_t parent = fork();
    if (parent == 0) {
      for (int i = 0; i < 3; i++)
        if (fork() == 0) {
          traces_sleep_ms(5u * (unsigned)i);
          _exit(99);
        }
      _exit(98);
    }
    waitpid(parent, NULL, 0);
    traces_sleep_ms(2);
  }
}

static bool all_started(void *who)
{
  const struct crowd *c = who;
  for (int i = 0; i < CHILDREN; i++)
    if (child_pid(c->all[i].child) == 0)
      return false;
  return true;
}

static bool all_closed(void *who)
{
  return ((struct crowd *)who)->closed == CHILDREN;
}

static bool has_no_child(void *who)
{
  (void)who;
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

static void test_child__five_hundred_codes_are_right_while_orphans_rain(void **state)
{
  (void)state;
  static struct crowd c;
  struct fault f = {0};
  c.loop = loop_new(&f);
  c.env = traces_environment();
  assert_int_equal(orphans_open(c.loop, &f), 0);
  pid_t rainer = rain();
  orphans_claim(c.loop, rainer);
  for (int i = 0; i < CHILDREN; i++)
    spawn(&c, i);
  loopback_wait(c.loop, all_started, &c);
  assert_int_equal(c.ended, 0);
  for (int i = 0; i < CHILDREN; i++)
    child_write(c.all[i].child, SPAN_LITERAL("go\n"));
  for (int rounds = 0; rounds < 30 && !all_closed(&c); rounds++)
    loopback_run_ms(c.loop, 300);
  loopback_wait(c.loop, all_closed, &c);
  assert_int_equal(c.ended, CHILDREN);
  for (int i = 0; i < CHILDREN; i++)
    assert_int_equal(c.all[i].status, i % CODES);
  assert_int_equal(kill(rainer, SIGKILL), 0);
  assert_int_equal(waitpid(rainer, NULL, 0), rainer);
  orphans_release(c.loop, rainer);
  loopback_wait(c.loop, has_no_child, NULL);
  orphans_close(c.loop);
  assert_true(loop_free(c.loop));
  traces_expect_alive(0, 1000);
  strv_free(&c.env);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  struct rlimit files;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max; /* four descriptors a child */
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_child__five_hundred_codes_are_right_while_orphans_rain),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
