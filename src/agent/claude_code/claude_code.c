/* SPDX-License-Identifier: MIT */
/* claude_code.c - Claude Code (`claude -p --output-format stream-json`), seen with
 * 2.1.332: what it says, and what of it goes out.  One JSON object a line:
 *
 *   line                                  event
 *   system/init (each time)               CUSTOM claude-code.session-id
 *   stream_event (Messages API)
 *     message_start                       the id of the message that streams from now on
 *     content_block_start                 text, thinking: a message of that kind opens
 *     content_block_delta                 of that kind: its delta; input_json, signature:
 *                                         nothing
 *     content_block_stop                  it closes
 *   assistant, text and thinking blocks   whole messages, unless their message streamed
 *   assistant, tool_use block             a tool call; "mcp__<bridge>__" is cut off its
 *                                         name
 *   user, tool_result block               its result; text only, images are lost
 *   result                                kept: finish() decides with it
 *   anything else                         nothing
 *
 * Lines of sub-agents (parent_tool_use_id not null; a missing one is null) are dropped,
 * as TanStack's runner does.  Claude Code prints one `assistant` line for each content
 * block, all with the message's id.  A tool can run and its `user` line be printed
 * before the message_stop of the message that called it.  */
#include "agent/harness.h"
#include "agent/harness_end.h"
#include "agent/structured.h"
#include "base/json.h"
#include "base/limits.h"
#include "claude_code_plan.h"
#include "event/event_session.h"
#include "event/seen_ids.h"

#include <stdlib.h>

enum block { BLOCK_OTHER, BLOCK_TEXT, BLOCK_THINKING };

enum outcome { OUTCOME_NONE, OUTCOME_SUCCESS, OUTCOME_LENGTH, OUTCOME_ERROR };

struct claude {
  struct buf prefix;        /* of bridged tools' names; empty: the default's */
  struct buf message;       /* the message that streams now */
  struct seen_ids streamed; /* ids of all that did */
  enum block block;         /* what streams now */
  enum outcome outcome;     /* of the last `result` line; what follows is from it */
  struct buf code, text, cost;
  struct event_usage usage; /* cost_usd: in `cost` */
  bool has_usage;
  bool wants_value;             /* outputSchema was given */
  struct buf value, value_call; /* what was answered to it; the id of the tool's call */
  struct buf answer;            /* the result's text */
};

#define DEFAULT_PREFIX "mcp__" BRIDGE_NAME "__"
/* The tool that --json-schema brings; what it is called with is the answer. */
#define VALUE_TOOL "StructuredOutput"

/* Kept as the agent's own bytes: what is passed on, and what is bulky and not read. */
static const char *const raw_members[] = {"input",
                                          "tools",
                                          "total_cost_usd",
                                          "tool_use_result",
                                          "structured_output",
                                          "modelUsage",
                                          "skills",
                                          NULL};

struct line { /* what the functions below share */
  struct claude *c;
  struct json *doc;
  struct events *events;
};

static bool is(const struct line *l, json_at object, const char *key, const char *value)
{
  return span_is(json_member_text(l->doc, object, key), value);
}

/* Without an address where it is absent, so that the event leaves it out. */
static struct span given_text(const struct line *l, json_at object, const char *key)
{
  return json_text(l->doc, json_get(object, key), (struct span){0});
}

static void on_init(const struct line *l, json_at root)
{
  const struct event_session session = {.id = given_text(l, root, "session_id"),
                                        .model = given_text(l, root, "model"),
                                        .tools_json = json_raw(json_get(root, "tools")),
                                        .skills_json =
                                            json_raw(json_get(root, "skills"))};
  events_session(l->events, "claude-code", &session);
}

static void block_starts(const struct line *l, json_at event)
{
  json_at block = json_get(event, "content_block");
  if (is(l, block, "type", "text")) {
    l->c->block = BLOCK_TEXT;
    events_text_open(l->events, buf_span(&l->c->message));
  } else if (is(l, block, "type", "thinking")) {
    l->c->block = BLOCK_THINKING;
    events_reasoning_open(l->events, (struct span){0});
  } else {
    l->c->block = BLOCK_OTHER;
  }
}

