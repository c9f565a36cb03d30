/* SPDX-License-Identifier: MIT */
/* tool_alias.h - the name by which an agent is offered a tool whose own name it may not
 * take.  Pure.
 *
 * Host names are free text; agents and the APIs of their models take [A-Za-z0-9_-], some
 * of them 64 characters with what they put in front ("mcp__tanstack__").  So a name of 1
 * to 48 such characters stays.  Of any other each other character becomes '_', it is cut
 * to 43, and "_" and four hex digits of a hash of the whole name follow:
 * "db.users/list" is "db_users_list_f00d".
 *
 * One agent (grok) refuses names with two '_' in a row.  For it there is a second alias,
 * whose runs of '_' are one and which neither begins nor ends with one.  */
#ifndef REQUEST_TOOL_ALIAS_H
#define REQUEST_TOOL_ALIAS_H

#include "base/buf.h"

enum { TOOL_ALIAS_BYTES = 48 };

enum tool_alias_form {
  ALIAS_USUAL,
  ALIAS_SINGLE, /* no two '_' in a row, none at an end */
  ALIAS_FORMS
};

/* Is the name offered as it is? */
bool tool_alias_is_fine(struct span name, enum tool_alias_form form);
/* The alias, NUL-ended.  `attempt` is 0; another number gives another hash, for an alias
 * that is taken. */
void tool_alias_write(struct span name, enum tool_alias_form form, unsigned attempt,
                      char out[TOOL_ALIAS_BYTES + 1]);

#endif
