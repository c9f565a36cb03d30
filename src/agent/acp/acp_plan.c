/* SPDX-License-Identifier: MIT */
/* acp_plan.c - command lines of ACP agents, and what the session will need.
 *
 * Nearly all of a run goes by the dialogue, so a plan is short.  */
#include "acp_plan.h"

#include "acp_messages.h"
#include "agent/arguments.h"
#include "agent/policy_settings.h"
#include "agent/prompt.h"
#include "base/json_write.h"
#include "base/limits.h"

#include <stdio.h>

/* The one that the request names: an agent, or a command. */
static const struct acp_agent *agent_of(const struct run_request *req)
{
  const struct harness_options *o = &req->harness_options;
  return o->command.count > 0 ? acp_agent_of(&o->command) : acp_agent_named(o->agent);
}

const char *acp_plan_program(const struct run_request *req)
{
  const struct acp_agent *agent = agent_of(req);
  return req->harness_options.command.count == 0 && agent ? agent->argv[0] : NULL;
}

const char *acp_plan_skills(const struct run_request *req)
{
  const struct acp_agent *agent = agent_of(req);
  return agent ? agent->skills : NULL;
}

const struct session_store *acp_plan_sessions(const struct run_request *req)
{
  const struct acp_agent *agent = agent_of(req);
  const struct session_store *sessions = agent ? agent->sessions : NULL;
  /* Which word of a command line is the program, nobody knows. */
  bool knows =
      sessions && (!sessions->export_script || req->harness_options.command.count == 0);
  return knows ? sessions : NULL;
}

unsigned acp_plan_counts(const struct run_request *req)
{
  const struct acp_agent *agent = agent_of(req);
  bool usd = agent && agent->limits_usd && req->session_id.len == 0;
  return 1 << BUDGET_TOOL_CALLS | (agent ? agent->counts : 0) |
         (usd ? 1 << BUDGET_USD : 0);
}

static int refuse_agent(const struct run_request *req, struct fault *f)
{
  struct buf names = buf_make(KIB);
  acp_agent_names(&names);
  (void)fault_set(f, FAULT_BAD_INPUT,
                  "run request: harnessOptions.agent: \"%.*s\" is not known. Known: %s; "
                  "any other by harnessOptions.command",
                  SPAN_ARG(span_cut_utf8(req->harness_options.agent, 100)),
                  buf_cstring(&names));
  buf_free(&names);
  return -1;
}

int acp_plan_command(struct process_plan *out, const struct run_request *req,
                     struct fault *f)
{
  const struct spans *command = &req->harness_options.command;
  for (size_t i = 0; i < command->count; i++) {
    if (command->at[i].len > LIMIT_ARGUMENT_BYTES)
      return fault_set(f, FAULT_TOO_BIG,
                       "run request: a word of harnessOptions.command is longer than %zu "
                       "bytes",
                       LIMIT_ARGUMENT_BYTES);
    strv_add(&out->argv, command->at[i]);
  }
  const struct acp_agent *agent = agent_of(req);
  if (req->harness_options.agent.len > 0 && !acp_agent_named(req->harness_options.agent))
    return refuse_agent(req, f);
  for (size_t i = 0; command->count == 0 && agent && i < 5 && agent->argv[i]; i++)
    strv_add(&out->argv, span_of(agent->argv[i]));
  for (size_t i = 0; agent && i < 4 && agent->env[i][0]; i++)
    strv_set_env(&out->env, agent->env[i][0], span_of(agent->env[i][1]));
  return 0;
}

int acp_plan_grok(struct process_plan *out, const struct run_request *req,
                  struct fault *f)
{
  struct strv *argv = &out->argv;
  struct span mode = req->permission_mode;
  strv_add(argv, SPAN_LITERAL("grok"));
  strv_add(argv, SPAN_LITERAL("agent"));
  if (req->model.len > 0 && !span_is(req->model, "default") &&
      arguments_add(argv, "-m", req->model, "model", "grok-build", f) < 0)
    return -1;
  if (req->effort.len > 0 && arguments_add(argv, "--reasoning-effort", req->effort,
                                           "modelOptions.effort", "grok-build", f) < 0)
    return -1;
  strv_add(argv, SPAN_LITERAL("--no-leader")); /* an agent of ours, not a shared one */
  if (mode.len == 0 || span_is(mode, "bypassPermissions"))
    strv_add(argv, SPAN_LITERAL("--always-approve"));
  strv_add(argv, SPAN_LITERAL("stdio"));
  strv_set_env(&out->env, "GROK_DISABLE_AUTOUPDATER", SPAN_LITERAL("1"));
  /* else it passes over the workspace's AGENTS.md and skills */
  strv_set_env(&out->env, "GROK_FOLDER_TRUST", SPAN_LITERAL("0"));
  return 0;
}

