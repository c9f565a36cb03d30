/* SPDX-License-Identifier: MIT */
/* server_message.c - messages written member by member, and read as slices. */
#include "server_message.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/version.h"

#include <string.h>

/* -- what we say -- */

/* `id` 0: a notification. */
static struct json_writer begin(unsigned id, const char *method, struct buf *out)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "jsonrpc", SPAN_LITERAL("2.0"));
  if (id)
    json_put_int(&w, "id", id);
  json_put_text(&w, "method", span_of(method));
  return w;
}

void server_message_initialize(unsigned id, struct buf *out)
{
  struct json_writer w = begin(id, "initialize", out);
  json_put_raw(&w, "params",
               SPAN_LITERAL("{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                            "\"clientInfo\":{\"name\":\"runlet\",\"version\":"
                            "\"" RUNLET_VERSION "\"}}"));
  json_close(&w, '}');
}

void server_message_initialized(struct buf *out)
{
  struct json_writer w = begin(0, "notifications/initialized", out);
  json_close(&w, '}');
}

void server_message_list(unsigned id, struct span cursor, struct buf *out)
{
  struct json_writer w = begin(id, "tools/list", out);
  if (cursor.len > 0) {
    json_open(&w, "params", '{');
    json_put_raw(&w, "cursor", cursor);
    json_close(&w, '}');
  }
  json_close(&w, '}');
}

void server_message_call(unsigned id, struct span call, struct buf *out)
{
  struct json_writer w = begin(id, "tools/call", out);
  json_open(&w, "params", '{');
  json_put_raw(&w, "name", json_slice(call, "name"));
  json_put_raw(&w, "arguments", json_slice(call, "args"));
  json_close(&w, '}');
  json_close(&w, '}');
}

/* -- what it answers -- */

int server_message_read(struct span text, unsigned id, enum server_message_kind *kind,
                        struct span *value, struct fault *f)
{
  static const char *const raw[] = {"result", "error", "params", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct json *doc = json_parse(text, &rules, f);
  json_at root = json_root(doc), got = json_get(root, "id");
  unsigned long long number = 0;
  *kind = SERVER_OTHER;
  if (doc && json_kind(root) != JSON_OBJECT)
    fault_set(f, FAULT_BAD_INPUT, "it is no JSON-RPC message");
  bool good = doc && json_kind(root) == JSON_OBJECT;
  bool ours = json_whole(got, UINT32_MAX, &number) && number == id;
  bool nobodys = json_kind(got) == JSON_ABSENT || json_kind(got) == JSON_NULL;
  json_at error = json_get(root, "error"), result = json_get(root, "result");
  if (good && json_kind(error) == JSON_OBJECT && (ours || nobodys)) {
    *kind = SERVER_ERROR;
    *value = json_raw(error);
  } else if (good && ours && json_kind(result) == JSON_OBJECT) {
    *kind = SERVER_RESULT;
    *value = json_raw(result);
  } else if (good && ours && json_kind(json_get(root, "method")) == JSON_ABSENT) {
    good = false;
    fault_set(f, FAULT_BAD_INPUT, "its answer has neither a result nor an error");
  }
  json_free(doc);
  return good ? 0 : -1;
}

struct span server_message_version(struct span result)
{
  struct span text = json_slice(result, "protocolVersion");
  if (json_slice_kind(text) != JSON_STRING || text.len < 3 || text.len > 34)
    return (struct span){0};
  text = (struct span){text.at + 1, text.len - 2};
  for (size_t i = 0; i < text.len; i++)
    if ((text.at[i] < '0' || text.at[i] > '9') && text.at[i] != '-')
      return (struct span){0};
  return text;
}

int server_message_page(struct span result, struct buf *list, struct span *cursor,
                        struct fault *f)
{
  struct span tools = json_slice(result, "tools"),
              next = json_slice(result, "nextCursor");
  int count = 0;
  if (json_slice_kind(tools) != JSON_ARRAY)
    return fault_set(f, FAULT_BAD_INPUT, "tools/list has no list of tools");
  for (struct json_walk w = json_slice_walk(tools); json_slice_next(&w); count++) {
    buf_add_text(list, list->len > 1 ? "," : "");
    buf_add(list, w.value);
  }
  *cursor = json_slice_kind(next) == JSON_STRING ? next : (struct span){0};
  return count;
}

bool server_message_did_not_run(struct span error)
{
  static const char *const codes[] = {"-32700", "-32600", "-32601", "-32602"};
  struct span code = json_slice(error, "code");
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (span_is(code, codes[i]))
      return json_slice_kind(json_slice(error, "message")) == JSON_STRING;
  return false;
}
