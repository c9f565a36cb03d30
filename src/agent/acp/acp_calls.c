/* SPDX-License-Identifier: MIT */
/* acp_calls.c - a tool call is learned from several updates and told once.
 *
 * Agents name a bridged tool in five ways and put its arguments and its result in several
 * places; each is looked at in the order in which agents were seen to be right.  What
 * none of them announces is still told: by its kind, with its title. */
#include "acp_calls.h"

#include "base/json_write.h"
#include "base/keyed_hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "request/bridge_address.h"
#include "request/tool_schema.h"

#include <stdlib.h>
#include <string.h>

static const struct span nothing = {0};

static struct span bridge_of(const struct acp_calls *c)
{
  return c->bridge.len > 0 ? buf_span(&c->bridge) : SPAN_LITERAL(BRIDGE_NAME);
}

static void set(struct buf *b, struct span text)
{
  buf_free(b);
  *b = buf_make_kept(LIMIT_LINE_BYTES);
  buf_add(b, text);
}

/* What follows `before`<bridge>`between`; empty: the text does not begin so. */
static struct span inside(struct span text, struct span bridge, const char *before,
                          const char *between)
{
  size_t front = strlen(before) + bridge.len + strlen(between);
  if (text.len <= front || !span_starts(text, before))
    return nothing;
  struct span rest = span_after(text, strlen(before));
  if (!span_equal((struct span){rest.at, bridge.len}, bridge) ||
      !span_starts(span_after(rest, bridge.len), between))
    return nothing;
  return span_after(text, front);
}

/* "echo (tanstack MCP Server)", as gemini has it. */
static struct span before_server(struct span text, struct span bridge)
{
  struct buf tail = buf_make(LIMIT_NAME_BYTES);
  struct span name = nothing;
  buf_add_text(&tail, " (");
  buf_add(&tail, bridge);
  buf_add_text(&tail, " MCP Server)");
  if (text.len > tail.len &&
      span_equal(span_after(text, text.len - tail.len), buf_span(&tail)))
    name = (struct span){text.at, text.len - tail.len};
  buf_free(&tail);
  return name;
}

/* The name a bridged tool was registered by; empty: it is none. */
static struct span registered(struct span text, struct span bridge)
{
  static const char *const forms[][2] = {
      {"mcp__", "__"}, {"", "__"}, {"Tool: ", "/"}, {"mcp_", "_"}};
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    struct span name = inside(text, bridge, forms[i][0], forms[i][1]);
    if (name.len > 0)
      return name;
  }
  return before_server(text, bridge);
}

static struct span vendor_name(const struct json *doc, json_at update)
{
  json_at meta = json_get(update, "_meta");
  struct span name = json_member_text(doc, json_get(meta, "claudeCode"), "toolName");
  return name.len > 0 ? name : json_member_text(doc, json_get(meta, "x.ai/tool"), "name");
}

static void unquote(struct span raw, struct buf *out)
{
  set(out, nothing);
  if (json_slice_kind(raw) == JSON_STRING)
    json_unescape(raw, out);
}

/* Some agents have one tool that calls the tools of all servers; then the name and the
 * arguments of the bridged tool stand inside its own arguments. */
static bool unwrap(struct acp_call *call, struct span raw, struct span bridge)
{
  struct buf text = {0};
  unquote(json_slice(raw, "tool_name"), &text); /* grok */
  struct span name = inside(buf_span(&text), bridge, "", "__");
  struct span args = json_slice(raw, "tool_input");
  if (name.len == 0) { /* codex-acp */
    unquote(json_slice(raw, "server"), &text);
    args = json_slice(raw, "arguments");
    if (span_equal(buf_span(&text), bridge)) {
      unquote(json_slice(raw, "tool"), &text);
      name = buf_span(&text);
    }
  }
  if (name.len > 0) {
    set(&call->name, name);
    set(&call->args, json_slice_kind(args) == JSON_OBJECT ? args : SPAN_LITERAL("{}"));
  }
  buf_free(&text);
  return name.len > 0;
}

