/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_ROOM = 65536, DEADLINE_S = 120 };
enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_END, CHUNK_TRAILER };

uint64_t now_ns(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool http_open(struct http *h, int port)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
  struct timeval limit = {.tv_sec = DEADLINE_S};
  int one = 1;

  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  h->raw_at = h->raw_len = h->body_at = h->body_len = 0;
  h->broken = false;
  h->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (h->fd >= 0 && connect(h->fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
    setsockopt(h->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(h->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(h->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    return true;
  }
  http_close(h);
  return false;
}

void http_close(struct http *h)
{
  if (h->fd > 0)
    close(h->fd);
  h->fd = 0;
  free(h->body);
  h->body = NULL;
  h->body_room = 0;
}

bool http_send(struct http *h, const char *method, const char *path, const char *json)
{
  static char out[REQUEST_ROOM];
  size_t sent = 0;
  int len =
      snprintf(out, sizeof(out),
               "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
               "Content-Length: %zu\r\n\r\n%s",
               method, path, json ? strlen(json) : 0, json ? json : "");

  if (len < 0 || (size_t)len >= sizeof(out))
    abort();
  while (sent < (size_t)len) {
    ssize_t n = send(h->fd, out + sent, (size_t)len - sent, MSG_NOSIGNAL);

    if (n < 0 && errno != EINTR)
      return false;
    sent += n > 0 ? (size_t)n : 0;
  }
  return true;
}

static bool read_more(struct http *h)
{
  ssize_t n;

  if (h->raw_at == h->raw_len)
    h->raw_at = h->raw_len = 0;
  if (h->raw_len == sizeof(h->raw)) {
    memmove(h->raw, h->raw + h->raw_at, h->raw_len - h->raw_at);
    h->raw_len -= h->raw_at;
    h->raw_at = 0;
  }
  do
    n = read(h->fd, h->raw + h->raw_len, sizeof(h->raw) - h->raw_len);
  while (n < 0 && errno == EINTR);
  h->read_ns = now_ns();
  h->broken = n <= 0;
  h->raw_len += n > 0 ? (size_t)n : 0;
  return !h->broken;
}

/* A line of the head or between chunks, without CRLF; NULL: it is not there yet. */
static char *raw_line(struct http *h)
{
  char *line = h->raw + h->raw_at;
  char *lf = memchr(line, '\n', h->raw_len - h->raw_at);

  if (!lf)
    return NULL;
  h->raw_at += (size_t)(lf - line) + 1;
  *lf = '\0';
  if (lf > line && lf[-1] == '\r')
    lf[-1] = '\0';
  return line;
}

int http_head(struct http *h)
{
  int status = 0;

  h->chunked = h->body_done = false;
  h->chunk_state = CHUNK_SIZE;
  h->left = h->body_at = h->body_len = 0;
  for (;;) {
    char *line = raw_line(h);

    if (!line) {
      if (!read_more(h))
        return 0;
      continue;
    }
    if (!status)
      status = strlen(line) > 12 ? atoi(line + 9) : -1;
    else if (strncasecmp(line, "content-length:", 15) == 0)
      h->left = strtoul(line + 15, NULL, 10);
    else if (strcasecmp(line, "transfer-encoding: chunked") == 0)
      h->chunked = true;
    else if (!*line)
      break;
  }
  h->body_done = !h->chunked && h->left == 0;
  return status;
}

static void keep(struct http *h, size_t want)
{
  size_t here = h->raw_len - h->raw_at, n = want < here ? want : here;

  if (h->body_len + n > h->body_room) {
    h->body_room = (h->body_len + n) * 2;
    h->body = realloc(h->body, h->body_room);
    if (!h->body)
      abort();
  }
  memcpy(h->body + h->body_len, h->raw + h->raw_at, n);
  h->body_len += n;
  h->raw_at += n;
  h->left -= n;
}

/* Takes what is in raw; false: nothing could be done with it. */
static bool decode_step(struct http *h)
{
  char *line;

  if (!h->chunked || h->chunk_state == CHUNK_DATA) {
    if (h->raw_at == h->raw_len)
      return false;
    keep(h, h->left);
    if (h->left == 0) {
      h->body_done = !h->chunked;
      h->chunk_state = CHUNK_END;
    }
    return true;
  }
  line = raw_line(h);
  if (!line)
    return false;
  if (h->chunk_state == CHUNK_SIZE) {
    h->left = strtoul(line, NULL, 16);
    h->chunk_state = h->left ? CHUNK_DATA : CHUNK_TRAILER;
  } else if (h->chunk_state == CHUNK_END) {
    h->chunk_state = CHUNK_SIZE;
  } else {
    h->body_done = !*line;
  }
  return true;
}

/* More of the body, first from what was read already; false: there is no more. */
static bool fill(struct http *h)
{
  size_t had;

  if (h->body_at) {
    memmove(h->body, h->body + h->body_at, h->body_len - h->body_at);
    h->body_len -= h->body_at;
    h->body_at = 0;
  }
  for (had = h->body_len;;) {
    while (!h->body_done && decode_step(h))
      ;
    if (h->body_len > had)
      return true;
    if (h->body_done || !read_more(h))
      return false;
  }
}

bool http_body_begins(struct http *h)
{
  while (h->body_at == h->body_len)
    if (!fill(h))
      return false;
  return true;
}

int http_line(struct http *h, char **line, size_t *len)
{
  for (size_t seen = 0;;) {
    size_t have = h->body_len - h->body_at;
    char *from = have ? h->body + h->body_at : NULL;
    char *lf = have > seen ? memchr(from + seen, '\n', have - seen) : NULL;

    if (lf) {
      *line = from;
      *len = (size_t)(lf - from);
      *lf = '\0';
      h->body_at += *len + 1;
      return 1;
    }
    seen = have;
    if (!fill(h))
      return h->body_done && have == 0 ? 0 : -1;
  }
}

bool http_drain(struct http *h)
{
  do
    h->body_at = h->body_len;
  while (fill(h));
  return h->body_done;
}
