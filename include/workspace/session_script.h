/* SPDX-License-Identifier: MIT */
/* session_script.h - an agent's own command that writes its session down or takes one
 * (request/session_store.h: `export_script`, `import_script`), run as the agent is.
 *
 * `done` comes once, never from inside, when nothing of it is left: a command that fails
 * is FAULT_AGENT with the end of its stderr, one that says with SESSION_IS_THERE that the
 * session is there already FAULT_CONFLICT.  */
#ifndef WORKSPACE_SESSION_SCRIPT_H
#define WORKSPACE_SESSION_SCRIPT_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/strv.h"
#include "process/keeper.h"

struct uv_loop_s;
struct session_script;

enum { SESSION_IS_THERE = 77 };

struct session_script_setup { /* lent until `done`, but for `input` */
  struct uv_loop_s *loop;
  struct keeper_terms terms;
  const char *folder; /* the workspace */
  const struct strv *env;
  unsigned deadline_ms, kill_grace_ms;
  const char *script, *program;
  struct span id;
  const char *file;  /* what the script writes */
  struct buf *input; /* its stdin, taken */
};

struct session_script *session_script_start(const struct session_script_setup *setup,
                                            void (*done)(void *who,
                                                         const struct fault *why),
                                            void *who, struct fault *f);
void session_script_cancel(struct session_script *c);

#endif
