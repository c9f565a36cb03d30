/* SPDX-License-Identifier: MIT */
/* options.h - the command line and the environment, read by one table.
 *
 * Every option has a long name, a variable RUNLET_<NAME> (upper case, _ for -), a
 * default, and the commands it belongs to; the flag wins over the variable.  "--name
 * value" and "--name=value" are the same.  Numbers are strict: the whole text, decimal,
 * in range, the unit is in the name; "90s" is an error naming the option.  The table
 * makes the parser, --help, and the README's table (runlet --help=markdown).
 *
 * RUNLET_TOKEN has no flag on purpose: argv can be read by everybody.  It and every other
 * RUNLET_* variable are kept from the agent (run/environment.h); its value is overwritten in
 * place.  */
#ifndef DOOR_OPTIONS_H
#define DOOR_OPTIONS_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/log.h"

#include <stdio.h>

enum command {
  COMMAND_HELP = 0,
  COMMAND_RUN = 1,
  COMMAND_SERVE = 2,
  COMMAND_TRANSLATE = 4,
  COMMAND_VERSION = 8
};

struct options { /* texts are borrowed from argv or the environment, or constants */
  enum command command;
  enum command help_for; /* COMMAND_HELP: of which command; COMMAND_HELP: all */
  bool help_markdown;
  const char *file;       /* run, translate: "-" when none is given */
  char *const *companion; /* serve: what stands after "--", NULL-ended; NULL: none */

  const char *listen, *token_file, *workspace, *state_dir, *ca_file, *tool_command,
      *output, *require_cli, *agent_user;
  const char *log_format, *log_level;
  bool allow_unauthenticated, workspace_per_thread, mcp_legacy_only,
      agent_may_gain_privileges;
  unsigned long long max_runs, max_connections, max_body_bytes, max_line_bytes;
  unsigned long long run_timeout_ms, max_run_ms, start_timeout_ms, idle_timeout_ms,
      tool_timeout_ms;
  unsigned long long kill_grace_ms, drain_ms, result_grace_ms, heartbeat_ms,
      write_stall_ms;
  unsigned long long log_memory_bytes, log_spill_bytes, keep_ms, keep_runs, keep_bytes;
  unsigned long long bridge_hold_ms, bridge_progress_ms;

  const char *harness, *model, *run_id, *thread_id; /* translate */
  unsigned long long exit_status, signal;
};

/* FAULT_BAD_INPUT names the option at fault.  `env`: the process's environment. */
int options_read(int argc, char *const *argv, char *const *env, struct options *out,
                 struct fault *f);
/* Help for one command (COMMAND_HELP: the overview and all options), or the table in
 * Markdown. */
void options_help(const struct options *o, FILE *to);

/* "HOST:PORT" to its parts; HOST is an IP literal ([…] for IPv6) or "localhost". */
int options_listen(const char *text, struct buf *host, unsigned *port, struct fault *f);

#endif
