/* SPDX-License-Identifier: MIT */
#include "http/http_connection_state.h"

#include "connection_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_http_connection_state__answers_408_to_a_slow_head_however_it_drips(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_open(&d);
  d.setup.head_ms = 100;
  connection_fixture_start(&d);
  unsigned long long start = uv_hrtime();
  for (int i = 0; i < 20 && !d.client.ended; i++) {
    loopback_send(&d.client, i == 0 ? "GET / HTTP/1.1\r\n" : "a", 0);
    loopback_run_ms(&d.loop, 20);
  }
  loopback_wait_end(&d.client);
  assert_int_equal(loopback_count(&d.client, "HTTP/1.1 408 "), 1);
  assert_true((uv_hrtime() - start) / 1000000 < 350);
  connection_fixture_finish(&d);
}

static void test_http_connection_state__answers_408_to_a_body_that_stops(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_open(&d);
  d.setup.body_ms = 100;
  connection_fixture_start(&d);
  loopback_send(&d.client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", 0);
  for (int i = 0; i < 4; i++) { /* every byte gives it more time */
    loopback_run_ms(&d.loop, 50);
    loopback_send(&d.client, "a", 0);
  }
  assert_int_equal(d.client.got.len, 0);
  loopback_wait_end(&d.client);
  assert_int_equal(loopback_count(&d.client, "HTTP/1.1 408 "), 1);
  assert_int_equal(d.requests, 0);
  connection_fixture_finish(&d);
}

static void test_http_connection_state__closes_an_idle_one_without_a_word(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_open(&d);
  d.setup.idle_ms = 60;
  connection_fixture_start(&d);
  for (int i = 0; i < 3; i++) { /* each request starts it anew */
    loopback_run_ms(&d.loop, 40);
    buf_clear(&d.client.got);
    loopback_send(&d.client, GET("/1"), 0);
    loopback_wait_text(&d.client, "GET /1 |");
  }
  buf_clear(&d.client.got);
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.error, 0);
  assert_int_equal(d.client.got.len, 0);
  connection_fixture_finish(&d);
}

static void
test_http_connection_state__has_no_deadline_while_it_waits_for_its_owner(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_open(&d);
  d.setup.idle_ms = d.setup.head_ms = d.setup.body_ms = d.setup.write_stall_ms = 20;
  connection_fixture_start(&d);
  loopback_send(&d.client, GET("/keep"), 0);
  loopback_run_ms(&d.loop, 150);
  assert_false(d.client.ended);
  http_reply(d.kept, &(struct http_answer){.status = 200}, SPAN_LITERAL("late|"));
  loopback_wait_text(&d.client, "late|");
  connection_fixture_finish(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_http_connection_state__answers_408_to_a_slow_head_however_it_drips),
      cmocka_unit_test(test_http_connection_state__answers_408_to_a_body_that_stops),
      cmocka_unit_test(test_http_connection_state__closes_an_idle_one_without_a_word),
      cmocka_unit_test(
          test_http_connection_state__has_no_deadline_while_it_waits_for_its_owner),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
