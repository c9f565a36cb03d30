/* SPDX-License-Identifier: MIT */
/* event_hold.c - while the stream is held the writer writes to a sink of its own, whose
 * backlog stops the agent as any reader's does.  */
#include "event/event_hold.h"

#include "base/json_slice.h"
#include "base/limits.h"
#include "base/mem.h"
#include "event/event_call.h"
#include "event_state.h"

#include <stdlib.h>
#include <string.h>

struct event_hold {
  struct sink sink; /* first */
  struct buf lines;
};

void events_keep_arguments(struct events *e)
{
  e->keeps_arguments = true;
}

bool events_claim_call(struct events *e, struct span name, struct span args_json,
                       struct span *id_json)
{
  struct open_call *found = NULL;
  for (size_t i = 0; i < e->unanswered.count; i++) {
    struct open_call *c = &e->unanswered.at[i];
    if (c->claimed || c->begun || c->origin != TOOL_HOST ||
        !span_equal(buf_span(&c->name), name))
      continue;
    bool same = json_slice_same(buf_span(&c->args), args_json);
    if (same || !found)
      found = c;
    if (same)
      break;
  }
  if (!found)
    return false;
  found->claimed = true;
  *id_json = buf_span(&found->id);
  return true;
}

static size_t keep(struct sink *sink, struct span line)
{
  struct event_hold *h = (struct event_hold *)sink;
  buf_add(&h->lines, line);
  return h->lines.len;
}

static void end(struct sink *sink)
{
  (void)sink;
}

void events_hold(struct events *e, struct span outcome_json)
{
  if (!events_ready(e) || events_are_held(e))
    return;
  events_close_message(e);
  events_end_begun(e);
  events_send(e, &(struct event){.kind = EVENT_RUN_FINISHED,
                                 .outcome = outcome_json,
                                 .duration_ms = -1});
  e->sink->end(e->sink);
  e->hold = mem_new(sizeof *e->hold);
  e->hold->sink = (struct sink){.put = keep, .end = end};
  e->hold->lines = buf_make(LIMIT_EVENT_LINE_BYTES);
  e->sink = &e->hold->sink;
  e->backlog = 0;
}

bool events_are_held(const struct events *e)
{
  return e->hold;
}

void events_go_on(struct events *e, struct span run_id, struct sink *sink)
{
  struct run_texts old = e->texts;
  e->texts = run_texts_make(run_id, old.run.thread_id, old.run.model);
  run_texts_free(&old);
  e->ids.run_id = e->texts.run.run_id;
  e->sink = sink;
  buf_clear(&e->parent); /* of a message in another run */
  events_send(e, &(struct event){.kind = EVENT_RUN_STARTED});
  for (struct span rest = buf_span(&e->hold->lines); rest.len > 0;) {
    const char *newline = memchr(rest.at, '\n', rest.len);
    size_t n = newline ? (size_t)(newline - rest.at) + 1 : rest.len;
    e->backlog = sink->put(sink, (struct span){rest.at, n});
    rest = span_after(rest, n);
  }
  events_hold_drop(e);
}

void events_hold_drop(struct events *e)
{
  if (e->hold)
    buf_free(&e->hold->lines);
  free(e->hold);
  e->hold = NULL;
}
