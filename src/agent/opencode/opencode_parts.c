/* SPDX-License-Identifier: MIT */
/* opencode_parts.c - which part of a message becomes which event.
 *
 *   part                        event
 *   text, reasoning             a message of that kind; id: the part's
 *   tool  pending               nothing: its input is not whole yet
 *         running               the call; each part is one, whatever its callID
 *         completed, error      the call, if it was not told, and its result; nothing
 *                               where the answer broke off before it was a call
 *   step-finish                 its tokens are added up
 *   anything else               nothing  */
#include "opencode_parts.h"

#include "base/limits.h"
#include "opencode_edits.h"
#include "request/bridge_address.h"

#include <string.h>

/* The tool that outputSchema brings; what it is called with comes with the answer. */
#define VALUE_TOOL "StructuredOutput"

/* -- names -- */

/* OpenCode's names are made of these characters; each other one became '_'. */
static bool is_same_name(struct span theirs, struct span ours)
{
  if (theirs.len != ours.len)
    return false;
  for (size_t i = 0; i < ours.len; i++) {
    struct span one = {ours.at + i, 1};
    if (theirs.at[i] != (opencode_is_id(one) ? ours.at[i] : '_'))
      return false;
  }
  return true;
}

struct span opencode_bridged(const struct opencode_order *order, struct span name)
{
  struct span bridge = buf_span(&order->bridge_name);
  bool recorded = bridge.len == 0 && order->authorization.len == 0; /* translate */
  if (recorded)
    bridge = SPAN_LITERAL(BRIDGE_NAME);
  if (bridge.len == 0 || name.len < bridge.len + 2 || name.at[bridge.len] != '_' ||
      !is_same_name((struct span){name.at, bridge.len}, bridge))
    return (struct span){0};
  name = span_after(name, bridge.len + 1);
  const struct tool *tool = tools_by_alias(order->tools, name);
  if (tool)
    return tool->name;
  return recorded ? name : (struct span){0};
}

/* -- texts -- */

static struct opencode_text *find_text(struct opencode_parts *p, struct span id)
{
  for (size_t i = 0; i < OPENCODE_TEXTS; i++)
    if (id.len > 0 && span_equal(buf_span(&p->texts[i].id), id))
      return &p->texts[i];
  return NULL;
}

static struct opencode_text *new_text(struct opencode_parts *p, struct span id,
                                      bool reasoning)
{
  struct opencode_text *t = &p->texts[p->next++ % OPENCODE_TEXTS];
  if (p->open == t)
    p->open = NULL;
  if (t->id.ceiling == 0)
    t->id = buf_make_kept(LIMIT_NAME_BYTES);
  buf_clear(&t->id);
  buf_add(&t->id, id);
  t->reasoning = reasoning;
  t->sent = 0;
  return t;
}

static void grow(struct opencode_parts *p, struct opencode_text *t, struct span delta,
                 struct events *events)
{
  if (delta.len == 0)
    return;
  t->sent += delta.len;
  if (p->open != t && t->reasoning)
    events_reasoning_open(events, buf_span(&t->id));
  else if (p->open != t)
    events_text_open(events, buf_span(&t->id));
  if (p->open != t)
    begun_answer_add(&p->answer, events);
  p->open = t;
  if (t->reasoning)
    events_reasoning(events, delta);
  else
    events_text(events, delta);
}

static void close_text(struct opencode_parts *p, struct events *events)
{
  if (p->open && p->open->reasoning)
    events_reasoning_close(events);
  else if (p->open)
    events_text_close(events);
  p->open = NULL;
}

static void on_text(struct opencode_parts *p, const struct json *doc, json_at part,
                    bool reasoning, struct events *events)
{
  struct span id = json_member_text(doc, part, "id"),
              text = json_member_text(doc, part, "text");
  struct opencode_text *t = find_text(p, id);
  if (id.len == 0 || id.len > LIMIT_NAME_BYTES)
    return;
  if (!t) {
    /* from long ago, and whole since */
    if (seen_ids_add(&p->begun, id) != 0)
      return;
    t = new_text(p, id, reasoning);
  }
  /* At its end a text is trimmed and may be rewritten: what went out stays. */
  bool whole_character =
      text.len > t->sent && ((unsigned char)text.at[t->sent] & 0xc0) != 0x80;
  if (whole_character)
    grow(p, t, span_after(text, t->sent), events);
  bool ended = json_kind(json_get(json_get(part, "time"), "end")) == JSON_NUMBER;
  if (ended && p->open == t)
    close_text(p, events);
}

/* -- tools and steps -- */

/* The connection was cut behind the call's name: no argument came, nothing was called. */
static bool never_was(const struct json *doc, json_at state)
{
  struct span metadata = json_raw(json_get(state, "metadata"));
  json_at raw = json_get(state, "raw");
  return span_is(json_member_text(doc, state, "status"), "error") &&
         json_slice_kind(json_slice(metadata, "interrupted")) == JSON_TRUE &&
         json_kind(raw) == JSON_STRING && json_member_text(doc, state, "raw").len == 0;
}

