/* SPDX-License-Identifier: MIT */
#include "request/run_request.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_run_request__is_freed_half_built_or_not_at_all(void **state)
{
  (void)state;
  run_request_free(NULL);
  struct run_request *req = mem_new(sizeof *req);
  req->joined = arena_take(); /* what request_read.c has first, before anything is read */
  run_request_free(req);
  arena_forget_all();
}

static void test_run_request__owns_the_tools_that_were_added(void **state)
{
  (void)state;
  struct run_request *req = mem_new(sizeof *req);
  struct buf list = buf_make(100), left_out = buf_make(100);
  struct fault f = {0};
  req->joined = arena_take();
  req->tools = tools_read(NULL, NULL, &f);
  buf_add_text(&list, "[{\"name\":\"a\"}]");
  assert_int_equal(run_request_add_tools(req, &list, &left_out, &f), 0);
  assert_int_equal(list.len, 0);
  assert_true(tools_at(req->tools, 0)->of_server);
  run_request_free(req);
  req = mem_new(sizeof *req);
  req->joined = arena_take();
  buf_add_text(&list, "[");
  assert_int_equal(run_request_add_tools(req, &list, &left_out, &f), -1);
  run_request_free(req);
  arena_forget_all();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_request__is_freed_half_built_or_not_at_all),
      cmocka_unit_test(test_run_request__owns_the_tools_that_were_added),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
