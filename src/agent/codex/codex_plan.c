/* SPDX-License-Identifier: MIT */
/* codex_plan.c - the command line and the environment of Codex: where its native program
 * is, what its sandbox is called, and which --config is laid over the user's own.  */
#include "codex_plan.h"

#include "agent/arguments.h"
#include "agent/prompt.h"
#include "base/json_write.h"
#include "base/limits.h"

#define SCHEMA_FILE "output-schema.json"
#define TOKEN_NAME  "MCP_BRIDGE_TOKEN"

/* The wrapper is @openai/codex/bin/codex.js; npm puts the platform's package beside
 * @openai/codex, or below it when that is installed globally. */
#define X64   "codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"
#define ARM64 "codex-linux-arm64/vendor/aarch64-unknown-linux-musl/bin/codex"
const char *const codex_plan_native_programs[] = {
#if defined(__x86_64__)
    "../../" X64, "../node_modules/@openai/" X64,
#elif defined(__aarch64__)
    "../../" ARM64, "../node_modules/@openai/" ARM64,
#endif
    NULL};

const struct prompt_rules codex_prompt = {.adapter = "Codex",
                                          .system_first = true,
                                          .guard = {.skills = true},
                                          .bom_lost = true,
                                          .no_blank = true,
                                          .most = 1 << 20,
                                          .characters = true};

/* `codex exec` cannot ask, and its own list of commands that need no asking is not ours:
 * what its sandbox keeps is kept, the rest is refused.  In it nothing may write and reach
 * the network at once. */
static int sandbox_of_policy(const struct policy *p, struct span *chosen, struct fault *f)
{
  bool judges = p->rule_count > 0 && p->rules[0].says != PERMISSION_ALLOW;
  const char *field = judges                             ? "commands"
                      : p->otherwise != PERMISSION_ALLOW ? "default"
                      : p->file_write == PERMISSION_ASK  ? "capabilities.fileWrite"
                      : p->network == PERMISSION_ASK     ? "capabilities.network"
                                                         : NULL;
  if (field)
    return fault_set(
        f, FAULT_BAD_INPUT,
        "run request: policy.%s is not supported by harness codex: it cannot "
        "ask, and keeps only capabilities that are denied, with the default "
        "\"allow\"",
        field);
  bool writes = p->file_write == PERMISSION_ALLOW;
  if (!writes && p->network_said && p->network == PERMISSION_ALLOW)
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: policy.capabilities.network: harness codex has no "
                     "network where fileWrite is denied");
  *chosen = writes ? SPAN_LITERAL("workspace-write") : SPAN_LITERAL("read-only");
  return 0;
}

/* The sandbox by harnessOptions.sandbox, else by the permission mode, whose names are
 * Claude Code's; with nobody to ask, "default" there means that edits are refused.
 * Without either none: the run is in a container of its own already. */
static int choose_sandbox(const struct run_request *req, struct span *chosen,
                          struct fault *f)
{
  static const char *const modes[][2] = {{"bypassPermissions", "danger-full-access"},
                                         {"acceptEdits", "workspace-write"},
                                         {"default", "read-only"},
                                         {"plan", "read-only"}};
  enum { MODES = sizeof modes / sizeof modes[0] };
  struct span mode = req->permission_mode, sandbox = req->harness_options.sandbox;
  *chosen = span_of(modes[0][1]);
  if (policy_restricts(&req->policy))
    return sandbox_of_policy(&req->policy, chosen, f);
  if (sandbox.len > 0) {
    for (size_t i = 0; i < MODES - 1; i++)
      if (span_is(sandbox, modes[i][1])) {
        *chosen = sandbox;
        return 0;
      }
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: harnessOptions.sandbox must be read-only, "
                     "workspace-write or danger-full-access for codex, not \"%.*s\"",
                     SPAN_ARG(span_cut_utf8(sandbox, LIMIT_SHOWN_BYTES)));
  }
  if (mode.len == 0)
    return 0;
  for (size_t i = 0; i < MODES; i++)
    if (span_is(mode, modes[i][0])) {
      *chosen = span_of(modes[i][1]);
      return 0;
    }
  return fault_set(f, FAULT_BAD_INPUT,
                   "run request: modelOptions.permissionMode must be bypassPermissions, "
                   "acceptEdits, default or plan for codex, not \"%.*s\"",
                   SPAN_ARG(span_cut_utf8(mode, LIMIT_SHOWN_BYTES)));
}

/* A TOML basic string takes the escapes of a JSON string. */
static void add_config(struct strv *argv, const char *key, struct span text)
{
  struct buf line = buf_make(8 * LIMIT_ARGUMENT_BYTES);
  buf_addf(&line, "%s=", key);
  json_escape(&line, text);
  strv_add(argv, SPAN_LITERAL("--config"));
  strv_add(argv, buf_span(&line));
  buf_free(&line);
}

/* Laid over a server of that name in the user's own configuration, member by member (one
 * that is a command there makes Codex refuse both: "url is not supported for stdio").
 *
 * required: else Codex waits a second for the bridge and then goes on without it.
 * default_tools_approval_mode: else every tool is refused in a sandbox, as nobody is
 * there to approve it.  tool_timeout_sec: its own default is 60 s in the manual. */
