/* SPDX-License-Identifier: MIT */
/* This program is its own keeper. */
#include "process/keeper_link.h"

#include "io/loop.h"
#include "loopback.h"
#include "traces.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

#include <setjmp.h>

#include <cmocka.h>

struct fixture {
  struct uv_loop_s *loop;
  struct strv argv, env;
  struct keeper_link *link;
  unsigned news[16], records, gone;
  int agent;
  bool close_at_first; /* the link is closed from inside the first record */
};

static void on_record(void *who, const struct keeper_record *r)
{
  struct fixture *d = who;
  assert_int_equal(d->gone, 0);
  assert_true(d->records < 16);
  d->news[d->records++] = r->news;
  if (r->news == KEEPER_STARTED)
    d->agent = r->pid;
  if (!d->close_at_first)
    return;
  keeper_link_close(d->link);
  keeper_link_close(d->link); /* twice is fine */
  d->link = NULL;
}

static void on_gone(void *who)
{
  ((struct fixture *)who)->gone++;
}

static bool is_gone(void *who)
{
  return ((struct fixture *)who)->gone > 0;
}

static bool has_started(void *who)
{
  return ((struct fixture *)who)->records > 0;
}

static bool has_exited(void *who)
{
  return ((struct fixture *)who)->records > 1;
}

static void open_fixture(struct fixture *d, const char *script)
{
  struct fault f = {0};
  *d = (struct fixture){.loop = loop_new(&f), .env = traces_environment()};
  strv_add(&d->argv, SPAN_LITERAL("sh"));
  strv_add(&d->argv, SPAN_LITERAL("-c"));
  strv_add(&d->argv, span_of(script));
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int streams[3] = {null, null, null};
  struct keeper_link_setup setup = {.streams = streams,
                                    .cwd = "/",
                                    .program = "/bin/sh",
                                    .argv = &d->argv,
                                    .env = &d->env,
                                    .on_record = on_record,
                                    .on_gone = on_gone,
                                    .who = d};
  d->link = keeper_link_open(d->loop, &setup, &f);
  assert_non_null(d->link);
  assert_int_not_equal(fcntl(null, F_GETFD), -1); /* they stay the caller's */
  close(null);
}

static void finish(struct fixture *d)
{
  keeper_link_close(d->link);
  assert_true(loop_free(d->loop));
  traces_expect_no_child();
  traces_expect_alive(0, 0);
  strv_free(&d->argv);
  strv_free(&d->env);
}

static void test_keeper_link__hears_all_in_order_and_the_end_once(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, "exit 3");
  loopback_wait(d.loop, has_exited, &d);
  assert_false(keeper_link_is_gone(d.link));
  keeper_link_order(d.link, KEEPER_SWEEP, 0);
  loopback_wait(d.loop, is_gone, &d);
  assert_true(keeper_link_is_gone(d.link));
  traces_expect_no_child(); /* reaped before it is told */
  assert_int_equal(d.records, 3);
  assert_int_equal(d.news[0], KEEPER_STARTED);
  assert_int_equal(d.news[1], KEEPER_EXITED);
  assert_int_equal(d.news[2], KEEPER_SETTLED);
  keeper_link_order(d.link, KEEPER_SWEEP, 0); /* nothing happens */
  loopback_run_ms(d.loop, 20);
  assert_int_equal(d.gone, 1);
  finish(&d);
}

static void event_came(uv_poll_t *poll, int status, int events)
{
  (void)status, (void)events;
  uv_poll_stop(poll);
  ++*(unsigned *)poll->data;
}

/* Its socket's number must not be another's before its handle is closed: libuv takes the
 * number out of the set it watches then, whosever it is. */
static void test_keeper_link__its_close_leaves_what_is_opened_meanwhile_watched(void **s)
{
  enum { OPENED = 8 };
  (void)s;
  struct fixture d;
  uv_poll_t polls[OPENED];
  int fds[OPENED];
  unsigned heard = 0;
  open_fixture(&d, "exit 0");
  loopback_wait(d.loop, has_exited, &d);
  keeper_link_order(d.link, KEEPER_LET_GO, 0);
  loopback_wait(d.loop, is_gone, &d);
  for (int i = 0; i < OPENED; i++) {
    fds[i] = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(uv_poll_init(d.loop, &polls[i], fds[i]), 0);
    polls[i].data = &heard;
    assert_int_equal(uv_poll_start(&polls[i], UV_READABLE, event_came), 0);
  }
  loopback_run_ms(d.loop, 5); /* they are in the set by now */
  keeper_link_close(d.link);
  d.link = NULL;
  for (int i = 0; i < OPENED; i++)
    assert_int_equal(eventfd_write(fds[i], 1), 0);
  loopback_run_ms(d.loop, 50);
  assert_int_equal(heard, OPENED);
  for (int i = 0; i < OPENED; i++) {
    uv_close((uv_handle_t *)&polls[i], NULL);
    close(fds[i]);
  }
  finish(&d);
}

static void test_keeper_link__closing_kills_a_living_run_and_tells_nothing(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, "trap '' TERM; setsid sleep 60 & sleep 60; sleep 60");
  loopback_wait(d.loop, has_started, &d);
  traces_expect_alive(3, 1000);
  finish(&d);
  assert_int_equal(d.gone, 0);
  assert_int_equal(d.records, 1);
}

static void test_keeper_link__may_be_closed_from_inside_a_record(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, "exit 0");
  d.close_at_first = true;
  traces_sleep_ms(100); /* more than one record is there */
  loopback_wait(d.loop, has_started, &d);
  finish(&d);
  assert_int_equal(d.records, 1);
  assert_int_equal(d.gone, 0);
}

static void test_keeper_link__a_killed_keeper_is_gone(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, "kill -KILL $PPID; exec sleep 60");
  loopback_wait(d.loop, is_gone, &d);
  assert_int_equal(d.gone, 1);
  traces_expect_alive(0, 1000); /* its agent dies with it */
  finish(&d);
}

static void test_keeper_link__null_is_fine_to_close(void **state)
{
  (void)state;
  keeper_link_close(NULL);
}

int main(int argc, char **argv)
{
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  struct fault f = {0};
  if (keeper_prepare(&f) < 0)
    return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keeper_link__hears_all_in_order_and_the_end_once),
      cmocka_unit_test(
          test_keeper_link__its_close_leaves_what_is_opened_meanwhile_watched),
      cmocka_unit_test(test_keeper_link__closing_kills_a_living_run_and_tells_nothing),
      cmocka_unit_test(test_keeper_link__may_be_closed_from_inside_a_record),
      cmocka_unit_test(test_keeper_link__a_killed_keeper_is_gone),
      cmocka_unit_test(test_keeper_link__null_is_fine_to_close),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
