/* SPDX-License-Identifier: MIT */
#include "agui_check.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum phase { BEFORE, RUNNING, OVER };
enum message { NO_MESSAGE, TEXT, REASONING_OUTER, REASONING, REASONING_AFTER };

/* Ids are owned spans: one with \u0000 in it is an id like any other. */
struct call {
  struct span id;
  bool ended, answered;
  struct buf args; /* until its END */
};

struct agui_check {
  const struct event_format *format;
  enum phase phase;
  enum message message;
  struct span *ids; /* all message ids so far; the last that opened is the open one's */
  size_t open_id;
  size_t id_count, id_capacity;
  struct call *calls;
  size_t call_count, call_capacity;
  size_t begun; /* calls between their START and END */
  unsigned long long lines;
  char why[400];
};

struct look { /* one line being checked */
  struct agui_check *c;
  struct json *doc;
  json_at event;
};

struct agui_check *agui_check_new(const struct event_format *format)
{
  struct agui_check *c = mem_new(sizeof *c);
  c->format = format;
  return c;
}

void agui_check_free(struct agui_check *c)
{
  for (size_t i = 0; i < c->id_count; i++)
    free((void *)c->ids[i].at);
  for (size_t i = 0; i < c->call_count; i++) {
    free((void *)c->calls[i].id.at);
    buf_free(&c->calls[i].args);
  }
  free(c->ids);
  free(c->calls);
  free(c);
}

const char *agui_check_why(const struct agui_check *c)
{
  return c->why;
}

__attribute__((format(printf, 2, 3))) static bool wrong(struct agui_check *c,
                                                        const char *fmt, ...)
{
  char text[300];
  va_list args;
  va_start(args, fmt);
  (void)vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  (void)snprintf(c->why, sizeof c->why, "line %llu: %s", c->lines, text);
  return false;
}

static bool has_text(const struct look *l, const char *key)
{
  if (json_kind(json_get(l->event, key)) == JSON_STRING)
    return true;
  return wrong(l->c, "%s is no string", key);
}

static struct span text_of(const struct look *l, const char *key)
{
  return json_text(l->doc, json_get(l->event, key), (struct span){0});
}

static bool is_text(const struct look *l, const char *key, const char *value)
{
  if (span_is(text_of(l, key), value))
    return true;
  return wrong(l->c, "%s is not \"%s\"", key, value);
}

static bool is_id(const struct look *l, const char *key, struct span id)
{
  if (span_equal(text_of(l, key), id))
    return true;
  return wrong(l->c, "%s is not \"%.*s\"", key, (int)id.len, id.at);
}

static struct span owned(struct span id)
{
  return (struct span){span_copy(id), id.len};
}

/* Books. */

static bool add_id(const struct look *l)
{
  struct agui_check *c = l->c;
  struct span id = text_of(l, "messageId");
  for (size_t i = 0; i < c->id_count; i++)
    if (span_equal(id, c->ids[i]))
      return wrong(c, "message id \"%.*s\" was used before", (int)id.len, id.at);
  c->ids = mem_reserve(c->ids, c->id_count, &c->id_capacity, sizeof *c->ids);
  c->ids[c->id_count++] = owned(id);
  return true;
}

static struct call *find_call(struct agui_check *c, struct span id)
{
  for (size_t i = c->call_count; i > 0; i--)
    if (span_equal(id, c->calls[i - 1].id))
      return &c->calls[i - 1];
  return NULL;
}

static bool opens_message(const struct look *l, enum message kind)
{
  struct agui_check *c = l->c;
  if (c->message != NO_MESSAGE || c->begun > 0)
    return wrong(c, "a message opens while something else is open");
  if (!has_text(l, "messageId") || !add_id(l))
    return false;
  c->open_id = c->id_count - 1;
  c->message = kind;
  return true;
}

/* The event belongs to the open message, which is in state `from`, and leaves it in
 * `to`. */
static bool in_message(const struct look *l, enum message from, enum message to)
{
  struct agui_check *c = l->c;
  if (c->message != from)
    return wrong(c, "the message is not in a state for this event");
  if (!has_text(l, "messageId") || !is_id(l, "messageId", c->ids[c->open_id]))
    return false;
  c->message = to;
  return true;
}

/* One function an event type. */

static bool run_started(const struct look *l)
{
  if (l->c->phase != BEFORE)
    return wrong(l->c, "RUN_STARTED comes again");
  l->c->phase = RUNNING;
  return has_text(l, "runId") && has_text(l, "threadId");
}

static bool text_start(const struct look *l)
{
  return opens_message(l, TEXT) &&
         (span_is(text_of(l, "role"), "user") || is_text(l, "role", "assistant"));
}

