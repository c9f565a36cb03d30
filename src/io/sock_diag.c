/* SPDX-License-Identifier: MIT */
/* sock_diag.c - where there is no such connection the kernel gives the socket that
 * listens at its end instead: the ports tell. */
#include "sock_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct question {
  struct nlmsghdr head;
  struct inet_diag_req_v2 body;
};

static bool is_four(const struct peer_end *e)
{
  static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
  return !memcmp(e->address, mapped, sizeof mapped);
}

static void put_address(const struct peer_end *e, bool four, __be32 to[4])
{
  if (four)
    memcpy(to, e->address + 12, 4);
  else
    memcpy(to, e->address, 16);
}

enum sock_diag sock_diag_read(struct span answer, const struct peer_end *local,
                              const struct peer_end *remote, struct peer_row *row)
{
  struct nlmsghdr head;
  struct inet_diag_msg body;
  struct nlmsgerr error;
  if (answer.len < sizeof head)
    return SOCK_DIAG_UNASKED;
  memcpy(&head, answer.at, sizeof head);
  if (head.nlmsg_type == NLMSG_ERROR) {
    if (answer.len < NLMSG_HDRLEN + sizeof error)
      return SOCK_DIAG_UNASKED;
    memcpy(&error, answer.at + NLMSG_HDRLEN, sizeof error);
    return error.error == -ENOENT ? SOCK_DIAG_NONE : SOCK_DIAG_UNASKED;
  }
  if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY || answer.len < NLMSG_HDRLEN + sizeof body)
    return SOCK_DIAG_UNASKED;
  memcpy(&body, answer.at + NLMSG_HDRLEN, sizeof body);
  if (ntohs(body.id.idiag_sport) != local->port ||
      ntohs(body.id.idiag_dport) != remote->port)
    return SOCK_DIAG_NONE;
  *row = (struct peer_row){.uid = body.idiag_uid, .inode = body.idiag_inode};
  return SOCK_DIAG_FOUND;
}

enum sock_diag sock_diag_ask(const struct peer_end *local, const struct peer_end *remote,
                             struct peer_row *row)
{
  bool four = is_four(local) && is_four(remote);
  struct question q = {
      .head = {.nlmsg_len = sizeof q,
               .nlmsg_type = SOCK_DIAG_BY_FAMILY,
               .nlmsg_flags = NLM_F_REQUEST},
      .body = {.sdiag_family = four ? AF_INET : AF_INET6,
               .sdiag_protocol = IPPROTO_TCP,
               .idiag_states = (__u32)-1,
               .id = {.idiag_sport = htons((uint16_t)local->port),
                      .idiag_dport = htons((uint16_t)remote->port),
                      .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}}};
  put_address(local, four, q.body.id.idiag_src);
  put_address(remote, four, q.body.id.idiag_dst);
  int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0)
    return SOCK_DIAG_UNASKED;
  char answer[1024];
  /* The kernel has answered before send() returns. */
  ssize_t n = send(fd, &q, sizeof q, 0);
  n = n == (ssize_t)sizeof q ? recv(fd, answer, sizeof answer, MSG_DONTWAIT) : -1;
  close(fd);
  return n < 0 ? SOCK_DIAG_UNASKED
               : sock_diag_read((struct span){answer, (size_t)n}, local, remote, row);
}
