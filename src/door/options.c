/* SPDX-License-Identifier: MIT */
/* options.c - see options.h. */
#include "door/options.h"

#include "base/limits.h"
#include "base/mem.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define RUN       COMMAND_RUN
#define SERVE     COMMAND_SERVE
#define TRANSLATE COMMAND_TRANSLATE
#define BOTH      (COMMAND_RUN | COMMAND_SERVE)

enum kind { TEXT, NUMBER, YES };

struct option {
  const char *name; /* without "--" */
  enum kind kind;
  size_t at; /* offset in struct options */
  unsigned commands;
  unsigned long long lowest, highest, number; /* NUMBER: range and default */
  const char *text;                           /* TEXT: default, NULL: none */
  const char *value, *help;                   /* for people */
};

#define MS_MOST   2147483647ull
#define AT(field) offsetof(struct options, field)

static const struct option table[] = {
    {"listen", TEXT, AT(listen), SERVE, 0, 0, 0, NULL, "HOST:PORT",
     "where to listen; default 127.0.0.1 and $RUNNER_PORT or 8080; port 0 takes any"},
    {"token-file", TEXT, AT(token_file), SERVE, 0, 0, 0, NULL, "FILE",
     "callers must send the token in FILE as Bearer (or set RUNLET_TOKEN)"},
    {"allow-unauthenticated", YES, AT(allow_unauthenticated), SERVE, 0, 0, 0, NULL, NULL,
     "listen beyond loopback without a token"},
    {"workspace", TEXT, AT(workspace), BOTH, 0, 0, 0, NULL, "DIR",
     "the agent's folder; default: /workspace for serve if it can be used, else the "
     "current folder"},
    {"workspace-per-thread", YES, AT(workspace_per_thread), BOTH, 0, 0, 0, NULL, NULL,
     "each thread works in a folder of its own below the workspace"},
    {"agent-user", TEXT, AT(agent_user), BOTH, 0, 0, 0, NULL, "USER",
     "the agent runs as USER of /etc/passwd, so that what runlet knows is closed to it; "
     "runlet must be root"},
    {"agent-may-gain-privileges", YES, AT(agent_may_gain_privileges), BOTH, 0, 0, 0, NULL,
     NULL, "with --agent-user: sudo and its like work for the agent"},
    {"state-dir", TEXT, AT(state_dir), BOTH, 0, 0, 0, NULL, "DIR",
     "private files of runs, mode 700; default $TMPDIR or /tmp, then runlet-<uid>"},
    {"ca-file", TEXT, AT(ca_file), BOTH, 0, 0, 0, NULL, "FILE",
     "certificates to trust for https tool calls; default $SSL_CERT_FILE, then the "
     "system's"},
    {"tool-command", TEXT, AT(tool_command), BOTH, 0, 0, 0, NULL, "CMD",
     "run tools here instead of calling toolExecUrl: /bin/sh -c CMD, {name,args} on "
     "stdin, result on stdout"},
    {"output", TEXT, AT(output), RUN, 0, 0, 0, NULL, "ndjson|pretty",
     "default: pretty on a terminal, else ndjson"},
    {"max-runs", NUMBER, AT(max_runs), SERVE, 1, 10000, LIMIT_RUNS, NULL, "N",
     "runs at the same time; more: 503"},
    {"max-connections", NUMBER, AT(max_connections), SERVE, 1, 100000, LIMIT_CONNECTIONS,
     NULL, "N", "open connections of the service; more: 503"},
    {"max-body-bytes", NUMBER, AT(max_body_bytes), BOTH, 1024, (size_t)1 << 30,
     LIMIT_BODY_BYTES, NULL, "N", "size of a request; more: 413"},
    {"max-line-bytes", NUMBER, AT(max_line_bytes), BOTH | TRANSLATE, 1024,
     (size_t)1 << 30, LIMIT_LINE_BYTES, NULL, "N",
     "size of one line of the agent; longer ones are left out with a warning"},
    {"run-timeout-ms", NUMBER, AT(run_timeout_ms), BOTH, 1, MS_MOST, LIMIT_RUN_MS, NULL,
     "N", "a run's length, unless the request says timeouts.runMs"},
    {"max-run-ms", NUMBER, AT(max_run_ms), BOTH, 0, MS_MOST, 0, NULL, "N",
     "cap for timeouts.runMs; 0: none"},
    {"start-timeout-ms", NUMBER, AT(start_timeout_ms), BOTH, 1, MS_MOST, LIMIT_START_MS,
     NULL, "N", "start of the agent to its first line (timeouts.startMs)"},
    {"idle-timeout-ms", NUMBER, AT(idle_timeout_ms), BOTH, 0, MS_MOST,
     LIMIT_IDLE_AGENT_MS, NULL, "N",
     "silence of the agent while no tool is running (timeouts.idleMs); 0: off"},
    {"tool-timeout-ms", NUMBER, AT(tool_timeout_ms), BOTH, 1, MS_MOST, LIMIT_TOOL_MS,
     NULL, "N", "one tool call (timeouts.toolMs)"},
    {"kill-grace-ms", NUMBER, AT(kill_grace_ms), BOTH, 1, MS_MOST, LIMIT_KILL_GRACE_MS,
     NULL, "N", "TERM to KILL (timeouts.killGraceMs)"},
    {"drain-ms", NUMBER, AT(drain_ms), BOTH, 1, MS_MOST, LIMIT_DRAIN_MS, NULL, "N",
     "exit of the agent to the end of its output, when something else holds it open "
     "(timeouts.drainMs)"},
    {"result-grace-ms", NUMBER, AT(result_grace_ms), BOTH, 1, MS_MOST,
     LIMIT_RESULT_GRACE_MS, NULL, "N", "the agent's result to its exit"},
    {"heartbeat-ms", NUMBER, AT(heartbeat_ms), BOTH, 0, MS_MOST, LIMIT_HEARTBEAT_MS, NULL,
     "N", "silence until a runlet.heartbeat event (heartbeatMs); 0: off"},
    {"write-stall-ms", NUMBER, AT(write_stall_ms), SERVE, 100, MS_MOST,
     LIMIT_WRITE_STALL_MS, NULL, "N", "a reader that takes no byte for so long is gone"},
    {"log-memory-bytes", NUMBER, AT(log_memory_bytes), SERVE, 0, (size_t)1 << 30,
     LIMIT_LOG_MEMORY_BYTES, NULL, "N",
     "of each run's events, kept in memory for readers that come later"},
    {"log-spill-bytes", NUMBER, AT(log_spill_bytes), SERVE, 0, 1ull << 40,
     LIMIT_LOG_SPILL_BYTES, NULL, "N",
     "… and then in a file in the state folder, where the newest overwrite the oldest; "
     "0: no file"},
    {"keep-ms", NUMBER, AT(keep_ms), SERVE, 0, MS_MOST, LIMIT_KEEP_MS, NULL, "N",
     "how long the events of a run that is over can still be read"},
    {"keep-runs", NUMBER, AT(keep_runs), SERVE, 0, 10000, LIMIT_KEEP_RUNS, NULL, "N",
     "… of at most so many runs"},
    {"keep-bytes", NUMBER, AT(keep_bytes), SERVE, 0, 1ull << 40, LIMIT_KEEP_BYTES, NULL,
     "N", "… and at most so many bytes, in memory and files"},
    {"require-cli", TEXT, AT(require_cli), SERVE, 0, 0, 0, NULL, "A,B",
     "programs that must be on PATH for GET /ready to say yes"},
    {"bridge-hold-ms", NUMBER, AT(bridge_hold_ms), BOTH, 1, MS_MOST, LIMIT_BRIDGE_HOLD_MS,
     NULL, "N", "tool results that take longer are streamed to the agent"},
    {"bridge-progress-ms", NUMBER, AT(bridge_progress_ms), BOTH, 1, MS_MOST,
     LIMIT_BRIDGE_PROGRESS_MS, NULL, "N",
     "between signs of life to the agent during a tool call"},
    {"mcp-legacy-only", YES, AT(mcp_legacy_only), BOTH, 0, 0, 0, NULL, NULL,
     "speak only MCP up to 2025-11-25 to the agent: for one that fails in 2026-07-28"},
    {"harness", TEXT, AT(harness), TRANSLATE, 0, 0, 0, "claude-code", "ID",
     "whose transcript it is"},
    {"model", TEXT, AT(model), TRANSLATE, 0, 0, 0, "unknown", "NAME",
     "the model named in the events"},
    {"run-id", TEXT, AT(run_id), TRANSLATE, 0, 0, 0, "run", "ID",
     "the run id in the events"},
    {"thread-id", TEXT, AT(thread_id), TRANSLATE, 0, 0, 0, "thread", "ID",
     "the thread id in the events"},
    {"exit-status", NUMBER, AT(exit_status), TRANSLATE, 0, 255, 0, NULL, "N",
     "how the agent exited"},
    {"signal", NUMBER, AT(signal), TRANSLATE, 0, 64, 0, NULL, "N",
     "the signal that killed it; 0: none"},
    {"log-format", TEXT, AT(log_format), BOTH | TRANSLATE, 0, 0, 0, "text", "text|json",
     "form of the log on stderr"},
    {"log-level", TEXT, AT(log_level), BOTH | TRANSLATE, 0, 0, 0, "info", "LEVEL",
     "debug, info, warn, error or silent"},
};
#define OPTIONS (sizeof table / sizeof *table)

