/* SPDX-License-Identifier: MIT */
/* agent_retries.h - the API of an agent's model fails, and the agent says that it tries
 * again.
 *
 * Each reason is told once: CUSTOM runlet.warning "agent-retries", again when its words
 * change.  Retries for one reason (words that differ in digits alone: "attempt 2 of 5")
 * make a row, until the agent has called a tool.  After `most` in a row the agent is
 * given up, for some go on for ever; one that names an end of its own ("of 15") is let
 * come to it.  The last reason stands in the message of a run that ran out of time.  */
#ifndef AGENT_AGENT_RETRIES_H
#define AGENT_AGENT_RETRIES_H

#include "event/event.h"

struct agent_retries {     /* zeroed: none yet, and never given up */
  unsigned most;           /* --max-agent-retries; 0: any number */
  struct buf words;        /* the last reason */
  unsigned in_row;         /* for it */
  unsigned long long done; /* events_tool_calls() then */
  bool given_up;
};

/* The agent has said that it tries again because of `words`, at most `own_most` times in
 * all (0: it does not say, or there is no end). */
void agent_retries_add(struct agent_retries *r, struct events *events, struct span words,
                       unsigned long long own_most);
/* Why the agent is trying again now; empty: it is not. */
struct span agent_retries_reason(const struct agent_retries *r,
                                 const struct events *events);
/* "given up after 4 retries: <words>" */
void agent_retries_put_end(const struct agent_retries *r, struct buf *out);
void agent_retries_free(struct agent_retries *r);

#endif
