/* SPDX-License-Identifier: MIT */
#include "io/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <setjmp.h>

#include <cmocka.h>

static bool four(const char *text)
{
  struct sockaddr_in a = {.sin_family = AF_INET};
  assert_int_equal(inet_pton(AF_INET, text, &a.sin_addr), 1);
  return address_is_ours((const struct sockaddr *)&a);
}

static bool six(const char *text)
{
  struct sockaddr_in6 a = {.sin6_family = AF_INET6};
  assert_int_equal(inet_pton(AF_INET6, text, &a.sin6_addr), 1);
  return address_is_ours((const struct sockaddr *)&a);
}

static void test_address__all_of_loopback_is_ours(void **state)
{
  (void)state;
  assert_true(four("127.0.0.1"));
  assert_true(four("127.255.3.4"));
  assert_true(six("::1"));
}

static void test_address__mapped_loopback_counts_as_the_ipv4_address(void **state)
{
  (void)state;
  assert_true(six("::ffff:127.0.0.1"));
  assert_true(six("::ffff:127.9.9.9"));
}

/* 192.0.2.0/24, 203.0.113.0/24 and 2001:db8::/32 are for documentation: no interface has
 * them. */
static void test_address__a_stranger_is_not_ours(void **state)
{
  (void)state;
  assert_false(four("192.0.2.7"));
  assert_false(four("203.0.113.127"));
  assert_false(six("2001:db8::1"));
  assert_false(six("::ffff:192.0.2.7"));
  assert_false(six("::127.0.0.1")); /* the old "compatible" form is no loopback */
  assert_false(six("::2"));
}

static void test_address__every_interface_of_the_machine_is_ours(void **state)
{
  (void)state;
  struct ifaddrs *list;
  assert_int_equal(getifaddrs(&list), 0);
  unsigned seen = 0;
  for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
    if (!i->ifa_addr ||
        (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
      continue;
    seen++;
    assert_true(address_is_ours(i->ifa_addr));
    if (i->ifa_addr->sa_family == AF_INET) {
      char text[INET_ADDRSTRLEN], mapped[INET_ADDRSTRLEN + 8];
      const struct sockaddr_in *a = (const struct sockaddr_in *)(void *)i->ifa_addr;
      inet_ntop(AF_INET, &a->sin_addr, text, sizeof text);
      snprintf(mapped, sizeof mapped, "::ffff:%s", text);
      assert_true(six(mapped));
    }
  }
  freeifaddrs(list);
  assert_true(seen > 0);
}

static void test_address__what_is_no_internet_address_is_ours_for_care(void **state)
{
  (void)state;
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  assert_true(address_is_ours((const struct sockaddr *)&a));
  assert_true(address_is_ours(NULL));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_address__all_of_loopback_is_ours),
      cmocka_unit_test(test_address__mapped_loopback_counts_as_the_ipv4_address),
      cmocka_unit_test(test_address__a_stranger_is_not_ours),
      cmocka_unit_test(test_address__every_interface_of_the_machine_is_ours),
      cmocka_unit_test(test_address__what_is_no_internet_address_is_ours_for_care),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
