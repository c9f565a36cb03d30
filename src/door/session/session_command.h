/* SPDX-License-Identifier: MIT */
/* session_command.h - what a process session runs: base64 of {command, args, cwd, env}.
 * Pure.
 *
 * `args` (texts), `cwd` (empty: none) and `env` (an object of texts) may be missing.  A
 * NUL byte in any of them is refused.  */
#ifndef DOOR_SESSION_COMMAND_H
#define DOOR_SESSION_COMMAND_H

#include "base/fault.h"
#include "base/strv.h"

struct json;

struct session_command {
  struct strv argv; /* argv[0]: the command */
  struct strv env;  /* "NAME=value" each */
  struct buf cwd;   /* empty: where we are */
};

/* FAULT_BAD_INPUT, FAULT_TOO_BIG.  Free it in each case. */
int session_command_read(struct span base64, struct session_command *out,
                         struct fault *f);
/* The same of a document, into what was made. */
void session_command_make(struct session_command *out);
int session_command_from(const struct json *doc, struct session_command *out,
                         struct fault *f);
void session_command_free(struct session_command *c);

#endif
