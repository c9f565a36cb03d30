/* SPDX-License-Identifier: MIT */
/* bridge_hosts.c - a list of sockets, and a pointer to the one that owns the stream. */
#include "bridge_hosts.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/percent.h"
#include "base/secret.h"
#include "door/http/route.h"
#include "http/http_exchange.h"
#include "http/ws_socket.h"
#include "io/loop.h"

#include <stdlib.h>
#include <string.h>

struct bridge_host {
  struct bridge_host *next;
  struct bridge_hosts *all;
  struct ws_socket *socket;
  struct loop_timer *hello; /* NULL: it was said, or never will be */
  bool let_in;              /* it has the token */
};

struct bridge_hosts {
  struct bridge_hosts_setup setup;
  struct bridge_host *first, *owner;
  size_t count;            /* of those that were let in */
  struct loop_timer *last; /* set: all are closing */
  void (*closed)(void *who);
};

/* -- the token -- */

void bridge_hosts_token(struct span target, struct buf *token)
{
  const char *query = target.len > 0 ? memchr(target.at, '?', target.len) : NULL;
  struct span rest =
      query ? span_after(target, (size_t)(query - target.at) + 1) : (struct span){0};
  struct span name, value;
  while (route_next_parameter(&rest, &name, &value))
    if (span_is(name, "agent_bridge_token")) {
      (void)percent_decode(value, token); /* a token with a stray '%' is just that */
      return;
    }
}

static bool is_let_in(const struct bridge_hosts *h, struct http_exchange *x)
{
  struct buf said = buf_make(LIMIT_HEADER_BYTES);
  bridge_hosts_token(http_exchange_request(x)->target, &said);
  bool good = said.len > 0 && secret_equal(buf_span(&said), h->setup.token);
  buf_wipe(&said);
  return good;
}

/* -- one socket -- */

static void say_hello(void *who)
{
  struct bridge_host *host = who;
  struct buf frame = buf_make(KIB);
  loop_timer_free(host->hello);
  host->hello = NULL;
  host->all->setup.put_hello(host->all->setup.who, &frame);
  ws_socket_send(host->socket, buf_span(&frame));
  buf_free(&frame);
}

static void on_message(void *who, struct span text)
{
  struct bridge_host *host = who;
  if (host->hello) /* who speaks listens; and the hello comes before any answer */
    say_hello(host);
  host->all->setup.on_frame(host->all->setup.who, host, text);
}

static void on_writable(void *who)
{
  const struct bridge_host *host = who;
  if (host == host->all->owner)
    host->all->setup.on_drain(host->all->setup.who);
}

static void forget(struct bridge_host *host)
{
  struct bridge_hosts *h = host->all;
  struct bridge_host **at = &h->first;
  bool owned = h->owner == host;
  while (*at != host)
    at = &(*at)->next;
  *at = host->next;
  h->count -= host->let_in;
  loop_timer_free(host->hello);
  free(host);
  if (owned) {
    h->owner = NULL;
    h->setup.on_drain(h->setup.who);
  }
  if (h->last && !h->first)
    loop_timer_start(h->last, 0);
}

static void on_close(void *who, unsigned code, struct span reason)
{
  (void)code, (void)reason;
  forget(who);
}

void bridge_hosts_take(struct bridge_hosts *h, struct http_exchange *x)
{
  bool let_in = is_let_in(h, x);
  struct bridge_host *host = mem_new(sizeof *host);
  struct ws_socket_setup setup = {.message_bytes = LIMIT_BRIDGE_FRAME_BYTES,
                                  .ping_ms = LIMIT_BRIDGE_PING_MS,
                                  .close_ms = LIMIT_BRIDGE_CLOSE_MS,
                                  .on_message = on_message,
                                  .on_writable = on_writable,
                                  .on_close = on_close,
                                  .who = host};
  *host = (struct bridge_host){
      .all = h, .socket = ws_socket_open(x, &setup), .let_in = let_in};
  if (!host->socket) {
    free(host);
    return;
  }
  host->next = h->first;
  h->first = host;
  h->count += let_in;
  if (!let_in) {
    ws_socket_close(host->socket, 1008, "unauthorized");
  } else if (h->last || h->count > LIMIT_BRIDGE_SOCKETS) {
    ws_socket_close(host->socket, 1013, h->last ? "ending" : "too many sockets");
  } else {
    host->hello = loop_timer_new(h->setup.loop, say_hello, host);
    loop_timer_start(host->hello, LIMIT_BRIDGE_HELLO_MS);
  }
}

/* -- all of them -- */

struct bridge_hosts *bridge_hosts_new(const struct bridge_hosts_setup *setup)
{
  struct bridge_hosts *h = mem_new(sizeof *h);
  h->setup = *setup;
  return h;
}

void bridge_hosts_own(struct bridge_hosts *h, struct bridge_host *host)
{
  h->owner = host;
  ws_socket_wake(host->socket); /* the turn may be waiting for the one before */
}

bool bridge_hosts_is_owner(const struct bridge_hosts *h, const struct bridge_host *host)
{
  return h->owner == host;
}

size_t bridge_hosts_send(struct bridge_hosts *h, struct span frame)
{
  if (!h->owner)
    return 0;
  size_t waits = ws_socket_send(h->owner->socket, frame);
  if (waits > LIMIT_SINK_HIGH_BYTES)
    ws_socket_wake(h->owner->socket);
  return waits;
}

void bridge_host_send(struct bridge_host *host, struct span frame)
{
  ws_socket_send(host->socket, frame);
}

static void all_closed(void *who)
{
  struct bridge_hosts *h = who;
  void (*closed)(void *) = h->closed;
  if (!closed)
    return;
  h->closed = NULL;
  closed(h->setup.who);
}

void bridge_hosts_close(struct bridge_hosts *h, unsigned code, const char *reason,
                        void (*closed)(void *who))
{
  h->closed = closed;
  h->last = loop_timer_new(h->setup.loop, all_closed, h);
  loop_timer_start(h->last, h->first ? LIMIT_BRIDGE_CLOSE_MS + 100 : 0);
  for (struct bridge_host *host = h->first; host; host = host->next)
    ws_socket_close(host->socket, code, reason);
}

void bridge_hosts_free(struct bridge_hosts *h)
{
  if (!h)
    return;
  while (h->first) {
    struct bridge_host *next = h->first->next;
    ws_socket_cut(h->first->socket);
    loop_timer_free(h->first->hello);
    free(h->first);
    h->first = next;
  }
  loop_timer_free(h->last);
  free(h);
}
