/* SPDX-License-Identifier: MIT */
/* option_table.c - the rows, in the order of --help.  A row names the member of struct
 * options that it writes, so a new option that is a setting of a run, of the server or of
 * the records is its row alone.  */
#include "option_table.h"

#include "base/limits.h"
#include "door/options.h"

#include <ctype.h>
#include <stddef.h>

#define MS_MOST 2147483647ull

#define SETTING(field)                                                                   \
  .at = offsetof(struct options, field), .size = sizeof(((struct options *)0)->field)
#define TEXT_ROW(option, field, group, preset, form, words)                              \
  {                                                                                      \
    .name = option, .kind = OPTION_TEXT, SETTING(field), .groups = OPTIONS_##group,      \
    .text = preset, .value = form, .help = words                                         \
  }
#define YES_ROW(option, field, group, words)                                             \
  {                                                                                      \
    .name = option, .kind = OPTION_YES, SETTING(field), .groups = OPTIONS_##group,       \
    .help = words                                                                        \
  }
#define NUMBER_ROW(option, field, group, least, most, preset, words)                     \
  {                                                                                      \
    .name = option, .kind = OPTION_NUMBER, SETTING(field), .groups = OPTIONS_##group,    \
    .lowest = least, .highest = most, .number = preset, .value = "N", .help = words      \
  }
#define MS_ROW(option, field, group, least, preset, words)                               \
  NUMBER_ROW(option, field, group, least, MS_MOST, preset, words)

