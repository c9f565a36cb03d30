/* SPDX-License-Identifier: MIT */
/* command_events.c - one reader for each type of event, found by a table.
 *
 * Texts go through at once.  A tool call is collected until its END, as the writer
 * tells a call whole; calls may overlap, so they wait beside each other.  */
#include "command_events.h"

#include "agent/agent_input.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* Passed on, or bulky and not read. */
static const char *const raw_members[] = {"value",    "input",  "totalCostUsd",
                                          "rawEvent", "result", NULL};

struct line { /* what the functions below share */
  struct command_events *c;
  struct json *doc;
  json_at root;
  struct events *events;
};

static json_at metadata(const struct line *l, const char *whose)
{
  return json_get(json_get(l->root, "metadata"), whose);
}

/* -- texts -- */

static void text_opens(const struct line *l)
{
  struct span id = json_member_text(l->doc, l->root, "messageId");
  events_text_open(l->events, id);
  agent_keep(&l->c->open, id);
}

static int on_text_start(const struct line *l, struct fault *f)
{
  (void)f;
  text_opens(l);
  return 0;
}

static int on_text(const struct line *l, struct fault *f)
{
  struct span id = json_member_text(l->doc, l->root, "messageId");
  (void)f;
  if (id.len > 0 && !span_equal(id, buf_span(&l->c->open)))
    text_opens(l);
  events_text(l->events, json_member_text(l->doc, l->root, "delta"));
  return 0;
}

static int on_text_end(const struct line *l, struct fault *f)
{
  (void)f;
  events_text_close(l->events);
  agent_keep(&l->c->open, (struct span){0});
  return 0;
}

static int on_reasoning_start(const struct line *l, struct fault *f)
{
  (void)f;
  agent_keep(&l->c->open, (struct span){0});
  events_reasoning_open(l->events, json_member_text(l->doc, l->root, "messageId"));
  return 0;
}

static int on_reasoning(const struct line *l, struct fault *f)
{
  (void)f;
  agent_keep(&l->c->open, (struct span){0});
  events_reasoning(l->events, json_member_text(l->doc, l->root, "delta"));
  return 0;
}

static int on_reasoning_end(const struct line *l, struct fault *f)
{
  (void)f;
  events_reasoning_close(l->events);
  return 0;
}

static int on_nothing(const struct line *l, struct fault *f)
{
  (void)l, (void)f;
  return 0;
}

/* -- calls -- */

static bool is_json(struct span text)
{
  struct fault ignored = {0};
  struct json *doc = json_parse(text, NULL, &ignored);
  json_free(doc);
  return doc;
}

/* Tells the call at that place and gives the place back. */
static int tell_call(struct command_events *c, unsigned at, struct events *events,
                     struct fault *f)
{
  struct command_call call = c->calls[at];
  bool good =
      call.args.len == 0 || (!call.args.overflowed && is_json(buf_span(&call.args)));
  c->call_count--;
  memmove(&c->calls[at], &c->calls[at + 1], (c->call_count - at) * sizeof call);
  memset(&c->calls[c->call_count], 0, sizeof call);
  agent_keep(&c->open, (struct span){0}); /* a call closes the text */
  const struct tool *host = tools_by_alias(c->tools, buf_span(&call.name));
  events_tool_call(events, host ? TOOL_HOST : TOOL_NATIVE, buf_span(&call.id),
                   host ? host->name : buf_span(&call.name),
                   good ? buf_span(&call.args) : SPAN_LITERAL("{}"));
  buf_free(&call.id);
  buf_free(&call.name);
  buf_free(&call.args);
  return good ? 0 : fault_set(f, FAULT_AGENT, "the arguments of a tool call are no JSON");
}