static void block_grows(const struct line *l, json_at event)
{
  json_at delta = json_get(event, "delta");
  if (l->c->block == BLOCK_TEXT && is(l, delta, "type", "text_delta"))
    events_text(l->events, json_member_text(l->doc, delta, "text"));
  else if (l->c->block == BLOCK_THINKING && is(l, delta, "type", "thinking_delta"))
    events_reasoning(l->events, json_member_text(l->doc, delta, "thinking"));
}

static void block_stops(const struct line *l)
{
  if (l->c->block == BLOCK_TEXT)
    events_text_close(l->events);
  else if (l->c->block == BLOCK_THINKING)
    events_reasoning_close(l->events);
  l->c->block = BLOCK_OTHER;
}

static void on_stream_event(const struct line *l, json_at root)
{
  json_at event = json_get(root, "event");
  struct span type = json_member_text(l->doc, event, "type");
  if (span_is(type, "content_block_delta")) {
    block_grows(l, event);
  } else if (span_is(type, "content_block_start")) {
    block_starts(l, event);
  } else if (span_is(type, "content_block_stop")) {
    block_stops(l);
  } else if (span_is(type, "message_start")) {
    agent_keep(&l->c->message,
               json_member_text(l->doc, json_get(event, "message"), "id"));
    if (l->c->message.len > 0)
      seen_ids_add(&l->c->streamed, buf_span(&l->c->message));
    l->c->block = BLOCK_OTHER;
  }
}

static void on_tool_use(const struct line *l, json_at block)
{
  struct span name = json_member_text(l->doc, block, "name");
  struct span prefix = buf_span(&l->c->prefix);
  if (prefix.len == 0)
    prefix = SPAN_LITERAL(DEFAULT_PREFIX);
  bool bridged =
      name.len > prefix.len && span_equal((struct span){name.at, prefix.len}, prefix);
  if (bridged)
    name = span_after(name, prefix.len);
  json_at input = json_get(block, "input");
  bool none = json_kind(input) == JSON_ABSENT || json_kind(input) == JSON_NULL;
  if (l->c->wants_value && span_is(name, VALUE_TOOL)) {
    agent_keep(&l->c->value, json_raw(input));
    agent_keep(&l->c->value_call, json_member_text(l->doc, block, "id"));
    return;
  }
  events_tool_call(l->events, bridged ? TOOL_HOST : TOOL_NATIVE,
                   json_member_text(l->doc, block, "id"), name,
                   none ? SPAN_LITERAL("{}") : json_raw(input));
}

static void on_assistant(const struct line *l, json_at root)
{
  json_at message = json_get(root, "message");
  struct span id = json_member_text(l->doc, message, "id");
  bool streamed = id.len > 0 && seen_ids_has(&l->c->streamed, id);
  json_at content = json_get(message, "content");
  if (json_kind(content) != JSON_ARRAY)
    return;
  for (json_at block = json_first(content); block; block = json_next(block)) {
    if (is(l, block, "type", "tool_use")) {
      on_tool_use(l, block);
    } else if (!streamed && is(l, block, "type", "text")) {
      events_text_open(l->events, id);
      events_text(l->events, json_member_text(l->doc, block, "text"));
      events_text_close(l->events);
    } else if (!streamed && is(l, block, "type", "thinking")) {
      events_reasoning_open(l->events, (struct span){0});
      events_reasoning(l->events, json_member_text(l->doc, block, "thinking"));
      events_reasoning_close(l->events);
    }
  }
}

static void on_tool_result(const struct line *l, json_at block)
{
  struct span call = json_member_text(l->doc, block, "tool_use_id");
  bool failed = json_kind(json_get(block, "is_error")) == JSON_TRUE;
  json_at content = json_get(block, "content");
  if (call.len == 0 || span_equal(call, buf_span(&l->c->value_call)))
    return;
  if (json_kind(content) != JSON_ARRAY) {
    events_tool_result(l->events, call, json_text(l->doc, content, (struct span){0}),
                       failed);
    return;
  }
  struct buf joined = buf_make(LIMIT_EVENT_LINE_BYTES);
  for (json_at part = json_first(content); part; part = json_next(part))
    buf_add(&joined, json_member_text(l->doc, part, "text"));
  events_tool_result(l->events, call, buf_span(&joined), failed);
  buf_free(&joined);
}