static void on_tool(struct opencode_parts *p, const struct json *doc, json_at part,
                    struct events *events)
{
  struct span call = json_member_text(doc, part, "callID"),
              part_id = json_member_text(doc, part, "id"),
              name = json_member_text(doc, part, "tool");
  json_at state = json_get(part, "state"), input = json_get(state, "input");
  struct span status = json_member_text(doc, state, "status");
  bool good = span_is(status, "completed"), bad = span_is(status, "error");
  if (part_id.len == 0)
    part_id = call;
  if (part_id.len == 0 || !(good || bad || span_is(status, "running")))
    return;
  if ((p->order->wants_value && span_is(name, VALUE_TOOL)) || never_was(doc, state))
    return;
  struct span registered = opencode_bridged(p->order, name);
  bool object = json_kind(input) == JSON_OBJECT;
  bool bridged = registered.len > 0;
  if (seen_ids_add(&p->told, part_id) == 0) {
    p->open = NULL; /* the call closes it */
    begun_answer_is_whole(&p->answer);
    events_tool_call_of(events, bridged ? TOOL_HOST : TOOL_NATIVE, part_id, call,
                        bridged ? registered : name,
                        object ? json_raw(input) : SPAN_LITERAL("{}"));
  }
  if ((good || bad) && seen_ids_add(&p->answered, part_id) == 0) {
    events_tool_result_of(events, part_id, call,
                          json_member_text(doc, state, good ? "output" : "error"), bad);
    if (good && !bridged)
      opencode_edits_tell(json_raw(json_get(state, "metadata")), json_raw(input), events);
  }
}

/* Counts are whole numbers; "input" is kept raw for the tools' sake. */
static void add_count(long long *sum, json_at tokens, const char *key)
{
  json_at v = json_get(tokens, key);
  unsigned long long n;
  if (span_to_number(json_raw(v), 0, 1ull << 53, &n) || json_whole(v, 1ull << 53, &n))
    *sum = (*sum > 0 ? *sum : 0) + (long long)n;
}

static void add_tokens(struct event_usage *u, json_at tokens)
{
  json_at cache = json_get(tokens, "cache");
  add_count(&u->prompt, tokens, "input");
  add_count(&u->completion, tokens, "output");
  add_count(&u->total, tokens, "total");
  add_count(&u->reasoning, tokens, "reasoning");
  add_count(&u->cached, cache, "read");
  add_count(&u->cache_write, cache, "write");
}

static void on_step(struct opencode_parts *p, const struct json *doc, json_at part)
{
  json_at tokens = json_get(part, "tokens");
  struct span id = json_member_text(doc, part, "id");
  if (json_kind(tokens) != JSON_OBJECT || id.len == 0 || seen_ids_add(&p->begun, id) != 0)
    return;
  if (!p->has_usage)
    p->usage = event_usage_none();
  p->has_usage = true;
  begun_answer_is_whole(&p->answer);
  add_tokens(&p->usage, tokens);
}

void opencode_parts_count(struct opencode_parts *p, const struct json *doc, json_at part,
                          bool sub_agent, struct spending *s)
{
  struct span id = json_member_text(doc, part, "id"),
              type = json_member_text(doc, part, "type");
  json_at tokens = json_get(part, "tokens");
  bool call = sub_agent && span_is(type, "tool");
  if (!(call || span_is(type, "step-finish")) || seen_ids_add(&p->counted, id) > 0)
    return;
  if (call) {
    spending_call(s);
    return;
  }
  struct event_usage usage = event_usage_none();
  add_tokens(&usage, tokens);
  spending_cost(s, json_number(json_get(part, "cost"), 0));
  spending_answer(s, &usage,
                  !sub_agent &&
                      span_is(json_member_text(doc, part, "reason"), "tool-calls"));
}

void opencode_parts_message(struct opencode_parts *p, const struct json *doc,
                            json_at info)
{
  struct span id = json_member_text(doc, info, "id");
  /* A summary is what OpenCode writes for itself when the context is full. */
  bool summary = json_kind(json_get(info, "summary")) == JSON_TRUE;
  if (id.len > 0 && !summary && span_is(json_member_text(doc, info, "role"), "assistant"))
    (void)seen_ids_add(&p->messages, id);
}

void opencode_parts_part(struct opencode_parts *p, const struct json *doc, json_at part,
                         struct events *events)
{
  struct span type = json_member_text(doc, part, "type");
  if (!seen_ids_has(&p->messages, json_member_text(doc, part, "messageID")))
    return;
  if (span_is(type, "text"))
    on_text(p, doc, part, false, events);
  else if (span_is(type, "reasoning"))
    on_text(p, doc, part, true, events);
  else if (span_is(type, "tool"))
    on_tool(p, doc, part, events);
  else if (span_is(type, "step-finish"))
    on_step(p, doc, part);
}

void opencode_parts_delta(struct opencode_parts *p, const struct json *doc,
                          json_at properties, struct events *events)
{
  struct opencode_text *t = find_text(p, json_member_text(doc, properties, "partID"));
  if (t && span_is(json_member_text(doc, properties, "field"), "text"))
    grow(p, t, json_member_text(doc, properties, "delta"), events);
}

void opencode_parts_abandon(struct opencode_parts *p, struct events *events)
{
  p->open = NULL;
  begun_answer_abandon(&p->answer, events);
}

void opencode_parts_free(struct opencode_parts *p)
{
  for (size_t i = 0; i < OPENCODE_TEXTS; i++)
    buf_free(&p->texts[i].id);
  begun_answer_free(&p->answer);
  seen_ids_free(&p->messages);
  seen_ids_free(&p->begun);
  seen_ids_free(&p->told);
  seen_ids_free(&p->answered);
  seen_ids_free(&p->counted);
}
