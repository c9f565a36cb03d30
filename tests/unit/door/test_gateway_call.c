/* SPDX-License-Identifier: MIT */
/* The test is the host: it reads request files and writes response files. */
#include "door/gateway/gateway_call.h"

#include "base/clock.h"
#include "base/limits.h"
#include "http/http_server.h"
#include "io/files.h"
#include "loopback.h"
#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define GET_ME "GET /api/agents/me HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST_IT                                                                          \
  "POST /api/issues/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"         \
  "Content-Length: 7\r\n\r\n{\"a\":1}"

struct fixture {
  uv_loop_t loop;
  struct scratch s;
  struct gateway_settings settings;
  struct gateway_calls calls;
  struct http_server *server;
  struct loopback_client client;
  char id[64];
};

static void on_request(void *who, struct http_exchange *x)
{
  gateway_call_start(&((struct fixture *)who)->calls, x);
}

static void open_fixture(struct fixture *d)
{
  *d = (struct fixture){
      .s = scratch_make(),
      .settings = {.poll_ms = 5, .response_ms = 5000, .depth = 2, .max_body_bytes = KIB}};
  d->settings.queue = d->s.folder;
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
  assert_int_equal(mkdir(scratch_path(&d->s, "requests"), 0700), 0);
  assert_int_equal(mkdir(scratch_path(&d->s, "responses"), 0700), 0);
  gateway_calls_open(&d->calls, &d->loop, &d->settings);
  struct http_server_setup setup = {.limits = {4 * KIB, 20, 4 * KIB},
                                    .connections = 8,
                                    .on_request = on_request,
                                    .who = d};
  struct fault f = {0};
  d->server = http_server_open(&d->loop, "127.0.0.1", 0, &setup, &f);
  assert_non_null(d->server);
  loopback_connect(&d->client, &d->loop, http_server_port(d->server));
}

static void close_fixture(struct fixture *d)
{
  assert_int_equal(d->calls.count, 0);
  assert_int_equal(d->calls.held, 0);
  assert_int_equal(scratch_count(&d->s, "requests"), 0);
  assert_int_equal(scratch_count(&d->s, "responses"), 0);
  loopback_close(&d->client, false);
  http_server_close(d->server, NULL, NULL);
  gateway_calls_close(&d->calls);
  loopback_loop_close(&d->loop);
  scratch_remove(&d->s);
}

/* The name of a request's file without ".json" into d->id. */
static bool has_request(void *who)
{
  struct fixture *d = who;
  DIR *folder = opendir(scratch_path(&d->s, "requests"));
  d->id[0] = 0;
  for (const struct dirent *e; (e = readdir(folder)) != NULL;)
    if (strlen(e->d_name) == 41 && !strcmp(e->d_name + 36, ".json"))
      snprintf(d->id, sizeof d->id, "%.36s", e->d_name);
  closedir(folder);
  return d->id[0] != 0;
}

/* The request's text; its file is removed, as the host does it. */
static char *take_request(struct fixture *d)
{
  char name[80];
  loopback_wait(&d->loop, has_request, d);
  snprintf(name, sizeof name, "requests/%s.json", d->id);
  char *text = scratch_read(&d->s, name);
  assert_non_null(text);
  assert_int_equal(remove(scratch_path(&d->s, name)), 0);
  return text;
}

static void respond(struct fixture *d, const char *text)
{
  char part[80], whole[600];
  snprintf(part, sizeof part, "responses/%s.json", d->id);
  snprintf(whole, sizeof whole, "%s", scratch_path(&d->s, part));
  scratch_write(&d->s, "part", 0600, text);
  assert_int_equal(rename(scratch_path(&d->s, "part"), whole), 0);
}

