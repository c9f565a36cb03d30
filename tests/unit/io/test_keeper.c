/* SPDX-License-Identifier: MIT */
/* The keeper from the inside: the test speaks its protocol over a socket, without the
 * loop. */
#include "io/keeper.h"

#include "scratch.h"
#include "traces.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct desk {
  int control, pid;
  struct strv env;
};

static struct desk start(const char *folder, const char *program, const char *script)
{
  struct fault f = {0};
  struct desk d = {.env = traces_environment()};
  int pair[2], nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
  struct strv argv = {0};
  const char *words[] = {"runlet", KEEPER_ARGUMENT, folder, "/", program, "sh",
                         "-c",     script};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    strv_add(&argv, span_of(words[i]));
  int fds[4] = {nothing, nothing, nothing, pair[1]};
  assert_int_equal(keeper_prepare(&f), 0);
  d.pid = keeper_spawn(fds, argv.at, d.env.at, &f);
  assert_true(d.pid > 0);
  close(nothing);
  close(pair[1]);
  strv_free(&argv);
  d.control = pair[0];
  return d;
}

static struct keeper_record next(const struct desk *d)
{
  struct keeper_record r;
  struct timeval limit = {.tv_sec = 10};
  setsockopt(d->control, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  assert_int_equal(recv(d->control, &r, sizeof r, 0), sizeof r);
  return r;
}

static void order(const struct desk *d, enum keeper_order what, unsigned grace_ms)
{
  struct keeper_command c = {.order = what, .grace_ms = grace_ms};
  assert_int_equal(send(d->control, &c, sizeof c, 0), sizeof c);
}

static void finish(struct desk *d)
{
  close(d->control);
  assert_int_equal(waitpid(d->pid, NULL, 0), d->pid);
  traces_expect_alive(0, 3000);
  strv_free(&d->env);
}

static void test_keeper__tells_start_exit_status_and_use(void **state)
{
  (void)state;
  struct desk d = start("", "/bin/sh", "exit 7");
  struct keeper_record r = next(&d);
  assert_int_equal(r.news, KEEPER_STARTED);
  int pid = r.pid;
  assert_true(pid > 0);
  r = next(&d);
  assert_int_equal(r.news, KEEPER_EXITED);
  assert_int_equal(r.pid, pid);
  assert_int_equal(r.status, 7);
  assert_int_equal(r.signal, 0);
  assert_true(r.max_rss_kib > 0);
  order(&d, KEEPER_LET_GO, 0);
  assert_int_equal(next(&d).news, KEEPER_SETTLED);
  finish(&d);
}

static void test_keeper__tells_the_signal_that_killed_the_agent(void **state)
{
  (void)state;
  struct desk d = start("", "/bin/sh", "kill -SEGV $$");
  (void)next(&d);
  struct keeper_record r = next(&d);
  assert_int_equal(r.signal, SIGSEGV);
  order(&d, KEEPER_SWEEP, 0);
  assert_int_equal(next(&d).news, KEEPER_SETTLED);
  finish(&d);
}

static void test_keeper__tells_why_a_program_cannot_be_executed(void **state)
{
  (void)state;
  struct desk d = start("", "/nowhere/agent", "");
  struct keeper_record r = next(&d);
  assert_int_equal(r.news, KEEPER_NO_EXEC);
  assert_int_equal(r.what, KEEPER_AT_EXEC);
  assert_int_equal(r.status, ENOENT);
  assert_int_equal(next(&d).news, KEEPER_SETTLED);
  finish(&d);
}

static void test_keeper__names_what_it_lets_go_and_sweeps_what_it_must(void **state)
{
  (void)state;
  struct desk d = start("", "/bin/sh", "setsid sleep 60 & sleep 0.3");
  (void)next(&d);
  assert_int_equal(next(&d).news, KEEPER_EXITED);
  order(&d, KEEPER_LET_GO, 0);
  struct keeper_record r = next(&d);
  assert_int_equal(r.news, KEEPER_LEFT);
  assert_string_equal(r.name, "sleep");
  assert_int_equal(next(&d).news, KEEPER_SETTLED);
  assert_int_equal(kill(r.pid, SIGKILL), 0);
  finish(&d);

  d = start("", "/bin/sh", "setsid sleep 60 & (sleep 60 &) ; sleep 0.3");
  (void)next(&d);
  assert_int_equal(next(&d).news, KEEPER_EXITED);
  order(&d, KEEPER_SWEEP, 0);
  assert_int_equal(next(&d).news, KEEPER_SETTLED);
  finish(&d);
}

static void test_keeper__kills_an_agent_that_ignores_term_after_the_grace(void **state)
{
  (void)state;
  struct desk d = start("", "/bin/sh", "trap '' TERM; sleep 60 & wait; sleep 60");
  (void)next(&d);
  traces_sleep_ms(200);
  order(&d, KEEPER_STOP, 100);
  struct keeper_record r = next(&d);
  assert_int_equal(r.news, KEEPER_EXITED);
  assert_int_equal(r.signal, SIGKILL);
  order(&d, KEEPER_SWEEP, 0);
  assert_int_equal(next(&d).news, KEEPER_SETTLED);
  finish(&d);
}

static void test_keeper__sweeps_and_removes_the_folder_when_runlet_is_gone(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  scratch_write(&s, "secret", 0600, "token");
  char folder[64];
  memcpy(folder, s.folder, sizeof folder);
  struct desk d = start(folder, "/bin/sh", "setsid sleep 60 & sleep 60");
  (void)next(&d);
  traces_sleep_ms(200);
  finish(&d); /* closes the socket, as the kernel does for a runlet that was killed */
  assert_int_equal(access(folder, F_OK), -1);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keeper__tells_start_exit_status_and_use),
      cmocka_unit_test(test_keeper__tells_the_signal_that_killed_the_agent),
      cmocka_unit_test(test_keeper__tells_why_a_program_cannot_be_executed),
      cmocka_unit_test(test_keeper__names_what_it_lets_go_and_sweeps_what_it_must),
      cmocka_unit_test(test_keeper__kills_an_agent_that_ignores_term_after_the_grace),
      cmocka_unit_test(test_keeper__sweeps_and_removes_the_folder_when_runlet_is_gone),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
