/* SPDX-License-Identifier: MIT */
/* codex_tools.c - the table of codex_tools.h as code.
 *
 * Codex has a type of item for each tool of its own instead of one shape for all, so each
 * type has two small writers: of the arguments, and of the result.  Both are JSON objects
 * made of the item's own members; what Codex left out is left out.  */
#include "codex_tools.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "request/bridge_address.h"

const char *const codex_tools_raw[] = {
    "arguments",           "changes",       "items", "structured_content", "exit_code",
    "receiver_thread_ids", "agents_states", NULL};

struct item { /* and the object that is written */
  const struct json *doc;
  json_at at;
  struct json_writer w;
};

static bool is_nothing(json_at v)
{
  return json_kind(v) == JSON_ABSENT || json_kind(v) == JSON_NULL;
}

static void put_text(struct item *i, const char *key)
{
  json_put_text(&i->w, key, json_member_text(i->doc, i->at, key));
}

static void put_given(struct item *i, const char *key)
{
  if (!is_nothing(json_get(i->at, key)))
    put_text(i, key);
}

static void put_raw(struct item *i, const char *key)
{
  if (json_kind(json_get(i->at, key)) != JSON_ABSENT)
    json_put_raw(&i->w, key, json_raw(json_get(i->at, key)));
}

static void command_args(struct item *i)
{
  put_text(i, "command");
}

static void command_result(struct item *i)
{
  put_text(i, "aggregated_output");
  put_raw(i, "exit_code");
  put_given(i, "status");
}

static void change_args(struct item *i)
{
  put_raw(i, "changes");
}

static void change_result(struct item *i)
{
  put_raw(i, "changes");
  put_given(i, "status");
}

static void search_args(struct item *i)
{
  put_text(i, "query");
}

static void search_result(struct item *i)
{
  json_put_text(&i->w, "status", SPAN_LITERAL("completed"));
}

static void todo_args(struct item *i)
{
  (void)i;
}

static void todo_result(struct item *i)
{
  put_raw(i, "items");
}

static void collab_args(struct item *i)
{
  put_given(i, "prompt");
}

static void collab_result(struct item *i)
{
  put_raw(i, "receiver_thread_ids");
  put_raw(i, "agents_states");
  put_given(i, "status");
}

static const struct own_tool { /* Codex's own */
  const char *type, *name_member;
  void (*args)(struct item *i);
  void (*result)(struct item *i);
} own_tools[] = {
    {"command_execution", "type", command_args, command_result},
    {"file_change", "type", change_args, change_result},
    {"web_search", "type", search_args, search_result},
    {"todo_list", "type", todo_args, todo_result},
    {"collab_tool_call", "tool", collab_args, collab_result},
};

static struct buf object_of(const struct json *doc, json_at item,
                            void (*members)(struct item *i))
{
  struct buf out = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct item i = {.doc = doc, .at = item, .w = json_write_to(&out)};
  json_open(&i.w, NULL, '{');
  members(&i);
  json_close(&i.w, '}');
  return out;
}

static void only_status(struct item *i)
{
  put_given(i, "status");
}

/* What the blocks are, without their data. */
static void put_blocks(const struct json *doc, json_at content, struct buf *out)
{
  static const char *const members[] = {"type",        "uri",      "name",
                                        "description", "mimeType", "text"};
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '[');
  for (json_at block = json_first(content); block; block = json_next(block)) {
    json_at resource = json_get(block, "resource");
    json_open(&w, NULL, '{');
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
      json_at own = json_get(block, members[i]);
      json_at v = own ? own : json_get(resource, members[i]);
      if (json_kind(v) == JSON_STRING)
        json_put_text(&w, members[i], json_text(doc, v, (struct span){0}));
    }
    json_close(&w, '}');
  }
  json_close(&w, ']');
}

