/* SPDX-License-Identifier: MIT */
/* acp_plan.c - command lines of ACP agents, and what the session will need.
 *
 * Nearly all of a run goes by the dialogue, so a plan is short.  A few agents need a
 * variable of their own before they work in a container; they are known by the name of
 * their program.  */
#include "acp_plan.h"

#include "acp_messages.h"
#include "agent/arguments.h"
#include "agent/prompt.h"
#include "base/json_write.h"
#include "base/limits.h"

#include <string.h>

/* What agents need that are known by the name of their program, wherever it stands in the
 * command line (`npx @zed-industries/claude-code-acp@0.16.2`). */
static const struct prompt_guard claude_guard = {
    .commands = "/", .front = "\n", .mentions = MENTIONS_OUTSIDE_WORDS};
static const struct prompt_guard codex_guard = {
    .commands = "/", .behind_blanks = true, .front = "User: ", .skills = true};
/* An agent names its commands by available_commands_update, which may come when the
 * prompt is on its way: one that nobody knows is taken to have some, and to read
 * files. */
static const struct prompt_guard any_guard = {.commands = "/",
                                              .behind_blanks = true,
                                              .front = "User: ",
                                              .mentions = MENTIONS_OUTSIDE_WORDS};

static const struct known {
  const char *program;
  const char *env[3][2];
  const struct prompt_guard *guard; /* NULL: any_guard */
  bool expands; /* ${NAME} in the header of an MCP server, which it puts into an argv */
} known_agents[] = {
    /* As root claude has no mode bypassPermissions without IS_SANDBOX. */
    {.program = "claude-code-acp",
     .expands = true,
     .guard = &claude_guard,
     .env = {{"IS_SANDBOX", "1"},
             {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
             {"DISABLE_AUTOUPDATER", "1"}}},
    {.program = "codex-acp", .guard = &codex_guard},
    {.program = "gemini",
     .env = {{"GEMINI_CLI_NO_RELAUNCH", "true"}, {"GEMINI_CLI_TRUST_WORKSPACE", "true"}}},
};

/* Its last path component, without a version behind @. */
static struct span program_name(struct span word)
{
  for (size_t i = word.len; i > 0; i--)
    if (word.at[i - 1] == '/') {
      word = span_after(word, i);
      break;
    }
  const char *at = word.len > 1 ? memchr(word.at + 1, '@', word.len - 1) : NULL;
  return at ? (struct span){word.at, (size_t)(at - word.at)} : word;
}

/* NULL: nobody we know. */
static const struct known *known_find(const struct spans *command)
{
  for (size_t w = 0; w < command->count; w++)
    for (size_t i = 0; i < sizeof known_agents / sizeof known_agents[0]; i++)
      if (span_is(program_name(command->at[w]), known_agents[i].program))
        return &known_agents[i];
  return NULL;
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
  const struct known *known = known_find(command);
  for (size_t i = 0; known && i < 3 && known->env[i][0]; i++)
    strv_set_env(&out->env, known->env[i][0], span_of(known->env[i][1]));
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
  return 0;
}

#define TOKEN_VARIABLE "MCP_BRIDGE_TOKEN"

static void write_servers(const struct bridge_address *bridge, struct span token,
                          struct buf *out)
{
  struct buf bearer = buf_make(4 * KIB);
  *out = buf_make(64 * KIB);
  struct json_writer w = json_write_to(out);
  buf_add_text(&bearer, "Bearer ");
  buf_add(&bearer, token);
  json_open(&w, NULL, '[');
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("http"));
  json_put_text(&w, "name", bridge->name);
  json_put_text(&w, "url", bridge->url);
  json_open(&w, "headers", '[');
  json_open(&w, NULL, '{');
  json_put_text(&w, "name", SPAN_LITERAL("Authorization"));
  json_put_text(&w, "value", buf_span(&bearer));
  json_close(&w, '}');
  json_close(&w, ']');
  json_close(&w, '}');
  json_close(&w, ']');
  buf_wipe(&bearer);
}

int acp_plan(struct acp *a, const struct acp_profile *profile,
             const struct run_request *req, const struct bridge_address *bridge,
             const struct plan_place *place, struct process_plan *out, struct fault *f)
{
  const struct known *known = known_find(&req->harness_options.command);
  a->guard = profile->guard ? profile->guard : known ? known->guard : NULL;
  if (!a->guard)
    a->guard = &any_guard;
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
    bool expands = known && known->expands;
    if (expands)
      strv_set_env(&out->env, TOKEN_VARIABLE, bridge->token);
    write_servers(bridge, expands ? SPAN_LITERAL("${" TOKEN_VARIABLE "}") : bridge->token,
                  &a->servers);
  }
  out->input = INPUT_DIALOGUE;
  acp_initialize(&out->first_input);
  a->waiting = ACP_INITIALIZE;
  return 0;
}
