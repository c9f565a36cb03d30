/* SPDX-License-Identifier: MIT */
/* http_output.c - the watch needs no timer of its own for a client that reads: it runs
 * only while a write is in flight or a half-closed client awaits its answer. */
#include "http_output.h"

#include "base/limits.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

/* After so many idle seconds the kernel asks whether the peer lives. */
#define TCP_KEEP_S       60
#define HALF_CLOSED_MS   50 /* first look at a half-closed client; doubled up to ... */
#define HALF_CLOSED_MOST 2000

/* -- open and close -- */

void http_output_open(struct http_output *o, uv_loop_t *loop, unsigned stall_ms,
                      const struct http_output_calls *calls, void *who)
{
  *o = (struct http_output){
      .calls = calls,
      .who = who,
      .open_handles = 2,
      .out = buf_make(LIMIT_HTTP_OUT_BYTES),
      .sending = buf_make(LIMIT_HTTP_OUT_BYTES),
      .stall_ms = stall_ms,
  };
  uv_tcp_init(loop, &o->tcp);
  uv_timer_init(loop, &o->watch);
  o->tcp.data = who;
  o->watch.data = o->write.data = o->shutdown.data = o;
}

bool http_output_accept(struct http_output *o, uv_stream_t *listener,
                        struct sockaddr_storage *peer, struct sockaddr_storage *local)
{
  int peer_size = sizeof *peer, local_size = sizeof *local;
  if (uv_accept(listener, (uv_stream_t *)&o->tcp) < 0 ||
      uv_tcp_getpeername(&o->tcp, (struct sockaddr *)peer, &peer_size) < 0 ||
      uv_tcp_getsockname(&o->tcp, (struct sockaddr *)local, &local_size) < 0)
    return false;
  (void)uv_tcp_nodelay(&o->tcp, 1); /* both only make it better */
  (void)uv_tcp_keepalive(&o->tcp, 1, TCP_KEEP_S);
  return true;
}

static void handle_closed(uv_handle_t *handle)
{
  struct http_output *o = handle->data;
  if (--o->open_handles == 0)
    o->calls->on_closed(o->who);
}

void http_output_close(struct http_output *o, bool reset)
{
  o->closed = true;
  o->tcp.data = o; /* nothing is read any more */
  uv_close((uv_handle_t *)&o->watch, handle_closed);
  /* A reset is refused while a shutdown is under way; then everything was sent. */
  if (!reset || uv_tcp_close_reset(&o->tcp, handle_closed) < 0)
    uv_close((uv_handle_t *)&o->tcp, handle_closed);
}

void http_output_free(struct http_output *o)
{
  buf_free(&o->out);
  buf_free(&o->sending);
}

/* -- the watch -- */

/* A client that closed its end has gone altogether if our probe was answered by a
 * reset. */
static bool was_reset(struct http_output *o)
{
  int fd = -1, error = 0;
  socklen_t size = sizeof error;
  if (uv_fileno((uv_handle_t *)&o->tcp, &fd) < 0)
    return true;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0;
}

static void on_watch(uv_timer_t *timer)
{
  struct http_output *o = timer->data;
  size_t backlog = http_output_backlog(o);
  unsigned long long left = o->written - backlog;
  if (o->half_closed && was_reset(o)) {
    o->calls->on_gone(o->who);
    return;
  }
  o->still_ms = left == o->watched && backlog > 0 ? o->still_ms + o->watch_ms : 0;
  o->watched = left;
  if (o->stall_ms > 0 && o->still_ms >= o->stall_ms) {
    o->calls->on_gone(o->who);
    return;
  }
  if (!o->half_closed && backlog == 0)
    return;
  if (o->half_closed && o->watch_ms < HALF_CLOSED_MOST)
    o->watch_ms *= 2;
  uv_timer_start(&o->watch, on_watch, o->watch_ms, 0);
}

/* Looks four times in a stall, so that it is found at most a quarter late. */
void http_output_watch(struct http_output *o)
{
  if (uv_is_active((uv_handle_t *)&o->watch) && !o->half_closed)
    return;
  if (o->stall_ms == 0 && !o->half_closed)
    return;
  o->watch_ms = o->half_closed ? HALF_CLOSED_MS : o->stall_ms / 4 + 1;
  o->watched = o->written - http_output_backlog(o);
  o->still_ms = 0;
  uv_timer_start(&o->watch, on_watch, o->watch_ms, 0);
}

/* -- how much waits -- */

size_t http_output_backlog(const struct http_output *o)
{
  return o->out.len + uv_stream_get_write_queue_size((const uv_stream_t *)&o->tcp);
}

bool http_output_is_unacknowledged(const struct http_output *o)
{
  int fd = -1, unsent = 0;
  return uv_fileno((const uv_handle_t *)&o->tcp, &fd) == 0 &&
         ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent > 0;
}

void http_output_grew(struct http_output *o, size_t before)
{
  o->written += o->out.len - before;
  if (http_output_backlog(o) > LIMIT_SINK_HIGH_BYTES)
    o->high = true;
}

bool http_output_has_drained(struct http_output *o)
{
  size_t backlog = http_output_backlog(o);
  if (backlog > LIMIT_SINK_HIGH_BYTES)
    o->high = true;
  if (!o->high || backlog >= LIMIT_SINK_LOW_BYTES)
    return false;
  o->high = false;
  return true;
}

/* -- sending -- */

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
  struct http_output *o = request->data;
  o->in_flight = false;
  forget_bytes(&o->sending);
  if (o->closed)
    return;
  if (status < 0)
    o->calls->on_gone(o->who);
  else
    o->calls->on_sent(o->who);
}

/* Gives `out` to the kernel; what it does not take at once waits in `sending`.  False:
 * the client is gone. */
static bool send_out(struct http_output *o)
{
  uv_buf_t bytes = uv_buf_init(o->out.at, (unsigned)o->out.len);
  int n = uv_try_write((uv_stream_t *)&o->tcp, &bytes, 1);
  if (n < 0 && n != UV_EAGAIN)
    return false;
  size_t taken = n < 0 ? 0 : (size_t)n;
  if (taken == o->out.len) {
    forget_bytes(&o->out);
    return true;
  }
  struct buf empty = o->sending;
  o->sending = o->out;
  o->out = empty; /* the two change places, so that their memory is used again */
  bytes = uv_buf_init(o->sending.at + taken, (unsigned)(o->sending.len - taken));
  if (uv_write(&o->write, (uv_stream_t *)&o->tcp, &bytes, 1, on_written) < 0)
    return false;
  o->in_flight = true;
  http_output_watch(o);
  return true;
}

bool http_output_flush(struct http_output *o)
{
  if (o->out.overflowed)
    return false;
  return o->out.len == 0 || o->in_flight || send_out(o);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
  struct http_output *o = request->data;
  if (!o->closed)
    o->calls->on_ended(o->who, status < 0);
}

bool http_output_end(struct http_output *o)
{
  return uv_shutdown(&o->shutdown, (uv_stream_t *)&o->tcp, on_shutdown) == 0;
}
