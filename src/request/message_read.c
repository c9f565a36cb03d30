/* SPDX-License-Identifier: MIT */
/* message_read.c - three members of an object.  */
#include "request/message_read.h"

#include "base/json.h"
#include "base/limits.h"

static bool is_text_or_absent(json_at value)
{
  enum json_kind kind = json_kind(value);
  return kind == JSON_STRING || kind == JSON_ABSENT || kind == JSON_NULL;
}

static int read_members(const struct json *doc, struct user_message *out, struct fault *f)
{
  json_at root = json_root(doc), text = json_get(root, "text"),
          when = json_get(root, "when"), id = json_get(root, "messageId");
  struct span now = SPAN_LITERAL("now"), said = json_text(doc, when, now);
  if (json_kind(root) != JSON_OBJECT)
    return fault_set(f, FAULT_BAD_INPUT, "a message must be an object");
  if (json_kind(text) != JSON_STRING ||
      span_trim(json_text(doc, text, (struct span){0})).len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "text must be a string that is not blank");
  if (!is_text_or_absent(when) || !(span_is(said, "now") || span_is(said, "next")))
    return fault_set(f, FAULT_BAD_INPUT, "when must be \"now\" or \"next\"");
  struct span name = json_text(doc, id, (struct span){0});
  if (!is_text_or_absent(id) || name.len > LIMIT_ID_BYTES ||
      (json_kind(id) == JSON_STRING && name.len == 0))
    return fault_set(f, FAULT_BAD_INPUT, "messageId must be a string of 1 to %d bytes",
                     (int)LIMIT_ID_BYTES);
  buf_add(&out->id, name);
  buf_add(&out->text, json_text(doc, text, (struct span){0}));
  out->next = span_is(said, "next");
  return 0;
}

int message_read(struct span json, struct user_message *out, struct fault *f)
{
  *out = (struct user_message){.id = buf_make(LIMIT_LINE_BYTES),
                               .text = buf_make(LIMIT_PROMPT_BYTES)};
  struct json *doc = json_parse(json, NULL, f);
  if (!doc)
    return fault_prefix(f, "the message is not valid JSON");
  int rc = read_members(doc, out, f);
  json_free(doc);
  return rc;
}

void user_message_free(struct user_message *m)
{
  buf_free(&m->id);
  buf_free(&m->text);
}