static bool text_content(const struct look *l)
{
  return in_message(l, TEXT, TEXT) && has_text(l, "delta");
}

static bool text_end(const struct look *l)
{
  return in_message(l, TEXT, NO_MESSAGE);
}

static bool reasoning_start(const struct look *l)
{
  return opens_message(l, REASONING_OUTER);
}

static bool reasoning_message_start(const struct look *l)
{
  return in_message(l, REASONING_OUTER, REASONING) && is_text(l, "role", "reasoning");
}

static bool reasoning_content(const struct look *l)
{
  return in_message(l, REASONING, REASONING) && has_text(l, "delta");
}

static bool reasoning_message_end(const struct look *l)
{
  return in_message(l, REASONING, REASONING_AFTER);
}

static bool reasoning_end(const struct look *l)
{
  return in_message(l, REASONING_AFTER, NO_MESSAGE);
}

static bool tool_start(const struct look *l)
{
  struct agui_check *c = l->c;
  if (c->message != NO_MESSAGE)
    return wrong(c, "a tool call opens while something else is open");
  if (!has_text(l, "toolCallId") || !has_text(l, "toolCallName"))
    return false;
  if (c->format == &event_format_tanstack && !has_text(l, "toolName"))
    return false;
  if (find_call(c, text_of(l, "toolCallId")) != NULL)
    return wrong(c, "a tool call id was used before");
  c->calls = mem_reserve(c->calls, c->call_count, &c->call_capacity, sizeof *c->calls);
  c->calls[c->call_count++] = (struct call){.id = owned(text_of(l, "toolCallId")),
                                            .args = buf_make(LIMIT_EVENT_LINE_BYTES)};
  c->begun++;
  return true;
}

/* The call of this line, which has begun and not ended; NULL: that is wrong. */
static struct call *begun_call(const struct look *l)
{
  struct call *call =
      has_text(l, "toolCallId") ? find_call(l->c, text_of(l, "toolCallId")) : NULL;
  if (call && !call->ended)
    return call;
  wrong(l->c, "no such tool call is open");
  return NULL;
}

static bool tool_args(const struct look *l)
{
  struct call *call = begun_call(l);
  if (!call || !has_text(l, "delta"))
    return false;
  buf_add(&call->args, text_of(l, "delta"));
  return true;
}

static bool judge_end(const struct look *l, const struct buf *given)
{
  struct agui_check *c = l->c;
  struct fault f = {0};
  struct json *args = json_parse(buf_span(given), NULL, &f);
  /* What nests deeper than we read, or makes too big a tree, was passed on unread. */
  if (args == NULL && f.kind == FAULT_BAD_INPUT && strstr(f.text, "nest") == NULL)
    return wrong(c, "the arguments are no JSON: %s", f.text);
  json_free(args);
  json_at input = json_get(l->event, "input");
  if (json_kind(input) == JSON_ABSENT)
    return true;
  if (c->format == &event_format_ag_ui)
    return wrong(c, "END has an input");
  if (!span_equal(json_raw(input), buf_span(given)))
    return wrong(c, "END's input is not what ARGS gave");
  return true;
}

static bool tool_end(const struct look *l)
{
  struct call *call = begun_call(l);
  if (!call)
    return false;
  call->ended = true;
  l->c->begun--;
  bool good = judge_end(l, &call->args);
  buf_free(&call->args);
  return good;
}

static bool tool_result(const struct look *l)
{
  if (!has_text(l, "toolCallId") || !has_text(l, "messageId") || !has_text(l, "content"))
    return false;
  struct call *call = find_call(l->c, text_of(l, "toolCallId"));
  if (call != NULL && !call->ended)
    return wrong(l->c, "a result comes before the end of its call");
  if (call != NULL)
    call->answered = true;
  return add_id(l);
}

static bool custom(const struct look *l)
{
  if (json_kind(json_get(l->event, "value")) == JSON_ABSENT)
    return wrong(l->c, "CUSTOM has no value");
  return has_text(l, "name");
}

static bool terminal(const struct look *l)
{
  struct agui_check *c = l->c;
  c->phase = OVER;
  if (c->message != NO_MESSAGE || c->begun > 0)
    return wrong(c, "the run ends while something is open");
  for (size_t i = 0; i < c->call_count; i++)
    if (!c->calls[i].answered)
      return wrong(c, "tool call \"%.*s\" never got a result", (int)c->calls[i].id.len,
                   c->calls[i].id.at);
  return true;
}

