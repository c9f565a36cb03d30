/* SPDX-License-Identifier: MIT */
/* claude_code_plan.c - the command line, the two private files and the environment of
 * Claude Code.  */
#include "claude_code_plan.h"

#include "agent/arguments.h"
#include "agent/policy_settings.h"
#include "agent/prompt.h"
#include "agent/structured.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "claude_dialogue.h"
#include "claude_tools.h"

#include <stdlib.h>

#define MCP_FILE    "mcp.json"
#define SYSTEM_FILE "system-prompt.txt"

enum { FEW_TOOLS = 32 }; /* up to so many their definitions stand in the prompt */

const struct prompt_rules claude_code_prompt = {.adapter = "Claude Code",
                                                .guard = {.commands = "/", .front = "\n"},
                                                .no_blank = true,
                                                .most = 10 * MIB};

static int add_option(struct strv *argv, const char *option, struct span value,
                      const char *field, struct fault *f)
{
  return arguments_add(argv, option, value, field, "claude-code", f);
}

static int add_list(struct strv *argv, const char *option, const struct strv *list,
                    const char *field, struct fault *f)
{
  if (list->count == 0)
    return 0;
  struct buf joined = buf_make(2 * LIMIT_ARGUMENT_BYTES);
  for (size_t i = 0; i < list->count; i++) {
    if (i > 0)
      buf_add_char(&joined, ',');
    buf_add_text(&joined, list->at[i]);
  }
  int rc = joined.overflowed
               ? fault_set(f, FAULT_TOO_BIG, "run request: %s is too long", field)
               : add_option(argv, option, buf_span(&joined), field, f);
  buf_free(&joined);
  return rc;
}

static void add_system_prompt(struct process_plan *out, const struct run_request *req,
                              const struct plan_place *place)
{
  struct buf text = buf_make(LIMIT_PROMPT_BYTES);
  prompt_system(req, &text);
  if (text.len > 0)
    arguments_add_file(out, place, "--append-system-prompt-file", SYSTEM_FILE, &text);
  buf_free(&text);
}

static void put_server(struct json_writer *w, const struct mcp_server *server,
                       unsigned deadline_ms)
{
  char *name = span_copy(server->name);
  json_open(w, name, '{');
  json_put_text(w, "type", SPAN_LITERAL("http"));
  json_put_text(w, "url", server->url);
  json_open(w, "headers", '{');
  for (size_t i = 0; i < server->header_count; i++)
    json_put_text(w, server->headers[i].name.at, server->headers[i].text);
  json_close(w, '}');
  json_put_int(w, "timeout", deadline_ms);
  json_close(w, '}');
  free(name);
}

/* All in the private file: Claude Code waits for the servers in it. */
static void add_servers(struct process_plan *out, const struct bridge_address *bridge,
                        unsigned deadline_ms, const struct plan_place *place)
{
  struct buf config = buf_make(LIMIT_PROMPT_BYTES), bearer = buf_make(8 * KIB);
  struct json_writer w = json_write_to(&config);
  struct mcp_header header;
  json_open(&w, NULL, '{');
  json_open(&w, "mcpServers", '{');
  if (bridge) {
    struct mcp_server own = arguments_bridge_server(bridge, &header, &bearer);
    put_server(&w, &own, deadline_ms);
  }
  for (size_t i = 0; place->servers && i < place->servers->count; i++)
    put_server(&w, &place->servers->at[i], deadline_ms);
  json_close(&w, '}');
  json_close(&w, '}');
  arguments_add_file(out, place, "--mcp-config", MCP_FILE, &config);
  buf_wipe(&bearer);
  buf_wipe(&config);
}