static void on_user(const struct line *l, json_at root)
{
  json_at content = json_get(json_get(root, "message"), "content");
  if (json_kind(content) != JSON_ARRAY)
    return;
  for (json_at block = json_first(content); block; block = json_next(block))
    if (is(l, block, "type", "tool_result"))
      on_tool_result(l, block);
}

static void keep_usage(const struct line *l, json_at root)
{
  json_at usage = json_get(root, "usage");
  json_at cost = json_get(root, "total_cost_usd");
  l->c->has_usage = json_kind(usage) == JSON_OBJECT;
  l->c->usage = event_usage_none();
  if (!l->c->has_usage)
    return;
  l->c->usage.prompt = agent_input_count(usage, "input_tokens");
  l->c->usage.completion = agent_input_count(usage, "output_tokens");
  l->c->usage.cached = agent_input_count(usage, "cache_read_input_tokens");
  l->c->usage.cache_write = agent_input_count(usage, "cache_creation_input_tokens");
  agent_keep(&l->c->cost,
             json_kind(cost) == JSON_NUMBER ? json_raw(cost) : (struct span){0});
}

/* The errors joined, else "Claude Code run failed: <subtype>". */
static void keep_errors(const struct line *l, json_at root, struct span subtype)
{
  json_at errors = json_get(root, "errors");
  struct buf *text = &l->c->text;
  agent_keep(text, (struct span){0});
  if (json_kind(errors) == JSON_ARRAY)
    for (json_at v = json_first(errors); v; v = json_next(v)) {
      struct span error = json_text(l->doc, v, (struct span){0});
      if (text->len > 0 && error.len > 0)
        buf_add_text(text, "; ");
      buf_add(text, error);
    }
  if (text->len > 0)
    return;
  buf_add_text(text, "Claude Code run failed: ");
  buf_add(text, subtype.len > 0 ? subtype : SPAN_LITERAL("no subtype"));
}

/* An error of the model's API comes as subtype "success" with is_error and exit status 1
 * (seen: 400, 404, 500, connection refused, no key); an interrupted run as
 * error_during_execution with exit status 0; too many turns with 1. */
static void on_result(const struct line *l, json_at root)
{
  struct claude *c = l->c;
  struct span subtype = json_member_text(l->doc, root, "subtype");
  bool is_error = json_kind(json_get(root, "is_error")) == JSON_TRUE;
  block_stops(l);
  keep_usage(l, root);
  if (c->wants_value) {
    json_at value = json_get(root, "structured_output");
    if (json_kind(value) == JSON_OBJECT || json_kind(value) == JSON_ARRAY)
      agent_keep(&c->value, json_raw(value));
    agent_keep(&c->answer, json_member_text(l->doc, root, "result"));
  }
  if (span_is(subtype, "error_max_turns")) {
    c->outcome = OUTCOME_LENGTH;
  } else if (span_is(subtype, "success") && !is_error) {
    c->outcome = OUTCOME_SUCCESS;
  } else {
    bool told = subtype.len == 0 || span_is(subtype, "success");
    c->outcome = OUTCOME_ERROR;
    agent_keep(&c->code, told ? SPAN_LITERAL("agent-error") : subtype);
    keep_errors(l, root, subtype);
    if (told && json_member_text(l->doc, root, "result").len > 0)
      agent_keep(&c->text, json_member_text(l->doc, root, "result"));
  }
}

static bool is_from_sub_agent(json_at root)
{
  enum json_kind kind = json_kind(json_get(root, "parent_tool_use_id"));
  return kind != JSON_ABSENT && kind != JSON_NULL;
}

