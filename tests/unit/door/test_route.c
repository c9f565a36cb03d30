/* SPDX-License-Identifier: MIT */
#include "door/http/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_route__names_each_address(void **state)
{
  (void)state;
  static const struct {
    const char *method, *target;
    enum route_name name;
    const char *id;
    unsigned long long after;
  } rows[] = {
      {"GET", "/health", ROUTE_HEALTH, "", 0},
      {"GET", "/health?x", ROUTE_NONE, "", 0},
      {"POST", "/run", ROUTE_RUN, "", 0},
      {"GET", "/run", ROUTE_NONE, "", 0},
      {"POST", "/run?x=1", ROUTE_NONE, "", 0},
      {"GET", "/ready?verbose", ROUTE_READY, "", 0},
      {"GET", "/metrics", ROUTE_METRICS, "", 0},
      {"GET", "/runs", ROUTE_RUNS, "", 0},
      {"GET", "/runs/", ROUTE_NONE, "", 0},
      {"GET", "/runs?x", ROUTE_RUNS, "", 0},
      {"GET", "/runs/a", ROUTE_RECORD, "a", 0},
      {"GET", "/runs/a/", ROUTE_NONE, "", 0},
      {"GET", "/runs/a%2Fb%20%C3%a9", ROUTE_RECORD, "a/b \xc3\xa9", 0},
      {"GET", "/runs/events", ROUTE_RECORD, "events", 0},
      {"GET", "/runs/a/events", ROUTE_EVENTS, "a", 0},
      {"GET", "/runs/a/events?after=12", ROUTE_EVENTS, "a", 12},
      {"GET", "/runs/a?after=x", ROUTE_RECORD, "a", 0}, /* unknown there */
      {"GET", "/runs/a/events?x=1&after=9223372036854775807&y", ROUTE_EVENTS, "a",
       9223372036854775807ull},
      {"GET", "/runs/a/events/b", ROUTE_NONE, "", 0},
      {"POST", "/runs/a/events", ROUTE_NONE, "", 0},
      {"POST", "/runs/a/cancel", ROUTE_CANCEL, "a", 0},
      {"GET", "/runs/a/cancel", ROUTE_NONE, "", 0},
      {"POST", "/runs/a", ROUTE_NONE, "", 0},
      {"GET", "/", ROUTE_NONE, "", 0},
      {"GET", "", ROUTE_NONE, "", 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct route r;
    struct fault f = {0};
    if (route_read(span_of(rows[i].method), span_of(rows[i].target), &r, &f) < 0)
      fail_msg("%s: %s", rows[i].target, f.text);
    if (r.name != rows[i].name || !span_is(buf_span(&r.id), rows[i].id) ||
        r.after != rows[i].after)
      fail_msg("%s %s: %d %s", rows[i].method, rows[i].target, r.name,
               buf_cstring(&r.id));
    route_free(&r);
  }
}

static void test_route__refuses_what_it_cannot_read(void **state)
{
  (void)state;
  static const char *const targets[][2] = {
      {"/runs/a%2", "hex digits"},
      {"/runs/a%zz/events", "hex digits"},
      {"/runs/%", "hex digits"},
      {"/runs/a/events?after=", "after must be"},
      {"/runs/a/events?after=-1", "after must be"},
      {"/runs/a/events?after=1x", "\"1x\""},
      {"/runs/a/events?after=9223372036854775808", "after must be"},
  };
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    struct route r;
    struct fault f = {0};
    assert_int_equal(route_read(SPAN_LITERAL("GET"), span_of(targets[i][0]), &r, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_non_null(strstr(f.text, targets[i][1]));
    route_free(&r);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_route__names_each_address),
      cmocka_unit_test(test_route__refuses_what_it_cannot_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
