/* SPDX-License-Identifier: MIT */
/* self_usage.c - asked for seldom, once a scrape, so nothing is kept between two
 * calls. */
#include "io/self_usage.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static double seconds(int who)
{
  struct rusage u;
  if (getrusage(who, &u) < 0)
    return 0;
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

struct self_usage self_usage(void)
{
  struct self_usage u = {.cpu_s = seconds(RUSAGE_SELF),
                         .children_cpu_s = seconds(RUSAGE_CHILDREN)};
  unsigned long long pages;
  FILE *f = fopen("/proc/self/statm", "re");
  if (f && fscanf(f, "%*u %llu", &pages) == 1)
    u.rss_bytes = pages * (unsigned long long)sysconf(_SC_PAGESIZE);
  if (f)
    fclose(f);
  return u;
}
