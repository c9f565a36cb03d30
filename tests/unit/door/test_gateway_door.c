/* SPDX-License-Identifier: MIT */
/* The door in a process of its own, asked over plain sockets. */
#include "base/clock.h"
#include "base/limits.h"
#include "door/doors.h"
#include "door/options.h"
#include "door/options_read.h"
#include "io/signals.h"
#include "loopback.h"
#include "scratch.h"
#include "traces.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define AUTH "Host: x\r\nAuthorization: Bearer right\r\n"
#define JSON "Content-Type: application/json\r\n"

extern const struct door gateway_door;

struct fixture {
  struct scratch s;
  uv_loop_t loop;
  int pid;
  unsigned port;
};

/* In a child: opens the door with this environment; its fault's text goes to the file
 * "fault". */
static void be_the_gateway(struct fixture *d, unsigned port)
{
  struct options o = {0};
  struct fault f = {0};
  char queue[600], number[64], token[] = "PAPERCLIP_BRIDGE_TOKEN=right",
                               most[] = "PAPERCLIP_BRIDGE_MAX_BODY_BYTES=1000",
                               poll[] = "PAPERCLIP_BRIDGE_POLL_INTERVAL_MS=5";
  snprintf(queue, sizeof queue, "PAPERCLIP_BRIDGE_QUEUE_DIR=%s/a/queue", d->s.folder);
  snprintf(number, sizeof number, "PAPERCLIP_BRIDGE_PORT=%u", port);
  char *const env[] = {queue, number, token, most, poll, NULL};
  signals_block();
  int r = gateway_door.open(&o, env, &f);
  scratch_write(&d->s, "fault", 0600, f.text);
  _exit(r < 0 ? fault_exit_code(f.kind) : r);
}

static void start(struct fixture *d, unsigned port)
{
  d->pid = fork();
  assert_true(d->pid >= 0);
  if (d->pid == 0)
    be_the_gateway(d, port);
}

static void open_fixture(struct fixture *d)
{
  *d = (struct fixture){.s = scratch_make()};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
  start(d, 0);
  char *ready = NULL;
  for (int i = 0; i < 500 && !ready; i++) {
    traces_sleep_ms(10);
    ready = scratch_read(&d->s, "a/queue/ready.json");
  }
  assert_non_null(ready);
  const char *port = strstr(ready, "\"port\":");
  assert_non_null(port);
  d->port = (unsigned)atoi(port + 7);
  char pid[40], url[80];
  snprintf(pid, sizeof pid, "{\"pid\":%d,\"host\":\"127.0.0.1\",", d->pid);
  snprintf(url, sizeof url, "\"baseUrl\":\"http://127.0.0.1:%u\",\"startedAt\":\"2",
           d->port);
  assert_non_null(strstr(ready, pid));
  assert_non_null(strstr(ready, url));
  free(ready);
  assert_false(scratch_has(&d->s, "a/queue/ready.json.tmp"));
  assert_true(scratch_has(&d->s, "a/queue/logs"));
}

static int wait_for_exit(struct fixture *d)
{
  int status = 0;
  assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void close_fixture(struct fixture *d, int number)
{
  unsigned long long before = clock_ticks_ms();
  assert_int_equal(kill(d->pid, number), 0);
  assert_int_equal(wait_for_exit(d), 0);
  assert_true(clock_ticks_ms() - before < 2000); /* what the host waits */
  loopback_loop_close(&d->loop);
  scratch_remove(&d->s);
}

/* One request on a connection of its own; fails unless the answer says both. */
static void expect(struct fixture *d, const char *request, const char *status,
                   const char *text)
{
  struct loopback_client client;
  loopback_connect(&client, &d->loop, d->port);
  loopback_send(&client, request, 0);
  loopback_wait_text(&client, text);
  if (loopback_count(&client, status) != 1)
    fail_msg("%s: %s", request, client.got.at);
  loopback_close(&client, false);
}

static void test_gateway_door__only_the_token_opens_it(void **state)
{
  (void)state;
  static const char *const wrong[] = {
      "", "Authorization: Bearer wrong\r\n", "Authorization: Bearer \r\n",
      "Authorization: Bearer rightx\r\n", "Authorization: Basic right\r\n"};
  struct fixture d;
  open_fixture(&d);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char request[300];
    snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", wrong[i]);
    expect(&d, request, "HTTP/1.1 401 ", "{\"error\":\"Invalid bridge token.\"}");
  }
  expect(&d, "POST / HTTP/1.1\r\nHost: x\r\n" JSON "Content-Length: 1001\r\n\r\n",
         "HTTP/1.1 401 ", "Invalid bridge token."); /* also before the limit */
  assert_int_equal(scratch_count(&d.s, "a/queue/requests"), 0);
  close_fixture(&d, SIGTERM);
}

