/* SPDX-License-Identifier: MIT */
#include "door/http/runs_door.h"

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

/* The answer has this status line and this text. */
static void expect(char *answer, const char *status, const char *text)
{
  if (strncmp(answer + strlen("HTTP/1.1 "), status, strlen(status)) != 0 ||
      !strstr(answer, text))
    fail_msg("expected %s and %s:\n%s", status, text, answer);
  free(answer);
}

static unsigned count(const char *text, const char *what)
{
  unsigned n = 0;
  for (; (text = strstr(text, what)); text += strlen(what))
    n++;
  return n;
}

static void test_runs_door__runs_lists_and_replays(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "INIT; SAY; GOOD");
  expect(door_fixture_whole(&d, "GET", "/runs", "", ""), "200", "{\"runs\":[]}");
  expect(door_fixture_whole(&d, "GET", "/runs/a", "", ""), "404", "no such run");
  char *body = door_fixture_request("a", "");
  char *first = door_fixture_whole(&d, "POST", "/run", "", body);
  assert_non_null(strstr(first, "x-runlet-first-seq: 1\r\n"));
  assert_non_null(strstr(first, "RUN_FINISHED"));
  door_fixture_wait_over(&d, "a");
  char *again = door_fixture_whole(&d, "POST", "/run", "", body); /* the kept one */
  const char *events = strstr(first, "{\"type\"");
  assert_string_equal(events, strstr(again, "{\"type\""));
  assert_int_equal(d.runtime.counters.codes[0].runs, 1); /* no second agent */
  char *other = door_fixture_request("a", ",\"heartbeatMs\":5000");
  expect(door_fixture_whole(&d, "POST", "/run", "", other), "409", "another request");
  char *facts = door_fixture_whole(&d, "GET", "/runs/a", "", "");
  static const char *const members[] = {"\"runId\":\"a\"",
                                        "\"threadId\":\"a\"",
                                        "\"state\":\"over\"",
                                        "\"outcome\":\"finished\"",
                                        "\"certificate\":{\"durationMs\":",
                                        "\"exitCode\":0",
                                        "\"firstSeq\":1,\"lastSeq\":",
                                        "\"readers\":0"};
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    if (!strstr(facts, members[i]))
      fail_msg("no %s in %s", members[i], facts);
  expect(facts, "200", "application/json");
  expect(door_fixture_whole(&d, "GET", "/runs", "", ""), "200",
         "{\"runs\":[{\"runId\":\"a\"");
  free(first);
  free(again);
  free(body);
  free(other);
  door_fixture_close(&d);
}

static void test_runs_door__gives_events_from_any_number(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "INIT; SAY; GOOD");
  char *body = door_fixture_request("a", "");
  free(door_fixture_whole(&d, "POST", "/run", "", body));
  free(body);
  door_fixture_wait_over(&d, "a");
  unsigned last = (unsigned)journal_facts(records_newest(d.door.records)->journal).last;
  for (unsigned after = 0; after <= last + 1; after++) {
    char target[64], first[64], id[32];
    snprintf(target, sizeof target, "/runs/a/events?after=%u", after);
    snprintf(first, sizeof first, "x-runlet-first-seq: %u\r\n", after + 1);
    char *lines = door_fixture_whole(&d, "GET", target, "", "");
    unsigned left = after < last ? last - after : 0;
    assert_int_equal(count(lines, "{\"type\":\""), left);
    expect(lines, "200", first);
    char *sse =
        door_fixture_whole(&d, "GET", target, "Accept: text/event-stream\r\n", "");
    snprintf(id, sizeof id, "id: %u\ndata: {\"type\":\"", after + 1);
    assert_int_equal(count(sse, "\ndata: {\"type\":\""), left);
    expect(sse, left ? "200" : "204", left ? id : "\r\n\r\n");
  }
  expect(door_fixture_whole(&d, "GET", "/runs/a/events?after=1",
                            "Accept: text/event-stream\r\nLast-Event-ID: 3\r\n", ""),
         "200", "x-runlet-first-seq: 4\r\n");
  expect(door_fixture_whole(&d, "GET", "/runs/a/events",
                            "Accept: text/event-stream\r\nLast-Event-ID: x\r\n", ""),
         "400", "Last-Event-ID");
  expect(door_fixture_whole(&d, "GET", "/runs/a/events?after=x", "", ""), "400", "after");
  expect(door_fixture_whole(&d, "GET", "/runs/b/events", "", ""), "404", "no such run");
  door_fixture_close(&d);
}

static void test_runs_door__cancels_one_run_and_no_other(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, HANG);
  char *a = door_fixture_request("a", ",\"onDisconnect\":\"detach\"");
  char *b = door_fixture_request("b", ",\"onDisconnect\":\"detach\"");
  door_fixture_ask(&d, "POST", "/run", "", a);
  loopback_wait_text(&d.client, "hello");
  loopback_close(&d.client, true);
  door_fixture_ask(&d, "POST", "/run", "", b);
  loopback_wait_text(&d.client, "hello");
  loopback_close(&d.client, true);
  expect(door_fixture_whole(&d, "POST", "/runs/c/cancel", "", ""), "404", "no such run");
  expect(door_fixture_whole(&d, "POST", "/runs/a/cancel", "", ""), "202",
         "{\"runId\":\"a\",\"state\":\"ending\"}");
  door_fixture_wait_over(&d, "a");
  expect(door_fixture_whole(&d, "POST", "/runs/a/cancel", "", ""), "200",
         "{\"runId\":\"a\",\"state\":\"over\"}");
  expect(door_fixture_whole(&d, "GET", "/runs/a", "", ""), "200",
         "\"cancelledBy\":\"api\"");
  expect(door_fixture_whole(&d, "GET", "/runs/b", "", ""), "200",
         "\"state\":\"running\"");
  free(a);
  free(b);
  door_fixture_close(&d);
}

static void test_runs_door__ends_a_run_when_its_last_poster_is_gone(void **state)
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

static void test_runs_door__counts_in_its_metrics(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "INIT; SAY; GOOD");
  char *body = door_fixture_request("a", "");
  free(door_fixture_whole(&d, "POST", "/run", "", body));
  free(body);
  door_fixture_wait_over(&d, "a");
  char *text = door_fixture_whole(&d, "GET", "/metrics", "", "");
  assert_non_null(strstr(text, "runlet_runs_total{outcome=\"finished\"} 1\n"));
  assert_non_null(strstr(text, "runlet_runs_kept 1\n"));
  expect(text, "200", "text/plain; version=0.0.4");
  door_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_runs_door__runs_lists_and_replays),
      cmocka_unit_test(test_runs_door__gives_events_from_any_number),
      cmocka_unit_test(test_runs_door__cancels_one_run_and_no_other),
      cmocka_unit_test(test_runs_door__ends_a_run_when_its_last_poster_is_gone),
      cmocka_unit_test(test_runs_door__counts_in_its_metrics),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
