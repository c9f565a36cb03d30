/* SPDX-License-Identifier: MIT */
/* token.h - the control port's token: from --token-file, else from RUNLET_TOKEN.
 *
 * The variable's value is overwritten in place, as /proc/<pid>/environ shows that memory,
 * and the token is kept out of the log.  */
#ifndef DOOR_TOKEN_H
#define DOOR_TOKEN_H

#include "base/buf.h"
#include "base/fault.h"

/* `token`: without white space at its ends; empty if there is none.  `file` may be NULL.
 * An empty file or variable, or two variables in `env`, are FAULT_BAD_INPUT.  The
 * variable is wiped in every case; the caller wipes the token (buf_wipe). */
int token_read(const char *file, char *const *env, struct buf *token, struct fault *f);
/* A line in the log when everybody may read it. */
void token_warn_of_readers(const char *option, const char *file);
/* For who needs no token: overwrites the variable's value. */
void token_wipe(char *const *env);

#endif