static int on_call_start(const struct line *l, struct fault *f)
{
  struct command_events *c = l->c;
  struct span id = json_member_text(l->doc, l->root, "toolCallId");
  int rc = 0;
  if (id.len == 0)
    return fault_set(f, FAULT_AGENT, "TOOL_CALL_START has no toolCallId");
  if (c->call_count == COMMAND_CALLS)
    rc = tell_call(c, 0, l->events, f);
  struct command_call *call = &c->calls[c->call_count++];
  agent_keep(&call->id, id);
  agent_keep(&call->name, json_member_text(l->doc, l->root, "toolCallName"));
  agent_keep(&call->args, (struct span){0});
  return rc;
}

/* Of the one that started last; count: none. */
static unsigned place_of(const struct command_events *c, struct span id)
{
  for (unsigned i = c->call_count; i > 0; i--)
    if (span_equal(buf_span(&c->calls[i - 1].id), id))
      return i - 1;
  return c->call_count;
}

static int on_call(const struct line *l, struct fault *f)
{
  unsigned at = place_of(l->c, json_member_text(l->doc, l->root, "toolCallId"));
  if (at == l->c->call_count)
    return fault_set(f, FAULT_AGENT, "TOOL_CALL_ARGS or _END of a call that is not open");
  if (span_is(json_member_text(l->doc, l->root, "type"), "TOOL_CALL_END"))
    return tell_call(l->c, at, l->events, f);
  buf_add(&l->c->calls[at].args, json_member_text(l->doc, l->root, "delta"));
  return 0;
}

static int on_call_result(const struct line *l, struct fault *f)
{
  struct span id = json_member_text(l->doc, l->root, "toolCallId");
  bool failed = span_is(json_member_text(l->doc, metadata(l, "tanstack"), "state"),
                        "output-error") ||
                json_kind(json_get(metadata(l, "runlet"), "failed")) == JSON_TRUE;
  unsigned at = place_of(l->c, id);
  if (id.len == 0)
    return fault_set(f, FAULT_AGENT, "TOOL_CALL_RESULT has no toolCallId");
  /* One that has ended comes before one that has not. */
  bool unended = at < l->c->call_count && !events_awaits_result(l->events, id);
  int rc = unended ? tell_call(l->c, at, l->events, f) : 0;
  events_tool_result(l->events, id, json_member_text(l->doc, l->root, "content"), failed);
  return rc;
}

static int on_custom(const struct line *l, struct fault *f)
{
  json_at value = json_get(l->root, "value");
  struct span name = json_member_text(l->doc, l->root, "name");
  if (name.len == 0 || span_starts(name, "runlet.") || memchr(name.at, 0, name.len))
    return fault_set(f, FAULT_AGENT, "CUSTOM has no name, or one of runlet's own");
  char *copy = span_copy(name);
  events_custom(l->events, copy,
                json_kind(value) == JSON_ABSENT ? SPAN_LITERAL("null") : json_raw(value));
  free(copy);
  return 0;
}

/* -- the end -- */

static void keep_usage(const struct line *l)
{
  struct command_events *c = l->c;
  json_at usage = json_get(l->root, "usage");
  json_at prompt = json_get(usage, "promptTokensDetails");
  json_at completion = json_get(usage, "completionTokensDetails");
  json_at cost = json_get(json_get(usage, "providerUsageDetails"), "totalCostUsd");
  c->has_usage = true;
  c->usage = event_usage_none();
  if (json_kind(usage) == JSON_OBJECT) {
    c->usage.prompt = agent_input_count(usage, "promptTokens");
    c->usage.completion = agent_input_count(usage, "completionTokens");
    c->usage.total = agent_input_count(usage, "totalTokens");
    c->usage.cached = agent_input_count(prompt, "cachedTokens");
    c->usage.cache_write = agent_input_count(prompt, "cacheWriteTokens");
    c->usage.reasoning = agent_input_count(completion, "reasoningTokens");
    agent_keep(&c->cost,
               json_kind(cost) == JSON_NUMBER ? json_raw(cost) : (struct span){0});
    c->usage.cost_usd = buf_span(&c->cost);
  } else if (json_kind(usage) == JSON_ARRAY) {
    json_at first = json_item(usage, 0);
    c->usage.prompt = agent_input_count(first, "inputTokens");
    c->usage.completion = agent_input_count(first, "outputTokens");
    c->usage.total = agent_input_count(first, "totalTokens");
    c->usage.cached = agent_input_count(first, "cachedInputTokens");
    c->usage.cache_write = agent_input_count(first, "cacheWriteInputTokens");
    c->usage.reasoning = agent_input_count(first, "reasoningTokens");
  } else {
    c->has_usage = false;
  }
}

