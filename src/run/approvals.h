/* SPDX-License-Identifier: MIT */
/* approvals.h - what the policy of a run asks about, by the ids of its approvals.
 *
 * Two that wait with one id (request/policy.h: two files to write) must not be answered
 * by one word: the second is "<id>#2".  That one is for the run alone; a next request
 * answers by the id without it.  */
#ifndef RUN_APPROVALS_H
#define RUN_APPROVALS_H

#include "agent/agent_actions.h"
#include "run/run_dialogue.h"

struct approval { /* one that was told */
  struct buf id, question;
  bool open;
};

struct approvals { /* zeroed at first */
  struct approval *at;
  size_t count, capacity;
};

/* One more is open; its id stays until approvals_free() or 256 later ones. */
struct span approvals_open(struct approvals *all, struct span id, struct span question);
/* FAULT_UNKNOWN: never told.  FAULT_CONFLICT: it is not open any more. */
const struct approval *approvals_find(const struct approvals *all, struct span id,
                                      struct fault *f);
void approvals_close(struct approvals *all, struct span question);
/* The value of its event; held_ms 0: the next request may answer it. */
void approvals_put(const struct agent_action_question *asked,
                   const struct run_question *told, const char *provider,
                   unsigned held_ms, struct buf *out);
/* None is open any more. */
void approvals_end(struct approvals *all);
void approvals_free(struct approvals *all);

#endif
