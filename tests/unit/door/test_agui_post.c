/* SPDX-License-Identifier: MIT */
#include "door/http/agui_post.h"

#include "door_fixture.h"
#include "process/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BODY(run, more)                                                                  \
  "{\"threadId\":\"t\",\"runId\":\"" run                                                 \
  "\",\"messages\":[{\"role\":\"user\",\"content\":"                                     \
  "\"hi\"}]" more "}"

static void open_door(struct door_fixture *d, const char *script)
{
  struct fault f = {0};
  door_fixture_open(d, script);
  d->options.serve.agui.harness = "claude-code";
  assert_int_equal(agui_settings_open(&d->door.agui, &d->options, &f), 0);
}

static void expect(struct door_fixture *d, const char *headers, const char *body,
                   const char *status, const char *text)
{
  door_fixture_expect(door_fixture_whole(d, "POST", "/agui", headers, body), status,
                      text);
}

static void test_agui_post__without_a_harness_there_is_no_such_address(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "");
  expect(&d, "", BODY("a", ""), "404", "--agui-harness");
  door_fixture_close(&d);
}

static void test_agui_post__answers_in_events_of_ag_ui(void **state)
{
  (void)state;
  struct door_fixture d;
  open_door(&d, "INIT; SAY; GOOD");
  expect(&d, "", BODY("a", ""), "200", "content-type: application/x-ndjson\r\n");
  expect(&d, "Accept: text/event-stream\r\n", BODY("a", ""), "200",
         "\nid: 1\ndata: {\"type\":\"RUN_STARTED\",\"runId\":\"a\",\"threadId\":\"t\"");
  char *whole = door_fixture_whole(&d, "POST", "/agui", "", BODY("a", ""));
  assert_null(strstr(whole, "tanstack"));
  door_fixture_expect(whole, "200",
                      "\"metadata\":{\"runlet\":{\"finishReason\":\"stop\"");
  door_fixture_close(&d);
}

static void test_agui_post__the_same_body_again_attaches_and_starts_nothing(void **state)
{
  (void)state;
  struct door_fixture d;
  open_door(&d, "INIT; SAY; GOOD");
  expect(&d, "", BODY("a", ""), "200", "hello");
  char *rest = door_fixture_whole(&d, "POST", "/agui",
                                  "Accept: text/event-stream\r\nLast-Event-ID: 2\r\n",
                                  BODY("a", ""));
  assert_null(strstr(rest, "RUN_STARTED"));
  door_fixture_expect(rest, "200", "\nid: 3\n");
  assert_null(records_newest(d.door.records)->next);
  expect(&d, "", BODY("a", ",\"state\":1"), "409", "run a is known already");
  door_fixture_close(&d);
}

static void test_agui_post__waits_for_the_end_of_the_run_before_it(void **state)
{
  (void)state;
  struct door_fixture d;
  open_door(&d, "INIT; SAY; read -r p; case $p in *long*) exec sleep 60 ;; esac; GOOD");
  door_fixture_ask(&d, "POST", "/agui", "",
                   "{\"threadId\":\"t\",\"runId\":\"a\",\"messages\":[{\"role\":\"user\","
                   "\"content\":\"long\"}]}");
  loopback_wait_text(&d.client, "hello");
  loopback_close(&d.client, true);
  expect(&d, "", BODY("b", ""), "200", "\"RUN_FINISHED\",\"runId\":\"b\"");
  assert_string_equal(records_find(d.door.records, SPAN_LITERAL("a"))->outcome.code,
                      "cancelled");
  assert_null(d.door.followers);
  door_fixture_close(&d);
}

static void test_agui_post__who_waits_may_leave(void **state)
{
  (void)state;
  struct door_fixture d;
  open_door(&d, "INIT; SAY; exec sleep 60");
  door_fixture_ask(&d, "POST", "/agui", "", BODY("a", ""));
  loopback_wait_text(&d.client, "hello");
  struct loopback_client *second = calloc(1, sizeof *second);
  loopback_connect(second, d.runtime.loop, http_server_port(d.server));
  struct buf text = buf_make(1 << 16);
  buf_addf(&text, "POST /agui HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
           strlen(BODY("b", "")), BODY("b", ""));
  loopback_send(second, buf_cstring(&text), 0);
  loopback_run_ms(d.runtime.loop, 100);
  assert_non_null(d.door.followers);
  loopback_close(second, true);
  loopback_run_ms(d.runtime.loop, 100);
  assert_null(d.door.followers);
  loopback_close(&d.client, true);
  door_fixture_wait_over(&d, "a");
  buf_free(&text);
  free(second);
  door_fixture_close(&d);
}

static void test_agui_post__refuses_in_words(void **state)
{
  (void)state;
  struct door_fixture d;
  open_door(&d, "INIT; GOOD");
  expect(&d, "", "", "400", "RunAgentInput");
  expect(&d, "", BODY("a", ",\"forwardedProps\":{\"runlet\":{\"env\":{}}}"), "400",
         "not \"env\"");
  expect(&d, "Accept: text/html\r\n", BODY("a", ""), "406", "Accept");
  assert_null(records_newest(d.door.records));
  door_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_agui_post__without_a_harness_there_is_no_such_address),
      cmocka_unit_test(test_agui_post__answers_in_events_of_ag_ui),
      cmocka_unit_test(test_agui_post__the_same_body_again_attaches_and_starts_nothing),
      cmocka_unit_test(test_agui_post__waits_for_the_end_of_the_run_before_it),
      cmocka_unit_test(test_agui_post__who_waits_may_leave),
      cmocka_unit_test(test_agui_post__refuses_in_words),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