static void learn_arguments(struct acp_call *call, struct span raw, struct span bridge)
{
  enum json_kind kind = json_slice_kind(raw);
  if (kind == JSON_ABSENT || kind == JSON_NULL)
    return;
  if (kind == JSON_OBJECT) {
    if (unwrap(call, raw, bridge))
      call->bridged = true;
    else
      set(&call->args, raw);
    return;
  }
  struct buf object = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&object);
  json_open(&w, NULL, '{');
  json_put_raw(&w, "input", raw);
  json_close(&w, '}');
  set(&call->args, buf_span(&object));
  buf_free(&object);
}

static void learn_name(struct acp_call *call, const struct json *doc, json_at update,
                       struct span bridge)
{
  struct span title = json_member_text(doc, update, "title");
  struct span vendor = vendor_name(doc, update),
              kind = json_member_text(doc, update, "kind");
  if (title.len > 0 && call->first.len == 0)
    set(&call->first, title);
  if (title.len > 0)
    set(&call->title, title);
  struct span name = registered(vendor, bridge);
  if (name.len == 0)
    name = registered(title, bridge);
  if (call->bridged)
    return;
  call->bridged = name.len > 0;
  if (call->bridged)
    set(&call->name, name);
  else if (vendor.len > 0)
    set(&call->name, vendor);
  else if (kind.len > 0 && call->name.len == 0)
    set(&call->name, kind);
}

static bool is_filled(struct span object)
{
  return object.len > 2 &&
         span_trim((struct span){object.at + 1, object.len - 2}).len > 0;
}

/* 0: there is none, or nothing in it. */
static unsigned input_of(json_at update)
{
  struct span raw = json_raw(json_get(update, "rawInput"));
  bool given = json_slice_kind(raw) != JSON_ABSENT && json_slice_kind(raw) != JSON_NULL;
  return given && is_filled(raw) ? (unsigned)keyed_hash(raw) | 1 : 0;
}

static void learn(struct acp_call *call, const struct json *doc, json_at update,
                  struct span bridge)
{
  struct span raw = json_raw(json_get(update, "rawInput"));
  if (input_of(update) != 0)
    call->input = input_of(update);
  learn_arguments(call, raw, bridge);
  learn_name(call, doc, update, bridge);
}

static void call_free(struct acp_call *call)
{
  buf_free(&call->id);
  buf_free(&call->name);
  buf_free(&call->first);
  buf_free(&call->title);
  buf_free(&call->args);
}

static struct acp_call *find(struct acp_calls *c, struct span id)
{
  for (size_t i = 0; i < c->count; i++)
    if (span_equal(buf_span(&c->at[i].id), id))
      return &c->at[i];
  return NULL;
}

static struct span name_of(const struct acp_call *call)
{
  struct span first = buf_span(&call->first);
  bool word = first.len > 0;
  for (size_t i = 0; i < first.len; i++)
    word &= first.at[i] > ' ' && first.at[i] < 0x7f;
  if (call->name.len > 0)
    return buf_span(&call->name);
  return word ? first : SPAN_LITERAL("tool");
}

/* The host's name of a bridged tool, and its arguments without what the agent has put
 * in. */
static struct span tell_host(const struct acp_calls *c, struct acp_call *call,
                             struct span alias, struct span *args)
{
  const struct span own = SPAN_LITERAL(TOOL_WAIT_PARAMETER);
  const struct tool *tool = tools_by_alias(c->tools, alias);
  bool put_in = c->drops_wait && json_slice_member(*args, own).len > 0;
  if (put_in && tool && !tool_schema_has(tool->input_schema, own)) {
    struct buf less = buf_make(LIMIT_LINE_BYTES);
    json_slice_without(*args, own, &less);
    buf_free(&call->args);
    call->args = less;
    *args = buf_span(&call->args);
  }
  return tool ? tool->name : alias;
}

static void note(struct seen_ids *of, struct span id, unsigned value)
{
  unsigned *number = seen_ids_number(of, id);
  if (number)
    *number = value;
}

