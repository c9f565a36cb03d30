/* SPDX-License-Identifier: MIT */
/* The texts are borrowed from the document. Only a message of several text parts is
 * put together, in the request's arena. */
#include "run_messages.h"

#include "base/limits.h"

#include <string.h>

static struct span text_of(const struct fields *r, json_at v)
{
  return json_text(r->doc, v, (struct span){"", 0});
}

/* The text of one part, "" when it is of another type. */
static struct span part_text(const struct fields *r, json_at part)
{
  if (!span_is(text_of(r, json_get(part, "type")), "text"))
    return (struct span){"", 0};
  return text_of(r, json_get(part, "content"));
}

static struct span content_text(const struct fields *r, json_at content)
{
  if (json_kind(content) != JSON_ARRAY)
    return text_of(r, content);
  size_t total = 0, used = 0;
  for (json_at part = json_first(content); part != NULL; part = json_next(part)) {
    struct span text = part_text(r, part);
    /* the only one needs no joining */
    if (text.len > 0 && json_next(part) == NULL && total == 0)
      return text;
    total += text.len;
  }
  char *joined = arena_new(r->arena, total + 1);
  for (json_at part = json_first(content); part != NULL; part = json_next(part)) {
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
  return span_is(name, "assistant") ? ROLE_ASSISTANT : ROLE_OTHER;
}

/* The calls of a recorded turn, or NULL. */
static json_at recorded_calls(json_at message)
{
  json_at calls = json_get(message, "toolCalls");
  if (json_kind(calls) != JSON_ARRAY || json_first(calls) == NULL)
    return NULL;
  for (json_at call = json_first(calls); call != NULL; call = json_next(call)) {
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
  for (json_at call = json_first(calls); call != NULL; call = json_next(call)) {
    if (span_equal(text_of(r, json_get(call, "id")), id))
      return true;
  }
  return false;
}

int run_messages_read(const struct fields *r, json_at messages, struct run_request *req)
{
  static const char wrong[] = "run request: messages must be a non-empty ModelMessage[]";
  size_t count = json_kind(messages) == JSON_ARRAY ? json_count(messages) : 0;
  if (count == 0)
    return fault_set(r->f, FAULT_BAD_INPUT, wrong);
  if (count > LIMIT_MESSAGES)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: messages holds more than %d messages", LIMIT_MESSAGES);
  req->messages = arena_new(r->arena, count * sizeof *req->messages);
  json_at recorded = NULL; /* the calls of the last turn that was left out */
  for (json_at m = json_first(messages); m != NULL; m = json_next(m)) {
    json_at role = json_get(m, "role"), content = json_get(m, "content");
    if (json_kind(role) != JSON_STRING || content == NULL)
      return fault_set(r->f, FAULT_BAD_INPUT, wrong);
    if (recorded != NULL && result_of(r, recorded, m))
      continue;
    enum message_role kind = role_of(text_of(r, role));
    recorded = kind == ROLE_ASSISTANT ? recorded_calls(m) : recorded;
    if (kind == ROLE_ASSISTANT && recorded != NULL)
      continue;
    req->messages[req->message_count++] =
        (struct message){.role = kind, .text = content_text(r, content)};
  }
  return 0;
}
