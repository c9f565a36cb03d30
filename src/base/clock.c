/* SPDX-License-Identifier: MIT */
/* clock.c - read with the system's calls and not from the loop's cached time, so that
 * pure code can ask without a loop. */
#include "base/clock.h"

#include <string.h>
#include <time.h>

static long long frozen_now_ms = -1;

long long clock_now_ms(void)
{
  if (frozen_now_ms >= 0)
    return frozen_now_ms;
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_put(long long ms, struct buf *out)
{
  time_t seconds = (time_t)(ms / 1000);
  struct tm parts;
  char text[32];
  if (!gmtime_r(&seconds, &parts) || strftime(text, sizeof text, "%FT%T", &parts) == 0)
    memcpy(text, "?", 2);
  buf_addf(out, "%s.%03dZ", text, (int)(ms % 1000));
}

unsigned long long clock_ticks_ms(void)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
  return (unsigned long long)now.tv_sec * 1000 +
         (unsigned long long)now.tv_nsec / 1000000;
}

void clock_freeze(long long ms)
{
  frozen_now_ms = ms;
}
