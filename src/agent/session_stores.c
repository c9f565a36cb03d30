/* SPDX-License-Identifier: MIT */
/* session_stores.c - as seen with Claude Code 2.1, Codex 0.171, Gemini CLI 0.61 and Grok
 * Build 1.0. */
#include "agent/session_stores.h"

#include <stddef.h>

#define CLAUDE_SESSION "projects/{w}/{i}"
static const char *const claude_paths[] = {
    CLAUDE_SESSION ".jsonl",
    CLAUDE_SESSION "/subagents/agent-*.jsonl",
    CLAUDE_SESSION "/subagents/agent-*.meta.json",
    CLAUDE_SESSION "/subagents/workflows/*/agent-*.jsonl",
    CLAUDE_SESSION "/subagents/workflows/*/agent-*.meta.json",
    CLAUDE_SESSION "/tool-results/*.txt",
    CLAUDE_SESSION "/tool-results/*.json",
    NULL};

const struct session_store session_store_claude = {.id = "claude-code",
                                                   .variable = "CLAUDE_CONFIG_DIR",
                                                   .root = ".claude",
                                                   .paths = claude_paths,
                                                   .folder = SESSION_DASHES,
                                                   .folders = "projects",
                                                   .version = "version",
                                                   .place = "cwd"};

static const char *const codex_paths[] = {"sessions/#/#/#/rollout-*-{i}.jsonl", NULL};

const struct session_store session_store_codex = {.id = "codex",
                                                  .variable = "CODEX_HOME",
                                                  .root = ".codex",
                                                  .paths = codex_paths,
                                                  .version = "cli_version",
                                                  .place = "cwd"};

static const char *const gemini_paths[] = {"tmp/{w}/chats/session-*-{s}.jsonl",
                                           "tmp/{w}/chats/{i}/*.jsonl", NULL};

const struct session_store session_store_gemini = {.id = "gemini",
                                                   .variable = "GEMINI_CLI_HOME",
                                                   .root = ".gemini",
                                                   .another_home = true,
                                                   .paths = gemini_paths,
                                                   .folder = SESSION_MARKED,
                                                   .folders = "tmp",
                                                   .lowers = 'T'};

#define GROK_SESSION "sessions/{w}/{i}/"
static const char *const grok_paths[] = {GROK_SESSION "chat_history.jsonl",
                                         GROK_SESSION "updates.jsonl",
                                         GROK_SESSION "summary.json",
                                         GROK_SESSION "system_prompt.txt",
                                         GROK_SESSION "plan.json",
                                         GROK_SESSION "signals.json",
                                         GROK_SESSION "usage.json",
                                         GROK_SESSION "compaction_checkpoints/*",
                                         NULL};

const struct session_store session_store_grok = {.id = "grok-build",
                                                 .variable = "GROK_HOME",
                                                 .root = ".grok",
                                                 .paths = grok_paths,
                                                 .folder = SESSION_PERCENT,
                                                 .folders = "sessions",
                                                 .place = "cwd"};

/* Its export to a pipe is cut off after some 64 KiB.  What it takes goes over what is
 * there. */
#define NO_UPDATE     "export OPENCODE_DISABLE_AUTOUPDATE=1 KILO_DISABLE_AUTOUPDATE=1\n"
#define EXPORT_SCRIPT NO_UPDATE "exec \"$0\" export \"$1\" >\"$2\""
#define IMPORT_SCRIPT                                                                    \
  NO_UPDATE "\"$0\" export \"$1\" >/dev/null 2>&1 </dev/null && exit 77\n"               \
            "exec \"$0\" import /dev/stdin"

const struct session_store session_store_opencode = {.id = "opencode",
                                                     .version = "version",
                                                     .export_script = EXPORT_SCRIPT,
                                                     .import_script = IMPORT_SCRIPT};
const struct session_store session_store_kilo = {.id = "kilo",
                                                 .version = "version",
                                                 .export_script = EXPORT_SCRIPT,
                                                 .import_script = IMPORT_SCRIPT};

static const char *const copilot_paths[] = {"session-state/{i}/events.jsonl",
                                            "session-state/{i}/workspace.yaml",
                                            "session-state/{i}/checkpoints/*.md", NULL};

const struct session_store session_store_copilot = {.id = "copilot",
                                                    .variable = "COPILOT_HOME",
                                                    .root = ".copilot",
                                                    .paths = copilot_paths,
                                                    .version = "copilotVersion",
                                                    .place = "cwd"};

static const char *const qwen_paths[] = {"projects/{w}/chats/{i}.jsonl", NULL};

const struct session_store session_store_qwen = {.id = "qwen",
                                                 .root = ".qwen",
                                                 .paths = qwen_paths,
                                                 .folder = SESSION_DASHES,
                                                 .folders = "projects",
                                                 .version = "version",
                                                 .place = "cwd"};