static const struct {
  const char *name, *arguments, *help;
  enum command command;
} commands[] = {
    {"run", "[FILE|-]",
     "one run from a JSON request on stdin or in FILE, events on stdout", COMMAND_RUN},
    {"serve", "[-- COMMAND [ARG…]]",
     "the container's service: POST /run, GET /runs, /health, /ready, /metrics; COMMAND "
     "(the image's former entrypoint) runs beside it",
     COMMAND_SERVE},
    {"translate", "[FILE|-]", "an agent's recorded output to events; starts nothing",
     COMMAND_TRANSLATE},
};
#define COMMANDS (sizeof commands / sizeof *commands)

/* "tool-timeout-ms" to "RUNLET_TOOL_TIMEOUT_MS". */
static void variable_name(const struct option *o, struct buf *out)
{
  buf_add_text(out, "RUNLET_");
  for (const char *c = o->name; *c; c++)
    buf_add_char(out, *c == '-' ? '_' : (char)toupper((unsigned char)*c));
}

static void *field(struct options *out, const struct option *o)
{
  return (char *)out + o->at;
}

static int set(const struct option *o, const char *source, const char *value,
               struct options *out, struct fault *f)
{
  if (o->kind == TEXT) {
    if (!value[0])
      return fault_set(f, FAULT_BAD_INPUT, "%s is empty", source);
    memcpy(field(out, o), &value, sizeof value);
    return 0;
  }
  if (o->kind == NUMBER) {
    unsigned long long number;
    if (!span_to_number(span_of(value), o->lowest, o->highest, &number))
      return fault_set(f, FAULT_BAD_INPUT,
                       "%s must be a whole number from %llu to %llu, not \"%.60s\"",
                       source, o->lowest, o->highest, value);
    memcpy(field(out, o), &number, sizeof number);
    return 0;
  }
  bool yes = !strcmp(value, "1") || !strcmp(value, "true");
  if (!yes && strcmp(value, "0") != 0 && strcmp(value, "false") != 0)
    return fault_set(f, FAULT_BAD_INPUT, "%s must be 1, 0, true or false, not \"%.60s\"",
                     source, value);
  memcpy(field(out, o), &yes, sizeof yes);
  return 0;
}