static void on_object(const struct line *l, json_at root, struct agent_output *output)
{
  struct span type = json_member_text(l->doc, root, "type");
  if (span_is(type, "result")) {
    on_result(l, root);
    agent_hang_up(output);
  } else if (span_is(type, "system")) {
    if (is(l, root, "subtype", "init"))
      on_init(l, root);
  } else if (is_from_sub_agent(root)) {
    return;
  } else if (span_is(type, "stream_event")) {
    on_stream_event(l, root);
  } else if (span_is(type, "assistant")) {
    on_assistant(l, root);
  } else if (span_is(type, "user")) {
    on_user(l, root);
  }
}

/* A line that is null or a number alone was seen, and says nothing. */
static int claude_on_input(void *state, const struct agent_input *input,
                           struct agent_output *output, struct fault *f)
{
  static const struct json_rules rules = {.raw = raw_members};
  struct fault why = {0};
  struct json *doc = agent_input_json(input->text, &rules, output->events, &why);
  if (doc) {
    struct line line = {.c = state, .doc = doc, .events = output->events};
    on_object(&line, json_root(doc), output);
    json_free(doc);
    return 0;
  }
  enum json_kind kind = json_slice_kind(span_trim(input->text));
  if (why.kind == FAULT_AGENT && (kind == JSON_NULL || kind == JSON_NUMBER))
    return 0;
  *f = why;
  return -1;
}

/* A model that did not heed the schema leaves its text, in which a value may stand. */
static bool say_value(struct claude *c, struct events *events)
{
  struct span answer = buf_span(&c->answer), value = buf_span(&c->value);
  if (value.len == 0)
    value = structured_find(answer);
  if (value.len == 0)
    structured_fail(events, answer);
  else
    structured_say(events, value, answer.len > 0 ? answer : value);
  return value.len > 0;
}

static void claude_finish(void *state, const struct process_end *end,
                          struct agent_output *output)
{
  struct claude *c = state;
  c->usage.cost_usd = buf_span(&c->cost);
  const struct event_usage *usage = c->has_usage ? &c->usage : NULL;
  /* its exit status is 1 then */
  if (c->outcome == OUTCOME_LENGTH) {
    if (c->wants_value)
      structured_say_if_any(output->events,
                            buf_span(c->value.len > 0 ? &c->value : &c->answer));
    events_finish(output->events, "length", usage);
  } else if (c->outcome == OUTCOME_ERROR)
    events_fail(output->events, buf_span(&c->code), buf_span(&c->text));
  else if (c->outcome != OUTCOME_SUCCESS || !process_end_is_clean(end))
    harness_fail_by_end(output->events, end);
  else if (!c->wants_value || say_value(c, output->events))
    events_finish(output->events, "stop", usage);
}

static int claude_plan(void *state, const struct run_request *req,
                       const struct bridge_address *bridge,
                       const struct plan_place *place, struct process_plan *out,
                       struct fault *f)
{
  struct claude *c = state;
  if (bridge) {
    agent_keep(&c->prefix, SPAN_LITERAL("mcp__"));
    buf_add(&c->prefix, bridge->name);
    buf_add_text(&c->prefix, "__");
  }
  c->wants_value = req->output_schema.len > 0;
  return claude_code_plan(req, bridge, place, out, f);
}

static void claude_free(void *state)
{
  struct claude *c = state;
  buf_free(&c->prefix);
  buf_free(&c->message);
  buf_free(&c->code);
  buf_free(&c->text);
  buf_free(&c->cost);
  buf_free(&c->value);
  buf_free(&c->value_call);
  buf_free(&c->answer);
  seen_ids_free(&c->streamed);
}

static bool claude_succeeded(const void *state)
{
  const struct claude *c = state;
  return c->outcome == OUTCOME_SUCCESS || c->outcome == OUTCOME_LENGTH;
}

const struct harness claude_code_harness = {
    .id = "claude-code",
    .program = "claude",
    .structured = true,
    .takes = TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_MAX_TURNS | TAKES_TOOL_LISTS |
             TAKES_EFFORT | TAKES_SETTING_SOURCES,
    .prompt = &claude_code_prompt,
    .memory = sizeof(struct claude),
    .plan = claude_plan,
    .on_input = claude_on_input,
    .finish = claude_finish,
    .free = claude_free,
    .succeeded = claude_succeeded,
};
