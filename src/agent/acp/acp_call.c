/* SPDX-License-Identifier: MIT */
/* acp_call.c - the spellings of names and the places of arguments, each looked at in the
 * order in which agents were seen to be right.  */
#include "acp_call.h"

#include "acp_results.h"
#include "base/json_write.h"
#include "base/keyed_hash.h"
#include "base/limits.h"

#include <string.h>

static const struct span nothing = {0};

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

/* "echo (tanstack MCP Server)", as gemini has it; qwen-code: and ": {…}" behind it. */
static struct span before_server(struct span text, struct span bridge)
{
  struct buf tail = buf_make(LIMIT_NAME_BYTES);
  struct span name = nothing;
  buf_add_text(&tail, " (");
  buf_add(&tail, bridge);
  buf_add_text(&tail, " MCP Server)");
  for (size_t i = 1; name.len == 0 && i + tail.len <= text.len; i++) {
    struct span rest = span_after(text, i), after = span_after(rest, tail.len);
    bool here = span_equal((struct span){rest.at, tail.len}, buf_span(&tail));
    if (here && (after.len == 0 || after.at[0] == ':'))
      name = (struct span){text.at, i};
  }
  buf_free(&tail);
  return name;
}

/* The name a bridged tool was registered by; empty: it is none. */
static struct span registered(struct span text, const struct acp_naming *naming)
{
  static const char *const forms[][2] = {
      {"mcp__", "__"}, {"", "__"}, {"Tool: ", "/"}, {"mcp_", "_"}, {"mcp.", "."}};
  /* A tool of the agent's own may be called so, too. */
  static const char *const weak[] = {"_", "-"};
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    struct span name = inside(text, naming->bridge, forms[i][0], forms[i][1]);
    if (name.len > 0)
      return name;
  }
  for (size_t i = 0; i < 2; i++) {
    struct span name = inside(text, naming->bridge, "", weak[i]);
    if (name.len > 0 && (!naming->tools || tools_by_alias(naming->tools, name)))
      return name;
  }
  return before_server(text, naming->bridge);
}

static struct span vendor_name(const struct json *doc, json_at update)
{
  json_at meta = json_get(update, "_meta");
  struct span name = json_member_text(doc, json_get(meta, "claudeCode"), "toolName");
  if (name.len == 0)
    name = json_member_text(doc, json_get(meta, "x.ai/tool"), "name");
  return name.len > 0 ? name : json_member_text(doc, meta, "toolName");
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

/* Words of the model in an object, which agents show as a title. */
static bool says(struct span object, struct span text)
{
  struct json_walk w = json_slice_walk(object);
  while (json_slice_next(&w))
    if (json_slice_kind(w.value) == JSON_STRING && json_slice_says(w.value, text))
      return true;
  return false;
}

static bool is_word(struct span text)
{
  bool word = text.len > 0;
  for (size_t i = 0; i < text.len; i++)
    word &= text.at[i] > ' ' && text.at[i] < 0x7f;
  return word;
}

static bool is_identifier(struct span text)
{
  bool good = text.len > 0 && text.len <= LIMIT_NAME_BYTES;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    good &= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '_' || c == '-' || c == '.';
  }
  return good;
}

static void learn_title(struct acp_call *call, const struct json *doc, json_at update)
{
  struct span title = json_member_text(doc, update, "title"),
              raw = json_raw(json_get(update, "rawInput"));
  if (title.len == 0)
    return;
  if (call->first.len == 0) {
    bool announced = span_is(json_member_text(doc, update, "sessionUpdate"), "tool_call");
    set(&call->first, title);
    call->titled = announced && is_identifier(title) &&
                   span_is(json_member_text(doc, update, "status"), "pending") &&
                   !says(raw, title);
  }
  set(&call->title, title);
}