#define TOKEN_VARIABLE "MCP_BRIDGE_TOKEN"

/* `env`: gets the value, and its variable's name stands in the value's place; NULL: the
 * value stands there itself. */
static void put_header(struct json_writer *w, const struct mcp_header *header,
                       const char *variable, struct strv *env)
{
  struct buf text = buf_make(KIB);
  buf_addf(&text, "${%s}", variable);
  json_open(w, NULL, '{');
  json_put_text(w, "name", header->name);
  json_put_text(w, "value", env ? buf_span(&text) : header->text);
  json_close(w, '}');
  if (env)
    strv_set_env(env, variable, header->text);
  buf_free(&text);
}

static void put_server(struct json_writer *w, const struct mcp_server *server,
                       size_t number, struct strv *env)
{
  char variable[64];
  json_open(w, NULL, '{');
  json_put_text(w, "type", SPAN_LITERAL("http"));
  json_put_text(w, "name", server->name);
  json_put_text(w, "url", server->url);
  json_open(w, "headers", '[');
  for (size_t i = 0; i < server->header_count; i++) {
    snprintf(variable, sizeof variable, "MCP_SERVER_%zu_HEADER_%zu", number, i);
    put_header(w, &server->headers[i], variable, env);
  }
  json_close(w, ']');
  json_close(w, '}');
}

/* `env` as in put_header(). */
static void write_servers(const struct bridge_address *bridge,
                          const struct mcp_servers *servers, struct strv *env,
                          struct buf *out)
{
  struct buf bearer = buf_make(8 * KIB);
  *out = buf_make(LIMIT_PROMPT_BYTES);
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '[');
  if (bridge) {
    struct bridge_address named = *bridge;
    struct mcp_header header;
    if (env) {
      strv_set_env(env, TOKEN_VARIABLE, bridge->token);
      named.token = SPAN_LITERAL("${" TOKEN_VARIABLE "}");
    }
    struct mcp_server own = arguments_bridge_server(&named, &header, &bearer);
    put_server(&w, &own, 0, NULL);
  }
  for (size_t i = 0; servers && i < servers->count; i++)
    put_server(&w, &servers->at[i], i, env);
  json_close(&w, ']');
  buf_wipe(&bearer);
}

/* What the session will get of servers; "" is none. */
static void plan_servers(struct acp *a, const struct bridge_address *bridge,
                         const struct mcp_servers *servers, struct strv *env)
{
  bool expands = a->agent && a->agent->expands;
  a->server_count = (bridge ? 1 : 0) + (servers ? servers->count : 0);
  if (a->server_count == 0)
    return;
  /* One that is started by another name tells who it is before it gets them. */
  if (expands || (!a->agent && !a->profile->guard))
    write_servers(bridge, servers, env, &a->hidden_servers);
  write_servers(bridge, servers, NULL, &a->servers);
  if (expands)
    acp_hide_token(a);
}

int acp_plan(struct acp *a, const struct acp_profile *profile,
             const struct run_request *req, const struct bridge_address *bridge,
             const struct plan_place *place, struct process_plan *out, struct fault *f)
{
  a->agent = profile->guard ? NULL : agent_of(req);
  a->guard = profile->guard ? profile->guard : a->agent ? a->agent->guard : NULL;
  if (!a->guard)
    a->guard = &acp_any_guard;
  const struct prompt_rules rules = {
      .adapter = profile->name, .system_first = true, .guard = *a->guard};
  struct buf prompt = buf_make(LIMIT_PROMPT_BYTES);
  /* Written again when the session is open: now only to refuse what gives no prompt. */
  int rc = prompt_write(req, &rules, &prompt, f);
  buf_free(&prompt);
  if (rc != 0)
    return -1;
  a->profile = profile;
  a->req = req;
  a->bridged = bridge;
  agent_keep(&a->workspace, place->workspace);
  agent_keep(&a->answer, (struct span){0});
  if (bridge) {
    agent_keep(&a->calls.bridge, bridge->name);
    a->calls.tools = req->tools;
    a->calls.drops_wait = profile->adds_wait;
    a->calls.empty_is_text = profile->hides_empty;
  }
  plan_servers(a, bridge, place->servers, &out->env);
  const char *by = a->agent ? a->agent->asks_by : NULL;
  if (by && policy_restricts(&req->policy)) {
    a->asks_each = true;
    if (by[0] && by[0] != '_')
      policy_settings_opencode(&req->policy, by, &out->env);
  }
  out->input = INPUT_DIALOGUE;
  acp_initialize(&out->first_input);
  a->waiting = ACP_INITIALIZE;
  a->rpc_id = ACP_INITIALIZE;
  return 0;
}
