/* SPDX-License-Identifier: MIT */
/* The door in a process of its own; what it does with real commands plays flow/exec. */
#include "door/doors.h"
#include "door/options.h"
#include "io/signals.h"
#include "process/keeper.h"
#include "scratch.h"
#include "traces.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct door exec_door;

static void be_the_door(struct scratch *s, const char *request)
{
  struct strv env = traces_environment();
  struct options o = {.file =
                          span_copy(span_of(scratch_write(s, "request", 0600, request)))};
  struct fault f = {0};
  int out = open(scratch_write(s, "out", 0600, ""), O_WRONLY | O_CLOEXEC);
  (void)dup2(out, STDOUT_FILENO);
  signals_block();
  int r = exec_door.open(&o, env.at, &f);
  _exit(r < 0 ? fault_exit_code(f.kind) : r);
}

static void expect(const char *request, int status, const char *text)
{
  struct scratch s = scratch_make();
  int how = 0, pid = fork();
  assert_true(pid >= 0);
  if (pid == 0)
    be_the_door(&s, request);
  assert_int_equal(waitpid(pid, &how, 0), pid);
  char *out = scratch_read(&s, "out");
  if (!WIFEXITED(how) || WEXITSTATUS(how) != status || !strstr(out, text))
    fail_msg("%s: %x, %s", request, (unsigned)how, out);
  free(out);
  scratch_remove(&s);
}

static void test_exec_door__one_command_and_its_end(void **state)
{
  (void)state;
  expect("{\"command\":\"cat\",\"stdin\":\"hello\"}", 0,
         "{\"type\":\"stdout\",\"data\":\"hello\"}\n{\"type\":\"exit\",\"code\":0,");
  expect("{\"command\":\"sh\",\"args\":[\"-c\",\"echo no >&2; exit 9\"]}", 1,
         "{\"type\":\"stderr\",\"data\":\"no\\n\"}\n{\"type\":\"exit\",\"code\":9,");
  expect("{\"command\":\"sleep\",\"args\":[\"100\"],\"timeoutMs\":50}", 124,
         "\"signal\":\"SIGTERM\",\"timedOut\":true");
}

static void test_exec_door__what_cannot_be_run_is_an_error(void **state)
{
  (void)state;
  expect("{\"command\":7}", 2,
         "{\"type\":\"error\",\"message\":\"exec request: command must be a text");
  expect("{\"command\":\"no-such-program-here\"}", 1, "{\"type\":\"error\",\"message\":");
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exec_door__one_command_and_its_end),
      cmocka_unit_test(test_exec_door__what_cannot_be_run_is_an_error),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
