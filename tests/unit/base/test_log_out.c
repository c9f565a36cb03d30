/* SPDX-License-Identifier: MIT */
#include "base/log_out.h"

#include "base/limits.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void put_lost(unsigned long long lost, struct buf *out)
{
  buf_addf(out, "lost %llu\n", lost);
}

static int saved;

static void use_stderr(int fd)
{
  saved = dup(STDERR_FILENO);
  (void)dup2(fd, STDERR_FILENO);
  (void)close(fd);
}

static void back(void)
{
  (void)dup2(saved, STDERR_FILENO);
  (void)close(saved);
}

static size_t drain(int fd, char *into, size_t most)
{
  size_t len = 0;
  ssize_t n;
  (void)fcntl(fd, F_SETFL, O_NONBLOCK);
  while (len < most && (n = read(fd, into + len, most - len)) > 0)
    len += (size_t)n;
  into[len] = 0;
  return len;
}

/* Also of a cut one. */
static void expect_lines_of(const char *text, size_t length)
{
  for (const char *at = text; *at;) {
    size_t n = strcspn(at, "\n");
    assert_true(n == length || !strncmp(at, "lost ", 5) || n < length);
    for (size_t i = 0; i < n && strncmp(at, "lost ", 5) != 0; i++)
      assert_int_equal(at[i], 'x');
    at += n + (at[n] == '\n');
  }
}

static void flood(int fd, int read_fd, size_t length)
{
  char *got = calloc(1, MIB), *record = malloc(length + 1);
  memset(record, 'x', length);
  record[length] = '\n';
  use_stderr(fd);
  for (int i = 0; i < 3000; i++)
    log_out((struct span){record, length + 1}, put_lost);
  back();
  size_t first = drain(read_fd, got, MIB - 1);
  assert_true(first > 0 && first < 3000 * length);
  expect_lines_of(got, length);
  free(record);
  free(got);
}

static void expect_next(int fd, int read_fd)
{
  char got[200];
  use_stderr(fd);
  log_out(SPAN_LITERAL("next\n"), put_lost);
  log_out(SPAN_LITERAL("and\n"), put_lost);
  back();
  drain(read_fd, got, sizeof got - 1);
  char *lost = strstr(got, "lost ");
  assert_non_null(lost);
  assert_true(strtoul(lost + 5, NULL, 10) > 1000);
  assert_string_equal(strchr(lost, '\n'), "\nnext\nand\n");
  close(read_fd);
}

static void test_log_out__never_waits_for_a_pipe_that_nobody_reads(void **state)
{
  (void)state;
  for (size_t length = 99; length < 20000; length += 9950) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    flood(dup(ends[1]), ends[0], length);
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK,
                     0); /* others write there too */
    expect_next(ends[1], ends[0]);
  }
}

static void test_log_out__never_waits_for_a_socket(void **state)
{
  (void)state;
  int ends[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  flood(dup(ends[1]), ends[0], 499);
  expect_next(ends[1], ends[0]);
}

static void test_log_out__never_waits_for_a_terminal(void **state)
{
  (void)state;
  char *record = malloc(501);
  memset(record, 'x', 500);
  record[500] = '\n';
  int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
  use_stderr(open(ptsname(terminal), O_RDWR | O_NOCTTY));
  for (int i = 0; i < 3000; i++)
    log_out((struct span){record, 501}, put_lost);
  back();
  close(terminal);
  free(record);
}

static void test_log_out__writes_a_file_where_it_stands(void **state)
{
  (void)state;
  char name[] = "/tmp/log_out-XXXXXX", got[100];
  int fd = mkstemp(name);
  unlink(name);
  int again = dup(fd);
  assert_int_equal(write(fd, "before\n", 7), 7);
  use_stderr(fd);
  log_out(SPAN_LITERAL("a\n"), put_lost); /* with what the terminal lost */
  log_out(SPAN_LITERAL("b\n"), put_lost);
  back();
  lseek(again, 0, SEEK_SET);
  drain(again, got, sizeof got - 1);
  assert_memory_equal(got, "before\n", 7);
  assert_non_null(strstr(got, "\na\nb\n"));
  close(again);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_log_out__never_waits_for_a_pipe_that_nobody_reads),
      cmocka_unit_test(test_log_out__never_waits_for_a_socket),
      cmocka_unit_test(test_log_out__never_waits_for_a_terminal),
      cmocka_unit_test(test_log_out__writes_a_file_where_it_stands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