static void tell(struct acp_calls *c, struct acp_call *call, struct events *events)
{
  struct buf title = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct span args = buf_span(&call->args);
  if (args.len == 0 && !call->bridged && call->title.len > 0) {
    struct json_writer w = json_write_to(&title);
    json_open(&w, NULL, '{');
    json_put_text(&w, "title", buf_span(&call->title));
    json_close(&w, '}');
    args = buf_span(&title);
  }
  struct span name = name_of(call);
  if (call->bridged)
    name = tell_host(c, call, name, &args);
  events_tool_call(events, call->bridged ? TOOL_HOST : TOOL_NATIVE, buf_span(&call->id),
                   name, args);
  buf_free(&title);
  (void)seen_ids_add(&c->told, buf_span(&call->id));
  note(&c->bridged, buf_span(&call->id), call->bridged);
  note(&c->input, buf_span(&call->id), call->input);
  call_free(call);
  c->count--;
  memmove(call, call + 1, (size_t)(c->at + c->count - call) * sizeof *call);
}

static struct acp_call *hold(struct acp_calls *c, struct span id, struct events *events)
{
  if (c->count == LIMIT_OPEN_CALLS)
    tell(c, &c->at[0], events);
  c->at = mem_reserve(c->at, c->count, &c->capacity, sizeof *c->at);
  c->at[c->count] = (struct acp_call){0};
  set(&c->at[c->count].id, id);
  return &c->at[c->count++];
}

/* Has a call of this id been told that has no result yet? */
static bool is_open(struct acp_calls *c, struct span id)
{
  return seen_ids_times(&c->told, id) > seen_ids_times(&c->answered, id);
}

/* Does this update, whose call is not held, begin one? */
static bool begins(struct acp_calls *c, json_at update, struct span id, bool announced)
{
  unsigned input = input_of(update), before = seen_ids_times(&c->input, id);
  if (!is_open(c, id))
    return announced || !seen_ids_has(&c->told, id);
  /* It was asked for first, or told without any, or they grow. */
  if (input != 0 && (!announced || before == 0))
    note(&c->input, id, input);
  return announced && input != 0 && before != 0 && before != input;
}

/* The text of content blocks; false when one of them is something else, or there are
 * none. `wrapped`: [{"type":"content","content":{block}}], as in a tool call. */
static bool add_blocks(const struct json *doc, json_at blocks, bool wrapped,
                       struct buf *out)
{
  if (json_kind(blocks) != JSON_ARRAY || !json_first(blocks))
    return false;
  for (json_at b = json_first(blocks); b; b = json_next(b)) {
    json_at block = wrapped ? json_get(b, "content") : b;
    if (!span_is(json_member_text(doc, block, "type"), "text"))
      return false;
    buf_add(out, json_member_text(doc, block, "text"));
  }
  return true;
}

/* A string, MCP content, or what grok wraps around it. */
static bool add_known_output(struct span raw, struct buf *out)
{
  struct fault ignored = {0};
  struct json *doc = raw.len > 0 ? json_parse(raw, NULL, &ignored) : NULL;
  if (!doc)
    return false;
  json_at root = json_root(doc), output = json_get(root, "output");
  bool known = json_kind(root) == JSON_STRING;
  if (known)
    buf_add(out, json_text(doc, root, nothing));
  json_at content = json_kind(root) == JSON_ARRAY ? root : json_get(root, "content");
  if (!known && !(known = add_blocks(doc, content, false, out)))
    buf_clear(out);
  static const char *const members[] = {"OkayOutput", "Error"};
  for (size_t i = 0; i < 2 && !known; i++)
    if ((known = json_kind(json_get(output, members[i])) == JSON_STRING))
      buf_add(out, json_member_text(doc, output, members[i]));
  json_free(doc);
  return known;
}

/* `silent`: no content is no text. */
static void add_result(const struct json *doc, json_at update, bool silent,
                       struct buf *out)
{
  struct span raw = json_raw(json_get(update, "rawOutput"));
  json_at content = json_get(update, "content");
  if (add_known_output(raw, out) || add_blocks(doc, content, true, out))
    return;
  buf_clear(out);
  if (raw.len > 0 && json_slice_kind(raw) != JSON_NULL) {
    buf_add(out, raw);
    return;
  }
  /* Beside diffs and images there may be text. */
  for (json_at b = json_first(content); b; b = json_next(b))
    buf_add(out, json_member_text(doc, json_get(b, "content"), "text"));
  if (out->len == 0 && !(silent && !json_first(content)))
    buf_addf(out, "{\"status\":\"%s\"}",
             span_is(json_member_text(doc, update, "status"), "failed") ? "failed"
                                                                        : "completed");
}

/* A block {"type":"diff","path","oldText","newText"} is a file that the agent says it has
 * changed. */
