/* SPDX-License-Identifier: MIT */
/* acp_agents.c - the table of ACP agents.  All rows but those of pi, cline, auggie and
 * gemini are played by the interop tests.  */
#include "acp_agents.h"

#include "agent/session_stores.h"

#include <string.h>

enum { TURNS = 1 << BUDGET_MODEL_TURNS, TOKENS = TURNS | 1 << BUDGET_TOKENS };

static const struct prompt_guard claude_guard = {
    .commands = "/", .front = "\n", .mentions = MENTIONS_OUTSIDE_WORDS};
static const struct prompt_guard codex_guard = {
    .commands = "/", .behind_blanks = true, .front = "User: ", .skills = true};
const struct prompt_guard acp_any_guard = {.commands = "/",
                                           .behind_blanks = true,
                                           .front = "User: ",
                                           .mentions = MENTIONS_OUTSIDE_WORDS};

static const struct acp_agent agents[] = {
    /* As root claude has no mode bypassPermissions without IS_SANDBOX. */
    {.name = "claude",
     .argv = {"claude-agent-acp"},
     .programs = {"claude-agent-acp", "claude-code-acp"},
     .skills = ".claude",
     .sessions = &session_store_claude,
     .info = "@agentclientprotocol/claude-agent-acp",
     .env = {{"IS_SANDBOX", "1"},
             {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
             {"DISABLE_AUTOUPDATER", "1"}},
     .guard = &claude_guard,
     .asks_by = "_meta",
     .expands = true,
     .counts = TOKENS,
     .limits_usd = true},
    {.name = "codex",
     .argv = {"codex-acp"},
     .programs = {"codex-acp"},
     .skills = ".codex .agents",
     .sessions = &session_store_codex,
     .info = "@agentclientprotocol/codex-acp",
     .guard = &codex_guard,
     .counts = TOKENS},
    {.name = "copilot",
     .argv = {"copilot", "--acp"},
     .programs = {"copilot"},
     .skills = ".github .agents .claude",
     .sessions = &session_store_copilot,
     .info = "Copilot",
     .env = {{"COPILOT_AUTO_UPDATE", "false"}},
     .asks_by = "",
     .always_counts = true,
     .counts = TURNS, /* its tokens come with the turn's end */
     .counts_session = true},
    {.name = "qwen",
     .argv = {"qwen", "--acp"},
     .programs = {"qwen", "qwen-code"},
     .skills = ".qwen .agents",
     .sessions = &session_store_qwen,
     .info = "qwen-code",
     .counts = TOKENS},
    {.name = "kimi",
     .argv = {"kimi", "acp"},
     .programs = {"kimi", "kimi-code"},
     .skills = ".agents",
     .info = "Kimi Code CLI",
     .env = {{"KIMI_CODE_NO_AUTO_UPDATE", "1"}},
     .asks_by = ""},
    {.name = "opencode",
     .argv = {"opencode", "acp"},
     .programs = {"opencode", "opencode-ai"},
     .skills = ".opencode .claude .agents",
     .sessions = &session_store_opencode,
     .info = "OpenCode",
     .env = {{"OPENCODE_DISABLE_AUTOUPDATE", "1"}},
     .asks_by = "OPENCODE_PERMISSION"},
    {.name = "kilo",
     .argv = {"kilo", "acp"},
     .programs = {"kilo", "kilocode"},
     .skills = ".kilo .kilocode .claude .agents",
     .sessions = &session_store_kilo,
     .info = "Kilo",
     .env = {{"KILO_DISABLE_AUTOUPDATE", "1"}},
     .asks_by = "KILO_PERMISSION"},
    {.name = "cline", .argv = {"cline", "--acp"}, .programs = {"cline"}},
    {.name = "auggie", .argv = {"auggie", "--acp"}, .programs = {"auggie"}},
    {.name = "pi", .argv = {"pi-acp"}, .programs = {"pi-acp"}},
    {.name = "gemini",
     .argv = {"gemini", "--acp"},
     .programs = {"gemini"},
     .skills = ".gemini .agents",
     .env = {{"GEMINI_CLI_NO_RELAUNCH", "true"}, {"GEMINI_CLI_TRUST_WORKSPACE", "true"}}},
};
enum { AGENTS = sizeof agents / sizeof agents[0] };

const struct acp_agent *acp_agent_named(struct span name)
{
  for (size_t i = 0; i < AGENTS; i++)
    if (name.len > 0 && span_is(name, agents[i].name))
      return &agents[i];
  return NULL;
}

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

static bool is_program(const struct acp_agent *agent, struct span name)
{
  for (size_t i = 0; i < 3 && agent->programs[i]; i++)
    if (span_is(name, agent->programs[i]))
      return true;
  return false;
}

const struct acp_agent *acp_agent_of(const struct spans *command)
{
  for (size_t w = 0; w < command->count; w++)
    for (size_t i = 0; i < AGENTS; i++)
      if (is_program(&agents[i], program_name(command->at[w])))
        return &agents[i];
  return NULL;
}

const struct acp_agent *acp_agent_by_info(struct span info_name)
{
  for (size_t i = 0; i < AGENTS; i++)
    if (agents[i].info && span_is(info_name, agents[i].info))
      return &agents[i];
  return NULL;
}

void acp_agent_names(struct buf *out)
{
  for (size_t i = 0; i < AGENTS; i++)
    buf_addf(out, "%s%s", i ? ", " : "", agents[i].name);
}
