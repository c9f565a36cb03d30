/* SPDX-License-Identifier: MIT */
/* load.h - one HTTP request many times over several kept-alive loopback connections, from
 * one thread: on each connection the next goes out when the last was answered.
 *
 * An answer ends by its Content-Length or its last chunk; one that is not 200, or does
 * not hold `expect`, fails the whole. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAD_CONNECTIONS_MOST = 256 };

struct load {
  int port;
  const char *request; /* head and body */
  const char *expect;
  unsigned long n;
  unsigned connections;
  uint64_t *times;     /* NULL, or room for n: nanoseconds of each */
  uint64_t elapsed_ns; /* set */
};

bool load_run(struct load *l); /* false: says why on stderr */

#endif
