/* SPDX-License-Identifier: MIT */
/* claude_code_result.h - what Claude Code's `result` lines come to: the outcome of a run,
 * its tokens and costs, and the warnings that go with them.
 *
 * One process prints one for each turn, and a turn is not only the prompt's: when a task
 * in the background has ended, the model is woken and answers that.
 *
 *   outcome   the last result decides that is no noise.  Noise: origin.kind is
 *             "task-notification", or it is a success of no turn and without a stop
 *             reason, a text or a local_command (a resumed session that had left a shell
 *             begins with one).  The words of an error count from noise, too, when the
 *             process then ends badly
 *   tokens    each result tells its own: all are added
 *   cost      total_cost_usd is the session's: of a new session that is the run's, too;
 *             of one that was resumed the run's is what model_usage_since_last_result
 *             adds up to, and not known where a result has none
 *   value     what was asked for by outputSchema: the last result's own, or that of the
 *             tool for it since the result before; else there is none but in its text
 *   reason    stop_reason: max_tokens is "length", refusal "content_filter", what ends
 *             every answer is "stop", and others go out as they are  */
#ifndef AGENT_CLAUDE_CODE_RESULT_H
#define AGENT_CLAUDE_CODE_RESULT_H

#include "agent/harness.h"
#include "event/seen_ids.h"

enum claude_outcome { OUTCOME_NONE, OUTCOME_SUCCESS, OUTCOME_LENGTH, OUTCOME_ERROR };

enum { CLAUDE_DENIED_TOOLS = 16 }; /* told apart by name; the others are one */

struct claude_result { /* zeroed at first */
  enum claude_outcome outcome;
  struct buf code, text; /* of an error */
  struct buf reason;     /* the finish's */
  struct event_usage usage;
  struct buf cost;
  bool has_usage;
  bool resumed; /* the session: set by the caller */
  bool limited; /* it has a limit in dollars: set by the caller */
  bool own_unknown;
  double own_cost;

  bool wants_value; /* outputSchema was given: set by the caller */
  struct buf value; /* what was answered to it, by its tool or in the result */
  /* … by its tool since the last result: set by the caller. */
  bool value_called;
  struct buf answer; /* the result's text */

  struct claude_denied { /* tools that were not permitted, and how often */
    struct buf name;
    unsigned times;
  } denied[CLAUDE_DENIED_TOOLS];
  struct seen_ids denied_calls;
};

/* Members that have to be kept raw: the caller's rules name them. */
#define CLAUDE_RESULT_RAW "total_cost_usd", "structured_output", "modelUsage"

/* A `result` line.  True: it decides (it is no noise). */
bool claude_result_read(struct claude_result *r, const struct json *doc, json_at root,
                        struct events *events);
void claude_result_finish(struct claude_result *r, const struct process_end *end,
                          struct events *events);
bool claude_result_is_good(const struct claude_result *r);
void claude_result_free(struct claude_result *r);

#endif
