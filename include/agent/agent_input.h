/* SPDX-License-Identifier: MIT */
/* agent_input.h - what comes from an agent, and how every harness reads it.
 *
 * A harness is told one piece at a time: a line of its agent's stdout, or what came by
 * HTTP from the agent's own server.  The text is lent for the call; what is to last is
 * kept with agent_keep().  */
#ifndef AGENT_AGENT_INPUT_H
#define AGENT_AGENT_INPUT_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "event/event.h"

enum agent_input_kind {
  AGENT_LINE,   /* one line of the agent's stdout, without its newline */
  AGENT_ASIDE,  /* one of its stderr that its plan has asked for (process_plan.aside) */
  AGENT_ANSWER, /* what came of an agent_ask() */
  AGENT_STREAM  /* one event of an agent_follow(), or its end */
};
struct agent_input {
  enum agent_input_kind kind;
  struct span text; /* lent for the call, valid UTF-8 */
  int tag;          /* of the call */
  /* HTTP.  0: no answer came, or the stream has ended; `text` says why.  A stream that
   * was refused ends with the status and the words of that. */
  int status;
};

/* A line that should be a JSON object; RUN_STARTED goes out before it is read.  NULL:
 * FAULT_BAD_INPUT (no JSON), FAULT_TOO_BIG or FAULT_AGENT (JSON, but no object). */
struct json *agent_input_json(struct span line, const struct json_rules *rules,
                              struct events *events, struct fault *f);
/* A member that counts tokens; -1, which is struct event_usage's "not known", when it is
 * not there or is no number a count can be. */
long long agent_input_count(json_at object, const char *name);
/* Makes `text` what the buf of a state holds from now on, at most LIMIT_LINE_BYTES.  A
 * state begins as zeros, and a zeroed buf takes nothing: so this is how one is filled. */
void agent_keep(struct buf *b, struct span text);
/* An agent's own code of an error, so that none of ours can be its. */
void agent_keep_code(struct buf *b, struct span told);

#endif
