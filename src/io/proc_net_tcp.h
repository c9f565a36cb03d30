/* SPDX-License-Identifier: MIT */
/* proc_net_tcp.h - a row of the kernel's table of TCP sockets.  Pure.
 *
 * /proc/net/tcp and /proc/net/tcp6 (Documentation/networking/proc_net_tcp.rst) have a
 * line for each socket of this network namespace:
 *
 *   3: 0100007F:1F90 0100007F:C350 01 tx:rx tr:tm retrnsmt   uid  timeout inode …
 *
 * Addresses are words of 32 bits in hex, as the machine has them in memory; ports are
 * plain hex.  A socket whose process has closed it has inode 0, and then its uid is said
 * to be 0. */
#ifndef IO_PROC_NET_TCP_H
#define IO_PROC_NET_TCP_H

#include "base/buf.h"

struct peer_end { /* IPv4 in its mapped form, ::ffff:a.b.c.d, whichever table it is in */
  unsigned char address[16]; /* network order */
  unsigned port;
};

struct peer_row {
  unsigned uid;
  unsigned long long inode;
};

/* The first row with these ends that has an inode, else one without; false: no row. */
bool proc_net_tcp_read(struct span table, const struct peer_end *local,
                       const struct peer_end *remote, struct peer_row *row);

#endif
