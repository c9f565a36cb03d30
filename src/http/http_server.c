/* SPDX-License-Identifier: MIT */
/* http_server.c - the list of connections, and one turn for all of them: what an owner
 * writes only marks the server dirty, and on_after or on_before then let each connection
 * send once. */
#include "http/http_server.h"

#include "base/limits.h"
#include "base/mem.h"
#include "http_connection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define LISTEN_BACKLOG 511
#define ROOM_LOOKS     8

struct http_server {
  uv_loop_t *loop;
  struct http_server_setup setup;
  uv_tcp_t listener;
  /* What was written while the loop read leaves at once, what timers wrote before the
   * loop waits; `before` runs only while dirty. */
  uv_check_t after;
  uv_idle_t before;
  unsigned open_handles;
  struct http_connection *connections;
  size_t count, refused;
  struct http_connection_owner owner; /* what each connection sees of us */
  bool dirty, closing;
  void (*closed)(void *who);
  void *who;
};

/* -- the end -- */

static void server_free(struct http_server *s)
{
  if (s->open_handles > 0 || s->connections)
    return;
  void (*closed)(void *who) = s->closed;
  void *who = s->who;
  free(s->owner.bytes);
  free(s);
  if (closed)
    closed(who);
}

static void handle_closed(uv_handle_t *handle)
{
  struct http_server *s = handle->data;
  s->open_handles--;
  server_free(s);
}

void http_server_stop(struct http_server *s)
{
  if (s->owner.stopped)
    return;
  s->owner.stopped = true;
  uv_close((uv_handle_t *)&s->listener, handle_closed);
  for (struct http_connection *c = s->connections; c; c = c->next)
    http_connection_retire(c);
}

void http_server_close(struct http_server *s, void (*closed)(void *who), void *who)
{
  if (!s || s->closing)
    return;
  s->closing = true;
  s->closed = closed;
  s->who = who;
  http_server_stop(s);
  uv_close((uv_handle_t *)&s->after, handle_closed);
  uv_close((uv_handle_t *)&s->before, handle_closed);
  /* From the start again after each: what its owner does when told may end others. */
  for (struct http_connection *c = s->connections; c;) {
    if (c->state == HTTP_CONNECTION_CLOSED && !c->owned) {
      c = c->next;
      continue;
    }
    if (http_output_backlog(&c->output) == 0 && !c->owned)
      http_connection_close(c, false); /* nothing is cut short */
    http_connection_cut(c, true);
    http_connection_cut(c, false); /* also those whose owner did not ask to be told */
    c = s->connections;
  }
}

/* -- what the connections tell -- */

static void list_add(struct http_server *s, struct http_connection *c)
{
  c->next = s->connections;
  c->link = &s->connections;
  if (c->next)
    c->next->link = &c->next;
  s->connections = c;
  *(c->refused ? &s->refused : &s->count) += 1;
}

static void on_connection_closed(void *who, struct http_connection *c)
{
  struct http_server *s = who;
  *(c->refused ? &s->refused : &s->count) -= 1;
}

static void on_connection_freed(void *who, struct http_connection *c)
{
  struct http_server *s = who;
  *c->link = c->next;
  if (c->next)
    c->next->link = c->link;
  if (s->closing)
    server_free(s);
}

/* -- turns of the loop -- */

static void server_turn(struct http_server *s)
{
  if (!s->dirty || s->closing)
    return;
  s->dirty = false;
  uv_idle_stop(&s->before);
  /* Connections are only taken off the list in their close callbacks, so it holds
   * still. */
  for (struct http_connection *c = s->connections; c; c = c->next)
    http_connection_turn(c);
}

static void on_after(uv_check_t *handle)
{
  server_turn(handle->data);
}

static void on_before(uv_idle_t *handle)
{
  server_turn(handle->data);
}

static void on_connection_dirty(void *who)
{
  struct http_server *s = who;
  if (s->dirty || s->closing)
    return;
  s->dirty = true;
  uv_idle_start(&s->before, on_before); /* which also keeps the loop from waiting */
}

/* -- the beginning -- */

static void dropped(uv_handle_t *handle)
{
  free(handle);
}

/* Takes a connection only to close it; one left unaccepted would stop the listener. */
static void drop_connection(struct http_server *s)
{
  uv_tcp_t *tcp = mem_new(sizeof *tcp);
  uv_tcp_init(s->loop, tcp);
  (void)uv_accept((uv_stream_t *)&s->listener, (uv_stream_t *)tcp);
  uv_close((uv_handle_t *)tcp, dropped);
}

