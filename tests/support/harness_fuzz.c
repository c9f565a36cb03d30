/* SPDX-License-Identifier: MIT */
#include "harness_fuzz.h"

#include "agui_check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "collector.h"
#include "io/lines.h"

#include <stdio.h>
#include <stdlib.h>

struct talk {
  const struct harness *harness;
  void *state;
  struct agent_output output;
};

static void on_line(void *who, struct span line)
{
  struct talk *t = who;
  struct agent_input input = {.kind = AGENT_LINE, .text = line};
  struct fault f = {0};
  if ((t->harness->on_input(t->state, &input, &t->output, &f) == 0) != (f.kind == 0))
    abort();
}

static void on_too_long(void *who, size_t ceiling)
{
  (void)who, (void)ceiling;
}

static struct buf stream_of(const struct harness *harness, struct span text, unsigned how,
                            size_t step)
{
  static const struct lines_calls calls = {on_line, on_too_long, NULL};
  struct buf out = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct collector sink = collector_make(&out);
  struct events_setup setup = {.run_id = SPAN_LITERAL("r"),
                               .thread_id = SPAN_LITERAL("t"),
                               .model = SPAN_LITERAL("m"),
                               .format =
                                   how & 8 ? &event_format_ag_ui : &event_format_tanstack,
                               .max_chunk_bytes = how & 16 ? LIMIT_CHUNK_MIN_BYTES : 0,
                               .sink = &sink.sink};
  struct process_end end = {.status = how & 1 ? 1 : 0,
                            .signal = how & 2 ? 9 : 0,
                            .forced = (how & 4) != 0,
                            .stderr_tail = SPAN_LITERAL("\xff boom")};
  struct agent_actions actions = agent_actions_make();
  struct talk t = {.harness = harness,
                   .state = mem_new(harness->memory),
                   .output = {.events = events_new(&setup), .actions = &actions}};
  struct lines lines = lines_make(64 * KIB);
  for (size_t at = 0; at < text.len; at += step) {
    size_t n = text.len - at < step ? text.len - at : step;
    lines_add(&lines, (struct span){text.at + at, n}, &calls, &t);
  }
  lines_end(&lines, &calls, &t);
  harness->finish(t.state, &end, &t.output);
  if (!sink.ended)
    abort();
  if (harness->free != NULL)
    harness->free(t.state);
  events_free(t.output.events);
  agent_actions_free(&actions);
  lines_free(&lines);
  free(t.state);
  return out;
}

int harness_fuzz(const struct harness *harness, const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  unsigned how = data[0];
  struct span text = {(const char *)data + 2, size - 2};
  clock_freeze(7);
  struct buf whole = stream_of(harness, text, how, size);
  struct buf pieces = stream_of(harness, text, how, (size_t)data[1] + 1);
  const char *why = agui_check_stream(buf_span(&whole), how & 8 ? &event_format_ag_ui
                                                                : &event_format_tanstack);
  if (why != NULL) {
    (void)fprintf(stderr, "%s\n%s\n", why, buf_cstring(&whole));
    abort();
  }
  if (!span_equal(buf_span(&whole), buf_span(&pieces)))
    abort();
  buf_free(&whole);
  buf_free(&pieces);
  return 0;
}