static void set_defaults(struct options *out)
{
  *out = (struct options){.file = "-"};
  for (size_t i = 0; i < OPTIONS; i++) {
    const struct option *o = &table[i];
    if (o->kind == TEXT)
      memcpy(field(out, o), &o->text, sizeof o->text);
    else if (o->kind == NUMBER)
      memcpy(field(out, o), &o->number, sizeof o->number);
  }
}

static int read_environment(char *const *env, struct options *out, struct fault *f)
{
  struct buf name = buf_make(KIB);
  int r = 0;
  for (size_t i = 0; i < OPTIONS && r == 0; i++) {
    if (!(table[i].commands & out->command))
      continue;
    buf_clear(&name);
    variable_name(&table[i], &name);
    for (size_t e = 0; env[e] && r == 0; e++)
      if (!strncmp(env[e], name.at, name.len) && env[e][name.len] == '=')
        r = set(&table[i], name.at, env[e] + name.len + 1, out, f);
  }
  buf_free(&name);
  return r;
}

static const struct option *option_find(struct span name)
{
  for (size_t i = 0; i < OPTIONS; i++)
    if (span_is(name, table[i].name))
      return &table[i];
  return NULL;
}

static const char *command_name(enum command c)
{
  for (size_t i = 0; i < COMMANDS; i++)
    if (commands[i].command == c)
      return commands[i].name;
  return "";
}

