/* SPDX-License-Identifier: MIT */
/* address.h - what a socket address says about where its owner is.  */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/* Loopback, or the address of an interface of this machine (network namespace).  An IPv4
 * address mapped into IPv6 counts as the IPv4 address.  When the interfaces cannot be
 * read: true, the careful answer. */
bool address_is_ours(const struct sockaddr *a);

#endif
