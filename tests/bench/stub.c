/* SPDX-License-Identifier: MIT */
/* stub.c - the orchestrator's half of a tool call, costing next to nothing.
 *
 *   stub TOKEN    prints the port it took on 127.0.0.1, then serves until it is killed
 *
 * A POST with the right bearer and a body that names the tool `echo` gets
 * {"result":"ok"}, or with "bytes":N in it a text of N letters; anything else 400, so
 * that a wrong call cannot pass for a fast one.  Connections are kept alive, one thread
 * each. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void *serve(void *argument)
{
  int fd = (int)(intptr_t)argument, one = 1;
  char *buf = malloc(ROOM + 1);
  size_t have = 0;
  ssize_t n;

  if (!buf)
    abort();
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  while (have < ROOM && (n = read(fd, buf + have, ROOM - have)) > 0) {
    size_t whole;

    have += (size_t)n;
    buf[have] = '\0';
    while ((whole = request_len(buf, have)) > 0) {
      char next = buf[whole];
      const char *answer, *bytes;
      size_t big = 0;

      buf[whole] = '\0';
      answer = strncmp(buf, "POST ", 5) == 0 && strstr(buf, bearer) &&
                       strstr(buf, "\"name\":\"echo\"")
                   ? good
                   : bad;
      if (answer == good && (bytes = strstr(buf, "\"bytes\":")))
        big = strtoul(bytes + 8, NULL, 10);
      buf[whole] = next;
      memmove(buf, buf + whole, have - whole + 1);
      have -= whole;
      if (big ? !send_big(fd, big) : !send_all(fd, answer, strlen(answer)))
        break;
    }
  }
  free(buf);
  close(fd);
  return NULL;
}

int main(int argc, char **argv)
{
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t len = sizeof(at);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (argc != 2)
    return 2;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  snprintf(bearer, sizeof(bearer), "Bearer %s\r\n", argv[1]);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&at, len) < 0 || listen(listener, 64) < 0 ||
      getsockname(listener, (struct sockaddr *)&at, &len) < 0)
    return 1;
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    pthread_t thread;

    if (fd < 0 || pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
      return 1;
    pthread_detach(thread);
  }
}
