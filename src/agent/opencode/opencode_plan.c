/* SPDX-License-Identifier: MIT */
/* opencode_plan.c - OpenCode's server is started empty; what it will be told is written
 * here, while a request that it cannot fulfil can still be refused.  */
#include "opencode_plan.h"

#include "agent/arguments.h"
#include "agent/policy_settings.h"
#include "agent/prompt.h"
#include "agent/tool_lists.h"
#include "base/base64.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define USER_NAME "opencode"

static void write_authorization(struct span password, struct buf *out)
{
  struct buf plain = buf_make(1 * KIB);
  *out = buf_make(4 * KIB);
  buf_add_text(&plain, USER_NAME ":");
  buf_add(&plain, password);
  buf_add_text(out, "Basic ");
  base64_encode(buf_span(&plain), out);
  buf_wipe(&plain);
}

bool opencode_is_id(struct span id)
{
  for (size_t i = 0; i < id.len; i++) {
    char c = id.at[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
      return false;
  }
  return id.len > 0 && id.len <= 200;
}

static void write_server(const struct mcp_server *server, unsigned deadline_ms,
                         struct opencode_server *out)
{
  *out = (struct opencode_server){buf_make(LIMIT_NAME_BYTES), buf_make(MIB)};
  struct json_writer w = json_write_to(&out->body);
  buf_add(&out->name, server->name);
  json_open(&w, NULL, '{');
  json_put_text(&w, "name", server->name);
  json_open(&w, "config", '{');
  json_put_text(&w, "type", SPAN_LITERAL("remote"));
  json_put_text(&w, "url", server->url);
  json_put_bool(&w, "enabled", true);
  json_put_bool(&w, "oauth", false);        /* else a 401 sends it looking for a login */
  json_put_int(&w, "timeout", deadline_ms); /* 60 s otherwise */
  json_open(&w, "headers", '{');
  for (size_t i = 0; i < server->header_count; i++)
    json_put_text(&w, server->headers[i].name.at, server->headers[i].text);
  json_close(&w, '}');
  json_close(&w, '}');
  json_close(&w, '}');
}

static void write_servers(const struct run_request *req,
                          const struct bridge_address *bridge,
                          const struct mcp_servers *others, struct opencode_order *order)
{
  size_t count = others ? others->count : 0;
  unsigned deadline_ms = arguments_tool_deadline_ms(req);
  struct buf bearer = buf_make(8 * KIB);
  order->servers = mem_new((count + 1) * sizeof *order->servers);
  if (bridge) {
    struct mcp_header header;
    struct mcp_server own = arguments_bridge_server(bridge, &header, &bearer);
    write_server(&own, deadline_ms, &order->servers[order->server_count++]);
  }
  for (size_t i = 0; i < count; i++)
    write_server(&others->at[i], deadline_ms, &order->servers[order->server_count++]);
  buf_wipe(&bearer);
}

/* "provider/model"; a model's own name may hold further slashes. */
static int write_model(struct span model, struct json_writer *w, struct fault *f)
{
  const char *slash = model.len > 0 ? memchr(model.at, '/', model.len) : NULL;
  size_t provider = slash ? (size_t)(slash - model.at) : 0;
  if (provider == 0 || provider + 1 == model.len)
    return fault_set(f, FAULT_BAD_INPUT,
                     "OpenCode models must be addressed as \"provider/model\" (e.g. "
                     "\"anthropic/claude-sonnet-4-5\"); received \"%.*s\".",
                     (int)span_cut_utf8(model, 200).len, model.at);
  json_open(w, "model", '{');
  json_put_text(w, "providerID", (struct span){model.at, provider});
  json_put_text(w, "modelID", span_after(model, provider + 1));
  json_close(w, '}');
  return 0;
}

/* Nobody can answer a question here, so the model does not get the tool. */
static void write_tools_off(const struct strv *disallowed, struct json_writer *w)
{
  json_open(w, "tools", '{');
  json_put_bool(w, "question", false);
  for (size_t i = 0; i < disallowed->count; i++)
    if (strcmp(disallowed->at[i], "question") != 0)
      json_put_bool(w, disallowed->at[i], false);
  json_close(w, '}');
}

/* Its server takes nothing for more than words ("/init", "@path", "!ls": seen). */
static int write_prompt(const struct run_request *req, const struct strv *disallowed,
                        struct buf *out, struct fault *f)
{
  static const struct prompt_rules rules = {.adapter = "OpenCode"};
  struct buf prompt = buf_make(LIMIT_PROMPT_BYTES), system = buf_make(LIMIT_PROMPT_BYTES);
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  int rc = write_model(req->model, &w, f);
  if (rc == 0)
    rc = prompt_write(req, &rules, &prompt, f);
  if (rc == 0) {
    prompt_system(req, &system);
    if (system.len > 0)
      json_put_text(&w, "system", buf_span(&system));
    if (req->effort.len > 0)
      json_put_text(&w, "variant", req->effort);
    write_tools_off(disallowed, &w);
    if (req->output_schema.len > 0) {
      json_open(&w, "format", '{');
      json_put_text(&w, "type", SPAN_LITERAL("json_schema"));
      json_put_raw(&w, "schema", req->output_schema);
      json_close(&w, '}');
    }
    json_open(&w, "parts", '[');
    json_open(&w, NULL, '{');
    json_put_text(&w, "type", SPAN_LITERAL("text"));
    json_put_text(&w, "text", buf_span(&prompt));
    json_close(&w, '}');
    json_close(&w, ']');
    json_close(&w, '}');
  }
  buf_free(&prompt);
  buf_free(&system);
  if (rc == 0 && out->overflowed)
    rc = fault_set(f, FAULT_TOO_BIG, "The prompt is longer than %zu bytes.",
                   LIMIT_PROMPT_BYTES);
  return rc;
}

int opencode_words(const struct run_request *req, const struct strv *disallowed,
                   struct span text, struct buf *out, struct fault *f)
{
  const struct message words = {.role = ROLE_USER, .text = text};
  struct run_request asked = *req;
  asked.messages = (struct message *)&words;
  asked.message_count = 1;
  return write_prompt(&asked, disallowed, out, f);
}

/* OpenCode's own plan mode is an agent of another name, which nobody can choose here. */
static int read_mode(struct span mode, enum permission_mode *out, struct fault *f)
{
  *out = permission_mode_read(mode);
  if (mode.len == 0 || span_is(mode, "bypassPermissions") ||
      span_is(mode, "acceptEdits") || span_is(mode, "default"))
    return 0;
  return fault_set(f, FAULT_BAD_INPUT,
                   "run request: modelOptions.permissionMode must be bypassPermissions, "
                   "acceptEdits or default for opencode, not \"%.*s\"",
                   SPAN_ARG(span_cut_utf8(mode, LIMIT_SHOWN_BYTES)));
}

static int check(const struct run_request *req, struct opencode_order *order,
                 struct fault *f)
{
  if (req->session_id.len > 0 && !opencode_is_id(req->session_id))
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: modelOptions.sessionId must be letters, digits, '-' "
                     "and '_' for opencode");
  return read_mode(req->permission_mode, &order->mode, f);
}