static void test_gateway_call__goes_by_file_and_its_answer_comes_by_file(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  loopback_send(&d.client, POST_IT, 0);
  char *text = take_request(&d);
  assert_non_null(strstr(text, "\"path\":\"/api/issues/1\""));
  assert_non_null(strstr(text, "\"body\":\"{\\\"a\\\":1}\""));
  assert_non_null(strstr(text, d.id));
  free(text);
  respond(&d, "{\"status\":201,\"headers\":{\"x-a\":\"b\"},\"body\":\"done\"}");
  loopback_wait_text(&d.client, "\r\n\r\ndone");
  assert_int_equal(loopback_count(&d.client, "HTTP/1.1 201 "), 1);
  assert_int_equal(loopback_count(&d.client, "x-a: b\r\n"), 1);
  assert_int_equal(loopback_count(&d.client, "content-length: 4\r\n"), 1);
  loopback_send(&d.client, GET_ME, 0); /* the connection lives on */
  free(take_request(&d));
  respond(&d, "{\"status\":204,\"body\":\"\"}");
  loopback_wait_text(&d.client, "HTTP/1.1 204 No Content\r\n");
  close_fixture(&d);
}

static void
test_gateway_call__a_host_that_is_silent_is_a_502_for_what_changes_nothing(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.settings.response_ms = 40;
  loopback_send(&d.client, GET_ME, 0);
  loopback_wait_text(&d.client,
                     "{\"error\":\"Timed out waiting for host bridge response.\"}");
  assert_int_equal(loopback_count(&d.client, "HTTP/1.1 502 "), 1);
  close_fixture(&d); /* and its request file is gone */
}

static void test_gateway_call__a_change_that_may_have_been_made_is_a_409(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.settings.response_ms = 40;
  loopback_send(&d.client, POST_IT, 0);
  loopback_wait_text(&d.client,
                     "{\"error\":\"Timed out waiting for host bridge response.\","
                     "\"outcome\":\"indeterminate\",\"retryable\":false}");
  assert_int_equal(loopback_count(&d.client, "HTTP/1.1 409 "), 1);
  assert_int_equal(
      loopback_count(&d.client, "x-paperclip-bridge-outcome: indeterminate\r\n"), 1);
  close_fixture(&d);
}

static void test_gateway_call__a_corrupt_response_is_taken_away_and_told(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  loopback_send(&d.client, GET_ME, 0);
  free(take_request(&d));
  respond(&d, "{ not json");
  loopback_wait_text(&d.client, "malformed");
  assert_int_equal(loopback_count(&d.client, "HTTP/1.1 502 "), 1);
  loopback_send(&d.client, POST_IT, 0);
  free(take_request(&d));
  respond(&d, "{\"body\":7}");
  loopback_wait_text(&d.client, "Invalid bridge body.");
  assert_int_equal(loopback_count(&d.client, "HTTP/1.1 409 "), 1);
  close_fixture(&d);
}

static void
test_gateway_call__a_full_queue_is_a_503_and_a_stale_one_is_swept(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  scratch_write(&d.s, "requests/a.json", 0600, "");
  scratch_write(&d.s, "requests/b.json", 0600, "");
  loopback_send(&d.client, POST_IT, 0);
  loopback_wait_text(&d.client, "{\"error\":\"Bridge request queue is full.\"}");
  assert_int_equal(loopback_count(&d.client, "HTTP/1.1 503 "), 1);
  const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
  assert_int_equal(utimensat(AT_FDCWD, scratch_path(&d.s, "requests/a.json"), old, 0), 0);
  assert_int_equal(utimensat(AT_FDCWD, scratch_path(&d.s, "requests/b.json"), old, 0), 0);
  loopback_send(&d.client, POST_IT, 0);
  free(take_request(&d));
  respond(&d, "{\"body\":\"swept\"}");
  loopback_wait_text(&d.client, "swept");
  close_fixture(&d);
}

static void test_gateway_call__more_than_the_ceiling_of_memory_is_a_503(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.calls.held = gateway_settings_ceiling(&d.settings) - 1;
  loopback_send(&d.client, POST_IT, 0);
  loopback_wait_text(&d.client, "reserved body byte ceiling. Retry later.");
  assert_int_equal(loopback_count(&d.client, "HTTP/1.1 503 "), 1);
  d.calls.held = 0;
  /* What is taken for a response counts too: then the outcome is not known. */
  loopback_send(&d.client, POST_IT, 0);
  free(take_request(&d));
  d.calls.held += gateway_settings_ceiling(&d.settings) - d.calls.held - 60;
  respond(&d, "{\"body\":\"much\"}");
  loopback_wait_text(&d.client, "\"outcome\":\"indeterminate\"");
  d.calls.held = 0;
  close_fixture(&d);
}

