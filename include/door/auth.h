/* SPDX-License-Identifier: MIT */
/* auth.h - who may call the control port.  Pure.
 *
 * With a token: one `Authorization: Bearer <token>` on everything but /health, compared
 * in constant time (two are no word of whom to believe).  Without one the service listens
 * on loopback only, and then Host must be a loopback name and Origin absent (a web page
 * must not start programs), unless --allow-unauthenticated was said out loud: then
 * anybody may call, but not from an address of this machine itself (the agent is inside,
 * the orchestrator is not) when it listens beyond loopback.
 *
 * An agent that is another user (--agent-user) may not call at all, whatever it sends. */
#ifndef DOOR_AUTH_H
#define DOOR_AUTH_H

#include "base/buf.h"
#include "base/fault.h"

struct auth {
  struct buf token; /* empty: none */
  bool loopback;    /* we listen on loopback only */
};

struct auth_facts { /* of one request */
  struct span authorization, host, origin;
  bool has_origin;
  size_t authorizations; /* how many of that header there are */
  bool from_here;        /* the peer's address is one of this machine */
  bool from_agent;       /* the peer may be the agent's (io/peer.h) */
};

/* `token` is taken (door/token.h; empty: none).  Checks that `host` may be listened on:
 * FAULT_BAD_INPUT. */
int auth_open(struct auth *a, struct buf *token, const char *host,
              bool allow_unauthenticated, struct fault *f);
void auth_close(struct auth *a);
/* 0, or FAULT_DENIED (401) or FAULT_FORBIDDEN (403) with the text for the caller. */
int auth_check(const struct auth *a, const struct auth_facts *facts, struct fault *f);

#endif
