/* SPDX-License-Identifier: MIT */
/* claude_tools.c - the list of the init line, held against what was offered. */
#include "claude_tools.h"

#include "base/limits.h"
#include "request/tool_schema.h"

#include <string.h>

struct tool_spelling claude_tools_spelling(const struct run_request *req,
                                           const struct bridge_address *bridge)
{
  struct tool_spelling spelling = {.before = buf_make(LIMIT_NAME_BYTES)};
  if (!bridge)
    return spelling;
  spelling.tools = req->tools;
  buf_add_text(&spelling.before, "mcp__");
  buf_add(&spelling.before, bridge->name);
  buf_add_text(&spelling.before, "__");
  return spelling;
}

static bool is_connected(const struct claude_tools *offered, const struct json *doc,
                         json_at init)
{
  json_at servers = json_get(init, "mcp_servers");
  for (json_at s = json_first(servers); s; s = json_next(s))
    if (span_equal(json_member_text(doc, s, "name"), offered->server))
      return span_is(json_member_text(doc, s, "status"), "connected");
  return false;
}

/* Patterns, and the server as a whole. */
static bool may_mean_all(const struct claude_tools *offered)
{
  for (size_t i = 0; i < offered->disallowed->count; i++) {
    struct span listed = offered->disallowed->at[i];
    bool server = span_starts(listed, "mcp__") &&
                  span_equal(span_after(listed, 5), offered->server);
    if (server || (listed.len > 0 && memchr(listed.at, '*', listed.len)))
      return true;
  }
  return false;
}

static bool is_kept(struct span kept_json, struct span prefix, const char *alias)
{
  struct buf name = buf_make(LIMIT_NAME_BYTES);
  buf_add(&name, prefix);
  buf_add_text(&name, alias);
  bool kept = false;
  for (struct json_walk w = json_slice_walk(kept_json); !kept && json_slice_next(&w);)
    kept = json_slice_kind(w.value) == JSON_STRING &&
           json_slice_says(w.value, buf_span(&name));
  buf_free(&name);
  return kept;
}

/* A bridge without tools of ours is the orchestrator's own. */
static bool is_foreign(const struct claude_tools *offered, struct span name)
{
  const struct mcp_servers *servers = offered->servers;
  for (size_t i = 0; servers && i < servers->count; i++)
    if (span_equal(servers->at[i].name, name))
      return true;
  return offered->server.len > 0 && span_equal(offered->server, name) &&
         tools_count(offered->tools) == 0;
}

void claude_tools_warn_servers(const struct claude_tools *offered, const struct json *doc,
                               json_at init, struct events *events)
{
  json_at servers = json_get(init, "mcp_servers");
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  for (json_at s = json_first(servers); s; s = json_next(s)) {
    struct span name = json_member_text(doc, s, "name"),
                status = json_member_text(doc, s, "status");
    if (span_is(status, "connected") || !is_foreign(offered, name))
      continue;
    buf_clear(&text);
    buf_addf(&text, "claude-code cannot use MCP server \"%.*s\" (%.*s)", SPAN_ARG(name),
             SPAN_ARG(span_cut_utf8(status, 100)));
    events_warn(events, "mcp-server-unused", buf_span(&text));
  }
  buf_free(&text);
}

void claude_tools_compare(const struct claude_tools *offered, const struct json *doc,
                          json_at init, struct events *events)
{
  struct span kept = json_raw(json_get(init, "tools"));
  if (json_slice_kind(kept) != JSON_ARRAY || tools_count(offered->tools) == 0 ||
      !is_connected(offered, doc, init) || may_mean_all(offered))
    return;
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES), name = buf_make(KIB);
  for (size_t i = 0; i < tools_count(offered->tools); i++) {
    const struct tool *tool = tools_at(offered->tools, i);
    if (is_kept(kept, offered->prefix, tool->alias[ALIAS_USUAL]) ||
        tool_schema_odd_parameter(tool->input_schema, &name) ||
        tool_lists_has(offered->disallowed, offered->prefix, tool))
      continue;
    buf_clear(&text);
    buf_addf(&text, "Tool \"%.*s\": claude-code has left it out, and does not say why",
             SPAN_ARG(tool->name));
    events_warn(events, "tool-left-out", buf_span(&text));
  }
  buf_free(&text);
  buf_free(&name);
}
