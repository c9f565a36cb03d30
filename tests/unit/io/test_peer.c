/* SPDX-License-Identifier: MIT */
/* Real connections on loopback: the kernel's own rows. */
#include "io/peer.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
  int listener, client, server;
  struct sockaddr_storage peer, local; /* as the server sees them */
};

static void set_port(struct sockaddr_storage *a, in_port_t port)
{
  ((struct sockaddr_in *)a)->sin_port = port; /* at the same place in both families */
}

/* `to`: where the server listens; `by`: the address the client uses. */
static struct pair connected(const struct sockaddr_storage *to,
                             struct sockaddr_storage by)
{
  struct pair p;
  socklen_t size = sizeof p.local;
  p.listener = socket(to->ss_family, SOCK_STREAM, 0);
  assert_int_equal(bind(p.listener, (const struct sockaddr *)to, sizeof *to), 0);
  assert_int_equal(listen(p.listener, 1), 0);
  assert_int_equal(getsockname(p.listener, (struct sockaddr *)&p.local, &size), 0);
  set_port(&by, ((struct sockaddr_in *)&p.local)->sin_port);
  p.client = socket(by.ss_family, SOCK_STREAM, 0);
  assert_int_equal(connect(p.client, (struct sockaddr *)&by, sizeof by), 0);
  size = sizeof p.peer;
  p.server = accept(p.listener, (struct sockaddr *)&p.peer, &size);
  assert_true(p.server >= 0);
  size = sizeof p.local;
  assert_int_equal(getsockname(p.server, (struct sockaddr *)&p.local, &size), 0);
  return p;
}

static bool may_be(const struct pair *p, unsigned uid)
{
  return peer_may_be(uid, (const struct sockaddr *)&p->peer,
                     (const struct sockaddr *)&p->local);
}

static void expect_known_until_closed(struct pair p)
{
  assert_true(may_be(&p, getuid()));
  assert_false(may_be(&p, getuid() + 1));
  assert_false(may_be(&p, 65534));
  close(p.client);
  assert_true(may_be(&p, 65534)); /* nobody can say whose it was */
  close(p.server);
  close(p.listener);
}

static struct sockaddr_storage loopback_four(void)
{
  struct sockaddr_storage a = {0};
  *(struct sockaddr_in *)&a = (struct sockaddr_in){
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return a;
}

static struct sockaddr_storage six(struct in6_addr address)
{
  struct sockaddr_storage a = {0};
  *(struct sockaddr_in6 *)&a =
      (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = address};
  return a;
}

static void test_peer__of_ipv4_is_known_until_it_closes(void **state)
{
  (void)state;
  struct sockaddr_storage a = loopback_four();
  expect_known_until_closed(connected(&a, a));
}

static void test_peer__of_ipv6_is_known_until_it_closes(void **state)
{
  (void)state;
  struct sockaddr_storage a = six(in6addr_loopback);
  expect_known_until_closed(connected(&a, a));
}

static void test_peer__speaking_ipv4_to_an_ipv6_socket_is_known(void **state)
{
  (void)state;
  struct sockaddr_storage any = six(in6addr_any), a = loopback_four();
  expect_known_until_closed(connected(&any, a));
}

static void test_peer__with_an_ipv6_socket_to_an_ipv4_address_is_known(void **state)
{
  (void)state;
  struct in6_addr mapped = {{{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}}};
  struct sockaddr_storage a = loopback_four();
  expect_known_until_closed(connected(&a, six(mapped)));
}

static void test_peer__from_elsewhere_is_not_looked_at(void **state)
{
  (void)state;
  struct sockaddr_storage local = loopback_four(), peer = local;
  ((struct sockaddr_in *)&peer)->sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
  assert_false(peer_may_be(65534, (struct sockaddr *)&peer, (struct sockaddr *)&local));
}

static void test_peer__the_kernel_can_be_asked_here(void **state)
{
  (void)state;
  assert_true(peer_can_be_known());
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_peer__the_kernel_can_be_asked_here),
      cmocka_unit_test(test_peer__of_ipv4_is_known_until_it_closes),
      cmocka_unit_test(test_peer__of_ipv6_is_known_until_it_closes),
      cmocka_unit_test(test_peer__speaking_ipv4_to_an_ipv6_socket_is_known),
      cmocka_unit_test(test_peer__with_an_ipv6_socket_to_an_ipv4_address_is_known),
      cmocka_unit_test(test_peer__from_elsewhere_is_not_looked_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
