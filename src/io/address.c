/* SPDX-License-Identifier: MIT */
/* address.c - an IPv4 address may come in IPv6 clothes (::ffff:127.0.0.1) where a socket
 * serves both. */
#include "io/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

bool address_widen(const struct sockaddr *a, unsigned char out[16])
{
  if (a && a->sa_family == AF_INET6) {
    memcpy(out, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
    return true;
  }
  if (!a || a->sa_family != AF_INET)
    return false;
  static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  memcpy(out, mapped, sizeof mapped);
  memcpy(out + 12, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
  return true;
}

static bool is_loopback(const unsigned char a[16])
{
  static const unsigned char six[16] = {[15] = 1},
                             four[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};
  return !memcmp(a, six, 16) || !memcmp(a, four, 13);
}

bool address_is_ours(const struct sockaddr *a)
{
  unsigned char want[16], have[16];
  if (!address_widen(a, want) || is_loopback(want))
    return true;
  struct ifaddrs *list;
  if (getifaddrs(&list) < 0)
    return true;
  bool found = false;
  for (const struct ifaddrs *i = list; i && !found; i = i->ifa_next)
    found = address_widen(i->ifa_addr, have) && !memcmp(want, have, 16);
  freeifaddrs(list);
  return found;
}
