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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_request__is_freed_half_built_or_not_at_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
