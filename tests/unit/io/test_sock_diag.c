/* SPDX-License-Identifier: MIT */
#include "io/sock_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const struct peer_end here = {{[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}, 8080};
static const struct peer_end there = {{[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}, 4711};

struct answer {
  struct nlmsghdr head;
  union {
    struct inet_diag_msg found;
    struct nlmsgerr error;
  };
};

static enum sock_diag read_cut(const struct answer *a, size_t len, struct peer_row *row)
{
  return sock_diag_read((struct span){(const char *)a, len}, &here, &there, row);
}

static void test_sock_diag__is_read_only_whole_and_for_the_ends_asked_for(void **state)
{
  (void)state;
  struct peer_row row = {0};
  struct answer a = {
      .head = {.nlmsg_type = SOCK_DIAG_BY_FAMILY},
      .found = {.idiag_uid = 1000,
                .idiag_inode = 7,
                .id = {.idiag_sport = htons(8080), .idiag_dport = htons(4711)}}};
  assert_int_equal(read_cut(&a, sizeof a, &row), SOCK_DIAG_FOUND);
  assert_int_equal(row.uid, 1000);
  assert_int_equal(row.inode, 7);
  size_t whole = NLMSG_HDRLEN + sizeof a.found;
  for (size_t len = 0; len < whole; len++)
    assert_int_equal(read_cut(&a, len, &row), SOCK_DIAG_UNASKED);
  a.found.id.idiag_dport = 0; /* one that listens there */
  assert_int_equal(read_cut(&a, sizeof a, &row), SOCK_DIAG_NONE);
}

static void test_sock_diag__tells_no_such_socket_from_no_such_call(void **state)
{
  (void)state;
  struct peer_row row = {0};
  struct answer a = {.head = {.nlmsg_type = NLMSG_ERROR}, .error.error = -ENOENT};
  assert_int_equal(read_cut(&a, sizeof a, &row), SOCK_DIAG_NONE);
  a.error.error = -EPERM;
  assert_int_equal(read_cut(&a, sizeof a, &row), SOCK_DIAG_UNASKED);
  assert_int_equal(read_cut(&a, NLMSG_HDRLEN, &row), SOCK_DIAG_UNASKED);
  a.head.nlmsg_type = NLMSG_DONE;
  assert_int_equal(read_cut(&a, sizeof a, &row), SOCK_DIAG_UNASKED);
}

/* -- the kernel itself -- */

static int listener;
static struct peer_end listening;

static struct peer_end end_of(int fd)
{
  struct sockaddr_in a;
  socklen_t size = sizeof a;
  assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
  struct peer_end e = here;
  e.port = ntohs(a.sin_port);
  return e;
}

static int dial(void)
{
  struct sockaddr_in a = {.sin_family = AF_INET,
                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                          .sin_port = htons((uint16_t)listening.port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
  return fd;
}

static double many_looks_ms(int fd)
{
  struct peer_end own = end_of(fd);
  struct peer_row row;
  struct timespec from, to;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
  for (int i = 0; i < 200; i++)
    assert_int_not_equal(sock_diag_ask(&own, &listening, &row), SOCK_DIAG_NONE);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
  return (double)(to.tv_sec - from.tv_sec) * 1e3 +
         (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static void test_sock_diag__costs_the_same_among_many_sockets(void **state)
{
  (void)state;
  struct sockaddr_in a = {.sin_family = AF_INET,
                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
  assert_int_equal(listen(listener, 4000), 0);
  listening = end_of(listener);
  int many[400], first = dial();
  double alone = many_looks_ms(first);
  for (int i = 0; i < 400; i++)
    many[i] = dial();
  double among = many_looks_ms(first);
  assert_true(among < 3 * alone + 5);
  for (int i = 0; i < 400; i++)
    close(many[i]);
  close(first);
  close(listener);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sock_diag__is_read_only_whole_and_for_the_ends_asked_for),
      cmocka_unit_test(test_sock_diag__tells_no_such_socket_from_no_such_call),
      cmocka_unit_test(test_sock_diag__costs_the_same_among_many_sockets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
