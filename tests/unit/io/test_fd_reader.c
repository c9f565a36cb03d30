/* SPDX-License-Identifier: MIT */
#include "io/fd_reader.h"

#include "base/limits.h"
#include "io/loop.h"
#include "loopback.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
  struct uv_loop_s *loop;
  struct fd_reader *reader;
  int pair[2];
  struct buf got;
  bool closes; /* at its first line */
  const char *wanted;
};

static void on_line(void *who, struct span line)
{
  struct fixture *d = who;
  buf_addf(&d->got, "%.*s;", SPAN_ARG(line));
  if (d->closes) {
    fd_reader_close(d->reader);
    d->reader = NULL;
  }
}

static void on_too_long(void *who, size_t ceiling)
{
  struct fixture *d = who;
  buf_addf(&d->got, "above %zu;", ceiling);
}

static const struct lines_calls calls = {.on_line = on_line, .on_too_long = on_too_long};

static void open_it(struct fixture *d, bool closes)
{
  struct fault f = {0};
  *d = (struct fixture){.got = buf_make(KIB), .closes = closes};
  assert_int_equal(pipe(d->pair), 0);
  d->loop = loop_new(&f);
  d->reader = fd_reader_open(d->loop, d->pair[0], 8, &calls, d, &f);
  assert_non_null(d->reader);
}

static void put(struct fixture *d, const char *text)
{
  assert_int_equal(write(d->pair[1], text, strlen(text)), (ssize_t)strlen(text));
}

static bool has_come(void *who)
{
  struct fixture *d = who;
  return !strcmp(buf_cstring(&d->got), d->wanted);
}

static void wait_for(struct fixture *d, const char *wanted)
{
  d->wanted = wanted;
  loopback_wait(d->loop, has_come, d);
}

static void close_it(struct fixture *d)
{
  fd_reader_close(d->reader);
  assert_true(loop_free(d->loop));
  assert_int_equal(fcntl(d->pair[0], F_GETFL) & O_NONBLOCK, 0);
  (void)close(d->pair[0]);
  if (d->pair[1] >= 0)
    (void)close(d->pair[1]);
  buf_free(&d->got);
}

static void test_fd_reader__hands_out_lines_as_they_come(void **state)
{
  struct fixture d;
  (void)state;
  open_it(&d, false);
  put(&d, "on");
  put(&d, "e\ntwo\nth");
  wait_for(&d, "one;two;");
  put(&d, "irteen letters\nx\n");
  wait_for(&d, "one;two;above 8;x;");
  put(&d, "last");
  (void)close(d.pair[1]);
  d.pair[1] = -1;
  wait_for(&d, "one;two;above 8;x;last;");
  close_it(&d);
}

static void test_fd_reader__may_be_closed_from_inside(void **state)
{
  struct fixture d;
  (void)state;
  open_it(&d, true);
  put(&d, "one\ntwo\n");
  wait_for(&d, "one;");
  loopback_run_ms(d.loop, 20);
  assert_string_equal(buf_cstring(&d.got), "one;");
  close_it(&d);
}

static void test_fd_reader__takes_no_file_and_nothing_closed(void **state)
{
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  (void)state;
  assert_null(fd_reader_open(loop, 999, 8, &calls, NULL, &f));
  assert_string_equal(f.text, "descriptor 999 is no open pipe, socket or terminal");
  assert_null(fd_reader_open(loop, file, 8, &calls, NULL, &f));
  (void)close(file);
  fd_reader_close(NULL);
  assert_true(loop_free(loop));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fd_reader__hands_out_lines_as_they_come),
      cmocka_unit_test(test_fd_reader__may_be_closed_from_inside),
      cmocka_unit_test(test_fd_reader__takes_no_file_and_nothing_closed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
