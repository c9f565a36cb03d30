/* SPDX-License-Identifier: MIT */
#include "io/pool_job.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include <cmocka.h>

struct job {
  pthread_t worked, done;
  unsigned count;
};

static void work(void *who)
{
  ((struct job *)who)->worked = pthread_self();
}

static void done(void *who)
{
  struct job *j = who;
  j->done = pthread_self();
  j->count++;
}

static void test_pool_job__the_work_is_another_threads_and_its_end_the_loops(void **state)
{
  (void)state;
  uv_loop_t loop;
  struct job j = {0};
  assert_int_equal(uv_loop_init(&loop), 0);
  pool_job_start(&loop, work, done, &j);
  assert_int_equal(j.count, 0); /* never from inside */
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(j.count, 1);
  assert_true(pthread_equal(j.done, pthread_self()));
  assert_false(pthread_equal(j.worked, pthread_self()));
  assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pool_job__the_work_is_another_threads_and_its_end_the_loops),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
