/* SPDX-License-Identifier: MIT */
#include "door/stdin_door.h"

#include "base/arena.h"
#include "door/doors.h"
#include "door/options_read.h"
#include "io/signals.h"
#include "process/keeper.h"
#include "scratch.h"
#include "traces.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define INIT                                                                             \
  "echo "                                                                                \
  "'{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\",\"tools\":[]}'\n"
#define GOOD "echo '{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false}'\n"

struct fixture {
  struct scratch s;
  struct strv env;
  char state[200];
  int pid;
};

/* The door in a process of its own, stdout to the file "out" or, if it is not 0,
 * `out_fd`. `request` NULL: from stdin, which is `in_fd`. */
static void start_with(struct fixture *d, const char *script, const char *request,
                       int in_fd, int out_fd)
{
  memset(d, 0, sizeof *d);
  d->s = scratch_make();
  char text[4000], path[200], file[200];
  mkdir(scratch_path(&d->s, "bin"), 0700);
  snprintf(text, sizeof text, "#!/bin/sh\n%s", script);
  scratch_write(&d->s, "bin/claude", 0755, text);
  snprintf(file, sizeof file, "%s",
           request ? scratch_write(&d->s, "request", 0600, request) : "-");
  d->env = traces_environment();
  snprintf(path, sizeof path, "%s/bin:/usr/bin:/bin", d->s.folder);
  strv_set_env(&d->env, "PATH", span_of(path));
  snprintf(d->state, sizeof d->state, "%s/state", d->s.folder);
  const char *out = scratch_path(&d->s, "out");
  d->pid = fork();
  if (d->pid != 0)
    return;
  int fd = out_fd ? out_fd : open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(fd, 1);
  close(fd);
  if (in_fd)
    dup2(in_fd, 0);
  /* the test's ends of the pipes */
  for (int other = 3; other < 64; other++)
    close(other);
  char name[] = "runlet", command[] = "run", silent[] = "--log-level=silent";
  char *argv[] = {name, command, silent, NULL};
  struct options o;
  struct fault f = {0};
  int r = options_read(doors, 3, argv, d->env.at, &o, &f);
  log_setup(LOG_SILENT, LOG_TEXT);
  o.run.state_dir = d->state;
  o.run.settings.workspace = d->s.folder;
  o.file = file;
  if (r == 0)
    r = stdin_door.open(&o, d->env.at, &f);
  _exit(r < 0 ? 99 : r);
}

static void start(struct fixture *d, const char *script, const char *request)
{
  start_with(d, script, request, 0, 0);
}

static void expect(struct fixture *d, int status, const char *last)
{
  int end;
  assert_int_equal(waitpid(d->pid, &end, 0), d->pid);
  char *out = scratch_read(&d->s, "out");
  if (!WIFEXITED(end) || WEXITSTATUS(end) != status)
    fail_msg("status %x: %s", (unsigned)end, out);
  char *line = out;
  for (char *at = out; (at = strstr(at, "\n{\"type\"")); at++)
    line = at + 1;
  if (!strstr(line, last))
    fail_msg("%s", out);
  free(out);
  if (scratch_has(&d->s, "state"))
    assert_int_equal(scratch_count(&d->s, "state"), 0);
  traces_expect_alive(0, 3000);
  strv_free(&d->env);
  scratch_remove(&d->s);
}

static void
test_stdin_door__exits_0_when_the_run_finished_and_1_when_it_failed(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, INIT GOOD, "{\"harness\":\"claude-code\",\"prompt\":\"x\"}");
  expect(&d, 0, "\"type\":\"RUN_FINISHED\"");
  start(&d, INIT "exit 5", "{\"harness\":\"claude-code\",\"prompt\":\"x\"}");
  expect(&d, 1, "\"code\":\"agent-exit\"");
}