static void test_gateway_door__refuses_other_bodies_and_long_ones_unread(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  expect(&d, "POST /a HTTP/1.1\r\n" AUTH "Content-Length: 5\r\n\r\n", "HTTP/1.1 415 ",
         "{\"error\":\"Bridge only accepts JSON request bodies.\"}");
  expect(&d, "POST /a HTTP/1.1\r\n" AUTH JSON "Content-Length: 1001\r\n\r\n",
         "HTTP/1.1 502 ",
         "{\"error\":\"Bridge request body exceeded the configured size limit.\"}");
  expect(&d, "POST /a HTTP/1.1\r\n" AUTH JSON "Transfer-Encoding: chunked\r\n\r\n3e9\r\n",
         "HTTP/1.1 502 ", "exceeded the configured size limit.");
  expect(&d, "GET // HTTP/1.1\r\n" AUTH "\r\n", "HTTP/1.1 502 ", "Invalid URL");
  assert_int_equal(scratch_count(&d.s, "a/queue/requests"), 0);
  close_fixture(&d, SIGINT);
}

static void test_gateway_door__term_answers_what_is_under_way(void **state)
{
  (void)state;
  struct fixture d;
  struct loopback_client client;
  open_fixture(&d);
  loopback_connect(&client, &d.loop, d.port);
  loopback_send(&client, "POST /a HTTP/1.1\r\n" AUTH JSON "Content-Length: 2\r\n\r\n{}",
                0);
  while (scratch_count(&d.s, "a/queue/requests") == 0)
    loopback_run_ms(&d.loop, 5);
  assert_int_equal(kill(d.pid, SIGTERM), 0);
  loopback_wait_text(&client, "\"outcome\":\"indeterminate\",\"retryable\":false}");
  loopback_close(&client, false);
  assert_int_equal(wait_for_exit(&d), 0);
  assert_int_equal(scratch_count(&d.s, "a/queue/requests"), 0);
  loopback_loop_close(&d.loop);
  scratch_remove(&d.s);
}

static void test_gateway_door__hup_is_not_obeyed(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  assert_int_equal(kill(d.pid, SIGHUP), 0);
  traces_sleep_ms(50);
  expect(&d, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 401 ", "Invalid");
  close_fixture(&d, SIGTERM);
}

static void
test_gateway_door__a_port_that_is_taken_ends_it_with_the_hosts_words(void **state)
{
  (void)state;
  struct fixture d, second;
  open_fixture(&d);
  second = (struct fixture){.s = scratch_make()};
  start(&second, d.port);
  assert_int_equal(wait_for_exit(&second), 1);
  char *text = scratch_read(&second.s, "fault");
  assert_non_null(text);
  if (!strstr(text, "[paperclip-bridge] server error") || !strstr(text, "EADDRINUSE"))
    fail_msg("%s", text);
  free(text);
  assert_false(scratch_has(&second.s, "a/queue/ready.json"));
  scratch_remove(&second.s);
  close_fixture(&d, SIGTERM);
}

static void test_gateway_door__a_queue_that_cannot_be_made_is_named(void **state)
{
  (void)state;
  struct fixture d = {.s = scratch_make()};
  scratch_write(&d.s, "a", 0600, "no folder");
  start(&d, 0);
  assert_int_equal(wait_for_exit(&d), 1);
  char *text = scratch_read(&d.s, "fault");
  assert_non_null(strstr(text, "a/queue"));
  free(text);
  scratch_remove(&d.s);
}

static void
test_gateway_door__is_found_by_the_path_of_the_script_it_stands_for(void **state)
{
  (void)state;
  char name[] = "runlet", script[] = "/x/y/paperclip-bridge-server.mjs",
       bare[] = "paperclip-bridge-server.mjs",
       other[] = "/x/not-paperclip-bridge-server.mjs", command[] = "gateway";
  char *const no_env[] = {NULL}, *by_script[] = {name, script, NULL},
              *by_both[] = {name, command, script, NULL}, *by_bare[] = {name, bare, NULL},
              *by_other[] = {name, other, NULL};
  struct options o;
  struct fault f = {0};
  assert_int_equal(options_read(doors, 2, by_script, no_env, &o, &f), 0);
  assert_ptr_equal(o.door, &gateway_door);
  assert_int_equal(options_read(doors, 3, by_both, no_env, &o, &f), 0);
  assert_ptr_equal(o.door, &gateway_door);
  assert_int_equal(options_read(doors, 2, by_bare, no_env, &o, &f), -1);
  assert_int_equal(options_read(doors, 2, by_other, no_env, &o, &f), -1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gateway_door__only_the_token_opens_it),
      cmocka_unit_test(test_gateway_door__refuses_other_bodies_and_long_ones_unread),
      cmocka_unit_test(test_gateway_door__term_answers_what_is_under_way),
      cmocka_unit_test(test_gateway_door__hup_is_not_obeyed),
      cmocka_unit_test(
          test_gateway_door__a_port_that_is_taken_ends_it_with_the_hosts_words),
      cmocka_unit_test(test_gateway_door__a_queue_that_cannot_be_made_is_named),
      cmocka_unit_test(
          test_gateway_door__is_found_by_the_path_of_the_script_it_stands_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
