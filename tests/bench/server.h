/* SPDX-License-Identifier: MIT */
/* server.h - the server under test: started, watched through /proc, stopped.
 *
 * A keeper is a child of the server that runs the same file (runlet has one per run); its
 * processor time and memory are told apart from the server's, as the last sample saw them
 * (keepers end with their run). */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include "http.h"

#include <sys/types.h>

struct server {
  char **argv; /* "{port}" in it stands for the port */
  pid_t pid;
  int port;
  uint64_t healthy_ns;            /* from fork to the first 200 of GET /health */
  pid_t keeper;                   /* of the last sample, 0: none seen */
  uint64_t keeper_ns, keeper_kib; /* processor time; PSS */
};

/* False: not healthy within 30 s; says why on stderr. */
bool server_start(struct server *s, struct http *h);
void server_stop(struct server *s);
uint64_t server_cpu_ns(const struct server *s); /* utime + stime of all its threads */
uint64_t server_memory_kib(const struct server *s, const char *field); /* VmRSS, VmHWM */
void server_peak_reset(const struct server *s); /* VmHWM starts anew */
uint64_t server_pss_kib(const struct server *s);
void server_sample_keeper(struct server *s);

#endif
