/* SPDX-License-Identifier: MIT */
/* The door in a process of its own, asked over plain sockets.  What it answers in every
 * case is in tests/flow. */
#include "door/http/http_door.h"

#include "base/clock.h"
#include "base/ids.h"
#include "door/doors.h"
#include "door/options_read.h"
#include "io/signals.h"
#include "process/keeper.h"
#include "scratch.h"
#include "traces.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
  struct scratch s;
  struct strv env;
  char state[200];
  int pid, log;
  unsigned port;
};

static void start(struct fixture *d, const char *listen)
{
  memset(d, 0, sizeof *d);
  d->s = scratch_make();
  d->env = traces_environment();
  char path[200]; /* where a test may put its claude */
  snprintf(path, sizeof path, "%s:/usr/bin:/bin", d->s.folder);
  strv_set_env(&d->env, "PATH", span_of(path));
  snprintf(d->state, sizeof d->state, "%s/state", d->s.folder);
  int log[2];
  assert_int_equal(pipe(log), 0);
  d->pid = fork();
  if (d->pid == 0) {
    dup2(log[1], 2);
    close(log[0]);
    char name[] = "runlet", command[] = "serve";
    char *argv[] = {name, command, NULL};
    struct options o;
    struct fault f = {0};
    int r = options_read(doors, 2, argv, d->env.at, &o, &f);
    o.run.state_dir = d->state;
    o.run.settings.workspace = d->s.folder;
    o.serve.listen = listen;
    o.run.settings.deadlines.kill_grace_ms = 300;
    if (r == 0)
      r = http_door.open(&o, d->env.at, &f);
    _exit(r < 0 ? 99 : r);
  }
  close(log[1]);
  d->log = log[0];
}

static void wait_for_port(struct fixture *d)
{
  char text[2000] = "";
  size_t n = 0;
  while (!strstr(text, "listening on 127.0.0.1:") ||
         !strchr(strstr(text, "listening"), '\n')) {
    ssize_t got = read(d->log, text + n, sizeof text - 1 - n);
    if (got <= 0)
      fail_msg("it ended: %s", text);
    n += (size_t)got;
    text[n] = 0;
  }
  assert_int_equal(
      sscanf(strstr(text, "listening"), "listening on 127.0.0.1:%u", &d->port), 1);
}

static int connect_and_send(const struct fixture *d, const char *request)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)d->port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  assert_int_equal(write(fd, request, strlen(request)), strlen(request));
  return fd;
}

static void ask(const struct fixture *d, const char *request, const char *status,
                const char *body)
{
  int fd = connect_and_send(d, request);
  char text[4000];
  size_t n = 0;
  for (ssize_t got;
       n < sizeof text - 1 && (got = read(fd, text + n, sizeof text - 1 - n)) > 0;)
    n += (size_t)got;
  text[n] = 0;
  close(fd);
  if (!strstr(text, status) || !strstr(text, body))
    fail_msg("%s", text);
}

static void end(struct fixture *d, int status)
{
  int how;
  assert_int_equal(waitpid(d->pid, &how, 0), d->pid);
  assert_true(WIFEXITED(how));
  assert_int_equal(WEXITSTATUS(how), status);
  close(d->log);
  strv_free(&d->env);
  scratch_remove(&d->s);
}

static void test_http_door__answers_and_ends_with_0_on_term(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "127.0.0.1:0");
  wait_for_port(&d);
  ask(&d, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      "HTTP/1.1 200 OK", "\r\n\r\nok");
  ask(&d, "GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      "HTTP/1.1 404", "not found");
  ask(&d,
      "POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: "
      "close\r\n\r\n{}",
      "HTTP/1.1 400", "run request: messages must be a non-empty ModelMessage[]");
  ask(&d,
      "POST /run HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\nConnection: "
      "close\r\n\r\n{}",
      "HTTP/1.1 403", "Host must be a loopback name");
  kill(d.pid, SIGTERM);
  end(&d, 0);
}

/* An agent that prints without end, and a client that reads its first byte and no
 * more. */
static int stall(struct fixture *d)
{
  start(d, "127.0.0.1:0");
  scratch_write(&d->s, "claude", 0755,
                "#!/bin/sh\nwhile :; do echo "
                "'{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":"
                "\"text\",\"text\":\"'$(seq 1 2000)'\"}]}}'; done\n");
  wait_for_port(d);
  struct buf request = buf_make(4000), body = buf_make(4000);
  buf_add_text(&body, "{\"runId\":\"r\",\"threadId\":\"t\",\"model\":\"m\","
                      "\"harness\":\"claude-code\",\"messages\":[{\"role\":\"user\","
                      "\"content\":\"x\"}],\"workspace\":{\"source\":{\"type\":"
                      "\"none\"}},\"toolDescriptors\":[],\"toolExecUrl\":"
                      "\"http://127.0.0.1:1/\",\"toolExecToken\":\"x\"}");
  buf_addf(&request,
           "POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s",
           body.len, body.at);
  int fd = connect_and_send(d, request.at);
  char first[13] = "";
  assert_int_equal(read(fd, first, 12), 12);
  assert_string_equal(first, "HTTP/1.1 200");
  buf_free(&request);
  buf_free(&body);
  traces_sleep_ms(2000); /* the backlog is above its mark and the agent stands still */
  traces_expect_alive(1, 1000);
  return fd;
}

static void
test_http_door__a_client_that_does_not_read_does_not_delay_the_end(void **state)
{
  (void)state;
  struct fixture d;
  int fd = stall(&d);
  kill(d.pid, SIGTERM);
  unsigned long long begin = clock_ticks_ms();
  end(&d, 0);
  assert_true(clock_ticks_ms() - begin < 8000);
  traces_expect_alive(0, 1000);
  close(fd);
}

static void test_http_door__a_client_that_stops_and_goes_cancels_its_run(void **state)
{
  (void)state;
  struct fixture d;
  int fd = stall(&d);
  close(fd); /* with unread bytes: a reset */
  traces_expect_alive(0, 5000);
  kill(d.pid, SIGTERM);
  end(&d, 0);
}

static void test_http_door__does_not_open_where_it_may_not_listen(void **state)
{
  (void)state;
  struct fixture d;
  start(&d, "0.0.0.0:0");
  end(&d, 99);
  start(&d, "not-an-address:1");
  end(&d, 99);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_http_door__answers_and_ends_with_0_on_term),
      cmocka_unit_test(
          test_http_door__a_client_that_does_not_read_does_not_delay_the_end),
      cmocka_unit_test(test_http_door__a_client_that_stops_and_goes_cancels_its_run),
      cmocka_unit_test(test_http_door__does_not_open_where_it_may_not_listen),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  unsetenv("SSL_CERT_FILE");
  signals_block();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