/* One "--name", "--name=value" or "--name value".  Moves `i` over what it used. */
static int read_flag(int argc, char *const *argv, int *i, struct options *out,
                     struct fault *f)
{
  const char *text = argv[*i] + 2, *equals = strchr(text, '=');
  struct span name = {text, equals ? (size_t)(equals - text) : strlen(text)};
  const struct option *o = option_find(name);
  if (!o)
    return fault_set(f, FAULT_BAD_INPUT,
                     "unknown option --%.*s (runlet %s --help lists them)", (int)name.len,
                     name.at, command_name(out->command));
  if (!(o->commands & out->command))
    return fault_set(f, FAULT_BAD_INPUT, "--%s does not belong to runlet %s", o->name,
                     command_name(out->command));
  const char *value = equals ? equals + 1 : NULL;
  if (!value && o->kind == YES)
    value = "1";
  if (!value && *i + 1 < argc)
    value = argv[++*i];
  if (!value)
    return fault_set(f, FAULT_BAD_INPUT, "--%s needs a value (%s)", o->name, o->value);
  char source[64];
  snprintf(source, sizeof source, "--%s", o->name);
  return set(o, source, value, out, f);
}

static int check_words(const struct options *o, struct fault *f)
{
  enum log_level level;
  if (!log_level_read(span_of(o->log_level), &level))
    return fault_set(
        f, FAULT_BAD_INPUT,
        "--log-level must be debug, info, warn, error or silent, not \"%.60s\"",
        o->log_level);
  if (strcmp(o->log_format, "text") != 0 && strcmp(o->log_format, "json") != 0)
    return fault_set(f, FAULT_BAD_INPUT,
                     "--log-format must be text or json, not \"%.60s\"", o->log_format);
  if (o->output && strcmp(o->output, "ndjson") != 0 && strcmp(o->output, "pretty") != 0)
    return fault_set(f, FAULT_BAD_INPUT,
                     "--output must be ndjson or pretty, not \"%.60s\"", o->output);
  return 0;
}

/* --help, --version, or the name of a command; true: there is nothing more to read. */
static bool read_command(const char *word, struct options *out, struct fault *f,
                         int *failed)
{
  *failed = 0;
  if (!strcmp(word, "--version")) {
    out->command = COMMAND_VERSION;
    return true;
  }
  out->help_markdown = !strcmp(word, "--help=markdown");
  if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help") ||
      out->help_markdown)
    return true;
  for (size_t i = 0; i < COMMANDS; i++)
    if (!strcmp(word, commands[i].name))
      out->command = commands[i].command;
  if (out->command != COMMAND_HELP)
    return false;
  *failed = fault_set(f, FAULT_BAD_INPUT,
                      "unknown command %.60s (runlet --help lists them)", word);
  return true;
}

/* Where the companion's words begin, "--" itself; argc: there is none. */
static int find_companion(int argc, char *const *argv)
{
  for (int i = 2; i < argc; i++)
    if (!strcmp(argv[i], "--"))
      return i;
  return argc;
}

static int read_companion(char *const *words, struct options *out, struct fault *f)
{
  if (out->command != COMMAND_SERVE)
    return fault_set(f, FAULT_BAD_INPUT,
                     "-- COMMAND belongs to runlet serve, not to runlet %s",
                     command_name(out->command));
  if (!words[0] || !words[0][0])
    return fault_set(f, FAULT_BAD_INPUT,
                     "-- needs a command to run beside the service "
                     "(runlet serve -- COMMAND [ARG…])");
  out->companion = words;
  return 0;
}

int options_read(int argc, char *const *argv, char *const *env, struct options *out,
                 struct fault *f)
{
  set_defaults(out);
  if (argc < 2)
    return fault_set(f, FAULT_BAD_INPUT,
                     "what to do? runlet run, serve or translate (runlet --help)");
  int failed;
  if (read_command(argv[1], out, f, &failed))
    return failed;
  int companion_at = find_companion(argc, argv);
  char *const *companion = companion_at < argc ? argv + companion_at + 1 : NULL;
  argc = companion_at; /* what follows is not ours to read */
  for (int i = 2; i < argc; i++) {
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
      out->help_for = out->command;
      out->command = COMMAND_HELP;
      return 0;
    }
  }
  if (read_environment(env, out, f) < 0)
    return -1;
  bool has_file = false;
  for (int i = 2; i < argc; i++) {
    if (!strncmp(argv[i], "--", 2)) {
      if (read_flag(argc, argv, &i, out, f) < 0)
        return -1;
      continue;
    }
    if (out->command == COMMAND_SERVE && argv[i][0] != '-')
      return fault_set(f, FAULT_BAD_INPUT,
                       "unexpected argument %.60s (a command to run beside the service "
                       "stands after --)",
                       argv[i]);
    if (out->command == COMMAND_SERVE || has_file || (argv[i][0] == '-' && argv[i][1]))
      return fault_set(f, FAULT_BAD_INPUT, "unexpected argument %.60s (runlet %s --help)",
                       argv[i], command_name(out->command));
    out->file = argv[i];
    has_file = true;
  }
  if (companion && read_companion(companion, out, f) < 0)
    return -1;
  return check_words(out, f);
}

