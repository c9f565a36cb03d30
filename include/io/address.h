/* SPDX-License-Identifier: MIT */
/* address.h - what a socket address says about where its owner is.  */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/* Both families as 16 bytes, IPv4 in its mapped form. False: neither; NULL is neither. */
bool address_widen(const struct sockaddr *a, unsigned char out[16]);
/* Loopback, or the address of an interface of this machine (network namespace).  An IPv4
 * address mapped into IPv6 counts as the IPv4 address.  When the interfaces cannot be
 * read: true, the careful answer. */
bool address_is_ours(const struct sockaddr *a);

#endif