static void add_bridge(struct process_plan *out, const struct bridge_address *bridge,
                       unsigned deadline_ms)
{
  struct buf line = buf_make(64 * KIB);
  buf_add_text(&line, "mcp_servers.");
  buf_add(&line, bridge->name);
  buf_add_text(&line, "={url=");
  json_escape(&line, bridge->url);
  buf_addf(&line,
           ",bearer_token_env_var=\"" TOKEN_NAME "\",required=true,"
           "default_tools_approval_mode=\"approve\",tool_timeout_sec=%u}",
           deadline_ms / 1000 + 1);
  strv_add(&out->argv, SPAN_LITERAL("--config"));
  strv_add(&out->argv, buf_span(&line));
  strv_set_env(&out->env, TOKEN_NAME, bridge->token);
  buf_free(&line);
}

/* The values of all headers go by environment: argv is for everybody's eyes. */
static void add_server(struct process_plan *out, const struct mcp_server *server,
                       size_t number, unsigned deadline_ms)
{
  struct buf line = buf_make(LIMIT_ARGUMENT_BYTES), name = buf_make(KIB);
  buf_addf(&line, "mcp_servers.%s={url=", server->name.at);
  json_escape(&line, server->url);
  buf_add_text(&line, ",env_http_headers={");
  for (size_t i = 0; i < server->header_count; i++) {
    buf_clear(&name);
    buf_addf(&name, "MCP_SERVER_%zu_HEADER_%zu", number, i);
    json_escape(&line, server->headers[i].name);
    buf_addf(&line, "=\"%s\"%s", name.at, i + 1 < server->header_count ? "," : "");
    strv_set_env(&out->env, name.at, server->headers[i].text);
  }
  buf_addf(&line, "},default_tools_approval_mode=\"approve\",tool_timeout_sec=%u}",
           deadline_ms / 1000 + 1);
  strv_add(&out->argv, SPAN_LITERAL("--config"));
  strv_add(&out->argv, buf_span(&line));
  buf_free(&line);
  buf_free(&name);
}

static int add_options(struct process_plan *out, const struct run_request *req,
                       struct fault *f)
{
  struct strv *argv = &out->argv;
  struct span sandbox;
  if (choose_sandbox(req, &sandbox, f) != 0)
    return -1;
  /* "default" is what `runlet run` puts where no model is named: the user's own. */
  if (!span_is(req->model, "default") &&
      arguments_add(argv, "--model", req->model, "model", "codex", f) != 0)
    return -1;
  strv_add(argv, SPAN_LITERAL("--sandbox"));
  strv_add(argv, sandbox);
  strv_add(argv, SPAN_LITERAL("--skip-git-repo-check"));
  add_config(argv, "approval_policy", SPAN_LITERAL("never"));
  if (policy_restricts(&req->policy) && req->policy.network == PERMISSION_DENY) {
    static const char *const off[] = {"sandbox_workspace_write.network_access=false",
                                      "web_search=\"disabled\""};
    for (size_t i = 0; i < 2; i++) {
      strv_add(argv, SPAN_LITERAL("--config"));
      strv_add(argv, span_of(off[i]));
    }
  }
  strv_add(argv, SPAN_LITERAL("--config"));
  strv_add(argv, SPAN_LITERAL("check_for_update_on_startup=false"));
  strv_add(argv, SPAN_LITERAL("--config"));
  strv_add(argv, SPAN_LITERAL("analytics.enabled=false"));
  /* It writes the whole environment, secrets too, into a file below HOME (0.171.0). */
  strv_add(argv, SPAN_LITERAL("--config"));
  strv_add(argv, SPAN_LITERAL("features.shell_snapshot=false"));
  if (req->effort.len > 0) {
    if (arguments_check(req->effort, "modelOptions.effort", "codex", f) != 0)
      return -1;
    add_config(argv, "model_reasoning_effort", req->effort);
  }
  return 0;
}

int codex_plan(const struct run_request *req, const struct bridge_address *bridge,
               const struct plan_place *place, struct process_plan *out, struct fault *f)
{
  static const char *const front[] = {"codex", "exec", "--json"};
  if (prompt_write(req, &codex_prompt, &out->first_input, f) != 0)
    return -1;
  out->input = INPUT_ONCE;
  for (size_t i = 0; i < sizeof front / sizeof front[0]; i++)
    strv_add(&out->argv, span_of(front[i]));
  if (add_options(out, req, f) != 0)
    return -1;
  if (bridge)
    add_bridge(out, bridge, arguments_tool_deadline_ms(req));
  for (size_t i = 0; place->servers && i < place->servers->count; i++)
    add_server(out, &place->servers->at[i], i, arguments_tool_deadline_ms(req));
  if (req->output_schema.len > 0) {
    struct buf schema = buf_make(req->output_schema.len);
    buf_add(&schema, req->output_schema);
    arguments_add_file(out, place, "--output-schema", SCHEMA_FILE, &schema);
  }
  if (req->session_id.len > 0) /* a command: it comes after all options */
    return arguments_add(&out->argv, "resume", req->session_id, "modelOptions.sessionId",
                         "codex", f);
  return 0;
}
