/* SPDX-License-Identifier: MIT */
/* sock_diag.h - asks the kernel for one TCP socket by its two ends.
 *
 * NETLINK_SOCK_DIAG (man 7 sock_diag) finds it in a hash table: the cost is the same
 * however many sockets there are, and whoever has many cannot make it dear, as it is with
 * the table in /proc.  A kernel may be without it, a sandbox may forbid it: then it
 * cannot be asked, and /proc is left.  */
#ifndef IO_SOCK_DIAG_H
#define IO_SOCK_DIAG_H

#include "proc_net_tcp.h"

/* NONE: there is no such socket (one that is bound to a device is not found). */
enum sock_diag { SOCK_DIAG_UNASKED, SOCK_DIAG_NONE, SOCK_DIAG_FOUND };

enum sock_diag sock_diag_ask(const struct peer_end *local, const struct peer_end *remote,
                             struct peer_row *row);
/* What the kernel answered. */
enum sock_diag sock_diag_read(struct span answer, const struct peer_end *local,
                              const struct peer_end *remote, struct peer_row *row);

#endif
