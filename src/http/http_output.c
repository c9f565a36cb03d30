/* SPDX-License-Identifier: MIT */
/* http_output.c - see http_output.h. */
#include "http_output.h"

#include "base/limits.h"
#include "http_connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#define HALF_CLOSED_MS   50 /* first look at a half-closed client; doubled up to ... */
#define HALF_CLOSED_MOST 2000

/* A client that closed its end has gone altogether if our probe was answered by a reset.
 */
static bool was_reset(struct http_connection *c)
{
  int fd = -1, error = 0;
  socklen_t size = sizeof error;
  if (uv_fileno((uv_handle_t *)&c->tcp, &fd) < 0)
    return true;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0;
}

static void on_watch(uv_timer_t *timer)
{
  struct http_connection *c = timer->data;
  size_t backlog = http_output_backlog(c);
  bool half_closed = c->peer_ended && c->state == HTTP_CONNECTION_ANSWERING;
  if (half_closed && was_reset(c)) {
    http_connection_cut(c, true);
    return;
  }
  c->still_ms =
      c->handed - backlog == c->watched && backlog > 0 ? c->still_ms + c->watch_ms : 0;
  c->watched = c->handed - backlog;
  unsigned stall_ms = http_server_settings(c->server)->write_stall_ms;
  if (stall_ms > 0 && c->still_ms >= stall_ms) {
    http_connection_cut(c, true);
    return;
  }
  if (!half_closed && backlog == 0)
    return;
  if (half_closed && c->watch_ms < HALF_CLOSED_MOST)
    c->watch_ms *= 2;
  uv_timer_start(&c->watch, on_watch, c->watch_ms, 0);
}

/* Looks four times in a stall, so that it is found at most a quarter late. */
void http_output_watch(struct http_connection *c)
{
  bool half_closed = c->peer_ended && c->state == HTTP_CONNECTION_ANSWERING;
  if (uv_is_active((uv_handle_t *)&c->watch) && !half_closed)
    return;
  unsigned stall_ms = http_server_settings(c->server)->write_stall_ms;
  if (stall_ms == 0 && !half_closed)
    return;
  c->watch_ms = half_closed ? HALF_CLOSED_MS : stall_ms / 4 + 1;
  c->watched = c->handed - http_output_backlog(c);
  c->still_ms = 0;
  uv_timer_start(&c->watch, on_watch, c->watch_ms, 0);
}

size_t http_output_backlog(const struct http_connection *c)
{
  return c->out.len + uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp);
}

bool http_output_is_waiting(const struct http_connection *c)
{
  int fd = -1, unsent = 0;
  if (c->state == HTTP_CONNECTION_CLOSED)
    return false;
  if (http_output_backlog(c) > 0)
    return true;
  if (uv_fileno((const uv_handle_t *)&c->tcp, &fd) < 0 ||
      ioctl(fd, SIOCOUTQ, &unsent) < 0)
    return false;
  return unsent > 0 && !c->peer_ended;
}

/* A buffer that was stretched by one big answer is not kept. */
static void forget_bytes(struct buf *b)
{
  if (b->capacity > LIMIT_SINK_LOW_BYTES)
    buf_free(b);
  else
    buf_clear(b);
}

static void on_written(uv_write_t *request, int status)
{
  struct http_connection *c = request->data;
  c->in_flight = false;
  forget_bytes(&c->sending);
  if (c->state == HTTP_CONNECTION_CLOSED)
    return;
  if (status < 0) {
    http_connection_cut(c, true);
    return;
  }
  http_output_ask(c);
  http_output_flush(c);
}

/* Gives `out` to the kernel; what it does not take at once waits in `sending`.  False:
 * gone. */
static bool send_out(struct http_connection *c)
{
  uv_buf_t bytes = uv_buf_init(c->out.at, (unsigned)c->out.len);
  int n = uv_try_write((uv_stream_t *)&c->tcp, &bytes, 1);
  if (n < 0 && n != UV_EAGAIN)
    return false;
  size_t taken = n < 0 ? 0 : (size_t)n;
  if (taken == c->out.len) {
    forget_bytes(&c->out);
    return true;
  }
  struct buf empty = c->sending;
  c->sending = c->out;
  c->out = empty; /* the two change places, so that their memory is used again */
  bytes = uv_buf_init(c->sending.at + taken, (unsigned)(c->sending.len - taken));
  c->write.data = c;
  if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &bytes, 1, on_written) < 0)
    return false;
  c->in_flight = true;
  http_output_watch(c);
  return true;
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
  struct http_connection *c = request->data;
  if (c->state != HTTP_CONNECTION_CLOSED && (status < 0 || c->peer_ended))
    http_connection_close(c, false);
}

void http_output_tell_drain(struct http_connection *c)
{
  size_t backlog = http_output_backlog(c);
  if (backlog > LIMIT_SINK_HIGH_BYTES)
    c->high = true;
  if (!c->high || backlog >= LIMIT_SINK_LOW_BYTES)
    return;
  c->high = false;
  if (c->state == HTTP_CONNECTION_READING)
    http_connection_mark(c); /* pipelined requests had to wait */
}

void http_output_ask(struct http_connection *c)
{
  struct http_exchange *x = &c->exchange;
  if (!x->woken || c->in_flight || !c->owned || x->on_writable == NULL)
    return;
  x->woken = false;
  x->on_writable(x->room_who);
}

void http_output_flush(struct http_connection *c)
{
  if (c->state == HTTP_CONNECTION_CLOSED)
    return;
  if (c->out.overflowed || (c->out.len > 0 && !c->in_flight && !send_out(c))) {
    http_connection_cut(c, true);
    return;
  }
  http_output_tell_drain(c);
  if (c->state != HTTP_CONNECTION_FINISHING || c->in_flight || c->out.len > 0)
    return;
  c->shutdown.data = c;
  if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shutdown) < 0)
    http_connection_close(c, false);
  else
    http_connection_enter(c, HTTP_CONNECTION_LINGERING);
}
