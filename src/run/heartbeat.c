/* SPDX-License-Identifier: MIT */
/* heartbeat.c - nothing here is told of each event: a timer that fires looks when the
 * last one came, and waits for the rest.  */
#include "heartbeat.h"

#include "base/clock.h"
#include "base/mem.h"
#include "event/event_hold.h"
#include "io/loop.h"

#include <stdio.h>
#include <stdlib.h>

struct heartbeat {
  struct loop_timer *timer;
  struct events *events;
  unsigned every_ms;
};

static void beat(void *who)
{
  struct heartbeat *h = who;
  unsigned long long since = clock_ticks_ms() - events_last_ms(h->events);
  if (since >= h->every_ms) {
    char value[48];
    snprintf(value, sizeof value, "{\"sinceMs\":%llu}", since);
    if (!events_are_held(h->events))
      events_custom(h->events, "runlet.heartbeat", span_of(value));
    since = 0;
  }
  loop_timer_start(h->timer, h->every_ms - (unsigned)since);
}

struct heartbeat *heartbeat_new(struct uv_loop_s *loop, struct events *events,
                                unsigned every_ms)
{
  if (every_ms == 0)
    return NULL;
  struct heartbeat *h = mem_new(sizeof *h);
  h->events = events;
  h->every_ms = every_ms;
  h->timer = loop_timer_new(loop, beat, h);
  loop_timer_start(h->timer, every_ms);
  return h;
}

void heartbeat_free(struct heartbeat *h)
{
  if (!h)
    return;
  loop_timer_free(h->timer);
  free(h);
}
