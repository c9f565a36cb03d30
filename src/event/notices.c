/* SPDX-License-Identifier: MIT */
/* notices.c - an event of no run goes through the format like any other, with a state of
 * its own and an empty run.  */
#include "event/notices.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

static void write_alone(const struct event_format *format, const struct event *e,
                        struct buf *out)
{
  static const struct event_run nobody = {0};
  void *state = format->state_bytes > 0 ? mem_new(format->state_bytes) : NULL;
  format->write(state, &nobody, e, out);
  free(state);
}

void notice_refused(const struct event_format *format, struct span message,
                    struct buf *out)
{
  struct event e = {.kind = EVENT_REFUSED,
                    .at_ms = clock_now_ms(),
                    .code = SPAN_LITERAL("bad-request"),
                    .text = message,
                    .duration_ms = -1};
  write_alone(format, &e, out);
}

void notice_gap(const struct event_format *format, unsigned long long from,
                unsigned long long to, struct buf *out)
{
  struct buf value = buf_make(KIB);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_int(&w, "from", (long long)from);
  json_put_int(&w, "to", (long long)to);
  json_close(&w, '}');
  struct event e = {.kind = EVENT_GAP,
                    .at_ms = clock_now_ms(),
                    .name = SPAN_LITERAL("runlet.gap"),
                    .json = buf_span(&value)};
  write_alone(format, &e, out);
  buf_free(&value);
}
