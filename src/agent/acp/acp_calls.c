/* SPDX-License-Identifier: MIT */
/* acp_calls.c - when a call and its parts go out.  What none of the updates announces is
 * still told: by its kind, with its title. */
#include "acp_calls.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "request/bridge_address.h"
#include "request/tool_schema.h"

#include <stdlib.h>
#include <string.h>

static struct acp_naming naming_of(const struct acp_calls *c)
{
  return (struct acp_naming){.bridge = c->bridge.len > 0 ? buf_span(&c->bridge)
                                                         : SPAN_LITERAL(BRIDGE_NAME),
                             .tools = c->tools};
}

/* Of several under one id: those that wait for their result came first. */
static struct acp_held *find(struct acp_calls *c, struct span id, bool told)
{
  for (size_t i = 0; i < c->count; i++)
    if (c->at[i].told == told && span_equal(buf_span(&c->at[i].call.id), id))
      return &c->at[i];
  return NULL;
}

static void drop(struct acp_calls *c, struct acp_held *h)
{
  acp_call_free(&h->call);
  acp_progress_free(&h->progress);
  c->count--;
  memmove(h, h + 1, (size_t)(c->at + c->count - h) * sizeof *h);
}

static void note(struct seen_ids *of, struct span id, unsigned value)
{
  unsigned *number = seen_ids_number(of, id);
  if (number)
    *number = value;
}

static struct span host_name(const struct acp_calls *c, const struct acp_call *call)
{
  struct span name = acp_call_name(call);
  return call->bridged ? tools_host_name(c->tools, name) : name;
}

/* The arguments of a bridged tool without what the agent has put in. */
static void drop_wait(const struct acp_calls *c, struct acp_call *call)
{
  const struct span own = SPAN_LITERAL(TOOL_WAIT_PARAMETER);
  const struct tool *tool = tools_by_alias(c->tools, acp_call_name(call));
  struct span args = buf_span(&call->args);
  if (!c->drops_wait || !tool || json_slice_member(args, own).len == 0 ||
      tool_schema_has(tool->input_schema, own))
    return;
  struct buf less = buf_make(LIMIT_LINE_BYTES);
  json_slice_without(args, own, &less);
  buf_free(&call->args);
  call->args = less;
}

static void begin(struct acp_calls *c, struct acp_call *call, struct events *events)
{
  struct span id = buf_span(&call->id);
  if (!call->begun)
    events_tool_call_begin(events, call->bridged ? TOOL_HOST : TOOL_NATIVE, id, id,
                           host_name(c, call));
  call->begun = true;
}

static void tell(struct acp_calls *c, struct acp_held *h, struct events *events)
{
  struct acp_call *call = &h->call;
  struct span id = buf_span(&call->id);
  struct buf title = buf_make(LIMIT_EVENT_LINE_BYTES);
  acp_call_take_shown(call);
  if (call->bridged)
    drop_wait(c, call);
  struct span args = buf_span(&call->args);
  if (args.len == 0 && !call->bridged && call->title.len > 0) {
    struct json_writer w = json_write_to(&title);
    json_open(&w, NULL, '{');
    json_put_text(&w, "title", buf_span(&call->title));
    json_close(&w, '}');
    args = buf_span(&title);
  }
  events_tool_call(events, call->bridged ? TOOL_HOST : TOOL_NATIVE, id,
                   host_name(c, call), args);
  buf_free(&title);
  (void)seen_ids_add(&c->told, id);
  note(&c->bridged, id, call->bridged);
  note(&c->input, id, call->input);
  h->told = true;
}

static struct acp_held *hold(struct acp_calls *c, struct span id, struct events *events)
{
  if (c->count == LIMIT_OPEN_CALLS) {
    if (!c->at[0].told)
      tell(c, &c->at[0], events);
    drop(c, &c->at[0]);
  }
  c->at = mem_reserve(c->at, c->count, &c->capacity, sizeof *c->at);
  c->at[c->count] = (struct acp_held){.call.id = buf_make_kept(LIMIT_LINE_BYTES)};
  buf_add(&c->at[c->count].call.id, id);
  return &c->at[c->count++];
}

/* Has a call of this id been told that has no result yet? */
static bool is_open(struct acp_calls *c, struct span id)
{
  return seen_ids_times(&c->told, id) > seen_ids_times(&c->answered, id);
}

/* Does this update, whose call is not held, begin one? */
static bool begins(struct acp_calls *c, json_at update, struct span id, bool announced)
{
  unsigned input = acp_call_input(update), before = seen_ids_times(&c->input, id);
  if (!is_open(c, id))
    return announced || !seen_ids_has(&c->told, id);
  /* It was asked for first, or told without any, or they grow. */
  if (input != 0 && (!announced || before == 0))
    note(&c->input, id, input);
  return announced && input != 0 && before != 0 && before != input;
}

