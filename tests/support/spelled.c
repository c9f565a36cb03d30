/* SPDX-License-Identifier: MIT */
#include "spelled.h"

#include "base/limits.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct buf spell(const struct event_format *format, struct event event)
{
  static const struct event_run run = {.run_id = {"r", 1},
                                       .thread_id = {"t", 1},
                                       .model = {"m", 1},
                                       .run_json = {"\"r\"", 3},
                                       .thread_json = {"\"t\"", 3},
                                       .model_json = {"\"m\"", 3}};
  struct buf out = buf_make(MIB);
  void *state = mem_new(format->state_bytes + 1);
  if (event.at_ms == 0)
    event.at_ms = 7;
  format->write(state, &run, &event, &out);
  free(state);
  return out;
}

void spelled_expect(const struct event_format *format, struct event event,
                    const char *wanted)
{
  struct buf out = spell(format, event);
  assert_string_equal(buf_cstring(&out), wanted);
  buf_free(&out);
}

size_t spelled_length(const struct event_format *format, struct event event)
{
  struct buf out = spell(format, event);
  size_t length = out.len;
  buf_free(&out);
  return length;
}
