/* SPDX-License-Identifier: MIT */
#include "request/trace.h"

#include "base/limits.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID     "0af7651916cd43dd8448eb211c80319c"
#define PARENT "00-" ID "-b7ad6b7169203331-01"

static void expect(const char *parent, const char *state, const char *parent_then,
                   const char *state_then)
{
  struct run_request *req = mem_new(sizeof *req);
  req->joined = arena_take();
  trace_take(req, span_of(parent), span_of(state));
  if (!span_is(req->traceparent, parent_then) || !span_is(req->tracestate, state_then))
    fail_msg("%s, %s: %.*s, %.*s", parent, state, SPAN_ARG(req->traceparent),
             SPAN_ARG(req->tracestate));
  assert_true(span_is(trace_id(req), parent_then[0] ? ID : ""));
  run_request_free(req);
}

static void test_trace__a_good_parent_goes_on(void **state)
{
  (void)state;
  expect(PARENT, "", PARENT, "");
  expect(" " PARENT "\t", "", PARENT, "");
  expect("cc-" ID "-b7ad6b7169203331-01-what-comes-later", "", PARENT, "");
  expect("cc-" ID "-b7ad6b7169203331-00", "", "00-" ID "-b7ad6b7169203331-00", "");
}

static void test_trace__any_other_is_none(void **state)
{
  (void)state;
  static const char *const bad[] = {
      "",
      "00",
      "ff-" ID "-b7ad6b7169203331-01",
      "00-" ID "-b7ad6b7169203331-01-more",
      "cc-" ID "-b7ad6b7169203331-01x",
      "00-" ID "-b7ad6b7169203331-0",
      "00-" ID "-b7ad6b7169203331-0g",
      "00-" ID "-0000000000000000-01",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
      "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
      "00_" ID "-b7ad6b7169203331-01",
      "00-" ID "\r\n7ad6b7169203331-01",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    expect(bad[i], "a=1", "", "");
}

static void test_trace__a_state_goes_on_whole_or_not_at_all(void **state)
{
  (void)state;
  expect(PARENT, "a=1", PARENT, "a=1");
  expect(PARENT, " a=1 ,, b@c/d-e_f*=x y!", PARENT, "a=1,b@c/d-e_f*=x y!");
  static const char *const bad[] = {"a",     "=1",   "a=",     "A=1",        "a=1,b",
                                    "a=b=c", "_a=1", "a=\x7f", "a=\xc3\xa9", "a b=1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    expect(PARENT, bad[i], PARENT, "");
  struct buf long_state = buf_make(KIB * 4);
  for (int i = 0; i < 33; i++)
    buf_addf(&long_state, "k%d=1,", i);
  expect(PARENT, buf_cstring(&long_state), PARENT, "");
  buf_clear(&long_state);
  for (int i = 0; i < 3; i++)
    buf_addf(&long_state, "k%d=%0200d,", i, 0);
  expect(PARENT, buf_cstring(&long_state), PARENT, "");
  buf_free(&long_state);
}

static void test_trace__what_a_door_has_put_aside_stays(void **state)
{
  (void)state;
  struct run_request *req = mem_new(sizeof *req);
  req->joined = arena_take();
  req->door_text = buf_make(KIB);
  buf_add_text(&req->door_text, "url");
  trace_take(req, span_of(PARENT), span_of("a=1"));
  trace_take(req, span_of("00-" ID "-1111111111111111-01"), req->tracestate);
  assert_true(span_is(buf_span(&req->door_text), "url"));
  assert_true(span_is(req->tracestate, "a=1"));
  run_request_free(req);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_trace__a_good_parent_goes_on),
      cmocka_unit_test(test_trace__any_other_is_none),
      cmocka_unit_test(test_trace__a_state_goes_on_whole_or_not_at_all),
      cmocka_unit_test(test_trace__what_a_door_has_put_aside_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
