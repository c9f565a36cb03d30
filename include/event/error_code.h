/* SPDX-License-Identifier: MIT */
/* error_code.h - the codes of RUN_ERROR.  Pure.
 *
 * Ours are the words of a closed list; an agent may have codes of its own, and they go
 * out as they are (Claude Code's error_during_execution) as long as nobody can take them
 * for ours or for a success. */
#ifndef EVENT_ERROR_CODE_H
#define EVENT_ERROR_CODE_H

#include "base/buf.h"

enum { ERROR_CODE_BYTES = 63 }; /* the longest */

/* NULL at its end. */
extern const char *const error_codes_of_ours[];

/* An agent's own code as it goes out.  One of ours, `finished`, or what is not made of 1
 * to 63 of a-z 0-9 _ . - gets "agent:" in front and is cut on a character. */
void error_code_of_agent(struct span told, struct buf *out);

#endif