static void test_stdin_door__a_refused_request_is_one_line_and_2(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "", "{\"harness\":");
  expect(&d, 2, "{\"type\":\"RUN_ERROR\",\"message\":\"");
  start(&d, "", "{\"harness\":\"nobody\",\"prompt\":\"x\"}");
  expect(&d, 2, "\"code\":\"bad-request\"");
}

static void
test_stdin_door__a_deadline_is_124_and_a_signal_128_and_its_number(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, INIT "exec sleep 60",
        "{\"harness\":\"claude-code\",\"prompt\":\"x\",\"timeouts\":{\"runMs\":300}}");
  expect(&d, 124, "\"code\":\"run-timeout\"");
  start(&d, INIT "exec sleep 60", "{\"harness\":\"claude-code\",\"prompt\":\"x\"}");
  for (int i = 0; i < 3000; i++) {
    char *out = scratch_read(&d.s, "out");
    bool speaks = out && strstr(out, "session-id");
    free(out);
    if (speaks)
      break;
    traces_sleep_ms(2);
  }
  kill(d.pid, SIGTERM);
  expect(&d, 128 + SIGTERM, "\"code\":\"runner-shutdown\"");
}

/* ^C while a request is typed, or a stop while the orchestrator still writes it. */
static void test_stdin_door__a_signal_ends_the_wait_for_the_request(void **state)
{
  (void)state;
  struct fixture d;
  int in[2], end;
  assert_int_equal(pipe2(in, O_CLOEXEC), 0);
  start_with(&d, INIT GOOD, NULL, in[0], 0);
  assert_int_equal(write(in[1], "{\"harness\":", 11), 11);
  traces_sleep_ms(300);
  kill(d.pid, SIGTERM);
  for (int i = 0; i < 500 && waitpid(d.pid, &end, WNOHANG) == 0; i++)
    traces_sleep_ms(10);
  int is = kill(d.pid, SIGKILL); /* fails when it was reaped above */
  close(in[0]);
  close(in[1]);
  assert_int_equal(is, -1);
  bool by_signal = WIFSIGNALED(end) && WTERMSIG(end) == SIGTERM;
  assert_true(by_signal || WEXITSTATUS(end) == 128 + SIGTERM); /* one to a shell */
  strv_free(&d.env);
  scratch_remove(&d.s);
}

static void test_stdin_door__a_reader_that_stops_and_goes_cancels_the_run(void **state)
{
  (void)state;
  struct fixture d;
  int out[2], end;
  char byte;
  assert_int_equal(pipe2(out, O_CLOEXEC), 0);
  start_with(&d,
             INIT "while :; do echo "
                  "'{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":"
                  "\"text\",\"text\":\"'$(seq 1 2000)'\"}]}}'; done",
             "{\"harness\":\"claude-code\",\"prompt\":\"x\"}", 0, out[1]);
  close(out[1]);
  assert_int_equal(read(out[0], &byte, 1), 1);
  traces_sleep_ms(1500); /* the backlog is above its mark and the agent stands still */
  close(out[0]);
  for (int i = 0; i < 1000 && waitpid(d.pid, &end, WNOHANG) == 0; i++)
    traces_sleep_ms(10);
  assert_int_equal(kill(d.pid, SIGKILL), -1); /* fails when it was reaped above */
  assert_true(WIFEXITED(end));
  assert_int_equal(WEXITSTATUS(end), 1);
  assert_int_equal(scratch_count(&d.s, "state"), 0);
  traces_expect_alive(0, 3000);
  strv_free(&d.env);
  scratch_remove(&d.s);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_stdin_door__exits_0_when_the_run_finished_and_1_when_it_failed),
      cmocka_unit_test(test_stdin_door__a_refused_request_is_one_line_and_2),
      cmocka_unit_test(
          test_stdin_door__a_deadline_is_124_and_a_signal_128_and_its_number),
      cmocka_unit_test(test_stdin_door__a_signal_ends_the_wait_for_the_request),
      cmocka_unit_test(test_stdin_door__a_reader_that_stops_and_goes_cancels_the_run),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  unsetenv("SSL_CERT_FILE");
  signals_block();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
