/* SPDX-License-Identifier: MIT */
/* claude_spending.h - what Claude Code's model has used so far, by its lines.
 *
 *   message_start        an answer of its model begins, with what went in
 *   message_delta        … and is whole, with what came out (its last one has the reason)
 *   assistant            an answer that did not stream; of a sub-agent each one, and its
 *                        tool calls, which are no events (what came out of it is counted
 *                        when the result tells all)
 *   result               the sum of all, and the dollars
 *
 * An answer that broke off counts by what went into it.  Claude Code ends itself at its
 * own --max-budget-usd, by a result of the subtype error_max_budget_usd.  */
#ifndef AGENT_CLAUDE_SPENDING_H
#define AGENT_CLAUDE_SPENDING_H

#include "agent/agent_actions.h"
#include "claude_code_result.h"

struct claude_spending {     /* zeroed at first */
  struct event_usage answer; /* that streams now */
  bool streams;
  struct buf message;  /* the id of the one that has streamed last */
  struct seen_ids ids; /* of answers that did not */
};

/* A stream_event of no sub-agent, and an assistant line. */
void claude_spending_stream(struct claude_spending *c, const struct json *doc,
                            json_at root, struct spending *s);
void claude_spending_whole(struct claude_spending *c, const struct json *doc,
                           json_at root, bool sub_agent, struct spending *s);
/* After claude_result_read(). */
void claude_spending_result(const struct claude_result *r, json_at root,
                            struct spending *s);
void claude_spending_free(struct claude_spending *c);

#endif