static int on_finished(const struct line *l, struct fault *f)
{
  static const char *const reasons[] = {"stop", "length", "content_filter", "tool_calls"};
  struct span reason = json_member_text(l->doc, metadata(l, "tanstack"), "finishReason");
  (void)f;
  if (reason.len == 0)
    reason = json_member_text(l->doc, metadata(l, "runlet"), "finishReason");
  l->c->outcome = COMMAND_FINISHED;
  l->c->reason = reasons[0];
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
    if (span_is(reason, reasons[i]))
      l->c->reason = reasons[i];
  keep_usage(l);
  return 0;
}

static int on_error(const struct line *l, struct fault *f)
{
  (void)f;
  l->c->outcome = COMMAND_FAILED;
  struct span code = json_member_text(l->doc, l->root, "code");
  agent_keep(&l->c->code, (struct span){0});
  if (code.len > 0)
    agent_keep_code(&l->c->code, code);
  agent_keep(&l->c->message, json_member_text(l->doc, l->root, "message"));
  return 0;
}

static const struct {
  const char *type;
  int (*read)(const struct line *l, struct fault *f);
} types[] = {
    {"TEXT_MESSAGE_CONTENT", on_text},
    {"TEXT_MESSAGE_START", on_text_start},
    {"TEXT_MESSAGE_END", on_text_end},
    {"REASONING_MESSAGE_CONTENT", on_reasoning},
    {"REASONING_START", on_reasoning_start},
    {"REASONING_MESSAGE_START", on_nothing},
    {"REASONING_MESSAGE_END", on_nothing},
    {"REASONING_END", on_reasoning_end},
    {"TOOL_CALL_START", on_call_start},
    {"TOOL_CALL_ARGS", on_call},
    {"TOOL_CALL_END", on_call},
    {"TOOL_CALL_RESULT", on_call_result},
    {"CUSTOM", on_custom},
    {"RUN_STARTED", on_nothing},
    {"RUN_FINISHED", on_finished},
    {"RUN_ERROR", on_error},
};

int command_events_read(struct command_events *c, struct span line, struct events *events,
                        struct fault *f)
{
  static const struct json_rules rules = {.raw = raw_members};
  struct json *doc = json_parse(line, &rules, f);
  if (!doc)
    return -1;
  struct line l = {.c = c, .doc = doc, .root = json_root(doc), .events = events};
  struct span type = json_member_text(l.doc, l.root, "type");
  size_t i = 0, count = sizeof types / sizeof types[0];
  while (i < count && !span_is(type, types[i].type))
    i++;
  int rc = i < count ? types[i].read(&l, f)
                     : fault_set(f, FAULT_AGENT, "the line is JSON but no event");
  json_free(doc);
  return rc;
}

void command_events_flush(struct command_events *c, struct events *events)
{
  struct fault ignored = {0};
  while (c->call_count > 0)
    (void)tell_call(c, 0, events, &ignored);
}

void command_events_free(struct command_events *c)
{
  while (c->call_count > 0) {
    struct command_call *call = &c->calls[--c->call_count];
    buf_free(&call->id);
    buf_free(&call->name);
    buf_free(&call->args);
  }
  buf_free(&c->open);
  buf_free(&c->code);
  buf_free(&c->message);
  buf_free(&c->cost);
}