static struct buf mcp_result(const struct json *doc, json_at item)
{
  struct buf out = buf_make(LIMIT_EVENT_LINE_BYTES);
  json_at result = json_get(item, "result"), content = json_get(result, "content");
  json_at value = json_get(result, "structured_content");
  bool any = false;
  buf_add(&out, json_member_text(doc, json_get(item, "error"), "message"));
  if (out.len > 0)
    return out;
  if (json_kind(content) == JSON_ARRAY)
    for (json_at block = json_first(content); block; block = json_next(block))
      if (span_is(json_member_text(doc, block, "type"), "text")) {
        any = true;
        buf_add(&out, json_member_text(doc, block, "text"));
      }
  if (any)
    return out;
  if (!is_nothing(value))
    buf_add(&out, json_raw(value));
  else if (json_kind(content) == JSON_ARRAY && json_first(content))
    put_blocks(doc, content, &out);
  else
    return object_of(doc, item, only_status);
  return out;
}

static void read_mcp_name(const struct json *doc, json_at item,
                          const struct codex_bridge *bridge, struct codex_call *call)
{
  struct span server = json_member_text(doc, item, "server"),
              tool = json_member_text(doc, item, "tool"),
              ours = bridge->name.len > 0 ? bridge->name : SPAN_LITERAL(BRIDGE_NAME);
  call->name = buf_make(LIMIT_EVENT_LINE_BYTES);
  if (span_equal(server, ours)) {
    call->origin = TOOL_HOST;
    tool = tools_host_name(bridge->tools, tool);
  } else {
    buf_add_text(&call->name, "mcp__");
    buf_add(&call->name, server);
    buf_add_text(&call->name, "__");
  }
  buf_add(&call->name, tool);
}

static struct buf copy(struct span text)
{
  struct buf out = buf_make(LIMIT_EVENT_LINE_BYTES);
  buf_add(&out, text);
  return out;
}

static bool read_own(const struct json *doc, json_at item, bool done,
                     struct codex_call *call)
{
  struct span type = json_member_text(doc, item, "type");
  if (!done && span_is(type, "web_search") &&
      /* it says what for when it is done */
      json_member_text(doc, item, "query").len == 0)
    return false;
  for (size_t i = 0; i < sizeof own_tools / sizeof own_tools[0]; i++) {
    const struct own_tool *tool = &own_tools[i];
    if (!span_is(type, tool->type))
      continue;
    call->name = copy(json_member_text(doc, item, tool->name_member));
    call->args = object_of(doc, item, tool->args);
    call->result = object_of(doc, item, tool->result);
    return true;
  }
  return false;
}

bool codex_tools_read(const struct json *doc, json_at item,
                      const struct codex_bridge *bridge, bool done,
                      struct codex_call *call)
{
  struct span status = json_member_text(doc, item, "status");
  *call = (struct codex_call){.origin = TOOL_NATIVE,
                              .failed = span_is(status, "failed") ||
                                        span_is(status, "declined")};
  if (!span_is(json_member_text(doc, item, "type"), "mcp_tool_call"))
    return read_own(doc, item, done, call);
  json_at args = json_get(item, "arguments");
  read_mcp_name(doc, item, bridge, call);
  call->args = copy(is_nothing(args) ? SPAN_LITERAL("{}") : json_raw(args));
  call->result = mcp_result(doc, item);
  return true;
}

void codex_call_free(struct codex_call *call)
{
  buf_free(&call->name);
  buf_free(&call->args);
  buf_free(&call->result);
}

static void tell_change(const struct json *doc, json_at change, struct events *events)
{
  struct span path = json_member_text(doc, change, "path");
  if (path.len == 0)
    return;
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_text(&w, "path", path);
  json_put_text(&w, "kind", json_member_text(doc, change, "kind"));
  json_put_text(&w, "diff", (struct span){0});
  json_close(&w, '}');
  events_custom(events, "file.changed", buf_span(&value));
  buf_free(&value);
}

void codex_tools_tell_changes(const struct json *doc, json_at item, struct events *events)
{
  struct fault ignored = {0};
  if (!span_is(json_member_text(doc, item, "type"), "file_change") ||
      !span_is(json_member_text(doc, item, "status"), "completed") ||
      json_kind(json_get(item, "changes")) != JSON_ARRAY)
    return;
  /* They were kept raw for the call: read them now. */
  struct json *changes = json_parse(json_raw(json_get(item, "changes")), NULL, &ignored);
  if (!changes)
    return;
  for (json_at v = json_first(json_root(changes)); v; v = json_next(v))
    tell_change(changes, v, events);
  json_free(changes);
}