static void tell_changes(const struct json *doc, json_at update, struct events *events)
{
  json_at content = json_get(update, "content");
  if (json_kind(content) != JSON_ARRAY)
    return;
  for (json_at b = json_first(content); b; b = json_next(b)) {
    if (!span_is(json_member_text(doc, b, "type"), "diff"))
      continue;
    bool is_new = json_kind(json_get(b, "oldText")) != JSON_STRING;
    struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
    struct json_writer w = json_write_to(&value);
    json_open(&w, NULL, '{');
    json_put_text(&w, "path", json_member_text(doc, b, "path"));
    json_put_text(&w, "kind", is_new ? SPAN_LITERAL("add") : SPAN_LITERAL("update"));
    json_put_text(&w, "diff", nothing);
    json_close(&w, '}');
    events_custom(events, "file.changed", buf_span(&value));
    buf_free(&value);
  }
}

static void tell_result(struct acp_calls *c, const struct json *doc, json_at update,
                        struct events *events)
{
  struct span id = json_member_text(doc, update, "toolCallId");
  struct buf text = buf_make(LIMIT_EVENT_LINE_BYTES);
  bool failed = span_is(json_member_text(doc, update, "status"), "failed");
  if (is_open(c, id)) {
    bool silent = c->empty_is_text && !failed && seen_ids_times(&c->bridged, id) != 0;
    (void)seen_ids_add(&c->answered, id);
    add_result(doc, update, silent, &text);
    events_tool_result(events, id, buf_span(&text), failed);
    if (!failed)
      tell_changes(doc, update, events);
  }
  buf_free(&text);
}

void acp_calls_update(struct acp_calls *c, const struct json *doc, json_at update,
                      struct events *events)
{
  struct span id = json_member_text(doc, update, "toolCallId");
  struct span status = json_member_text(doc, update, "status");
  bool over = span_is(status, "completed") || span_is(status, "failed");
  if (id.len == 0)
    return;
  struct acp_call *call = find(c, id);
  bool announced = span_is(json_member_text(doc, update, "sessionUpdate"), "tool_call");
  bool again = call && announced;
  if (!call && begins(c, update, id, announced))
    call = hold(c, id, events);
  if (call) {
    learn(call, doc, update, bridge_of(c));
    if (is_filled(buf_span(&call->args)) || again || over ||
        span_is(status, "in_progress"))
      tell(c, call, events);
  }
  if (over)
    tell_result(c, doc, update, events);
}

/* gemini shows the arguments of a bridged tool in the text of its question and nowhere
 * else. */
static void learn_from_content(struct acp_call *call, const struct json *doc,
                               json_at asked)
{
  struct buf text = buf_make(LIMIT_LINE_BYTES);
  struct fault ignored = {0};
  if (add_blocks(doc, json_get(asked, "content"), true, &text)) {
    struct json *args = json_parse(buf_span(&text), NULL, &ignored);
    if (args && json_kind(json_root(args)) == JSON_OBJECT)
      set(&call->args, buf_span(&text));
    json_free(args);
  }
  buf_free(&text);
}

bool acp_calls_ask(struct acp_calls *c, const struct json *doc, json_at asked,
                   struct events *events)
{
  struct span id = json_member_text(doc, asked, "toolCallId");
  struct acp_call *call = id.len > 0 ? find(c, id) : NULL;
  if (id.len > 0 && !call && !is_open(c, id))
    call = hold(c, id, events);
  if (call) {
    learn(call, doc, asked, bridge_of(c));
    if (call->bridged && call->args.len == 0)
      learn_from_content(call, doc, asked);
    call->input = 0; /* a question may show them in other words */
    tell(c, call, events);
  }
  return seen_ids_times(&c->bridged, id) != 0;
}

void acp_calls_tell_all(struct acp_calls *c, struct events *events)
{
  while (c->count > 0)
    tell(c, &c->at[0], events);
}

void acp_calls_free(struct acp_calls *c)
{
  for (size_t i = 0; i < c->count; i++)
    call_free(&c->at[i]);
  free(c->at);
  buf_free(&c->bridge);
  seen_ids_free(&c->told);
  seen_ids_free(&c->answered);
  seen_ids_free(&c->bridged);
  seen_ids_free(&c->input);
}
