/* SPDX-License-Identifier: MIT */
/* bridge_hosts.h - the sockets of a bridge: who may come in, and who hears the turn.
 *
 * Any number of hosts (LIMIT_BRIDGE_SOCKETS) may be connected; one of them owns the
 * stream of events, which bridge_hosts_own() moves.  A host is let in by the token in
 * its query; one with another is let through the upgrade and closed with 1008, so that
 * it learns why, and takes nobody's place.  The first frame to a host is the hello, on
 * its own and a moment after the 101, or when the host speaks before.  The query is never
 * logged.  */
#ifndef DOOR_BRIDGE_BRIDGE_HOSTS_H
#define DOOR_BRIDGE_BRIDGE_HOSTS_H

#include "base/buf.h"

struct uv_loop_s;
struct http_exchange;
struct bridge_host;
struct bridge_hosts;

struct bridge_hosts_setup {
  struct uv_loop_s *loop;
  struct span token; /* not empty; outlives the hosts */
  void (*put_hello)(void *who, struct buf *frame);
  void (*on_frame)(void *who, struct bridge_host *host, struct span text);
  /* The owner takes more, or there is another, or none any more. */
  void (*on_drain)(void *who);
  void *who;
};

struct bridge_hosts *bridge_hosts_new(const struct bridge_hosts_setup *setup);
/* A request of the server's, which is the socket's from now on. */
void bridge_hosts_take(struct bridge_hosts *h, struct http_exchange *x);
void bridge_hosts_own(struct bridge_hosts *h, struct bridge_host *host);
bool bridge_hosts_is_owner(const struct bridge_hosts *h, const struct bridge_host *host);
/* To the owner, if there is one; how much waits for it. */
size_t bridge_hosts_send(struct bridge_hosts *h, struct span frame);
void bridge_host_send(struct bridge_host *host, struct span frame);
/* Closes all sockets, each when what was sent before has left; `closed` comes once, on a
 * later turn of the loop, when they are, LIMIT_BRIDGE_CLOSE_MS later at the latest. */
void bridge_hosts_close(struct bridge_hosts *h, unsigned code, const char *reason,
                        void (*closed)(void *who));
void bridge_hosts_free(struct bridge_hosts *h); /* NULL is fine; cuts what is open */
/* The value of agent_bridge_token in a request's target, percent-decoded. */
void bridge_hosts_token(struct span target, struct buf *token);

#endif
