/* SPDX-License-Identifier: MIT */
/* http.h - a blocking HTTP client for the benchmark: one kept-alive loopback connection,
 * TCP_NODELAY, whole requests in one send, chunked bodies line by line.
 *
 * It costs next to nothing, so that what is measured is the server.  Every wait has a
 * deadline (two minutes); functions return false, 0 or -1 when the connection broke. */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_RAW_ROOM = 262144 };

struct http {
  int fd; /* 0: closed */
  char raw[HTTP_RAW_ROOM];
  size_t raw_at, raw_len;
  bool chunked, body_done, broken;
  int chunk_state;
  size_t left; /* of the chunk, or of the whole body */
  char *body;  /* decoded and not taken yet: body_at..body_len */
  size_t body_at, body_len, body_room;
  uint64_t read_ns; /* when the last bytes were read */
};

uint64_t now_ns(void); /* CLOCK_MONOTONIC */

bool http_open(struct http *h, int port);
void http_close(struct http *h);
/* `json` NULL: no body. */
bool http_send(struct http *h, const char *method, const char *path, const char *json);
int http_head(struct http *h); /* the status, 0 if the connection broke */
/* Waits until a byte of the body is there. */
bool http_body_begins(struct http *h);
/* The next line without its newline; valid until the next call.  0: the body ended, -1:
 * it was cut. */
int http_line(struct http *h, char **line, size_t *len);
bool http_drain(struct http *h);

#endif
