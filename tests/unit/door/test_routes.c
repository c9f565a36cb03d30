/* SPDX-License-Identifier: MIT */
#include "door/http/routes.h"

#include "door_fixture.h"
#include "process/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_routes__each_address_has_its_answer_and_no_other_has_one(void **state)
{
  (void)state;
  static const struct {
    const char *method, *target, *status, *text;
  } rows[] = {
      {"GET", "/health", "200", "ok"},
      {"GET", "/health?x", "404", "not found"},
      {"POST", "/health", "405", "this address takes GET"},
      {"POST", "/run", "400", "messages"},
      {"POST", "/run?x=1", "404", "not found"},
      {"GET", "/run", "405", "this address takes POST"},
      {"POST", "/v1/runs", "503", "{\"error\":\"Runtime authentication secret is not"},
      {"GET", "/v1/runs", "405", "this address takes POST"},
      {"POST", "/agui", "404", "--agui-harness"},
      {"GET", "/agui", "405", "this address takes POST"},
      {"GET", "/metrics", "200", "runlet_build_info"},
      {"GET", "/runs?x", "200", "{\"runs\":[]}"},
      {"GET", "/runs/a", "404", "no such run"},
      {"GET", "/runs/a%2", "400", "hex digits"},
      {"GET", "/runs/a/events?after=", "400", "after must be"},
      {"GET", "/runs/a/events?after=1x", "400", "\"1x\""},
      {"GET", "/runs/a/events?after=9223372036854775808", "400", "after must be"},
      {"GET", "/runs/a/events?x=1&after=9223372036854775807&y", "404", "no such run"},
      {"POST", "/runs/a/cancel", "404", "no such run"},
      {"GET", "/runs/a/cancel", "405", "this address takes POST"},
  };
  struct door_fixture d;
  door_fixture_open(&d, "INIT; GOOD");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    door_fixture_expect(door_fixture_whole(&d, rows[i].method, rows[i].target, "", "{}"),
                        rows[i].status, rows[i].text);
  door_fixture_close(&d);
}

static void test_routes__metrics_count_the_runs(void **state)
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
  door_fixture_expect(text, "200", "text/plain; version=0.0.4");
  door_fixture_close(&d);
}

static void test_routes__only_health_is_open_to_all(void **state)
{
  (void)state;
  struct http_request r = {.method = SPAN_LITERAL("GET"),
                           .target = SPAN_LITERAL("/health")};
  assert_true(routes_is_open(&r));
  r.target = SPAN_LITERAL("/health?x");
  assert_false(routes_is_open(&r));
  r.target = SPAN_LITERAL("/ready");
  assert_false(routes_is_open(&r));
  r.method = SPAN_LITERAL("POST");
  r.target = SPAN_LITERAL("/health");
  assert_false(routes_is_open(&r));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_routes__each_address_has_its_answer_and_no_other_has_one),
      cmocka_unit_test(test_routes__metrics_count_the_runs),
      cmocka_unit_test(test_routes__only_health_is_open_to_all),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
