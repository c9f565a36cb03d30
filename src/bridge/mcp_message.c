/* SPDX-License-Identifier: MIT */
/* mcp_message.c - one text taken apart, and an array of them walked through. */
#include "mcp_message.h"

#include <math.h>
#include <string.h>

/* A string or a whole number. */
static bool is_id(json_at id)
{
  if (json_kind(id) == JSON_STRING)
    return true;
  struct span raw = json_raw(id);
  if (json_kind(id) != JSON_NUMBER || raw.len == 0)
    return false;
  for (size_t i = 0; i < raw.len; i++)
    if (raw.at[i] == '.' || raw.at[i] == 'e' || raw.at[i] == 'E') {
      double number = json_number(id, NAN); /* some clients write 1.0 for 1 */
      return number == floor(number);
    }
  return true;
}

/* JSON-RPC tells the three kinds apart by which members there are. */
static int classify(struct mcp_message *m, json_at root, struct fault *f)
{
  json_at id = json_get(root, "id"), method = json_get(root, "method");
  bool has_result = json_get(root, "result") || json_get(root, "error");
  if (json_kind(root) != JSON_OBJECT) {
    fault_set(f, FAULT_BAD_INPUT, "Invalid Request: a message must be an object");
    return MCP_INVALID_REQUEST;
  }
  if (is_id(id))
    m->id = json_raw(id);
  if (!span_is(mcp_message_text(m, root, "jsonrpc"), "2.0"))
    fault_set(f, FAULT_BAD_INPUT, "Invalid Request: jsonrpc must be \"2.0\"");
  /* its id may be null; nobody looks at it */
  else if (!method && has_result)
    m->kind = MCP_RESPONSE;
  else if (json_kind(method) != JSON_STRING)
    fault_set(f, FAULT_BAD_INPUT, "Invalid Request: method must be a string");
  else if (id && m->id.len == 0)
    fault_set(f, FAULT_BAD_INPUT, "Invalid Request: id must be a string or an integer");
  else
    m->kind = id ? MCP_REQUEST : MCP_NOTIFICATION;
  return f->kind == FAULT_NONE ? 0 : MCP_INVALID_REQUEST;
}

int mcp_message_read(struct mcp_message *m, struct span text, struct fault *f)
{
  /* What may be big, or must keep its bytes, never becomes a tree. */
  static const char *const raw[] = {
      "id", "arguments", "progressToken", "requestId", "result", "error", NULL};
  const struct json_rules rules = {.raw = raw};
  *m = (struct mcp_message){0};
  f->kind = FAULT_NONE;
  m->doc = json_parse(text, &rules, f);
  if (!m->doc) {
    fault_prefix(f, "Parse error");
    return MCP_PARSE_ERROR;
  }
  json_at root = json_root(m->doc), params = json_get(root, "params");
  int code = classify(m, root, f);
  m->method = mcp_message_text(m, root, "method");
  m->params = json_kind(params) == JSON_OBJECT ? params : NULL;
  m->odd_params =
      params && json_kind(params) != JSON_OBJECT && json_kind(params) != JSON_NULL;
  return code;
}

void mcp_message_free(struct mcp_message *m)
{
  json_free(m->doc);
  *m = (struct mcp_message){0};
}

struct span mcp_message_text(const struct mcp_message *m, json_at object, const char *key)
{
  return json_text(m->doc, json_get(object, key), (struct span){0});
}

/* -- arrays -- */

static bool is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span skip_blanks(struct span s)
{
  while (s.len > 0 && is_blank(s.at[0]))
    s = span_after(s, 1);
  return s;
}

/* Some clients put a byte order mark in front. */
static struct span skip_mark(struct span s)
{
  return span_starts(s, "\xef\xbb\xbf") ? span_after(s, 3) : s;
}

bool mcp_message_is_array(struct span text)
{
  text = skip_blanks(skip_mark(text));
  return text.len > 0 && text.at[0] == '[';
}

/* The length of the value at the front: up to the comma or bracket on its own level. */
static size_t element_length(struct span s)
{
  size_t depth = 0, i = 0;
  bool quoted = false;
  for (; i < s.len; i++) {
    char c = s.at[i];
    if (quoted) {
      i += c == '\\';
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      depth++;
    } else if ((c == ']' || c == '}' || c == ',') && depth == 0) {
      break;
    } else if (c == ']' || c == '}') {
      depth--;
    }
  }
  return i < s.len ? i : s.len;
}

bool mcp_message_next(struct span *rest, struct span *element)
{
  struct span s = skip_blanks(skip_mark(*rest));
  if (s.len == 0 || (s.at[0] != '[' && s.at[0] != ','))
    return false;
  s = skip_blanks(span_after(s, 1));
  size_t length = element_length(s);
  *element = span_trim((struct span){s.at, length});
  *rest = span_after(s, length);
  return element->len > 0;
}
