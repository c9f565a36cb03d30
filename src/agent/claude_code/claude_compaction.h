/* SPDX-License-Identifier: MIT */
/* claude_compaction.h - CUSTOM runlet.compaction: Claude Code has made its conversation
 * shorter, so that its model sees a summary of what was before.
 *
 *   {"trigger":"auto"|"manual","summary":"…","tokensBefore"?:n}
 *
 * It says so by system/compact_boundary, and then by a user's message that it made up and
 * that holds the summary; where that does not come the summary is "".  */
#ifndef AGENT_CLAUDE_CODE_CLAUDE_COMPACTION_H
#define AGENT_CLAUDE_CODE_CLAUDE_COMPACTION_H

#include "base/json.h"
#include "event/event.h"

struct claude_compaction {
  bool open; /* its summary may come yet */
  bool manual;
  unsigned long long tokens; /* 0: not known */
};

void claude_compaction_begin(struct claude_compaction *c, const struct json *doc,
                             json_at root);
/* The summary, or what comes in its place ("").  Nothing if none is open. */
void claude_compaction_tell(struct claude_compaction *c, struct span summary,
                            struct events *events);

#endif
