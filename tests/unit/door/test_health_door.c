/* SPDX-License-Identifier: MIT */
/* The door here, a server that knows one answer in a process beside it. */
#include "door/doors.h"
#include "door/options.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct door health_door, ready_door;

static char url[64];

/* Answers one request that begins with `wanted` and has this header line (NULL: has no
 * Authorization) with this status, and goes. */
static pid_t server_of(const char *path, const char *line, const char *status)
{
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(fd, 1), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
  snprintf(url, sizeof url, "http://127.0.0.1:%u%s", ntohs(at.sin_port), path);
  pid_t pid = fork();
  if (pid == 0) {
    char request[4096], answer[200], first[100];
    int one = accept(fd, NULL, NULL);
    ssize_t got = read(one, request, sizeof request - 1);
    request[got > 0 ? got : 0] = 0;
    snprintf(first, sizeof first, "GET %s HTTP/1.1\r\n", path);
    bool right =
        !strncmp(request, first, strlen(first)) &&
        (line ? strstr(request, line) != NULL : strstr(request, "uthorization") == NULL);
    int n = snprintf(answer, sizeof answer,
                     "HTTP/1.1 %s\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
                     status);
    _exit(right && write(one, answer, (size_t)n) == n ? 0 : 1);
  }
  close(fd);
  return pid;
}

static pid_t server(const char *status)
{
  return server_of("/health", NULL, status);
}

static int ask_by(const struct door *door, const char *token, struct fault *f)
{
  struct options o = {.health_url = url};
  char variable[100];
  snprintf(variable, sizeof variable, "RUNLET_TOKEN=%s", token);
  char *const env[] = {token ? variable : NULL, NULL};
  *f = (struct fault){0};
  signal(SIGPIPE, SIG_IGN);
  return door->open(&o, env, f);
}

static int ask(struct fault *f)
{
  return ask_by(&health_door, "a-token-that-is-not-sent", f);
}

static void test_health__is_well_by_a_200_alone(void **state)
{
  (void)state;
  struct fault f;
  int status;
  pid_t pid = server("200 OK");
  assert_int_equal(ask(&f), 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  pid = server("503 Service Unavailable");
  assert_int_equal(ask(&f), -1);
  assert_non_null(strstr(f.text, "/health: the answer is 503"));
  assert_int_equal(fault_exit_code(f.kind), 1);
  assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void test_health__who_does_not_answer_is_named(void **state)
{
  (void)state;
  struct fault f;
  pid_t pid = server("200 OK");
  assert_int_equal(kill(pid, SIGKILL), 0);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  assert_int_equal(ask(&f), -1);
  assert_non_null(strstr(f.text, url));
  snprintf(url, sizeof url, "nonsense://x");
  assert_int_equal(ask(&f), -1);
  assert_non_null(strstr(f.text, url));
}

static void test_ready__asks_with_the_token_and_tells_the_reasons(void **state)
{
  (void)state;
  struct fault f;
  int status;
  pid_t pid = server_of("/ready", "\r\nAuthorization: Bearer secret\r\n", "200 OK");
  assert_int_equal(ask_by(&ready_door, "secret", &f), 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  pid = server_of("/ready", NULL, "503 Service Unavailable");
  assert_int_equal(ask_by(&ready_door, NULL, &f), -1);
  assert_non_null(strstr(f.text, "/ready: the answer is 503 ok"));
  assert_int_equal(fault_exit_code(f.kind), 1);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  assert_int_equal(ask_by(&ready_door, "two words", &f), -1);
  assert_non_null(strstr(f.text, "RUNLET_TOKEN"));
  assert_int_equal(fault_exit_code(f.kind), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_health__is_well_by_a_200_alone),
      cmocka_unit_test(test_health__who_does_not_answer_is_named),
      cmocka_unit_test(test_ready__asks_with_the_token_and_tells_the_reasons),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