/* The bridge's name in the names of its tools: what is no letter of an id is '_'. */
static void add_id(struct span name, struct buf *out)
{
  for (size_t i = 0; i < name.len; i++)
    buf_add_char(out, opencode_is_id((struct span){name.at + i, 1}) ? name.at[i] : '_');
}

static void fill(const struct run_request *req, const struct bridge_address *bridge,
                 const struct plan_place *place, struct opencode_order *order)
{
  write_authorization(place->secret, &order->authorization);
  order->bridge_name = buf_make(LIMIT_NAME_BYTES);
  order->session_id = buf_make(LIMIT_NAME_BYTES);
  order->prompt = buf_make(LIMIT_PROMPT_BYTES);
  order->fresh_prompt = buf_make(LIMIT_PROMPT_BYTES);
  order->wants_value = req->output_schema.len > 0;
  buf_add(&order->session_id, req->session_id);
  struct tool_spelling spelling = {.before = buf_make(LIMIT_NAME_BYTES)};
  if (bridge) {
    spelling.tools = order->tools = req->tools;
    add_id(bridge->name, &spelling.before);
    buf_add_char(&spelling.before, '_');
  }
  tool_lists_add(&spelling, &req->allowed_tools, TOOL_LIST_ALLOWED, &order->allowed);
  tool_lists_add(&spelling, &req->disallowed_tools, TOOL_LIST_DISALLOWED,
                 &order->disallowed);
  buf_free(&spelling.before);
  if (bridge)
    buf_add(&order->bridge_name, bridge->name);
  write_servers(req, bridge, place->servers, order);
}

int opencode_plan(const struct run_request *req, const struct bridge_address *bridge,
                  const struct plan_place *place, struct opencode_order *order,
                  struct process_plan *out, struct fault *f)
{
  /* As words of their own: behind a '=' the user's config would win over them. */
  static const char *const words[] = {"opencode",  "serve",  "--hostname",
                                      "127.0.0.1", "--port", "0"};
  if (check(req, order, f) < 0)
    return -1;
  fill(req, bridge, place, order);
  struct run_request fresh = *req;
  fresh.session_id = (struct span){0};
  if (write_prompt(&fresh, &order->disallowed, &order->fresh_prompt, f) < 0 ||
      write_prompt(req, &order->disallowed, &order->prompt, f) < 0)
    return -1;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    strv_add(&out->argv, span_of(words[i]));
  out->input = INPUT_ONCE; /* nothing: it reads none */
  strv_set_env(&out->env, "OPENCODE_SERVER_USERNAME", SPAN_LITERAL(USER_NAME));
  strv_set_env(&out->env, "OPENCODE_SERVER_PASSWORD", place->secret);
  strv_set_env(&out->env, "OPENCODE_DISABLE_AUTOUPDATE", SPAN_LITERAL("1"));
  if (policy_restricts(&req->policy))
    policy_settings_opencode(&req->policy, "OPENCODE_PERMISSION", &out->env);
  return 0;
}

void opencode_order_free(struct opencode_order *order)
{
  buf_wipe(&order->authorization);
  for (size_t i = 0; i < order->server_count; i++) {
    buf_free(&order->servers[i].name);
    buf_wipe(&order->servers[i].body);
  }
  free(order->servers);
  order->servers = NULL;
  order->server_count = 0;
  buf_free(&order->bridge_name);
  buf_free(&order->session_id);
  buf_free(&order->prompt);
  buf_free(&order->fresh_prompt);
  strv_free(&order->allowed);
  strv_free(&order->disallowed);
}
