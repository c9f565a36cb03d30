/* SPDX-License-Identifier: MIT */
#include "door/http/route.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct route table[] = {
    {"GET", "/whole", .exact = true},
    {.method = "GET", .pattern = "/runs"},
    {.method = "GET", .pattern = "/runs/{id}"},
    {.method = "GET", .pattern = "/runs/{id}/events"},
    {.method = "POST", .pattern = "/runs/{id}/cancel"},
    {.method = "POST", .pattern = "/runs/{id}/approvals/{id}"},
    {.method = ""},
};

static void test_route__finds_the_row_of_each_address(void **state)
{
  (void)state;
  static const struct {
    const char *method, *target;
    int row; /* -1: none */
    const char *segment, *query;
  } rows[] = {
      {"GET", "/whole", 0, "", ""},
      {"GET", "/whole?x", -1, "", ""},
      {"POST", "/whole", -1, "", ""},
      {"GET", "/wholes", -1, "", ""},
      {"GET", "/whol", -1, "", ""},
      {"GET", "/runs", 1, "", ""},
      {"GET", "/runs?x", 1, "", "x"},
      {"GET", "/runs/", -1, "", ""},
      {"GET", "/runs/a", 2, "a", ""},
      {"GET", "/runs/a/", -1, "", ""},
      {"GET", "/runs//events", -1, "", ""},
      {"GET", "/runs/a%2Fb%20", 2, "a%2Fb%20", ""},
      {"GET", "/runs/events", 2, "events", ""},
      {"GET", "/runs/a/events", 3, "a", ""},
      {"GET", "/runs/a/events?after=12&y", 3, "a", "after=12&y"},
      {"GET", "/runs/a/events/b", -1, "", ""},
      {"GET", "/runs/a/event", -1, "", ""},
      {"POST", "/runs/a/events", -1, "", ""},
      {"POST", "/runs/a/cancel", 4, "a", ""},
      {"GET", "/runs/a/cancel", -1, "", ""},
      {"POST", "/runs/a", -1, "", ""},
      {"POST", "/runs/a/approvals/", -1, "", ""},
      {"POST", "/runs//approvals/b", -1, "", ""},
      {"POST", "/runs/a/approvals/b%2Fc?d", 5, "a", "d"},
      {"GET", "/", -1, "", ""},
      {"GET", "", -1, "", ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct route_target t;
    const struct route *r =
        route_find(table, span_of(rows[i].method), span_of(rows[i].target), &t);
    if (r != (rows[i].row < 0 ? NULL : &table[rows[i].row]))
      fail_msg("%s %s", rows[i].method, rows[i].target);
    if (r && (!span_is(t.segment, rows[i].segment) || !span_is(t.query, rows[i].query)))
      fail_msg("%s: %.*s, %.*s", rows[i].target, (int)t.segment.len, t.segment.at,
               (int)t.query.len, t.query.at);
  }
}

static void test_route__an_address_knows_its_methods(void **state)
{
  (void)state;
  static const char *const rows[][2] = {{"/whole", "GET"},  {"/whole?x", ""},
                                        {"/runs?x", "GET"}, {"/runs/a/cancel", "POST"},
                                        {"/runs/a", "GET"}, {"/nope", ""}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf methods = buf_make(KIB);
    route_methods(table, span_of(rows[i][0]), &methods);
    assert_string_equal(buf_cstring(&methods), rows[i][1]);
    buf_free(&methods);
  }
  static const struct route two[] = {{.method = "GET", .pattern = "/x"},
                                     {.method = "POST", .pattern = "/x"},
                                     {.method = ""}};
  struct buf methods = buf_make(KIB);
  route_methods(two, SPAN_LITERAL("/x"), &methods);
  assert_string_equal(buf_cstring(&methods), "GET, POST");
  buf_free(&methods);
}

static void test_route__a_second_id_is_found_too(void **state)
{
  (void)state;
  struct route_target t;
  assert_non_null(route_find(table, SPAN_LITERAL("POST"),
                             SPAN_LITERAL("/runs/a/approvals/b%2Fc?d"), &t));
  assert_true(span_is(t.second, "b%2Fc"));
  assert_non_null(
      route_find(table, SPAN_LITERAL("POST"), SPAN_LITERAL("/runs/a/cancel"), &t));
  assert_int_equal(t.second.len, 0);
}

static void test_route_decode__reads_bytes_and_refuses_what_are_none(void **state)
{
  (void)state;
  static const char *const wrong[] = {"a%2", "a%zz", "%", "%%20"};
  struct buf out = buf_make(KIB);
  struct fault f = {0};
  assert_int_equal(route_decode(SPAN_LITERAL("a%2Fb%20%C3%a9"), &out, &f), 0);
  assert_string_equal(buf_cstring(&out), "a/b \xc3\xa9");
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(route_decode(span_of(wrong[i]), &out, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_non_null(strstr(f.text, "hex digits"));
  }
  buf_free(&out);
}

static void test_route__parameters_come_one_by_one(void **state)
{
  (void)state;
  struct span query = SPAN_LITERAL("a=1&&b&=c&d=e=f"), name, value;
  static const char *const wanted[][2] = {
      {"a", "1"}, {"", ""}, {"b", ""}, {"", "c"}, {"d", "e=f"}};
  for (size_t i = 0; i < 5; i++) {
    assert_true(route_next_parameter(&query, &name, &value));
    assert_true(span_is(name, wanted[i][0]) && span_is(value, wanted[i][1]));
  }
  assert_false(route_next_parameter(&query, &name, &value));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_route__finds_the_row_of_each_address),
      cmocka_unit_test(test_route__an_address_knows_its_methods),
      cmocka_unit_test(test_route__a_second_id_is_found_too),
      cmocka_unit_test(test_route_decode__reads_bytes_and_refuses_what_are_none),
      cmocka_unit_test(test_route__parameters_come_one_by_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
