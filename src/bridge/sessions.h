/* SPDX-License-Identifier: MIT */
/* sessions.h - the Mcp-Session-Ids of one bridge.  Pure.
 *
 * One is minted for each legacy `initialize`, at most LIMIT_BRIDGE_SESSIONS; further
 * clients go without, which the protocol allows.  They live as long as the bridge.  They
 * keep clients apart: two agents both number their requests from 0, and the cancel of one
 * must not hit the other's.  */
#ifndef BRIDGE_SESSIONS_H
#define BRIDGE_SESSIONS_H

#include "base/buf.h"
#include "base/limits.h"

#define SESSION_NONE (-1)

struct sessions {
  char id[LIMIT_BRIDGE_SESSIONS][33];
  int count;
};

/* SESSION_NONE: there are enough, or no randomness. */
int sessions_mint(struct sessions *s);
int sessions_index(const struct sessions *s, struct span id); /* SESSION_NONE: unknown */
struct span sessions_id(const struct sessions *s, int session);

#endif
