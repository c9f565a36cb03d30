/* SPDX-License-Identifier: MIT */
/* stub.c - the orchestrator's half of a tool call, costing next to nothing.
 *
 *   stub TOKEN    prints the port it took on 127.0.0.1, then serves until it is killed
 *
 * A POST with the right bearer and a body that names the tool `echo` gets
 * {"result":"ok"}, or with "bytes":N in it a text of N letters; anything else 400, so
 * that a wrong call cannot pass for a fast one.  Connections are kept alive; one loop
 * serves them all, as an orchestrator's does. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 65536 };

static const char good[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                           "Content-Length: 15\r\n\r\n{\"result\":\"ok\"}";
static const char bad[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
static char bearer[256];

/* The request's length when all of it is in `buf` (NUL ended), else 0. */
static size_t request_len(const char *buf, size_t have)
{
  const char *end = strstr(buf, "\r\n\r\n"),
             *field = strcasestr(buf, "\r\ncontent-length:");
  size_t head = end ? (size_t)(end - buf) + 4 : 0;
  size_t body = field && field < end ? strtoul(field + 17, NULL, 10) : 0;

  return head && have >= head + body ? head + body : 0;
}

static bool send_all(int fd, const char *text, size_t len)
{
  for (ssize_t n; len > 0; text += n, len -= (size_t)n)
    if ((n = send(fd, text, len, MSG_NOSIGNAL)) < 0)
      return false;
  return true;
}

static bool send_big(int fd, size_t bytes)
{
  char head[128], *text = malloc(bytes + 1);
  bool sent;

  if (!text)
    abort();
  memset(text, 'b', bytes);
  snprintf(head, sizeof(head),
           "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
           "Content-Length: %zu\r\n\r\n{\"result\":\"",
           bytes + 13);
  sent = send_all(fd, head, strlen(head)) && send_all(fd, text, bytes) &&
         send_all(fd, "\"}", 2);
  free(text);
  return sent;
}

struct connection {
  int fd;
  size_t have;
  char buf[ROOM + 1];
};

/* Answers the request that begins `buf`; false: the connection is gone. */
static bool answer(struct connection *c, size_t whole)
{
  char next = c->buf[whole];
  const char *text, *bytes;
  size_t big = 0;

  c->buf[whole] = '\0';
  text = strncmp(c->buf, "POST ", 5) == 0 && strstr(c->buf, bearer) &&
                 strstr(c->buf, "\"name\":\"echo\"")
             ? good
             : bad;
  if (text == good && (bytes = strstr(c->buf, "\"bytes\":")))
    big = strtoul(bytes + 8, NULL, 10);
  c->buf[whole] = next;
  memmove(c->buf, c->buf + whole, c->have - whole + 1);
  c->have -= whole;
  return big ? send_big(c->fd, big) : send_all(c->fd, text, strlen(text));
}

static bool serve(struct connection *c)
{
  ssize_t n = read(c->fd, c->buf + c->have, ROOM - c->have);
  size_t whole;

  if (n <= 0)
    return false;
  c->have += (size_t)n;
  c->buf[c->have] = '\0';
  while ((whole = request_len(c->buf, c->have)) > 0)
    if (!answer(c, whole))
      return false;
  return c->have < ROOM;
}

static bool watch(int poll, int fd, struct connection *c)
{
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

  return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static bool welcome(int poll, int listener)
{
  struct connection *c = calloc(1, sizeof(*c));
  int one = 1;

  if (!c || (c->fd = accept(listener, NULL, NULL)) < 0)
    return false;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  return watch(poll, c->fd, c);
}

static void leave(struct connection *c)
{
  close(c->fd);
  free(c);
}

int main(int argc, char **argv)
{
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t len = sizeof(at);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int poll = epoll_create1(EPOLL_CLOEXEC);

  if (argc != 2)
    return 2;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  snprintf(bearer, sizeof(bearer), "Bearer %s\r\n", argv[1]);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&at, len) < 0 || listen(listener, 64) < 0 ||
      getsockname(listener, (struct sockaddr *)&at, &len) < 0 ||
      !watch(poll, listener, NULL))
    return 1;
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  for (;;) {
    struct epoll_event ready[64];
    int count = epoll_wait(poll, ready, 64, -1);

    for (int i = 0; i < count; i++) {
      struct connection *c = ready[i].data.ptr;

      if (!c && !welcome(poll, listener))
        return 1;
      if (c && !serve(c))
        leave(c);
    }
  }
}