/* -- help -- */

static void help_default(const struct option *o, char *out, size_t capacity)
{
  out[0] = 0;
  if (o->kind == NUMBER)
    snprintf(out, capacity, "%llu", o->number);
  else if (o->kind == TEXT && o->text && o->text[0])
    snprintf(out, capacity, "%s", o->text);
}

static void help_markdown(FILE *to)
{
  fprintf(to, "| option | variable | command | default | what |\n| --- | --- | --- | --- "
              "| --- |\n");
  for (size_t i = 0; i < OPTIONS; i++) {
    const struct option *o = &table[i];
    struct buf name = buf_make(KIB), where = buf_make(KIB);
    char number[32];
    variable_name(o, &name);
    help_default(o, number, sizeof number);
    for (size_t c = 0; c < COMMANDS; c++)
      if (o->commands & commands[c].command)
        buf_addf(&where, "%s%s", where.len ? " " : "", commands[c].name);
    fprintf(to, "| `--%s%s", o->name, o->value ? " " : "");
    for (const char *c = o->value ? o->value : ""; *c; c++)
      fprintf(to, *c == '|' ? "\\|" : "%c", *c);
    fprintf(to, "` | `%s` | %s | %s | %s |\n", name.at, where.at, number, o->help);
    buf_free(&name);
    buf_free(&where);
  }
}

static void help_options(enum command which, FILE *to)
{
  fprintf(
      to,
      "\nOptions (each also as RUNLET_<NAME>, upper case, _ for -; the flag wins):\n");
  for (size_t i = 0; i < OPTIONS; i++) {
    const struct option *o = &table[i];
    if (!(o->commands & which))
      continue;
    char number[32], left[64];
    help_default(o, number, sizeof number);
    snprintf(left, sizeof left, "--%s %s", o->name, o->value ? o->value : "");
    fprintf(to, "  %-32s %s%s%s%s\n", left, o->help, number[0] ? " [" : "", number,
            number[0] ? "]" : "");
  }
}

void options_help(const struct options *o, FILE *to)
{
  if (o->help_markdown) {
    help_markdown(to);
    return;
  }
  if (o->help_for == COMMAND_HELP)
    fprintf(to, "runlet runs agent CLIs in a sandbox and streams what they do as AG-UI "
                "events.\n\n");
  for (size_t i = 0; i < COMMANDS; i++)
    if (o->help_for == COMMAND_HELP || o->help_for == commands[i].command)
      fprintf(to, "runlet %s [OPTION…] %s\n    %s\n", commands[i].name,
              commands[i].arguments, commands[i].help);
  if (o->help_for == COMMAND_HELP)
    fprintf(to, "runlet --version\nrunlet COMMAND --help\n");
  else
    help_options(o->help_for, to);
  if (o->help_for == COMMAND_RUN)
    fprintf(to, "\nExit status: 0 finished, 1 RUN_ERROR, 2 bad request or usage, 124 a "
                "deadline passed,\n"
                "128+n runlet was ended by signal n.\n");
  if (o->help_for == COMMAND_SERVE)
    fprintf(to, "\nExit status: COMMAND's, if there is one (128+n: ended by signal n); "
                "else 0 after TERM, INT,\n"
                "HUP or QUIT, 1 cannot listen, 2 usage.\n");
}

int options_listen(const char *text, struct buf *host, unsigned *port, struct fault *f)
{
  const char *colon = strrchr(text, ':');
  unsigned long long number = 0;
  struct span name =
      colon ? (struct span){text, (size_t)(colon - text)} : (struct span){0};
  if (!colon || !span_to_number(span_of(colon + 1), 0, 65535, &number) || name.len == 0)
    return fault_set(
        f, FAULT_BAD_INPUT,
        "--listen must be HOST:PORT with a port from 0 to 65535, not \"%.60s\"", text);
  if (name.len > 2 && name.at[0] == '[' && name.at[name.len - 1] == ']')
    name = (struct span){name.at + 1, name.len - 2};
  if (span_is(name, "localhost"))
    name = SPAN_LITERAL("127.0.0.1");
  buf_clear(host);
  buf_add(host, name);
  *port = (unsigned)number;
  return 0;
}
