/* SPDX-License-Identifier: MIT */
/* keeper_link.h - runlet's end of one keeper: starts it, gives orders, hears its records.
 *
 * `on_record` comes for each record, in order; `on_gone` once, when the keeper has exited
 * and is reaped (after KEEPER_SETTLED, or because somebody killed it: then what it kept
 * has become ours, and is killed by orphans_sweep()).  Neither from inside these calls.
 * Closing the link of a keeper that still lives makes it kill its run: that is waited
 * for, at most as long as a sweep takes and LIMIT_KEEPER_MS; then it is killed itself. */
#ifndef PROCESS_KEEPER_LINK_H
#define PROCESS_KEEPER_LINK_H

#include "base/fault.h"
#include "base/process.h"
#include "process/keeper.h"

struct uv_loop_s;
struct keeper_link;

struct keeper_link_setup {
  const int *streams; /* the agent's stdin, stdout, stderr; they stay the caller's */
  struct keeper_terms terms;
  const char *cwd, *program;
  const struct strv *argv, *env;
  void (*on_record)(void *who, const struct keeper_record *r);
  void (*on_gone)(void *who);
  void *who;
};

struct keeper_link *keeper_link_open(struct uv_loop_s *loop,
                                     const struct keeper_link_setup *setup,
                                     struct fault *f);
bool keeper_link_is_gone(const struct keeper_link *k);
int keeper_link_status(const struct keeper_link *k); /* of one that is, by wait(2) */
/* Nothing happens when it is gone.  One that has not done it LIMIT_KEEPER_MS after the
 * grace and a sweep (the agent may have stopped it) is killed. */
void keeper_link_order(struct keeper_link *k, enum keeper_order order, unsigned grace_ms);
/* Its memory goes on a later turn.  NULL is fine. */
void keeper_link_close(struct keeper_link *k);

#endif
