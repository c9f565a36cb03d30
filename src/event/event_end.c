/* SPDX-License-Identifier: MIT */
/* event_end.c - copies of what was told last.  */
#include "event_end.h"

#include "base/limits.h"

struct event_end event_end_make(void)
{
  return (struct event_end){.report = buf_make(LIMIT_CERTIFICATE_BYTES),
                            .duration_ms = -1,
                            .cost = buf_make(LIMIT_NAME_BYTES),
                            .session_cost = buf_make(LIMIT_NAME_BYTES)};
}

void event_end_report(struct event_end *end, struct span members, long long duration_ms)
{
  buf_clear(&end->report);
  buf_add(&end->report, members);
  end->duration_ms = duration_ms;
}

/* A number too long to be kept is none. */
static struct span keep(struct buf *b, struct span number)
{
  buf_clear(b);
  buf_add(b, number);
  return b->overflowed ? (struct span){0} : buf_span(b);
}

void event_end_usage(struct event_end *end, const struct event_usage *usage)
{
  if (!usage)
    return;
  end->has_usage = true;
  end->usage = *usage;
  end->usage.cost_usd = keep(&end->cost, usage->cost_usd);
  end->usage.session_cost_usd = keep(&end->session_cost, usage->session_cost_usd);
}

static bool is_nothing(struct span cost)
{
  size_t i = 0;
  while (i < cost.len && (cost.at[i] == '0' || cost.at[i] == '.'))
    i++;
  return i == cost.len || cost.at[i] == 'e' || cost.at[i] == 'E';
}

/* An agent that failed before its model answered says zeros: no news in an error. */
static bool is_zero(const struct event_usage *u)
{
  return u->prompt <= 0 && u->completion <= 0 && u->total <= 0 && u->cached <= 0 &&
         u->cache_write <= 0 && is_nothing(u->cost_usd);
}

void event_end_fill(struct event_end *end, unsigned long long events,
                    unsigned long long tool_calls, struct event *event)
{
  if (end->report.len > 0)
    buf_addf(&end->report, ",\"events\":%llu,\"toolCalls\":%llu", events, tool_calls);
  if (event->kind == EVENT_RUN_ERROR && end->succeeded)
    buf_addf(&end->report, "%s\"successSeen\":true", end->report.len > 0 ? "," : "");
  if (!end->report.overflowed)
    event->json = buf_span(&end->report);
  event->duration_ms = end->duration_ms;
  bool told =
      end->has_usage && !(event->kind == EVENT_RUN_ERROR && is_zero(&end->usage) &&
                          end->usage.session_cost_usd.len == 0);
  event->usage = told ? &end->usage : NULL;
}

void event_end_free(struct event_end *end)
{
  buf_free(&end->report);
  buf_free(&end->cost);
  buf_free(&end->session_cost);
}
