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
  door_fixture_expect(door_fixture_whole(&d, "GET", "/runs", "", ""), "200",
                      "{\"runs\":[]}");
  door_fixture_expect(door_fixture_whole(&d, "GET", "/runs/a", "", ""), "404",
                      "no such run");
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
  door_fixture_expect(door_fixture_whole(&d, "POST", "/run", "", other), "409",
                      "another request");
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
  door_fixture_expect(facts, "200", "application/json");
  door_fixture_expect(door_fixture_whole(&d, "GET", "/runs", "", ""), "200",
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
    door_fixture_expect(lines, "200", first);
    char *sse =
        door_fixture_whole(&d, "GET", target, "Accept: text/event-stream\r\n", "");
    snprintf(id, sizeof id, "id: %u\ndata: {\"type\":\"", after + 1);
    assert_int_equal(count(sse, "\ndata: {\"type\":\""), left);
    door_fixture_expect(sse, left ? "200" : "204", left ? id : "\r\n\r\n");
  }
  door_fixture_expect(
      door_fixture_whole(&d, "GET", "/runs/a/events?after=1",
                         "Accept: text/event-stream\r\nLast-Event-ID: 3\r\n", ""),
      "200", "x-runlet-first-seq: 4\r\n");
  door_fixture_expect(
      door_fixture_whole(&d, "GET", "/runs/a/events",
                         "Accept: text/event-stream\r\nLast-Event-ID: x\r\n", ""),
      "400", "Last-Event-ID");
  door_fixture_expect(door_fixture_whole(&d, "GET", "/runs/a/events?after=x", "", ""),
                      "400", "after");
  door_fixture_expect(
      door_fixture_whole(&d, "GET", "/runs/a/events?after=9223372036854775807", "", ""),
      "200", "x-runlet-first-seq: 9007199254740993\r\n");
  door_fixture_expect(door_fixture_whole(&d, "GET", "/runs/b/events", "", ""), "404",
                      "no such run");
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
  door_fixture_expect(door_fixture_whole(&d, "POST", "/runs/c/cancel", "", ""), "404",
                      "no such run");
  door_fixture_expect(door_fixture_whole(&d, "POST", "/runs/a/cancel", "", ""), "202",
                      "{\"runId\":\"a\",\"state\":\"ending\"}");
  door_fixture_wait_over(&d, "a");
  door_fixture_expect(door_fixture_whole(&d, "POST", "/runs/a/cancel", "", ""), "200",
                      "{\"runId\":\"a\",\"state\":\"over\"}");
  door_fixture_expect(door_fixture_whole(&d, "GET", "/runs/a", "", ""), "200",
                      "\"cancelledBy\":\"api\"");
  door_fixture_expect(door_fixture_whole(&d, "GET", "/runs/b", "", ""), "200",
                      "\"state\":\"running\"");
  free(a);
  free(b);
  door_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_runs_door__runs_lists_and_replays),
      cmocka_unit_test(test_runs_door__gives_events_from_any_number),
      cmocka_unit_test(test_runs_door__cancels_one_run_and_no_other),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