static void test_gateway_call__without_its_folder_it_is_a_502_and_lives_on(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  assert_int_equal(remove(scratch_path(&d.s, "requests")), 0);
  loopback_send(&d.client, POST_IT, 0);
  loopback_wait_text(&d.client, "HTTP/1.1 502 "); /* nothing was dispatched */
  assert_int_equal(mkdir(scratch_path(&d.s, "requests"), 0700), 0);
  loopback_send(&d.client, POST_IT, 0);
  free(take_request(&d));
  respond(&d, "{\"body\":\"again\"}");
  loopback_wait_text(&d.client, "again");
  close_fixture(&d);
}

static bool is_idle(void *who)
{
  return ((struct fixture *)who)->calls.count == 0;
}

static void test_gateway_call__goes_on_when_its_client_has_left(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  loopback_send(&d.client, POST_IT, 0);
  free(take_request(&d));
  loopback_close(&d.client, true);
  loopback_run_ms(&d.loop, 20);
  assert_int_equal(d.calls.count, 1);
  respond(&d, "{\"body\":\"unheard\"}");
  loopback_wait(&d.loop, is_idle, &d);
  loopback_connect(&d.client, &d.loop, http_server_port(d.server));
  close_fixture(&d);
}

static void test_gateway_call__an_end_gives_each_one_last_look(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.settings.poll_ms = 60000;
  loopback_send(&d.client, POST_IT, 0);
  free(take_request(&d));
  loopback_run_ms(&d.loop, 20); /* it waits for its next look now */
  unsigned long long before = clock_ticks_ms();
  gateway_calls_end(&d.calls);
  loopback_wait_text(&d.client, "The bridge gateway is shutting down.");
  assert_true(clock_ticks_ms() - before < 2000);
  close_fixture(&d);
}

static bool has_call(void *who)
{
  return ((struct fixture *)who)->calls.count > 0;
}

static void test_gateway_call__one_that_outlives_its_server_ends_unanswered(void **state)
{
  (void)state;
  for (int moment = 0; moment < 3; moment++) { /* counting; waiting; being answered */
    struct fixture d;
    open_fixture(&d);
    loopback_send(&d.client, POST_IT, 0);
    loopback_wait(&d.loop, has_call, &d);
    if (moment > 0)
      free(take_request(&d));
    if (moment == 2)
      respond(&d, "{\"body\":\"too late\"}");
    gateway_calls_end(&d.calls);
    gateway_calls_drop(&d.calls);
    http_server_close(d.server, NULL, NULL);
    d.server = NULL;
    loopback_wait(&d.loop, is_idle, &d);
    close_fixture(&d);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gateway_call__goes_by_file_and_its_answer_comes_by_file),
      cmocka_unit_test(
          test_gateway_call__a_host_that_is_silent_is_a_502_for_what_changes_nothing),
      cmocka_unit_test(test_gateway_call__a_change_that_may_have_been_made_is_a_409),
      cmocka_unit_test(test_gateway_call__a_corrupt_response_is_taken_away_and_told),
      cmocka_unit_test(test_gateway_call__a_full_queue_is_a_503_and_a_stale_one_is_swept),
      cmocka_unit_test(test_gateway_call__more_than_the_ceiling_of_memory_is_a_503),
      cmocka_unit_test(test_gateway_call__without_its_folder_it_is_a_502_and_lives_on),
      cmocka_unit_test(test_gateway_call__goes_on_when_its_client_has_left),
      cmocka_unit_test(test_gateway_call__an_end_gives_each_one_last_look),
      cmocka_unit_test(test_gateway_call__one_that_outlives_its_server_ends_unanswered),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
