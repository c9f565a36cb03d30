/* SPDX-License-Identifier: MIT */
/* The texts are borrowed from the document. Only a message of several text parts is
 * put together, in the request's arena. */
#include "run_messages.h"

#include "base/limits.h"

#include <stdio.h>
#include <string.h>

static const char theirs[] = "messages must be a non-empty ModelMessage[]: ";

static struct span text_of(const struct fields *r, json_at v)
{
  return json_text(r->doc, v, (struct span){"", 0});
}

static bool is_text_part(const struct fields *r, json_at part)
{
  return span_is(text_of(r, json_get(part, "type")), "text");
}

/* The text of one part, "" when it is of another type. */
static struct span part_text(const struct fields *r, json_at part)
{
  if (!is_text_part(r, part))
    return (struct span){"", 0};
  struct span text = text_of(r, json_get(part, "content"));
  return text.len > 0 ? text : text_of(r, json_get(part, "text"));
}

static struct span content_text(const struct fields *r, json_at content)
{
  if (json_kind(content) != JSON_ARRAY)
    return text_of(r, content);
  size_t total = 0, used = 0;
  for (json_at part = json_first(content); part; part = json_next(part)) {
    struct span text = part_text(r, part);
    /* the only one needs no joining */
    if (text.len > 0 && !json_next(part) && total == 0)
      return text;
    total += text.len;
  }
  char *joined = arena_new(r->arena, total + 1);
  for (json_at part = json_first(content); part; part = json_next(part)) {
    struct span text = part_text(r, part);
    if (text.len > 0)
      memcpy(joined + used, text.at, text.len);
    used += text.len;
  }
  return (struct span){joined, total};
}

static enum message_role role_of(struct span name)
{
  if (span_is(name, "user"))
    return ROLE_USER;
  if (span_is(name, "system") || span_is(name, "developer"))
    return ROLE_SYSTEM;
  return span_is(name, "assistant") ? ROLE_ASSISTANT : ROLE_OTHER;
}

/* TanStack and AG-UI put the bytes into {"source":{"type":"data","value","mimeType"}};
 * MCP, and AG-UI once, into the part itself. */
static struct message_part part_of(const struct fields *r, json_at part,
                                   enum message_role role, size_t message)
{
  json_at source = json_get(part, "source");
  bool within = json_kind(source) != JSON_OBJECT;
  json_at holder = within ? part : source;
  struct span mime = text_of(r, json_get(holder, "mimeType")),
              data = text_of(r, json_get(holder, within ? "data" : "value"));
  struct message_part p = {.message = message,
                           .role = role,
                           .image =
                               span_is(text_of(r, json_get(part, "type")), "image") ||
                               span_starts(mime, "image/")};
  bool here = within || span_is(text_of(r, json_get(source, "type")), "data");
  if (p.image && here && role == ROLE_USER && mime.len > 0 && data.len > 0) {
    p.mime_type = mime;
    p.data = data;
  }
  return p;
}

static void add_parts(const struct fields *r, json_at content, enum message_role role,
                      struct run_request *req)
{
  if (json_kind(content) != JSON_ARRAY)
    return;
  for (json_at part = json_first(content); part; part = json_next(part))
    if (!is_text_part(r, part))
      req->parts[req->part_count++] = part_of(r, part, role, req->message_count);
}

/* Of all messages: so many places are enough. */
static size_t count_parts(json_at messages)
{
  size_t count = 0;
  for (json_at m = json_first(messages); m; m = json_next(m))
    if (json_kind(json_get(m, "content")) == JSON_ARRAY)
      count += json_count(json_get(m, "content"));
  return count;
}

/* The calls of a recorded turn, or NULL. */
static json_at recorded_calls(json_at message)
{
  json_at calls = json_get(message, "toolCalls");
  if (json_kind(calls) != JSON_ARRAY || !json_first(calls))
    return NULL;
  for (json_at call = json_first(calls); call; call = json_next(call)) {
    json_at observed = json_get(json_get(call, "metadata"), "sandboxObserved");
    if (json_kind(observed) != JSON_TRUE)
      return NULL;
  }
  return calls;
}

static bool result_of(const struct fields *r, json_at calls, json_at message)
{
  struct span id = text_of(r, json_get(message, "toolCallId"));
  if (!span_is(text_of(r, json_get(message, "role")), "tool"))
    return false;
  for (json_at call = json_first(calls); call; call = json_next(call)) {
    if (span_equal(text_of(r, json_get(call, "id")), id))
      return true;
  }
  return false;
}

static int refuse(const struct fields *r, json_at messages, json_at m)
{
  char where[40];
  size_t i = 0;
  for (json_at other = json_first(messages); other != m; other = json_next(other))
    i++;
  snprintf(where, sizeof where, "messages[%zu]", i);
  if (!fields_is_object(m))
    return fields_wrong(r, m, theirs, "", where, "an object");
  json_at role = json_get(m, "role");
  bool good = json_kind(role) == JSON_STRING;
  return good ? fields_wrong(r, NULL, theirs, where, ".content", "a text or parts")
              : fields_wrong(r, role, theirs, where, ".role", "a string");
}

int run_messages_read(const struct fields *r, json_at messages, struct run_request *req)
{
  size_t count = json_kind(messages) == JSON_ARRAY ? json_count(messages) : 0;
  if (count == 0)
    return fields_wrong(r, messages, "", "", "messages", "a non-empty ModelMessage[]");
  if (count > LIMIT_MESSAGES)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: messages holds more than %d messages", LIMIT_MESSAGES);
  req->messages = arena_new(r->arena, count * sizeof *req->messages);
  req->parts = arena_new(r->arena, count_parts(messages) * sizeof *req->parts);
  req->system_prompts.at = arena_new(r->arena, count * sizeof(struct span));
  json_at recorded = NULL; /* the calls of the last turn that was left out */
  for (json_at m = json_first(messages); m; m = json_next(m)) {
    json_at role = json_get(m, "role"), content = json_get(m, "content");
    enum message_role kind = role_of(text_of(r, role));
    if (json_kind(role) != JSON_STRING || (!content && kind != ROLE_ASSISTANT))
      return refuse(r, messages, m);
    if (recorded && result_of(r, recorded, m))
      continue;
    recorded = kind == ROLE_ASSISTANT ? recorded_calls(m) : recorded;
    if (kind == ROLE_ASSISTANT && recorded)
      continue;
    struct span text = content_text(r, content);
    if (kind != ROLE_OTHER)
      add_parts(r, content, kind, req);
    if (kind == ROLE_SYSTEM) {
      req->system_prompts.at[req->system_prompts.count++] = text;
      continue;
    }
    req->messages[req->message_count++] = (struct message){.role = kind, .text = text};
  }
  return 0;
}