static void learn_name(struct acp_call *call, const struct json *doc, json_at update,
                       const struct acp_naming *naming)
{
  struct span own = json_member_text(doc, update, "name"),
              vendor = vendor_name(doc, update),
              title = json_member_text(doc, update, "title"),
              kind = json_member_text(doc, update, "kind"),
              raw = json_raw(json_get(update, "rawInput"));
  learn_title(call, doc, update);
  if (kind.len > 0)
    set(&call->kind, kind);
  if (call->bridged)
    return;
  struct span name = registered(own, naming);
  if (name.len == 0)
    name = registered(vendor, naming);
  if (name.len == 0 && json_slice(raw, "command").len == 0 && own.len == 0)
    name = registered(title, naming);
  call->bridged = name.len > 0;
  if (!call->bridged)
    name = own.len > 0 ? own : vendor;
  if (name.len > 0)
    set(&call->name, name);
}

static bool is_filled(struct span object)
{
  return object.len > 2 &&
         span_trim((struct span){object.at + 1, object.len - 2}).len > 0;
}

unsigned acp_call_input(json_at update)
{
  struct span raw = json_raw(json_get(update, "rawInput"));
  bool given = json_slice_kind(raw) != JSON_ABSENT && json_slice_kind(raw) != JSON_NULL;
  return given && is_filled(raw) ? (unsigned)keyed_hash(raw) | 1 : 0;
}

/* Text that is an object; what comes with the end is a result. */
static void learn_shown(struct acp_call *call, const struct json *doc, json_at update)
{
  struct span status = json_member_text(doc, update, "status");
  struct buf text = buf_make(LIMIT_LINE_BYTES);
  struct fault ignored = {0};
  if (!span_is(status, "completed") && !span_is(status, "failed") &&
      acp_blocks_text(doc, json_get(update, "content"), true, &text) && text.len > 0 &&
      text.at[0] == '{') {
    struct json *args = json_parse(buf_span(&text), NULL, &ignored);
    if (args && json_kind(json_root(args)) == JSON_OBJECT)
      set(&call->shown, buf_span(&text));
    json_free(args);
  }
  buf_free(&text);
}

void acp_call_learn(struct acp_call *call, const struct json *doc, json_at update,
                    const struct acp_naming *naming)
{
  struct span raw = json_raw(json_get(update, "rawInput")),
              phase = json_member_text(doc, json_get(update, "_meta"), "phase");
  if (acp_call_input(update) != 0)
    call->input = acp_call_input(update);
  call->preparing = span_is(phase, "preparing");
  call->pending = span_is(json_member_text(doc, update, "status"), "pending");
  learn_arguments(call, raw, naming->bridge);
  learn_shown(call, doc, update);
  learn_name(call, doc, update, naming);
}

void acp_call_take_shown(struct acp_call *call)
{
  if (call->args.len == 0 && call->shown.len > 0)
    set(&call->args, buf_span(&call->shown));
}

struct span acp_call_name(const struct acp_call *call)
{
  struct span first = buf_span(&call->first);
  if (call->name.len > 0)
    return buf_span(&call->name);
  if (call->titled)
    return first;
  if (call->kind.len > 0)
    return buf_span(&call->kind);
  return is_word(first) ? first : SPAN_LITERAL("tool");
}

bool acp_call_has_arguments(const struct acp_call *call)
{
  return is_filled(buf_span(&call->args));
}

/* Tools that call others are named, but not yet whom they call. */
bool acp_call_is_named(const struct acp_call *call)
{
  struct span name = buf_span(&call->name);
  bool caller = span_is(name, "use_tool") || span_is(name, "tool_call");
  return !call->preparing && (call->bridged || (name.len > 0 && !caller) || call->titled);
}

void acp_call_free(struct acp_call *call)
{
  buf_free(&call->id);
  buf_free(&call->name);
  buf_free(&call->first);
  buf_free(&call->title);
  buf_free(&call->kind);
  buf_free(&call->args);
  buf_free(&call->shown);
}