static bool has_unread(const struct http_connection *c)
{
  int fd = -1, unread = 0;
  return uv_fileno((const uv_handle_t *)&c->output.tcp, &fd) == 0 &&
         ioctl(fd, FIONREAD, &unread) == 0 && unread > 0;
}

/* Of two the one that came first: it is later in the list. */
static struct http_connection *most_silent(const struct http_server *s, bool refused)
{
  struct http_connection *most = NULL;
  for (struct http_connection *c = s->connections; c; c = c->next)
    if (c->refused == refused && http_connection_is_silent(c) &&
        (!most || c->alive_ms <= most->alive_ms))
      most = c;
  return most;
}

/* What a connection has sent and we have not read yet counts as life: more of them may
 * have come in this turn than there is room for.  Of so many the socket is looked at. */
static bool make_room(struct http_server *s, bool refused)
{
  for (int looks = 0; looks < ROOM_LOOKS; looks++) {
    struct http_connection *c = most_silent(s, refused);
    if (!c)
      return false;
    if (c->state != HTTP_CONNECTION_READING || !has_unread(c)) {
      http_connection_close(c, !c->spoke);
      return true;
    }
    c->alive_ms = uv_now(s->loop);
  }
  return false;
}

static void on_connection(uv_stream_t *listener, int status)
{
  struct http_server *s = listener->data;
  /* The client gave up, or no descriptors are left; libuv goes on listening. */
  if (status < 0)
    return;
  bool refused = s->count >= s->setup.connections && !make_room(s, false);
  if (refused && s->refused >= LIMIT_REFUSED && !make_room(s, true)) {
    drop_connection(s);
    return;
  }
  struct http_connection *c = http_connection_new(s->loop, &s->owner, refused);
  list_add(s, c);
  http_connection_accept(c, listener);
}

static int listen_on(struct http_server *s, const char *host, unsigned port)
{
  struct sockaddr_storage address;
  int r = uv_ip4_addr(host, (int)port, (struct sockaddr_in *)&address);
  if (r < 0)
    r = uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)&address);
  if (r == 0)
    r = uv_tcp_bind(&s->listener, (const struct sockaddr *)&address, 0);
  if (r == 0)
    r = uv_listen((uv_stream_t *)&s->listener, LISTEN_BACKLOG, on_connection);
  return r;
}

struct http_server *http_server_open(struct uv_loop_s *loop, const char *host,
                                     unsigned port, const struct http_server_setup *setup,
                                     struct fault *f)
{
  struct http_server *s = mem_new(sizeof *s);
  s->loop = loop;
  s->setup = *setup;
  s->owner = (struct http_connection_owner){
      .setup = &s->setup,
      .bytes = mem_new(LIMIT_READ_BYTES),
      .on_dirty = on_connection_dirty,
      .on_closed = on_connection_closed,
      .on_freed = on_connection_freed,
      .who = s,
  };
  uv_tcp_init(loop, &s->listener);
  uv_check_init(loop, &s->after);
  uv_idle_init(loop, &s->before);
  s->listener.data = s->after.data = s->before.data = s;
  s->open_handles = 3;
  int r = listen_on(s, host, port);
  if (r < 0) {
    http_server_close(s, NULL, NULL);
    fault_system(f, r, "cannot listen on %s port %u", host, port);
    return NULL;
  }
  uv_check_start(&s->after, on_after);
  /* The listener and the connections keep the loop going. */
  uv_unref((uv_handle_t *)&s->after);
  return s;
}

unsigned http_server_port(const struct http_server *s)
{
  struct sockaddr_storage address;
  int size = sizeof address;
  if (uv_tcp_getsockname(&s->listener, (struct sockaddr *)&address, &size) < 0)
    return 0;
  const struct sockaddr_in *in = (const struct sockaddr_in *)&address;
  return ntohs(in->sin_port); /* at the same place in both families */
}

size_t http_server_unflushed(const struct http_server *s)
{
  size_t count = 0;
  for (const struct http_connection *c = s->connections; c; c = c->next)
    count += http_connection_is_waiting(c);
  return count;
}

size_t http_server_awaited(const struct http_server *s)
{
  size_t bytes = 0;
  for (const struct http_connection *c = s->connections; c; c = c->next)
    if (c->state == HTTP_CONNECTION_READING &&
        http_parse_state(c->parse) == HTTP_PARSE_BODY)
      bytes += http_request_announced(http_parse_request(c->parse),
                                      s->setup.limits.body_bytes);
  return bytes;
}
