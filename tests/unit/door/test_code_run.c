/* SPDX-License-Identifier: MIT */
/* The code is run by a shell script that is called node: its events are the test's. */
#include "door/http/code_run.h"

#include "base/limits.h"
#include "door_fixture.h"
#include "host.h"
#include "process/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OUTPUT                                                                           \
  "echo '{\"type\":\"CUSTOM\",\"name\":\"code.output\",\"value\":{\"stream\":"           \
  "\"stdout\",\"line\":\"hello\"}}'\n"
#define RESULT "echo '{\"type\":\"CUSTOM\",\"name\":\"code.result\",\"value\":[1.0]}'\n"

struct fixture {
  struct door_fixture d;
  struct host host;
};

static void fixture_open(struct fixture *t, const char *script)
{
  struct buf text = buf_make(KIB);
  door_fixture_open(&t->d, "");
  t->d.door.has_token = true;
  buf_addf(&text, "#!/bin/sh\n%s", script);
  scratch_write(&t->d.run.scratch, "bin/node", 0755, buf_cstring(&text));
  buf_free(&text);
  host_open(&t->host, t->d.runtime.loop);
  t->host.body = "{\"status\":\"success\",\"value\":{\"ok\":true}}";
}

static bool is_quiet(void *who)
{
  return ((struct fixture *)who)->d.door.streams == 0;
}

static void fixture_close(struct fixture *t)
{
  loopback_wait(t->d.runtime.loop, is_quiet, t);
  host_close(&t->host);
  door_fixture_close(&t->d);
}

/* Malloc'd. */
static char *request(const struct fixture *t, const char *id, const char *url,
                     const char *secret, const char *more)
{
  struct buf text = buf_make(KIB);
  buf_addf(&text,
           "{\"runId\":\"%s\",\"taskId\":\"%s\",\"code\":\"x\",\"callback\":{\"%s\":"
           "\"%s\",\"%s\":\"s\"}%s}",
           id, id, url, t->host.url, secret, more);
  return buf_take(&text).at;
}

static char *post(struct fixture *t, const char *id, const char *url, const char *secret)
{
  char *body = request(t, id, url, secret, "");
  char *text = door_fixture_whole(&t->d, "POST", "/v1/runs", "", body);
  free(body);
  return text;
}

static void test_code_run__answers_in_the_words_of_each_shape(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, OUTPUT RESULT);
  door_fixture_expect(post(&t, "a", "baseUrl", "authToken"), "200",
                      "{\"status\":\"completed\",\"stdout\":\"hello\\nresult: [1.0]\","
                      "\"stderr\":\"\",\"exitCode\":0}");
  assert_true(t.host.requests >= 1); /* the output was told before */
  unsigned told = t.host.requests;
  door_fixture_expect(post(&t, "b", "url", "internalSecret"), "200",
                      "{\"status\":\"completed\",\"result\":[1.0],\"exitCode\":0}");
  assert_int_equal(t.host.requests, told);
  door_fixture_expect(post(&t, "c", "convexUrl", "internalSecret"), "202",
                      "{\"accepted\":true,\"dispatchId\":\"dispatch_c_");
  loopback_wait(t.d.runtime.loop, is_quiet, &t);
  assert_non_null(strstr(t.host.last_body.at, "completeRun"));
  assert_non_null(strstr(t.host.last_body.at, "\"exitCode\":0,\"durationMs\":"));
  fixture_close(&t);
}

static void test_code_run__the_answer_is_the_last_thing(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, OUTPUT "sleep 0.1\n");
  t.host.hold = true;
  char *body = request(&t, "a", "baseUrl", "authToken", "");
  door_fixture_ask(&t.d, "POST", "/v1/runs", "", body);
  free(body);
  host_wait_requests(&t.host, 1);
  door_fixture_wait_over(&t.d, "a");
  loopback_run_ms(t.d.runtime.loop, 100);
  assert_int_equal(loopback_count(&t.d.client, "completed"), 0);
  host_release(&t.host);
  loopback_wait_end(&t.d.client);
  assert_int_equal(loopback_count(&t.d.client, "completed"), 1);
  loopback_close(&t.d.client, false);
  fixture_close(&t);
}

static void test_code_run__a_caller_that_leaves_ends_it(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, OUTPUT "exec sleep 60\n");
  char *body = request(&t, "a", "baseUrl", "authToken", "");
  door_fixture_ask(&t.d, "POST", "/v1/runs", "", body);
  free(body);
  host_wait_requests(&t.host, 1);
  loopback_close(&t.d.client, true);
  door_fixture_wait_over(&t.d, "a");
  assert_string_equal(records_newest(t.d.door.records)->outcome.code, "cancelled");
  assert_int_equal(t.host.requests, 1);
  fixture_close(&t);
}

static void
test_code_run__the_same_request_again_is_answered_alike_and_tells_nothing(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, OUTPUT);
  door_fixture_expect(post(&t, "a", "baseUrl", "authToken"), "200",
                      "\"stdout\":\"hello\"");
  unsigned told = t.host.requests;
  door_fixture_expect(post(&t, "a", "baseUrl", "authToken"), "200",
                      "\"stdout\":\"hello\"");
  assert_int_equal(t.host.requests, told);
  char *first = post(&t, "c", "convexUrl", "internalSecret");
  loopback_wait(t.d.runtime.loop, is_quiet, &t);
  told = t.host.requests;
  char *second = post(&t, "c", "convexUrl", "internalSecret");
  assert_string_equal(strstr(first, "{\"acc"), strstr(second, "{\"acc"));
  loopback_run_ms(t.d.runtime.loop, 100);
  assert_int_equal(t.host.requests, told);
  free(first);
  free(second);
  fixture_close(&t);
}

static void test_code_run__its_time_is_the_request_s(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, "exec sleep 60\n");
  char *body = request(&t, "a", "url", "internalSecret", ",\"timeoutMs\":200");
  door_fixture_expect(door_fixture_whole(&t.d, "POST", "/v1/runs", "", body), "200",
                      "{\"status\":\"timed_out\",\"error\":\"Execution timed out after "
                      "200ms\"}");
  free(body);
  fixture_close(&t);
}

static void test_code_run__a_door_that_closes_lets_go_of_what_has_no_caller(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, OUTPUT "exec sleep 60\n");
  t.host.hold = true;
  door_fixture_expect(post(&t, "c", "convexUrl", "internalSecret"), "202", "accepted");
  host_wait_requests(&t.host, 1);
  runs_shutdown(t.d.runtime.runs, 100, NULL, NULL);
  door_fixture_wait_over(&t.d, "c");
  assert_int_equal(t.d.door.streams, 1); /* its callback is under way */
  runs_door_close(&t.d.door);
  assert_int_equal(t.d.door.streams, 0);
  runs_door_open(&t.d.door, &t.d.runtime);
  host_release(&t.host);
  fixture_close(&t);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_code_run__answers_in_the_words_of_each_shape),
      cmocka_unit_test(test_code_run__the_answer_is_the_last_thing),
      cmocka_unit_test(test_code_run__a_caller_that_leaves_ends_it),
      cmocka_unit_test(
          test_code_run__the_same_request_again_is_answered_alike_and_tells_nothing),
      cmocka_unit_test(test_code_run__its_time_is_the_request_s),
      cmocka_unit_test(test_code_run__a_door_that_closes_lets_go_of_what_has_no_caller),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
