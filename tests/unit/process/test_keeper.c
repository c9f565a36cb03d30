/* SPDX-License-Identifier: MIT */
/* The keeper alone, over its socket, with no loop.  This program is its own keeper. */
#include "process/keeper.h"

#include "process/cgroup.h"
#include "process/launch.h"

#include "base/process.h"
#include "scratch.h"
#include "traces.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static const char *more[] = {"", "", "", ""}; /* identity, oom score, kills, cgroup */

struct fixture {
  struct strv argv, env;
  int control, pid;
};

/* Agent: sh -c SCRIPT, or another program if it is not NULL. */
static struct fixture start(const char *folder, const char *cwd, const char *program,
                            const char *script)
{
  struct fixture d = {.env = traces_environment()};
  struct fault f = {0};
  int pair[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
  assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
  const int fds[4] = {null, null, null, pair[1]};
  strv_add(&d.argv, SPAN_LITERAL("runlet"));
  strv_add(&d.argv, SPAN_LITERAL(KEEPER_ARGUMENT));
  strv_add(&d.argv, span_of(folder));
  for (size_t i = 0; i < 4; i++)
    strv_add(&d.argv, span_of(more[i]));
  strv_add(&d.argv, span_of(cwd));
  strv_add(&d.argv, span_of(program ? program : "/bin/sh"));
  strv_add(&d.argv, SPAN_LITERAL("sh"));
  strv_add(&d.argv, SPAN_LITERAL("-c"));
  strv_add(&d.argv, span_of(script));
  d.pid = keeper_spawn(fds, d.argv.at, d.env.at, &f);
  assert_true(d.pid > 0);
  d.control = pair[0];
  close(pair[1]);
  close(null);
  return d;
}

/* The next record, which must be of this kind; 10 s at most. */
static struct keeper_record on_input(struct fixture *d, enum keeper_news news)
{
  struct keeper_record r = {0};
  struct pollfd p = {.fd = d->control, .events = POLLIN};
  assert_int_equal(poll(&p, 1, 10000), 1);
  assert_int_equal(recv(d->control, &r, sizeof r, 0), sizeof r);
  assert_int_equal(r.news, news);
  return r;
}

static void order(struct fixture *d, enum keeper_order what, unsigned grace_ms)
{
  struct keeper_command c = {.order = what, .grace_ms = grace_ms};
  assert_int_equal(send(d->control, &c, sizeof c, 0), sizeof c);
}

/* The keeper exits by itself, with 0, and says nothing more. */
static void finish(struct fixture *d)
{
  int status;
  char byte;
  assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
  assert_int_equal(status, 0);
  assert_int_equal(recv(d->control, &byte, 1, 0), 0);
  close(d->control);
  traces_expect_no_child();
  strv_free(&d->argv);
  strv_free(&d->env);
}

static void test_keeper__tells_start_exit_and_use_and_stays_until_told(void **state)
{
  (void)state;
  struct fixture d = start("", "/", NULL, "exit 7");
  struct keeper_record started = on_input(&d, KEEPER_STARTED);
  struct keeper_record r = on_input(&d, KEEPER_EXITED);
  assert_true(started.pid > 0 && started.pid != d.pid);
  assert_int_equal(r.pid, started.pid);
  assert_int_equal(r.status, 7);
  assert_int_equal(r.signal, 0);
  assert_true(r.max_rss_kib > 0);
  assert_int_equal(waitpid(d.pid, NULL, WNOHANG), 0);
  order(&d, KEEPER_LET_GO, 0);
  on_input(&d, KEEPER_SETTLED);
  finish(&d);
}

static void test_keeper__tells_the_signal_that_killed_the_agent(void **state)
{
  (void)state;
  struct fixture d = start("", "/", NULL, "kill -SEGV $$");
  on_input(&d, KEEPER_STARTED);
  assert_int_equal(on_input(&d, KEEPER_EXITED).signal, SIGSEGV);
  order(&d, KEEPER_SWEEP, 0);
  on_input(&d, KEEPER_SETTLED);
  finish(&d);
}

/* The script is the kernel: it counts a kill, and then somebody is killed. */
static struct keeper_record end_with_count(struct scratch *s, const char *script)
{
  char text[600], file[512];
  snprintf(file, sizeof file, "%s",
           scratch_write(s, "events", 0600, "oom 5\noom_kill 1\n"));
  snprintf(text, sizeof text, script, file);
  more[2] = file;
  struct fixture d = start("", "/", NULL, text);
  on_input(&d, KEEPER_STARTED);
  struct keeper_record r = on_input(&d, KEEPER_EXITED);
  order(&d, KEEPER_SWEEP, 0);
  on_input(&d, KEEPER_SETTLED);
  finish(&d);
  more[2] = "";
  return r;
}

static void test_keeper__a_kill_that_was_counted_is_for_memory(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  assert_true(end_with_count(&s, "echo oom_kill 2 >%s; kill -9 $$").oom);
  assert_false(end_with_count(&s, "echo oom_kill 1 >%s; kill -9 $$").oom);
  assert_false(end_with_count(&s, "echo oom_kill 2 >%s; kill -15 $$").oom);
  assert_false(end_with_count(&s, "echo oom_kill 2 >%s; exit 9").oom); /* a child's */
  assert_false(end_with_count(&s, "rm %s; kill -9 $$").oom);
  scratch_remove(&s);
}

/* In the kernel's hierarchy where there is one to be written, else as without. */
static void test_keeper__in_a_group_of_its_own_it_sweeps_and_leaves_no_group(void **state)
{
  (void)state;
  struct cgroups groups;
  cgroups_look_up(&groups);
  more[3] = buf_cstring(&groups.folder);
  char group[600], name[CGROUP_NAME_BYTES];
  struct fixture d = start("", "/", NULL,
                           "for i in 1 2 3 4 5 6 7 8; do setsid sleep 60 & done; "
                           "trap '' TERM; while :; do read -t 1 x; done");
  cgroup_name(name, d.pid);
  snprintf(group, sizeof group, "%s/%s", more[3], name);
  on_input(&d, KEEPER_STARTED);
  traces_expect_alive(9, 1000);
  assert_int_equal(access(group, F_OK), groups.folder.len ? 0 : -1);
  order(&d, KEEPER_STOP, 10);
  assert_int_equal(on_input(&d, KEEPER_EXITED).signal, SIGKILL);
  on_input(&d, KEEPER_SETTLED);
  finish(&d);
  traces_expect_alive(0, 0);
  assert_int_equal(access(group, F_OK), -1);

  d = start("", "/", NULL, "setsid sleep 60 & sleep 0.1; exit 0");
  cgroup_name(name, d.pid);
  snprintf(group, sizeof group, "%s/%s", more[3], name);
  on_input(&d, KEEPER_STARTED);
  on_input(&d, KEEPER_EXITED);
  order(&d, KEEPER_LET_GO, 0);
  int stays = on_input(&d, KEEPER_LEFT).pid;
  on_input(&d, KEEPER_SETTLED);
  finish(&d);
  assert_int_equal(access(group, F_OK), -1); /* though one of it lives */
  assert_int_equal(kill(stays, SIGKILL), 0);
  traces_expect_alive(0, 1000);
  more[3] = "";
  cgroups_free(&groups);
}

static void test_keeper__counts_the_time_its_agent_used(void **state)
{
  (void)state;
  struct fixture d =
      start("", "/", NULL, "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done");
  on_input(&d, KEEPER_STARTED);
  assert_true(on_input(&d, KEEPER_EXITED).cpu_ms > 5);
  order(&d, KEEPER_SWEEP, 0);
  on_input(&d, KEEPER_SETTLED);
  finish(&d);
}

static void test_keeper__says_what_failed_and_goes(void **state)
{
  (void)state;
  static const struct {
    const char *cwd, *program;
    unsigned what;
    int error;
  } cases[] = {{"/", "/no/such/program", LAUNCH_EXEC, ENOENT},
               {"/", "/etc/passwd", LAUNCH_EXEC, EACCES},
               {"/no/such/folder", NULL, LAUNCH_CHDIR, ENOENT}};
  for (size_t i = 0; i < 3; i++) {
    struct fixture d = start("", cases[i].cwd, cases[i].program, "exit 0");
    struct keeper_record r = on_input(&d, KEEPER_NO_EXEC);
    assert_int_equal(r.what, cases[i].what);
    assert_int_equal(r.status, cases[i].error);
    on_input(&d, KEEPER_SETTLED);
    finish(&d);
  }
}

static void test_keeper__one_that_cannot_start_is_told_with_its_errno(void **state)
{
  (void)state;
  struct rlimit was, low;
  struct fault f = {0};
  static char none[] = "";
  char *const argv[] = {none, NULL}, *const env[] = {NULL};
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int fds[4] = {null, null, null, null};
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
  low = was;
  low.rlim_cur = (rlim_t)null + 2;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  int pid = keeper_spawn(fds, argv, env, &f);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
  close(null);
  assert_int_equal(pid, -1);
  assert_int_equal(f.os, -EMFILE);
  assert_non_null(strstr(f.text, "as a keeper"));
  traces_expect_no_child();
}

static void test_keeper__a_sweep_ends_when_nothing_is_left(void **state)
{
  (void)state;
  struct fixture d = start("", "/", NULL, "setsid sleep 60 & sleep 0.1; exit 0");
  on_input(&d, KEEPER_STARTED);
  on_input(&d, KEEPER_EXITED);
  traces_expect_alive(1, 1000);
  order(&d, KEEPER_SWEEP, 0);
  on_input(&d, KEEPER_SETTLED);
  traces_expect_alive(0, 0);
  finish(&d);
}

static void test_keeper__a_sweep_takes_a_living_agent_too(void **state)
{
  (void)state;
  struct fixture d = start("", "/", NULL, "trap '' TERM; sleep 60; sleep 60");
  on_input(&d, KEEPER_STARTED);
  order(&d, KEEPER_SWEEP, 0);
  assert_int_equal(on_input(&d, KEEPER_EXITED).signal, SIGKILL);
  on_input(&d, KEEPER_SETTLED);
  traces_expect_alive(0, 0);
  finish(&d);
}

static void test_keeper__letting_go_names_what_stays(void **state)
{
  (void)state;
  struct fixture d = start("", "/", NULL, "sleep 60 & sleep 0.1; exit 0");
  on_input(&d, KEEPER_STARTED);
  on_input(&d, KEEPER_EXITED);
  order(&d, KEEPER_LET_GO, 0);
  struct keeper_record r = on_input(&d, KEEPER_LEFT);
  assert_string_equal(r.name, "sleep");
  on_input(&d, KEEPER_SETTLED);
  traces_expect_alive(1, 0);
  finish(&d);
  assert_int_equal(kill(r.pid, SIGKILL), 0);
  traces_expect_alive(0, 1000);
}

/* A helper in the agent's group that needs a moment, one that never goes, and a daemon
 * in its own session. */
static void test_keeper__letting_go_after_a_stop_waits_for_the_agents_group(void **state)
{
  (void)state;
  struct fixture d =
      start("", "/", NULL,
            "setsid sleep 30 & "
            "sh -c 'trap \"sleep 0.3; exit\" TERM; while :; do sleep 0.05; "
            "done' & "
            "sh -c 'trap : TERM; while :; do sleep 0.05; done' & "
            "sleep 0.3; kill -USR1 $$; wait");
  on_input(&d, KEEPER_STARTED);
  on_input(&d, KEEPER_EXITED);
  order(&d, KEEPER_STOP, 60000);
  order(&d, KEEPER_LET_GO, 0);
  struct keeper_record left = on_input(&d, KEEPER_LEFT);
  assert_string_equal(left.name, "sleep");
  on_input(&d, KEEPER_SETTLED);
  finish(&d);
  kill(left.pid, SIGKILL);
  traces_expect_alive(0, 2000);
}

static void test_keeper__stop_is_term_then_kill(void **state)
{
  (void)state;
  struct fixture d = start("", "/", NULL, "exec sleep 60");
  on_input(&d, KEEPER_STARTED);
  order(&d, KEEPER_STOP, 60000);
  assert_int_equal(on_input(&d, KEEPER_EXITED).signal, SIGTERM);
  order(&d, KEEPER_SWEEP, 0);
  on_input(&d, KEEPER_SETTLED);
  finish(&d);

  d = start("", "/", NULL, "trap '' TERM; while :; do sleep 0.05; done");
  on_input(&d, KEEPER_STARTED);
  traces_sleep_ms(100); /* the trap is set */
  order(&d, KEEPER_STOP, 50);
  assert_int_equal(on_input(&d, KEEPER_EXITED).signal, SIGKILL);
  on_input(&d, KEEPER_SETTLED);
  finish(&d);
}

static void test_keeper__when_runlet_is_gone_so_are_run_and_folder(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  scratch_write(&s, "token", 0600, "secret");
  struct fixture d = start(s.folder, "/", NULL,
                           "trap '' TERM HUP; setsid sleep 60 & sleep 60; sleep 60");
  on_input(&d, KEEPER_STARTED);
  traces_expect_alive(3, 1000);
  assert_int_equal(shutdown(d.control, SHUT_RDWR), 0); /* as when runlet is killed */
  int status;
  assert_int_equal(waitpid(d.pid, &status, 0), d.pid);
  assert_int_equal(status, 0);
  traces_expect_alive(0, 0);
  assert_int_not_equal(access(s.folder, F_OK), 0);
  close(d.control);
  strv_free(&d.argv);
  strv_free(&d.env);
}

static void test_keeper__at_an_orderly_end_the_folder_is_runlets(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fixture d = start(s.folder, "/", NULL, "exit 0");
  on_input(&d, KEEPER_STARTED);
  on_input(&d, KEEPER_EXITED);
  order(&d, KEEPER_SWEEP, 0);
  on_input(&d, KEEPER_SETTLED);
  finish(&d);
  assert_int_equal(access(s.folder, F_OK), 0);
  scratch_remove(&s);
}

static void test_keeper__signals_to_it_do_not_end_it(void **state)
{
  (void)state;
  struct fixture d = start("", "/", NULL, "sleep 0.3; exit 5");
  on_input(&d, KEEPER_STARTED);
  kill(d.pid, SIGTERM);
  kill(d.pid, SIGINT);
  kill(d.pid, SIGHUP);
  assert_int_equal(on_input(&d, KEEPER_EXITED).status, 5);
  order(&d, KEEPER_SWEEP, 0);
  on_input(&d, KEEPER_SETTLED);
  finish(&d);
}

static void test_keeper__without_its_arguments_it_refuses(void **state)
{
  (void)state;
  char *argv[] = {(char *)"runlet", (char *)KEEPER_ARGUMENT, (char *)"", NULL};
  assert_int_equal(keeper_main(3, argv), 2);
  char *wrong[] = {argv[0], argv[1],     argv[2],     (char *)"0;0", argv[2], argv[2],
                   argv[2], (char *)"/", (char *)"x", (char *)"x",   NULL};
  assert_int_equal(keeper_main(10, wrong), 2);
}

int main(int argc, char **argv)
{
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  struct fault f = {0};
  if (keeper_prepare(&f) < 0 || keeper_prepare(&f) < 0) /* again is fine */
    return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keeper__tells_start_exit_and_use_and_stays_until_told),
      cmocka_unit_test(test_keeper__tells_the_signal_that_killed_the_agent),
      cmocka_unit_test(test_keeper__a_kill_that_was_counted_is_for_memory),
      cmocka_unit_test(test_keeper__in_a_group_of_its_own_it_sweeps_and_leaves_no_group),
      cmocka_unit_test(test_keeper__counts_the_time_its_agent_used),
      cmocka_unit_test(test_keeper__says_what_failed_and_goes),
      cmocka_unit_test(test_keeper__one_that_cannot_start_is_told_with_its_errno),
      cmocka_unit_test(test_keeper__a_sweep_ends_when_nothing_is_left),
      cmocka_unit_test(test_keeper__a_sweep_takes_a_living_agent_too),
      cmocka_unit_test(test_keeper__letting_go_names_what_stays),
      cmocka_unit_test(test_keeper__letting_go_after_a_stop_waits_for_the_agents_group),
      cmocka_unit_test(test_keeper__stop_is_term_then_kill),
      cmocka_unit_test(test_keeper__when_runlet_is_gone_so_are_run_and_folder),
      cmocka_unit_test(test_keeper__at_an_orderly_end_the_folder_is_runlets),
      cmocka_unit_test(test_keeper__signals_to_it_do_not_end_it),
      cmocka_unit_test(test_keeper__without_its_arguments_it_refuses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
