/* SPDX-License-Identifier: MIT */
/* exec_request.h - what `runlet exec` is asked to run: {command, args, cwd, env, stdin,
 * timeoutMs}.  Pure.
 *
 * Only `command` must be there; `stdin` is a text, `timeoutMs` a whole number from 1;
 * what else stands there is passed over.  A fault names the field.  */
#ifndef DOOR_EXEC_REQUEST_H
#define DOOR_EXEC_REQUEST_H

#include "door/session/session_command.h"

struct exec_request {
  struct session_command command;
  struct buf input;
  unsigned timeout_ms; /* LIMIT_RUN_MS where it does not say */
};

/* FAULT_BAD_INPUT, FAULT_TOO_BIG.  Free it in each case. */
int exec_request_read(struct span text, struct exec_request *out, struct fault *f);
void exec_request_free(struct exec_request *e);

#endif