static bool run_finished(const struct look *l)
{
  json_at usage = json_get(l->event, "usage");
  enum json_kind wanted = l->c->format == &event_format_ag_ui ? JSON_ARRAY : JSON_OBJECT;
  if (json_kind(usage) != JSON_ABSENT && json_kind(usage) != wanted)
    return wrong(l->c, "usage has the wrong form");
  return terminal(l) && has_text(l, "runId") && has_text(l, "threadId");
}

static bool run_error(const struct look *l)
{
  if (json_kind(json_get(l->event, "code")) != JSON_ABSENT && !has_text(l, "code"))
    return false;
  return terminal(l) && has_text(l, "message");
}

static const struct row {
  const char *type;
  bool (*check)(const struct look *l);
  bool bare; /* no metadata.tanstack even in that format */
} rows[] = {
    {"RUN_STARTED", run_started, false},
    {"RUN_FINISHED", run_finished, false},
    {"RUN_ERROR", run_error, false},
    {"TEXT_MESSAGE_START", text_start, false},
    {"TEXT_MESSAGE_CONTENT", text_content, true},
    {"TEXT_MESSAGE_END", text_end, false},
    {"REASONING_START", reasoning_start, false},
    {"REASONING_MESSAGE_START", reasoning_message_start, false},
    {"REASONING_MESSAGE_CONTENT", reasoning_content, false},
    {"REASONING_MESSAGE_END", reasoning_message_end, false},
    {"REASONING_END", reasoning_end, false},
    {"TOOL_CALL_START", tool_start, false},
    {"TOOL_CALL_ARGS", tool_args, true},
    {"TOOL_CALL_END", tool_end, false},
    {"TOOL_CALL_RESULT", tool_result, false},
    {"CUSTOM", custom, false},
};

static bool check_metadata(const struct look *l, bool bare)
{
  json_at tanstack = json_get(json_get(l->event, "metadata"), "tanstack");
  /* TanStack's sandboxes give none. */
  bare = bare || span_starts(json_member_text(l->doc, l->event, "name"), "sandbox.");
  bool wanted = l->c->format == &event_format_tanstack && !bare;
  if (wanted && json_kind(json_get(tanstack, "model")) != JSON_STRING)
    return wrong(l->c, "metadata.tanstack.model is missing");
  if (!wanted && tanstack != NULL)
    return wrong(l->c, "metadata.tanstack does not belong here");
  return true;
}

static bool check_event(const struct look *l)
{
  unsigned long long timestamp;
  struct span type = text_of(l, "type");
  if (json_kind(l->event) != JSON_OBJECT)
    return wrong(l->c, "no object");
  if (!json_whole(json_get(l->event, "timestamp"), 1ull << 53, &timestamp))
    return wrong(l->c, "timestamp is no integer");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (!span_is(type, rows[i].type))
      continue;
    if (l->c->phase == BEFORE && rows[i].check != run_started)
      return wrong(l->c, "%s comes before RUN_STARTED", rows[i].type);
    return check_metadata(l, rows[i].bare) && rows[i].check(l);
  }
  return wrong(l->c, "unknown type %.*s", (int)type.len, type.at);
}

bool agui_check_line(struct agui_check *c, struct span line)
{
  static const char *const raw[] = {"input", NULL};
  static const struct json_rules rules = {.raw = raw, .unique_keys = false};
  struct fault f = {0};
  if (c->why[0] != 0)
    return false;
  c->lines++;
  if (c->phase == OVER)
    return wrong(c, "a line after the terminal event");
  if (line.len < 2 || memchr(line.at, '\n', line.len) != line.at + line.len - 1)
    return wrong(c, "not one line with one newline at its end");
  if (!utf8_valid(line))
    return wrong(c, "not UTF-8");
  struct json *doc = json_parse(line, &rules, &f);
  if (doc == NULL)
    return wrong(c, "no JSON: %s", f.text);
  struct look look = {.c = c, .doc = doc, .event = json_root(doc)};
  bool right = check_event(&look);
  json_free(doc);
  return right;
}

bool agui_check_end(struct agui_check *c)
{
  if (c->why[0] != 0)
    return false;
  return c->phase == OVER || wrong(c, "the stream ends without a terminal event");
}

const char *agui_check_stream(struct span ndjson, const struct event_format *format)
{
  static char why[400];
  struct agui_check *c = agui_check_new(format);
  while (ndjson.len > 0) {
    const char *end = memchr(ndjson.at, '\n', ndjson.len);
    size_t len = end != NULL ? (size_t)(end - ndjson.at) + 1 : ndjson.len;
    if (!agui_check_line(c, (struct span){ndjson.at, len}))
      break;
    ndjson = span_after(ndjson, len);
  }
  bool right = agui_check_end(c);
  memcpy(why, c->why, sizeof why);
  agui_check_free(c);
  return right ? NULL : why;
}
