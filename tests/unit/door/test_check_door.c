/* SPDX-License-Identifier: MIT */
/* The door in a process of its own, with an empty root of a PATH. */
#include "door/doors.h"
#include "door/options.h"
#include "door/options_read.h"

#include "scratch.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

extern char **environ;

/* Its exit status; what it printed is in the file "out". */
static int check(struct scratch *s, const char *request, bool json)
{
  char file[512], out[512], state[512], work[512];
  snprintf(work, sizeof work, "%s", s->folder);
  snprintf(state, sizeof state, "%s", scratch_path(s, "state"));
  snprintf(out, sizeof out, "%s", scratch_path(s, "out"));
  if (request)
    snprintf(file, sizeof file, "%s", scratch_write(s, "request", 0600, request));
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) {
    const char *argv[] = {"runlet", "check", "--workspace", work, "--state-dir",
                          state,    NULL,    NULL,          NULL};
    int argc = 6, status;
    struct options o;
    struct fault f = {0};
    if (json)
      argv[argc++] = "--json";
    if (request)
      argv[argc++] = file;
    dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    setenv("PATH", work, 1);
    setenv("HOME", work, 1);
    status = options_read(doors, argc, (char *const *)argv, environ, &o, &f);
    if (status == 0)
      status = o.door->open(&o, environ, &f);
    _exit(status < 0 ? fault_exit_code(f.kind) : status);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void expect(struct scratch *s, const char *words)
{
  char *text = scratch_read(s, "out");
  if (!strstr(text, words))
    fail_msg("\"%s\" is not in: %s", words, text);
  free(text);
}

/* Nothing may start it. */
#define AGENT   "#!/bin/sh\n: >started\n"
#define REQUEST "{\"harness\":\"claude-code\",\"model\":\"m\",\"prompt\":\"hi\""

static void test_check__an_image_without_agents_fails(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  assert_int_equal(check(&s, NULL, false), 1);
  expect(&s, "failed   agents: none on PATH (");
  scratch_write(&s, "claude", 0755, AGENT);
  assert_int_equal(check(&s, NULL, false), 0);
  expect(&s, "ok       agents: claude-code (");
  expect(&s, "ok       workspace: ");
  assert_false(scratch_has(&s, "started"));
  scratch_remove(&s);
}

static void test_check__names_what_a_request_lacks(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  assert_int_equal(check(&s, REQUEST "}", false), 1);
  expect(&s, "ok       request: harness claude-code, model m, 0 tools\n");
  expect(&s, "failed   run: would be refused: ");
  expect(&s, "claude is not on PATH");
  scratch_write(&s, "claude", 0755, AGENT);
  assert_int_equal(check(&s, REQUEST "}", true), 0);
  expect(&s, "\"name\":\"agent\",\"state\":\"ok\"");
  expect(&s, "\"ok\":true}");
  assert_false(scratch_has(&s, "started"));
  assert_int_equal(check(&s,
                         REQUEST ",\"workspace\":{\"source\":{\"type\":\"none\"},"
                                 "\"secrets\":{\"NO_SUCH_A\":{},\"NO_SUCH_B\":{}}}}",
                         false),
                   1);
  expect(&s, "failed   secret: NO_SUCH_A is not set\n");
  expect(&s, "failed   secret: NO_SUCH_B is not set\n");
  assert_int_equal(check(&s, "{\"harness\":", false), 1);
  expect(&s, "failed   request: ");
  scratch_remove(&s);
}

static void test_check__a_file_that_is_not_there_is_a_usage_error(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  struct options o;
  const char *const argv[] = {"runlet", "check", "/no/such/file", NULL};
  assert_int_equal(options_read(doors, 3, (char *const *)argv, environ, &o, &f), 0);
  assert_int_equal(o.door->open(&o, environ, &f), -1);
  assert_non_null(strstr(f.text, "/no/such/file"));
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_check__an_image_without_agents_fails),
      cmocka_unit_test(test_check__names_what_a_request_lacks),
      cmocka_unit_test(test_check__a_file_that_is_not_there_is_a_usage_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