static void tell_result(struct acp_calls *c, const struct json *doc, json_at update,
                        struct events *events)
{
  static const struct acp_progress none = {0};
  struct span id = json_member_text(doc, update, "toolCallId");
  struct buf text = buf_make(LIMIT_EVENT_LINE_BYTES);
  bool failed = span_is(json_member_text(doc, update, "status"), "failed");
  struct acp_held *h = find(c, id, true);
  const struct acp_progress *progress = h ? &h->progress : &none;
  if (is_open(c, id)) {
    bool silent = c->empty_is_text && !failed && seen_ids_times(&c->bridged, id) != 0;
    (void)seen_ids_add(&c->answered, id);
    acp_progress_result(progress, doc, update, silent, &text);
    events_tool_result(events, id, buf_span(&text), failed);
    if (!failed)
      acp_progress_tell_changes(progress, events);
  }
  if (h)
    drop(c, h);
  buf_free(&text);
}

enum arguments { ARGS_GROW, ARGS_REST, ARGS_WHOLE };

static enum arguments arguments_of(const struct acp_call *call, const struct json *doc,
                                   json_at update, bool again)
{
  struct span status = json_member_text(doc, update, "status");
  bool announced = span_is(json_member_text(doc, update, "sessionUpdate"), "tool_call");
  bool given = json_raw(json_get(update, "rawInput")).len > 0;
  if (again || (span_is(status, "in_progress") && (given || announced)))
    return ARGS_WHOLE;
  if (!acp_call_has_arguments(call) || call->pending || call->preparing)
    return ARGS_GROW;
  return announced ? ARGS_WHOLE : ARGS_REST;
}

static void learn(struct acp_calls *c, struct acp_held *h, const struct json *doc,
                  json_at update, bool again, struct events *events)
{
  struct acp_naming naming = naming_of(c);
  acp_call_learn(&h->call, doc, update, &naming);
  enum arguments args = arguments_of(&h->call, doc, update, again);
  h->resting = args == ARGS_REST;
  if (args == ARGS_WHOLE)
    tell(c, h, events);
  else if (acp_call_is_named(&h->call))
    begin(c, &h->call, events);
}

void acp_calls_update(struct acp_calls *c, const struct json *doc, json_at update,
                      struct events *events)
{
  struct span id = json_member_text(doc, update, "toolCallId");
  struct span status = json_member_text(doc, update, "status");
  bool over = span_is(status, "completed") || span_is(status, "failed");
  if (id.len == 0)
    return;
  acp_calls_rest(c, id, events);
  struct acp_held *h = find(c, id, false);
  bool announced = span_is(json_member_text(doc, update, "sessionUpdate"), "tool_call");
  bool again = h && announced;
  if (!h && begins(c, update, id, announced))
    h = hold(c, id, events);
  if (h)
    learn(c, h, doc, update, again || over, events);
  else
    h = find(c, id, true);
  if (h)
    acp_progress_hear(&h->progress, doc, update);
  if (over)
    tell_result(c, doc, update, events);
}

bool acp_calls_ask(struct acp_calls *c, const struct json *doc, json_at asked,
                   struct events *events)
{
  struct span id = json_member_text(doc, asked, "toolCallId");
  struct acp_naming naming = naming_of(c);
  acp_calls_rest(c, id, events);
  struct acp_held *h = id.len > 0 ? find(c, id, false) : NULL;
  if (id.len > 0 && !h && !is_open(c, id))
    h = hold(c, id, events);
  if (h) {
    acp_call_learn(&h->call, doc, asked, &naming);
    h->call.input = 0; /* a question may show them in other words */
    tell(c, h, events);
    acp_progress_hear(&h->progress, doc, asked);
  }
  return seen_ids_times(&c->bridged, id) != 0;
}

const struct acp_call *acp_calls_told(struct acp_calls *c, struct span id)
{
  struct acp_held *h = id.len > 0 ? find(c, id, true) : NULL;
  return h ? &h->call : NULL;
}

void acp_calls_rest(struct acp_calls *c, struct span id, struct events *events)
{
  for (size_t i = 0; i < c->count; i++)
    if (c->at[i].resting && !c->at[i].told &&
        !span_equal(buf_span(&c->at[i].call.id), id))
      tell(c, &c->at[i], events);
}

void acp_calls_message(struct acp_calls *c, struct events *events)
{
  for (size_t i = 0; i < c->count; i++) {
    struct acp_held *h = &c->at[i];
    if (!h->told && (h->call.begun || acp_call_has_arguments(&h->call)))
      tell(c, h, events);
  }
}

void acp_calls_tell_all(struct acp_calls *c, struct events *events)
{
  for (size_t i = 0; i < c->count; i++)
    if (!c->at[i].told)
      tell(c, &c->at[i], events);
}

void acp_calls_free(struct acp_calls *c)
{
  while (c->count > 0)
    drop(c, &c->at[c->count - 1]);
  free(c->at);
  buf_free(&c->bridge);
  seen_ids_free(&c->told);
  seen_ids_free(&c->answered);
  seen_ids_free(&c->bridged);
  seen_ids_free(&c->input);
}
