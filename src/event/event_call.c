/* SPDX-License-Identifier: MIT */
/* event_call.c - tool calls: each START gets its ARGS, its END and its RESULT. */
#include "event/event_call.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "event_state.h"
#include "line_fit.h"

/* Whoever the result is from.  `call`: the id, and what is known of the call. */
static void send_result(struct events *e, const struct event *call, struct span content,
                        bool failed)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct event event = *call;
  event_ids_message(&e->ids, (struct span){0}, &id);
  event.kind = EVENT_TOOL_RESULT;
  event.id = buf_span(&id);
  event.failed = failed;
  event.text = line_fit(content, e->max_chunk, e->overhead + id.len + call->call.len);
  event.whole_bytes = event.text.len < content.len ? content.len : 0;
  events_send(e, &event);
  e->answered = e->told = true;
  e->acts++;
  buf_free(&id);
}

/* ARGS and END.  `call`: id, name and origin. */
static void send_arguments(struct events *e, const struct event *call,
                           struct span args_json)
{
  struct event event = *call;
  event.kind = EVENT_TOOL_ARGS;
  events_send_pieces(e, &event, args_json);
  /* tanstack says the arguments and the name twice, so twice they must fit. */
  size_t whole = e->overhead + call->call.len + 2 * json_escaped_length(call->name) +
                 2 * args_json.len;
  event.kind = EVENT_TOOL_END;
  event.json = args_json;
  event.whole_bytes = whole > e->max_chunk ? args_json.len : 0;
  events_send(e, &event);
}

static void end_begun(struct events *e, struct open_call *c, struct span args_json)
{
  struct event call = open_call_event(c);
  struct span args = args_json.len > 0 ? args_json : SPAN_LITERAL("{}");
  if (c->begun)
    send_arguments(e, &call, args);
  if (c->begun && e->keeps_arguments && c->origin == TOOL_HOST) {
    c->args = buf_make_kept(LIMIT_EVENT_LINE_BYTES);
    buf_add(&c->args, args);
  }
  c->begun = false;
}

void events_end_begun(struct events *e)
{
  for (size_t i = 0; i < e->unanswered.count; i++)
    end_begun(e, &e->unanswered.at[i], (struct span){0});
}

void events_interrupt(struct events *e, struct open_call *c)
{
  struct event call = open_call_event(c);
  end_begun(e, c, (struct span){0});
  if (!c->claimed)
    send_result(e, &call, SPAN_LITERAL("{\"status\":\"interrupted\"}"), false);
}

static void add_unanswered(struct events *e, struct span key, struct span native,
                           const struct event *call)
{
  if (e->unanswered.count >= LIMIT_OPEN_CALLS) {
    events_interrupt(e, &e->unanswered.at[0]);
    open_calls_drop(&e->unanswered, 0);
  }
  open_calls_add(&e->unanswered, key, native, e->step, call);
}

/* START.  The number of the call among the unanswered. */
static size_t open_call(struct events *e, enum tool_origin origin, struct span key,
                        struct span call_id, struct span name)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  event_ids_call(&e->ids, call_id, &id);
  struct event call = {.kind = EVENT_TOOL_START,
                       .origin = origin,
                       .call = buf_span(&id),
                       .name = span_cut_utf8(name, LIMIT_NAME_BYTES)};
  events_begin_content(e);
  e->tool_calls++;
  e->acts++;
  call.parent = buf_span(&e->parent);
  events_send(e, &call);
  call.parent = (struct span){0};
  if (e->parent.len == 0) /* clients that get none make a message of the call's id */
    buf_add(&e->parent, call.call);
  add_unanswered(e, key, call_id, &call);
  e->unanswered.at[e->unanswered.count - 1].begun = true;
  buf_free(&id);
  return e->unanswered.count - 1;
}

void events_tool_call_begin(struct events *e, enum tool_origin origin, struct span key,
                            struct span call_id, struct span name)
{
  if (events_ready(e))
    (void)open_call(e, origin, key, call_id, name);
}

void events_tool_call_of(struct events *e, enum tool_origin origin, struct span key,
                         struct span call_id, struct span name, struct span args_json)
{
  if (!events_ready(e))
    return;
  size_t i = open_calls_begun(&e->unanswered, key);
  if (i == e->unanswered.count)
    i = open_call(e, origin, key, call_id, name);
  end_begun(e, &e->unanswered.at[i], args_json);
}

void events_tool_result_of(struct events *e, struct span key, struct span call_id,
                           struct span content, bool failed)
{
  if (!events_ready(e))
    return;
  size_t i = open_calls_find(&e->unanswered, key);
  if (i < e->unanswered.count) {
    struct event call = open_call_event(&e->unanswered.at[i]);
    end_begun(e, &e->unanswered.at[i], (struct span){0});
    if (e->unanswered.at[i].claimed)
      e->answered = e->told = true;
    else
      send_result(e, &call, content, failed);
    open_calls_drop(&e->unanswered, i);
    return;
  }
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  event_ids_result(&e->ids, call_id, &id);
  struct event call = {.call = buf_span(&id)};
  send_result(e, &call, content, failed);
  buf_free(&id);
}

void events_call_abandoned(struct events *e, struct span key)
{
  size_t i = open_calls_newest(&e->unanswered, key);
  if (i == e->unanswered.count || !events_ready(e))
    return;
  events_interrupt(e, &e->unanswered.at[i]);
  open_calls_drop(&e->unanswered, i);
}

bool events_open_call(const struct events *e, struct span call_id, struct span *id_json,
                      struct span *name)
{
  size_t i = open_calls_of(&e->unanswered, call_id);
  if (i == e->unanswered.count)
    return false;
  *id_json = buf_span(&e->unanswered.at[i].id);
  *name = buf_span(&e->unanswered.at[i].name);
  return true;
}

bool events_awaits_result(const struct events *e, struct span key)
{
  return open_calls_find(&e->unanswered, key) < e->unanswered.count;
}
