/* SPDX-License-Identifier: MIT */
/* peer.c - there is no call that gives the user at the other end of a TCP connection, as
 * SO_PEERCRED does for Unix sockets; the kernel's table of sockets is the only source: by
 * netlink one of them, where that is forbidden by /proc all of them. */
#include "io/peer.h"

#include "base/limits.h"
#include "io/address.h"
#include "io/files.h"
#include "proc_net_tcp.h"
#include "sock_diag.h"

#include <arpa/inet.h>
#include <unistd.h>

static bool read_end(const struct sockaddr *a, struct peer_end *end)
{
  const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)a;
  end->port = ntohs(in->sin_port); /* at the same place in both families */
  return address_widen(a, end->address);
}

/* False: there is no row, or only one of a socket that its process has closed. */
static bool owner_look_up(const struct peer_end *theirs, const struct peer_end *ours,
                          unsigned *uid)
{
  static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
  bool found = false;
  struct peer_row known = {0};
  enum sock_diag said = sock_diag_ask(theirs, ours, &known);
  *uid = known.uid;
  if (said != SOCK_DIAG_UNASKED)
    return said == SOCK_DIAG_FOUND && known.inode;
  for (size_t i = 0; i < sizeof tables / sizeof *tables && !found; i++) {
    struct buf table;
    struct fault ignored = {0};
    struct peer_row row;
    if (files_read(tables[i], LIMIT_SOCKETS_BYTES, &table, &ignored) < 0)
      continue;
    found = proc_net_tcp_read(buf_span(&table), theirs, ours, &row) && row.inode;
    if (found)
      *uid = row.uid;
    buf_free(&table);
  }
  return found;
}

bool peer_can_be_known(void)
{
  const struct peer_end nobody = {0};
  struct peer_row ignored;
  return access("/proc/net/tcp", R_OK) == 0 ||
         sock_diag_ask(&nobody, &nobody, &ignored) != SOCK_DIAG_UNASKED;
}

bool peer_may_be(unsigned uid, const struct sockaddr *peer, const struct sockaddr *local)
{
  struct peer_end theirs, ours;
  unsigned owner;
  if (!address_is_ours(peer))
    return false;
  return !read_end(peer, &theirs) || !read_end(local, &ours) ||
         !owner_look_up(&theirs, &ours, &owner) || owner == uid;
}
