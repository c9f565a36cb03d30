/* SPDX-License-Identifier: MIT */
/* tool_lists.h - modelOptions.allowedTools and disallowedTools as an agent spells them.
 *
 * A request names a host tool by its own name, or by that with what the agent puts in
 * front of it ("mcp__tanstack__db.users/list"); the agent knows it by its alias.
 * Everything else, patterns too, is the agent's own business and goes to it as it is.  */
#ifndef AGENT_TOOL_LISTS_H
#define AGENT_TOOL_LISTS_H

#include "base/strv.h"
#include "request/run_request.h"

struct tool_spelling {
  const struct tools *tools; /* NULL: none */
  struct buf before;         /* what the agent puts in front of an alias */
};

enum tool_list {
  TOOL_LIST_ALLOWED,
  /* A tool of the agent's own that has the bare name of a host tool is meant too. */
  TOOL_LIST_DISALLOWED
};

void tool_lists_add(const struct tool_spelling *spelling, const struct spans *list,
                    enum tool_list which, struct strv *out);
/* Is the host tool one of the list's, by either name? */
bool tool_lists_has(const struct spans *list, struct span before,
                    const struct tool *tool);

#endif
