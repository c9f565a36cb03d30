/* SPDX-License-Identifier: MIT */
/* Whatever OpenCode prints and answers and however it ends, the stream keeps the grammar,
 * stays the same when the input is cut elsewhere, and nobody but its own server is
 * called. First byte: how it ends, the format, the ceiling of an event; second: the size
 * of a piece; the rest: a transcript (agent/agent_session.h). */
#include "agent/agent_session.h"
#include "agent/harnesses.h"
#include "agui_check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "collector.h"
#include "io/lines.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_calls(struct agent_actions *actions)
{
  for (size_t i = 0; i < actions->call_count; i++) {
    const char *url = actions->calls[i].url;
    const char *path = strstr(url, "127.0.0.1:");
    if (path != url + strlen("http://") || strstr(path, "..") != NULL)
      abort();
  }
  agent_actions_clear(actions);
}

static void on_line(void *who, struct span line)
{
  struct agent_session *h = who;
  agent_session_recorded(h, line);
  check_calls(&h->actions);
}

static void on_too_long(void *who, size_t ceiling)
{
  agent_session_too_long(who, ceiling);
}

static struct buf stream_of(struct span text, unsigned how, size_t step)
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
  struct agent_session session = agent_session_make(&opencode_harness);
  session.events = events_new(&setup);
  struct lines lines = lines_make(64 * KIB);
  for (size_t at = 0; at < text.len; at += step) {
    size_t n = text.len - at < step ? text.len - at : step;
    lines_add(&lines, (struct span){text.at + at, n}, &calls, &session);
  }
  lines_end(&lines, &calls, &session);
  if (how & 32)
    (void)agent_session_cancel(&session);
  agent_session_finish(&session, &end);
  if (!sink.ended)
    abort();
  events_free(session.events);
  agent_session_free(&session);
  lines_free(&lines);
  return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  unsigned how = data[0];
  struct span text = {(const char *)data + 2, size - 2};
  clock_freeze(7);
  struct buf whole = stream_of(text, how, size);
  struct buf pieces = stream_of(text, how, (size_t)data[1] + 1);
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