#define COUNT_ROW(option, kind, words)                                                   \
  NUMBER_ROW(option, run.settings.max_budget.most[BUDGET_##kind], RUN, 0, 1ull << 53, 0, \
             words)

const struct option option_table[] = {
    TEXT_ROW(
        "listen", serve.listen, SERVICE, NULL, "HOST:PORT",
        "where to listen; default 127.0.0.1 and $RUNNER_PORT or 8080; port 0 takes any"),
    {.name = "token-file",
     .kind = OPTION_TEXT,
     SETTING(serve.token_file),
     .groups = OPTIONS_SERVICE | OPTIONS_TOKEN,
     .value = "FILE",
     .help = "callers must send the token in FILE as Bearer (or set RUNLET_TOKEN)"},
    YES_ROW("allow-unauthenticated", serve.allow_unauthenticated, SERVICE,
            "listen beyond loopback without a token"),
    TEXT_ROW(
        "workspace", run.settings.workspace, RUN, NULL, "DIR",
        "the agent's folder; default: /workspace for serve if it can be used, else the "
        "current folder"),
    YES_ROW("workspace-per-thread", run.settings.workspace_per_thread, RUN,
            "each thread works in a folder of its own below the workspace"),
    TEXT_ROW("agent-user", run.agent_user, RUN, NULL, "USER",
             "the agent runs as USER of /etc/passwd, so that what runlet knows is closed "
             "to it; "
             "runlet must be root"),
    YES_ROW("agent-may-gain-privileges", run.agent_may_gain_privileges, RUN,
            "with --agent-user: sudo and its like work for the agent"),
    TEXT_ROW(
        "state-dir", run.state_dir, RUN, NULL, "DIR",
        "private files of runs, mode 700; default $TMPDIR or /tmp, then runlet-<uid>"),
    TEXT_ROW(
        "ca-file", run.ca_file, RUN, NULL, "FILE",
        "certificates to trust for https tool calls; default $SSL_CERT_FILE, then the "
        "system's"),
    TEXT_ROW(
        "tool-command", run.settings.tool_command, RUN, NULL, "CMD",
        "run tools here instead of calling toolExecUrl: /bin/sh -c CMD, {name,args} on "
        "stdin, result on stdout"),
    TEXT_ROW(
        "otlp-endpoint", run.otlp_endpoint, RUN, NULL, "URL",
        "where spans of runs go, by OTLP over HTTP in JSON, to URL/v1/traces; default: "
        "as OTEL_EXPORTER_OTLP_* say, else nowhere"),
    YES_ROW("otlp-content", run.settings.otlp_content, RUN,
            "… with prompts, answers, arguments and results of tools"),
    TEXT_ROW("output", run.output, OUTPUT, NULL, "ndjson|pretty",
             "default: pretty on a terminal, else ndjson"),
    TEXT_ROW("record", run.record, ONCE, NULL, "FILE",
             "what the agent says goes to FILE (mode 600), too: for runlet translate"),
    YES_ROW("json", run.json, CHECK, "as JSON"),
    YES_ROW("full", run.full, OUTPUT, "pretty: nothing is cut or folded"),
    NUMBER_ROW("messages-fd", run.messages_fd, ONCE, 0, 65535, 0,
               "messages to the agent while it works, lines as of POST "
               "/runs/{id}/messages, from this descriptor; 0: none"),
    TEXT_ROW("session-file", run.session_file, ONCE, NULL, "FILE",
             "the archive of the agent's session goes there (session.export)"),
    NUMBER_ROW("max-runs", serve.max_runs, SERVICE, 1, 10000, LIMIT_RUNS,
               "runs at the same time; more: 503"),
    NUMBER_ROW(
        "max-connections", serve.http.connections, SERVICE, 1, 100000, LIMIT_CONNECTIONS,
        "open connections of the service; more: the longest silent is closed, or 503"),
    NUMBER_ROW("run-memory-bytes", run.settings.run_memory_bytes, RUN, MIB, 1ull << 40,
               LIMIT_RUN_MEMORY_BYTES,
               "what is held for a run at once: half-read messages, open calls, answers; "
               "more: RUN_ERROR memory-limit"),
    NUMBER_ROW("max-run-calls", run.settings.max_run_calls, RUN, 1, 100000,
               LIMIT_RUN_CALLS, "tool calls of a run in flight; more wait their turn"),
    NUMBER_ROW("max-calls", run.settings.max_calls, RUN, 1, 100000, LIMIT_CALLS,
               "… of all runs"),
    NUMBER_ROW("max-waiting-calls", run.settings.max_waiting_calls, RUN, 0, 100000,
               LIMIT_WAITING_CALLS,
               "tool calls of a run that wait; more: the JSON-RPC error -32000"),
    NUMBER_ROW("max-body-bytes", run.max_body_bytes, RUN, 1024, (size_t)1 << 30,
               LIMIT_BODY_BYTES, "size of a request; more: 413"),
    NUMBER_ROW("max-line-bytes", max_line_bytes, AGENT, 1024, (size_t)1 << 30,
               LIMIT_LINE_BYTES,
               "size of one line of the agent; longer ones are left out with a warning"),
    MS_ROW("run-timeout-ms", run.settings.deadlines.run_ms, RUN, 1, LIMIT_RUN_MS,
           "a run's length, unless the request says timeouts.runMs"),
    MS_ROW("max-run-ms", run.settings.max_run_ms, RUN, 0, 0,
           "cap for timeouts.runMs; 0: none"),
    {.name = "max-budget-usd",
     .kind = OPTION_USD,
     SETTING(run.settings.max_budget.most[BUDGET_USD]),
     .groups = OPTIONS_RUN,
     .value = "N",
     .help = "cap for budget.usd, what a run may cost in US dollars, as 0.25; 0: none"},
    COUNT_ROW("max-budget-tokens", TOKENS, "cap for budget.tokens; 0: none"),
    COUNT_ROW("max-budget-tool-calls", TOOL_CALLS, "cap for budget.toolCalls; 0: none"),
    COUNT_ROW("max-budget-model-turns", MODEL_TURNS,
              "cap for budget.modelTurns; 0: none"),
    MS_ROW("start-timeout-ms", run.settings.deadlines.start_ms, RUN, 1, LIMIT_START_MS,
           "start of the agent to its first line (timeouts.startMs)"),
    MS_ROW("idle-timeout-ms", run.settings.deadlines.idle_ms, RUN, 0, LIMIT_IDLE_AGENT_MS,
           "silence of the agent while no tool is running (timeouts.idleMs); 0: off"),
    MS_ROW("tool-timeout-ms", run.settings.deadlines.tool_ms, RUN, 1, LIMIT_TOOL_MS,
           "one tool call (timeouts.toolMs)"),
    MS_ROW("kill-grace-ms", run.settings.deadlines.kill_grace_ms, RUN, 1,
           LIMIT_KILL_GRACE_MS, "TERM to KILL (timeouts.killGraceMs)"),
    MS_ROW(
        "drain-ms", run.settings.deadlines.drain_ms, RUN, 1, LIMIT_DRAIN_MS,
        "exit of the agent to the end of its output, when something else holds it open "
        "(timeouts.drainMs)"),
    MS_ROW("result-grace-ms", run.settings.result_grace_ms, RUN, 1, LIMIT_RESULT_GRACE_MS,
           "the agent's result to its exit, without a line; three times that with lines"),
    MS_ROW("background-timeout-ms", run.settings.deadlines.background_ms, RUN, 0,
           LIMIT_BACKGROUND_MS,
           "the agent's result to the end of the background tasks that it has open "
           "(timeouts.backgroundMs); 0: they are not waited for"),
    MS_ROW("setup-timeout-ms", run.settings.deadlines.setup_ms, RUN, 1, LIMIT_SETUP_MS,
           "a step of workspace.setup, or a command of git (timeouts.setupMs)"),
    NUMBER_ROW(
        "max-agent-retries", run.settings.max_agent_retries, RUN, 0, 1000000,
        LIMIT_AGENT_RETRIES,
        "retries in a row, for one reason, of an agent whose model's API fails and that "
        "does not say when it gives up; 0: any number"),
    MS_ROW("heartbeat-ms", run.settings.heartbeat_ms, RUN, 0, LIMIT_HEARTBEAT_MS,
           "silence until a runlet.heartbeat event (heartbeatMs); 0: off"),
    MS_ROW("write-stall-ms", serve.http.write_stall_ms, SERVICE, 100,
           LIMIT_WRITE_STALL_MS, "a reader that takes no byte for so long is gone"),
    NUMBER_ROW("log-memory-bytes", serve.records.memory_bytes, SERVICE, 0,
               (size_t)1 << 30, LIMIT_LOG_MEMORY_BYTES,
               "of each run's events, kept in memory for readers that come later"),
    NUMBER_ROW("log-spill-bytes", serve.records.spill_bytes, SERVICE, 0, 1ull << 40,
               LIMIT_LOG_SPILL_BYTES,
               "… and then in a file in the state folder, where the newest overwrite the "
               "oldest; "
               "0: no file"),
    MS_ROW("keep-ms", serve.records.keep_ms, SERVICE, 0, LIMIT_KEEP_MS,
           "how long the events of a run that is over can still be read"),
    NUMBER_ROW("keep-runs", serve.records.keep_runs, SERVICE, 0, 10000, LIMIT_KEEP_RUNS,
               "… of at most so many runs"),
    NUMBER_ROW("keep-bytes", serve.records.keep_bytes, SERVICE, 0, 1ull << 40,
               LIMIT_KEEP_BYTES, "… and at most so many bytes, in memory and files"),
    TEXT_ROW("require-cli", serve.require_cli, SERVICE, NULL, "A,B",
             "programs that must be on PATH for GET /ready to say yes"),
    TEXT_ROW("runs-harness", serve.runs_harness, SERVICE, "command", "ID",
             "what runs the code of POST /v1/runs: command (node), or an agent"),
    TEXT_ROW("agui-harness", serve.agui.harness, SERVICE, NULL, "ID",
             "the agent of POST /agui, for AG-UI clients; without it there is no such "
             "address"),
    TEXT_ROW("agui-model", serve.agui.model, SERVICE, NULL, "NAME",
             "… its model; default: the agent's own"),
    TEXT_ROW("agui-defaults", serve.agui.defaults, SERVICE, NULL, "FILE",
             "… further members of its run requests, a JSON object"),
    TEXT_ROW("agui-tools", serve.agui.tools, SERVICE, NULL, "FILE",
             "… the host's tools, JSON as toolDescriptors"),
    TEXT_ROW("agui-tool-url", serve.agui.tool_url, SERVICE, NULL, "URL",
             "… where they are called, as toolExecUrl"),
    TEXT_ROW("agui-tool-token-file", serve.agui.tool_token_file, SERVICE, NULL, "FILE",
             "… and the file with the token for that"),
    MS_ROW("agui-hold-ms", serve.agui.hold_ms, SERVICE, 1, LIMIT_HOLD_MS,
           "… how long an agent that waits for its page is held"),
    TEXT_ROW(
        "allow-origin", serve.allow_origin, SERVICE, NULL, "ORIGIN,…",
        "whose web pages may call /agui, as https://app.example; *: all, which needs "
        "a token"),
    MS_ROW("bridge-hold-ms", run.settings.bridge_hold_ms, RUN, 1, LIMIT_BRIDGE_HOLD_MS,
           "tool results that take longer are streamed to the agent"),
    MS_ROW("bridge-progress-ms", run.settings.bridge_progress_ms, RUN, 1,
           LIMIT_BRIDGE_PROGRESS_MS,
           "between signs of life to the agent during a tool call"),
    YES_ROW(
        "mcp-legacy-only", run.settings.mcp_legacy_only, RUN,
        "speak only MCP up to 2025-11-25 to the agent: for one that fails in 2026-07-28"),
    TEXT_ROW("url", health_url, HEALTH, NULL, "URL",
             "of the service; default http://127.0.0.1:8080/health, or /ready"),
    YES_ROW("verbose", version_verbose, VERSION,
            "also the commit, the compiler and the libraries inside"),
    {.name = "harness",
     .kind = OPTION_TEXT,
     SETTING(harness),
     .groups = OPTIONS_RECORDING | OPTIONS_BRIDGE,
     .text = "claude-code",
     .value = "ID",
     .help = "translate: whose transcript it is; bridge: the agent that it drives"},
    TEXT_ROW("workdir", bridge.workdir, BRIDGE, NULL, "DIR",
             "the agent's folder, as the host names it; goes before --workspace"),
    TEXT_ROW("bridge-state-dir", bridge.state_dir, BRIDGE, NULL, "DIR",
             "where the host looks for bridge-meta.json and event-log.ndjson"),
    TEXT_ROW("bridge-type", bridge.type, BRIDGE, NULL, "NAME",
             "the type in bridge-meta.json; default: the harness"),
    TEXT_ROW(
        "events", translate.events, RECORDING, NULL, "NAME",
        "how they are spelled: tanstack (default), ag-ui, pretty, or harness (stream "
        "parts of a vercel/ai harness)"),
    TEXT_ROW("model", translate.model, RECORDING, "unknown", "NAME",
             "the model named in the events"),
    TEXT_ROW("run-id", translate.run_id, RECORDING, "run", "ID",
             "the run id in the events"),
    TEXT_ROW("thread-id", translate.thread_id, RECORDING, "thread", "ID",
             "the thread id in the events"),
    NUMBER_ROW("exit-status", translate.exit_status, RECORDING, 0, 255, 0,
               "how the agent exited"),
    NUMBER_ROW("signal", translate.signal, RECORDING, 0, 64, 0,
               "the signal that killed it; 0: none"),
    YES_ROW("stream", session_stream, SESSION,
            "events as lines on stdout instead of files in the session's folder"),
    TEXT_ROW("log-format", log.format_name, LOG, "text", "text|json",
             "form of the log on stderr"),
    TEXT_ROW("log-level", log.level_name, LOG, "info", "LEVEL",
             "debug, info, warn, error or silent"),
};
const size_t option_count = sizeof option_table / sizeof *option_table;

void option_variable(const struct option *o, struct buf *out)
{
  buf_add_text(out, "RUNLET_");
  for (const char *c = o->name; *c; c++)
    buf_add_char(out, *c == '-' ? '_' : (char)toupper((unsigned char)*c));
}
