/* SPDX-License-Identifier: MIT */
/* peer.h - whose process is at the other end of a TCP connection.
 *
 * Only of a peer on this machine (io/address.h) the kernel says the user: the one that
 * made the socket.  That stands in the table of sockets only while the peer has it open:
 * who sends and closes at once cannot be told from anybody (seen: it shows as root), so
 * ask when the connection comes and again before acting on it.  Where the kernel
 * cannot be asked by netlink these calls take as long as reading /proc/net/tcp.  */
#ifndef IO_PEER_H
#define IO_PEER_H

#include <stdbool.h>

struct sockaddr;

/* The peer is on this machine, and `uid`'s, or nobody can say whose. */
bool peer_can_be_known(void); /* the kernel tells, by netlink or /proc/net */
bool peer_may_be(unsigned uid, const struct sockaddr *peer, const struct sockaddr *local);

#endif
