/* SPDX-License-Identifier: MIT */
#include "door/http/run_post.h"

#include "door_fixture.h"
#include "process/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HANG "INIT; SAY; exec sleep 60"

static void test_run_post__ends_a_run_when_its_last_poster_is_gone(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, HANG);
  char *body = door_fixture_request("a", "");
  door_fixture_ask(&d, "POST", "/run", "", body);
  loopback_wait_text(&d.client, "hello");
  struct loopback_client *held = calloc(1, sizeof *held);
  loopback_connect(held, d.runtime.loop, http_server_port(d.server));
  struct buf text = buf_make(1 << 16);
  buf_addf(&text, "POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
           strlen(body), body);
  loopback_send(held, buf_cstring(&text), 0);
  loopback_wait_text(held, "hello"); /* attached: replayed from the start */
  loopback_close(&d.client, true);
  loopback_run_ms(d.runtime.loop, 50);
  assert_string_equal(record_state(records_newest(d.door.records)), "running");
  loopback_close(held, true);
  door_fixture_wait_over(&d, "a");
  assert_string_equal(records_newest(d.door.records)->outcome.code, "cancelled");
  buf_free(&text);
  free(held);
  free(body);
  door_fixture_close(&d);
}

static void test_run_post__refuses_with_a_status_and_words(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "INIT; GOOD");
  door_fixture_expect(door_fixture_whole(&d, "POST", "/run", "", "{}"), "400",
                      "messages");
  door_fixture_expect(door_fixture_whole(&d, "POST", "/run", "", "{\"prompt\":\"x\"}"),
                      "400",
                      "harness must be a known harness id, and is missing. Known: "
                      "claude-code, codex");
  char *format = door_fixture_request("a", ",\"eventFormat\":\"pretty\"");
  door_fixture_expect(door_fixture_whole(&d, "POST", "/run", "", format), "400",
                      "eventFormat must be \"tanstack\"");
  free(format);
  format = door_fixture_request("a", ",\"eventFormat\":\"ag-ui\"");
  door_fixture_expect(door_fixture_whole(&d, "POST", "/run", "", format), "200",
                      "\"metadata\":{\"runlet\":{\"finishReason\":\"stop\"");
  free(format);
  door_fixture_close(&d);
}

static void test_run_post__answers_in_the_form_that_accept_asks_for(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "INIT; GOOD");
  char *body = door_fixture_request("a", "");
  door_fixture_expect(
      door_fixture_whole(&d, "POST", "/run", "Accept: text/event-stream\r\n", body),
      "200", "content-type: text/event-stream\r\n");
  door_fixture_expect(
      door_fixture_whole(&d, "POST", "/run", "Accept: text/event-stream\r\n", body),
      "200", "\nid: 1\ndata: {\"type\":\"RUN_STARTED\"");
  char *rest = door_fixture_whole(
      &d, "POST", "/run", "Accept: text/event-stream\r\nLast-Event-ID: 1\r\n", body);
  assert_null(strstr(rest, "RUN_STARTED"));
  door_fixture_expect(rest, "200", "\nid: 2\ndata: ");
  door_fixture_expect(door_fixture_whole(&d, "POST", "/run", "Accept: */*\r\n", body),
                      "200", "content-type: application/x-ndjson\r\n");
  door_fixture_expect(
      door_fixture_whole(&d, "POST", "/run", "Accept: text/html\r\n", body), "406",
      "Accept must take application/x-ndjson (lines of JSON) or text/event-stream");
  free(body);
  body = door_fixture_request("b", "");
  door_fixture_expect(
      door_fixture_whole(&d, "POST", "/run", "Accept: text/html\r\n", body), "406", "");
  assert_null(records_find(d.door.records, SPAN_LITERAL("b")));
  /* the number of a run that is forgotten */
  door_fixture_expect(
      door_fixture_whole(&d, "POST", "/run",
                         "Accept: text/event-stream\r\nLast-Event-ID: 99\r\n", body),
      "200", "\nid: 1\ndata: {\"type\":\"RUN_STARTED\"");
  free(body);
  door_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_post__ends_a_run_when_its_last_poster_is_gone),
      cmocka_unit_test(test_run_post__refuses_with_a_status_and_words),
      cmocka_unit_test(test_run_post__answers_in_the_form_that_accept_asks_for),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
