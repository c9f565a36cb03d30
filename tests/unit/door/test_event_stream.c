/* SPDX-License-Identifier: MIT */
#include "door/http/event_stream.h"

#include "base/limits.h"
#include "door_fixture.h"
#include "process/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Some MiB of events, from a shell. */
#define FLOOD                                                                            \
  "INIT; yes "                                                                           \
  "'{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\""    \
  "some more text of a line that is not very long\"}]}}' | head -n 50000; GOOD"

static void start(struct door_fixture *d, const char *id, const char *more)
{
  char *body = door_fixture_request(id, more);
  door_fixture_ask(d, "POST", "/run", "", body);
  free(body);
}

static void
test_event_stream__gives_all_to_a_reader_that_stalls_and_comes_back(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, FLOOD);
  start(&d, "a", "");
  loopback_pause(&d.client);
  const struct record *r = records_newest(d.door.records);
  struct journal_facts facts = {0}, before;
  do { /* until nothing moves any more */
    before = facts;
    loopback_run_ms(d.runtime.loop, 300);
    facts = journal_facts(r->journal);
  } while (facts.bytes == 0 || facts.bytes != before.bytes);
  assert_string_equal(record_state(r), "running"); /* the agent waits */
  assert_true(facts.backlog_bytes >= LIMIT_SINK_LOW_BYTES);
  assert_true(facts.backlog_bytes < 2 * LIMIT_SINK_HIGH_BYTES);
  loopback_resume(&d.client);
  loopback_wait_end(&d.client);
  assert_int_equal(loopback_count(&d.client, "\"type\":\"TEXT_MESSAGE_CONTENT\""), 50000);
  assert_int_equal(loopback_count(&d.client, "RUN_FINISHED"), 1);
  loopback_close(&d.client, false);
  door_fixture_close(&d);
}

static void test_event_stream__tells_a_gap_in_both_forms(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, FLOOD);
  runs_door_close(&d.door);
  d.options.serve.records.memory_bytes = d.options.serve.records.spill_bytes = 100000;
  runs_door_open(&d.door, &d.runtime);
  start(&d, "a", "");
  loopback_wait_end(&d.client);
  assert_int_equal(loopback_count(&d.client, "runlet.gap"), 0); /* it was waited for */
  loopback_close(&d.client, false);
  door_fixture_wait_over(&d, "a");
  struct journal_facts facts = journal_facts(records_newest(d.door.records)->journal);
  char first[80], gap[80];
  snprintf(first, sizeof first, "x-runlet-first-seq: %llu\r\n", facts.first);
  snprintf(gap, sizeof gap, "\"name\":\"runlet.gap\",\"value\":{\"from\":3,\"to\":%llu}}",
           facts.first - 1);
  char *text = door_fixture_whole(&d, "GET", "/runs/a/events?after=2", "", "");
  assert_non_null(strstr(text, first));
  assert_non_null(strstr(text, gap));
  free(text);
  text = door_fixture_whole(&d, "GET", "/runs/a/events?after=2",
                            "Accept: text/event-stream\r\n", "");
  assert_non_null(strstr(text, gap));
  snprintf(gap, sizeof gap, "id: %llu\n", facts.first);
  assert_non_null(strstr(text, gap));
  assert_null(strstr(text, "id: 3\n"));
  free(text);
  door_fixture_close(&d);
}

static void test_event_stream__follows_for_readers_that_hold_nothing_up(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, FLOOD);
  start(&d, "a", ",\"onDisconnect\":\"detach\"");
  loopback_close(&d.client, true);
  door_fixture_ask(&d, "GET", "/runs/a/events", "Accept: text/event-stream\r\n", "");
  loopback_pause(&d.client); /* it does not read: the run ends all the same */
  door_fixture_wait_over(&d, "a");
  loopback_resume(&d.client);
  loopback_wait_end(&d.client);
  assert_int_equal(loopback_count(&d.client, "\"type\":\"TEXT_MESSAGE_CONTENT\""), 50000);
  assert_int_equal(loopback_count(&d.client, "\nid: 777\ndata: {"), 1);
  loopback_close(&d.client, false);
  door_fixture_close(&d);
}

static bool has_blank(const struct loopback_client *c, const char *blank)
{
  return c->got.len > 3 && strstr(c->got.at, blank) != NULL;
}

static void test_event_stream__shows_life_when_nothing_happens(void **state)
{
  (void)state;
  struct door_fixture d;
  struct loopback_client lines, sse;
  door_fixture_open(&d, "INIT; SAY; exec sleep 60");
  start(&d, "a", "");
  loopback_wait_text(&d.client, "hello");
  loopback_connect(&lines, d.runtime.loop, http_server_port(d.server));
  loopback_send(&lines, "GET /runs/a/events HTTP/1.0\r\nHost: x\r\n\r\n", 0);
  loopback_connect(&sse, d.runtime.loop, http_server_port(d.server));
  loopback_send(&sse,
                "GET /runs/a/events HTTP/1.0\r\nHost: x\r\nAccept: "
                "text/event-stream\r\n\r\n",
                0);
  loopback_wait_text(&lines, "hello");
  loopback_wait_text(&sse, "hello");
  loopback_run_ms(d.runtime.loop, 9000);
  assert_false(has_blank(&lines, "\n\n") || has_blank(&sse, "\n: \n\n"));
  loopback_run_ms(d.runtime.loop, LIMIT_KEEPALIVE_MS + 500 - 9000);
  assert_true(has_blank(&d.client, "\n\n"));
  assert_true(has_blank(&lines, "\n\n"));
  assert_true(has_blank(&sse, "\n: \n\n"));
  loopback_close(&lines, false);
  loopback_close(&sse, false);
  loopback_close(&d.client, false);
  door_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_event_stream__gives_all_to_a_reader_that_stalls_and_comes_back),
      cmocka_unit_test(test_event_stream__tells_a_gap_in_both_forms),
      cmocka_unit_test(test_event_stream__follows_for_readers_that_hold_nothing_up),
      cmocka_unit_test(test_event_stream__shows_life_when_nothing_happens),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
