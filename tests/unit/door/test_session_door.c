/* SPDX-License-Identifier: MIT */
/* The door in a process of its own; the test is the host. */
#include "base/base64.h"
#include "base/clock.h"
#include "base/limits.h"
#include "door/doors.h"
#include "door/options.h"
#include "door/options_read.h"
#include "io/signals.h"
#include "process/keeper.h"
#include "scratch.h"
#include "traces.h"

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

extern const struct door session_door;

struct fixture {
  struct scratch s;
  struct strv env;
  int pid;
};

static void be_the_session(struct fixture *d)
{
  struct options o = {0};
  struct fault f = {0};
  signals_block();
  int r = session_door.open(&o, d->env.at, &f);
  scratch_write(&d->s, "fault", 0600, f.text);
  _exit(r < 0 ? fault_exit_code(f.kind) : r);
}

/* `command`: the JSON of the session's command. */
static void start(struct fixture *d, const char *command)
{
  struct buf base64 = buf_make(MIB);
  *d = (struct fixture){.s = scratch_make(), .env = traces_environment()};
  base64_encode(span_of(command), &base64);
  strv_set_env(&d->env, "PAPERCLIP_PROCESS_SESSION_DIR",
               span_of(scratch_path(&d->s, "a/b")));
  strv_set_env(&d->env, "PAPERCLIP_PROCESS_SESSION_COMMAND_B64", buf_span(&base64));
  strv_set_env(&d->env, "PAPERCLIP_PROCESS_SESSION_TERMINATE_GRACE_MS",
               SPAN_LITERAL("200"));
  strv_set_env(&d->env, "RUNLET_TOKEN", SPAN_LITERAL("secret"));
  buf_free(&base64);
  d->pid = fork();
  assert_true(d->pid >= 0);
  if (d->pid == 0)
    be_the_session(d);
}

static void tell(struct fixture *d, unsigned number, const char *text)
{
  char part[600], name[80];
  snprintf(part, sizeof part, "%s", scratch_write(&d->s, "part", 0600, text));
  snprintf(name, sizeof name, "a/b/stdin/%012u.json", number);
  for (int i = 0; i < 500 && !scratch_has(&d->s, "a/b/stdin"); i++)
    traces_sleep_ms(10);
  assert_int_equal(rename(part, scratch_path(&d->s, name)), 0);
}

static char *wait_for_event(struct fixture *d, unsigned number)
{
  char name[80], *text = NULL;
  snprintf(name, sizeof name, "a/b/events/%012u.json", number);
  for (int i = 0; i < 500 && !text; i++) {
    text = scratch_read(&d->s, name);
    if (!text)
      traces_sleep_ms(10);
  }
  assert_non_null(text);
  return text;
}

static void expect_event(struct fixture *d, unsigned number, const char *line)
{
  char *text = wait_for_event(d, number);
  assert_string_equal(text, line);
  free(text);
}

static void finish(struct fixture *d, int status)
{
  int got = 0;
  assert_int_equal(waitpid(d->pid, &got, 0), d->pid);
  assert_true(WIFEXITED(got));
  assert_int_equal(WEXITSTATUS(got), status);
  traces_expect_alive(0, 2000);
  strv_free(&d->env);
  scratch_remove(&d->s);
}

#define OUT(base64) "{\"type\":\"data\",\"stream\":\"stdout\",\"data\":\"" base64 "\"}\n"
#define ACK         "{\"type\":\"shutdownAck\"}\n"

static void test_session_door__bytes_go_in_and_out_and_the_status_is_its_own(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "{\"command\":\"sh\",\"args\":[\"-c\",\"cat; exit 7\"]}");
  tell(&d, 1, "{\"type\":\"stdin\",\"data\":\"aGkA/w==\"}");
  expect_event(&d, 1, OUT("aGkA/w=="));
  tell(&d, 2, "{\"type\":\"stdinEnd\"}");
  expect_event(&d, 2, "{\"type\":\"exit\",\"code\":7,\"signal\":null}\n");
  expect_event(&d, 3, ACK);
  finish(&d, 7);
}

static void test_session_door__a_shutdown_ends_one_that_does_not_want_to(void **state)
{
  (void)state;
  struct fixture d;
  unsigned long long before = clock_ticks_ms();
  start(&d, "{\"command\":\"sh\",\"args\":[\"-c\",\"trap '' TERM; echo on; sleep 60 & "
            "while :; do sleep 1; done\"]}");
  expect_event(&d, 1, OUT("b24K"));
  tell(&d, 1, "{\"type\":\"shutdown\"}");
  expect_event(&d, 2, ACK);
  expect_event(&d, 3, "{\"type\":\"exit\",\"code\":null,\"signal\":\"SIGKILL\"}\n");
  assert_true(clock_ticks_ms() - before < 5000);
  finish(&d, 1); /* and nothing of it is left */
}

