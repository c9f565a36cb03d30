/* SPDX-License-Identifier: MIT */
#include "agent/hearing.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct hearing hearing_open(const struct harness *harness)
{
  return (struct hearing){.harness = harness,
                          .state = mem_new(harness->memory > 0 ? harness->memory : 1),
                          .outbox = outbox_make()};
}

void hearing_line(struct hearing *h, struct span line)
{
  struct ear ear = {.events = h->events, .outbox = &h->outbox};
  struct heard heard = {.kind = HEARD_LINE, .text = line};
  struct fault f = {0};
  if (span_trim(line).len == 0)
    return;
  if (h->harness->hear(h->state, &heard, &ear, &f) == 0)
    return;
  h->not_understood++;
  if (h->warned & 1u << f.kind)
    return;
  h->warned |= 1u << f.kind;
  fault_prefix(&f, "A line could not be understood");
  events_warn(h->events, "unparsable-line", span_of(f.text));
}

void hearing_too_long(struct hearing *h, size_t ceiling)
{
  if (h->too_long++ > 0)
    return;
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "A line is longer than %zu bytes (--max-line-bytes) and was left out.",
           ceiling);
  events_warn(h->events, "line-too-long", buf_span(&text));
  buf_free(&text);
}

static void count(struct hearing *h, const char *code, unsigned long long n,
                  const char *what)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "%llu %s", n, what);
  events_warn(h->events, code, buf_span(&text));
  buf_free(&text);
}

void hearing_sum_up(struct hearing *h, unsigned long long repaired)
{
  if (h->not_understood > 1)
    count(h, "unparsable-line", h->not_understood, "lines could not be understood.");
  if (h->too_long > 1)
    count(h, "line-too-long", h->too_long, "lines were too long.");
  if (repaired > 0)
    count(h, "invalid-utf8", repaired,
          "invalid UTF-8 sequences were replaced by U+FFFD.");
}

bool hearing_cancel(struct hearing *h)
{
  struct ear ear = {.events = h->events, .outbox = &h->outbox};
  return h->harness->cancel && h->harness->cancel(h->state, &ear);
}

void hearing_leave(struct hearing *h, const struct process_end *end)
{
  struct ear ear = {.events = h->events, .outbox = &h->outbox};
  h->harness->leave(h->state, end, &ear);
}

bool hearing_succeeded(const struct hearing *h)
{
  return h->harness->succeeded(h->state);
}

void hearing_close(struct hearing *h)
{
  if (!h->state)
    return;
  if (h->harness->forget)
    h->harness->forget(h->state);
  mem_wipe(h->state, h->harness->memory);
  free(h->state);
  h->state = NULL;
  outbox_free(&h->outbox);
}
