/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 16384, PATIENCE_MS = 30000 };

struct lane {
  int fd;
  uint64_t asked_ns;
  size_t have;
  char in[ROOM + 1];
};

static uint64_t now(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool lane_open(struct lane *lane, int port)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
  int one = 1;

  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  lane->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(lane->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  return connect(lane->fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool lane_ask(struct lane *lane, const struct load *l, size_t len)
{
  lane->have = 0;
  lane->asked_ns = now();
  return send(lane->fd, l->request, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* 1: a whole answer, 0: not yet, -1: a wrong one. */
static int lane_read(struct lane *lane, const struct load *l)
{
  ssize_t n = read(lane->fd, lane->in + lane->have, ROOM - lane->have);
  const char *head, *length;
  bool whole;

  if (n <= 0)
    return -1;
  lane->have += (size_t)n;
  lane->in[lane->have] = '\0';
  head = strstr(lane->in, "\r\n\r\n");
  if (!head)
    return 0;
  length = strcasestr(lane->in, "\r\ncontent-length:");
  if (length && length < head)
    whole = lane->have >= (size_t)(head + 4 - lane->in) + strtoul(length + 17, NULL, 10);
  else
    whole = lane->have > 5 && memcmp(lane->in + lane->have - 5, "0\r\n\r\n", 5) == 0;
  if (!whole)
    return 0;
  return strncmp(lane->in, "HTTP/1.1 200", 12) == 0 && strstr(head, l->expect) ? 1 : -1;
}

static bool drive(struct load *l, struct lane *lanes, int poll, size_t len)
{
  unsigned long asked = 0, answered = 0;
  uint64_t began = now();

  for (unsigned i = 0; i < l->connections && asked < l->n; i++, asked++)
    if (!lane_ask(&lanes[i], l, len))
      return false;
  while (answered < l->n) {
    struct epoll_event ready[64];
    int count = epoll_wait(poll, ready, 64, PATIENCE_MS);

    if (count <= 0)
      return false;
    for (int i = 0; i < count; i++) {
      struct lane *lane = ready[i].data.ptr;
      int got = lane_read(lane, l);

      if (got < 0) {
        fprintf(stderr, "load: a wrong answer: %.300s\n", lane->in);
        return false;
      }
      if (got == 0)
        continue;
      if (l->times)
        l->times[answered] = now() - lane->asked_ns;
      answered++;
      if (asked < l->n && (asked++, !lane_ask(lane, l, len)))
        return false;
    }
  }
  l->elapsed_ns = now() - began;
  return true;
}

bool load_run(struct load *l)
{
  struct lane *lanes = calloc(l->connections, sizeof(*lanes));
  int poll = epoll_create1(EPOLL_CLOEXEC);
  bool good = lanes != NULL && l->connections <= LOAD_CONNECTIONS_MOST;

  for (unsigned i = 0; good && i < l->connections; i++) {
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &lanes[i]};

    good = lane_open(&lanes[i], l->port) &&
           epoll_ctl(poll, EPOLL_CTL_ADD, lanes[i].fd, &e) == 0;
  }
  good = good && drive(l, lanes, poll, strlen(l->request));
  if (!good)
    perror("load");
  for (unsigned i = 0; lanes && i < l->connections; i++)
    close(lanes[i].fd);
  close(poll);
  free(lanes);
  return good;
}