static void test_session_door__term_and_a_lost_folder_end_it_too(void **state)
{
  (void)state;
  for (int way = 0; way < 2; way++) {
    struct fixture d;
    char folder[600], aside[600];
    start(&d, "{\"command\":\"sh\",\"args\":[\"-c\",\"echo on; exec sleep 60\"]}");
    expect_event(&d, 1, OUT("b24K"));
    snprintf(folder, sizeof folder, "%s", scratch_path(&d.s, "a/b/stdin"));
    snprintf(aside, sizeof aside, "%s", scratch_path(&d.s, "a/b/aside"));
    if (way == 0) {
      assert_int_equal(kill(d.pid, SIGTERM), 0);
    } else {
      assert_int_equal(rename(folder, aside), 0);
      assert_int_equal(mkdir(folder, 0700), 0);
    }
    expect_event(&d, 2, ACK);
    expect_event(&d, 3, "{\"type\":\"exit\",\"code\":null,\"signal\":\"SIGTERM\"}\n");
    finish(&d, 1);
  }
}

static void test_session_door__its_control_is_kept_from_the_process(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "{\"command\":\"sh\",\"args\":[\"-c\",\"pwd; echo $MINE; env | grep -c "
            "-e ^PAPERCLIP_PROCESS_SESSION -e ^RUNLET_\"],\"cwd\":\"/\",\"env\":{"
            "\"MINE\":\"a=b\",\"PAPERCLIP_PROCESS_SESSION_DIR\":\"/again\"}}");
  struct buf said = buf_make(KIB);
  for (unsigned n = 1; !strchr(buf_cstring(&said), '0'); n++) {
    char *text = wait_for_event(&d, n), *data = strstr(text, "\"data\":\"");
    assert_non_null(data);
    struct span base64 = {data + 8, strcspn(data + 8, "\"")};
    assert_true(base64_decode(base64, true, &said));
    free(text);
  }
  assert_string_equal(buf_cstring(&said), "/\na=b\n0\n");
  buf_free(&said);
  finish(&d, 1); /* grep found none */
}

static void test_session_door__what_cannot_start_is_told(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "{\"command\":\"no-such-program\"}");
  char *text = wait_for_event(&d, 1);
  if (!strstr(text, "\"type\":\"error\"") || !strstr(text, "no-such-program"))
    fail_msg("%s", text);
  free(text);
  expect_event(&d, 2, "{\"type\":\"exit\",\"code\":127,\"signal\":null}\n");
  finish(&d, 2);
}

static void test_session_door__is_found_by_the_paths_of_both_scripts(void **state)
{
  (void)state;
  char name[] = "runlet", command[] = "process-session", flag[] = "--stream",
       files[] = "/x/paperclip-process-session-remote.mjs",
       stream[] = "/x/paperclip-process-session-remote-stream.mjs";
  char *const no_env[] = {NULL}, *by_files[] = {name, files, NULL},
              *by_stream[] = {name, stream, NULL},
              *by_name[] = {name, command, flag, NULL};
  struct options o;
  struct fault f = {0};
  assert_int_equal(options_read(doors, 2, by_files, no_env, &o, &f), 0);
  assert_ptr_equal(o.door, &session_door);
  assert_false(o.session_stream);
  assert_int_equal(options_read(doors, 2, by_stream, no_env, &o, &f), 0);
  assert_ptr_equal(o.door, &session_door);
  assert_true(o.session_stream);
  assert_int_equal(options_read(doors, 3, by_name, no_env, &o, &f), 0);
  assert_true(o.session_stream);
}

int main(int argc, char **argv)
{
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_door__bytes_go_in_and_out_and_the_status_is_its_own),
      cmocka_unit_test(test_session_door__a_shutdown_ends_one_that_does_not_want_to),
      cmocka_unit_test(test_session_door__term_and_a_lost_folder_end_it_too),
      cmocka_unit_test(test_session_door__its_control_is_kept_from_the_process),
      cmocka_unit_test(test_session_door__what_cannot_start_is_told),
      cmocka_unit_test(test_session_door__is_found_by_the_paths_of_both_scripts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