static void add_environment(struct strv *env, const struct run_request *req, bool served)
{
  /* As root claude refuses bypassPermissions without IS_SANDBOX (2.1.329: exit 1). */
  strv_set_env(env, "IS_SANDBOX", SPAN_LITERAL("1"));
  strv_set_env(env, "CLAUDE_CODE_SANDBOXED", SPAN_LITERAL("1"));
  strv_set_env(env, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", SPAN_LITERAL("1"));
  strv_set_env(env, "DISABLE_AUTOUPDATER", SPAN_LITERAL("1"));
  if (!req->harness_options.prompt_commands)
    strv_set_env(env, "CLAUDE_CODE_DISABLE_FILE_MENTIONS", SPAN_LITERAL("1"));
  if (!served)
    return;
  /* Else it hides their tools behind its ToolSearch, even 13 small ones. */
  if (tools_count(req->tools) <= FEW_TOOLS)
    strv_set_env(env, "ENABLE_TOOL_SEARCH", SPAN_LITERAL("false"));
  struct buf ms = buf_make(32);
  buf_addf(&ms, "%u", arguments_tool_deadline_ms(req));
  strv_set_env(env, "MCP_TOOL_TIMEOUT", buf_span(&ms)); /* its own default is 60 s */
  buf_free(&ms);
}

static int add_lists(struct strv *argv, const struct run_request *req,
                     const struct bridge_address *bridge, struct fault *f)
{
  struct strv allowed = {0}, disallowed = {0};
  struct tool_spelling spelling = claude_tools_spelling(req, bridge);
  tool_lists_add(&spelling, &req->allowed_tools, TOOL_LIST_ALLOWED, &allowed);
  tool_lists_add(&spelling, &req->disallowed_tools, TOOL_LIST_DISALLOWED, &disallowed);
  int rc = add_list(argv, "--allowedTools", &allowed, "modelOptions.allowedTools", f);
  if (rc == 0)
    rc = add_list(argv, "--disallowedTools", &disallowed, "modelOptions.disallowedTools",
                  f);
  strv_free(&allowed);
  strv_free(&disallowed);
  buf_free(&spelling.before);
  return rc;
}

/* --setting-sources stands before -p, which could take what follows for the prompt. */
static void add_front(struct strv *argv, const struct run_request *req,
                      const struct plan_place *place)
{
  size_t talks = place->dialogue ? 4 : place->words ? 2 : 0;
  static const char *const talk[] = {"--input-format", "stream-json",
                                     "--permission-prompt-tool", "stdio"};
  static const char *const words[] = {"-p", "--output-format", "stream-json",
                                      "--verbose"};
  const struct spans *chosen = &req->harness_options.setting_sources;
  struct buf sources = buf_make(KIB);
  for (size_t i = 0; i < chosen->count; i++) {
    buf_add_text(&sources, i > 0 ? "," : "");
    buf_add(&sources, chosen->at[i]);
  }
  strv_add(argv, SPAN_LITERAL("claude"));
  strv_add(argv, SPAN_LITERAL("--setting-sources"));
  strv_add(argv, sources.len > 0 ? buf_span(&sources) : SPAN_LITERAL("user,project"));
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    strv_add(argv, span_of(words[i]));
  for (size_t i = 0; i < talks; i++)
    strv_add(argv, span_of(talk[i]));
  buf_free(&sources);
}

static int add_options(struct process_plan *out, const struct run_request *req,
                       const struct bridge_address *bridge, struct fault *f)
{
  struct strv *argv = &out->argv;
  struct span mode = req->permission_mode;
  if (mode.len == 0)
    mode = SPAN_LITERAL("bypassPermissions");
  if (add_option(argv, "--model", req->model, "model", f) != 0)
    return -1;
  strv_add(argv, SPAN_LITERAL("--include-partial-messages"));
  if (req->session_id.len > 0 &&
      add_option(argv, "--resume", req->session_id, "modelOptions.sessionId", f) != 0)
    return -1;
  if (add_option(argv, "--permission-mode", mode, "modelOptions.permissionMode", f) != 0)
    return -1;
  if (req->max_turns > 0) {
    strv_add(argv, SPAN_LITERAL("--max-turns"));
    strv_addf(argv, "%u", req->max_turns);
  }
  if (req->budget.most[BUDGET_USD] > 0) {
    struct buf usd = buf_make(64);
    run_budget_put(BUDGET_USD, req->budget.most[BUDGET_USD], &usd);
    strv_add(argv, SPAN_LITERAL("--max-budget-usd"));
    strv_add(argv, buf_span(&usd));
    buf_free(&usd);
  }
  if (req->output_schema.len > 0 &&
      add_option(argv, "--json-schema", req->output_schema, "outputSchema", f) != 0)
    return -1;
  return add_lists(argv, req, bridge, f);
}

static int add_questions(struct strv *argv, const struct policy *policy, struct fault *f)
{
  struct buf settings = buf_make(LIMIT_LINE_BYTES);
  policy_settings_claude(policy, &settings);
  int rc = add_option(argv, "--settings", buf_span(&settings), "policy.commands", f);
  buf_free(&settings);
  return rc;
}

/* The prompt becomes the first line of the dialogue. */
static void begin_dialogue(struct process_plan *out)
{
  struct buf line = buf_make(LIMIT_PROMPT_BYTES);
  claude_dialogue_put_words(&line, (struct span){0}, buf_span(&out->first_input));
  buf_free(&out->first_input);
  out->first_input = line;
  out->input = INPUT_DIALOGUE;
}

int claude_code_plan(const struct run_request *req, const struct bridge_address *bridge,
                     const struct plan_place *place, struct process_plan *out,
                     struct fault *f)
{
  if (prompt_write(req, &claude_code_prompt, &out->first_input, f) != 0)
    return -1;
  if (req->output_schema.len > 0)
    structured_ask(req->output_schema, &out->first_input);
  out->input = INPUT_ONCE;
  if (place->dialogue || place->words)
    begin_dialogue(out);
  add_front(&out->argv, req, place);
  if (add_options(out, req, bridge, f) != 0)
    return -1;
  if (policy_restricts(&req->policy) && add_questions(&out->argv, &req->policy, f) != 0)
    return -1;
  add_system_prompt(out, req, place);
  bool served = bridge || (place->servers && place->servers->count > 0);
  if (served)
    add_servers(out, bridge, arguments_tool_deadline_ms(req), place);
  if (req->effort.len > 0 &&
      add_option(&out->argv, "--effort", req->effort, "modelOptions.effort", f) != 0)
    return -1;
  add_environment(&out->env, req, served);
  return 0;
}
