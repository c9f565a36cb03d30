/* SPDX-License-Identifier: MIT */
/* loopback.c - see loopback.h. */
#include "loopback.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define LOOPBACK_DEADLINE_MS 10000

/* -- waiting -- */

static void fires(uv_timer_t *timer)
{
  *(bool *)timer->data = true;
}

/* A timer that wakes the loop; closed before it returns. */
static void run_until(uv_loop_t *loop, bool (*is_so)(void *who), void *who, unsigned ms)
{
  bool late = false;
  uv_timer_t timer;
  uv_timer_init(loop, &timer);
  timer.data = &late;
  uv_update_time(loop);
  uv_timer_start(&timer, fires, ms, 0);
  while (!late && (is_so == NULL || !is_so(who)))
    uv_run(loop, UV_RUN_ONCE);
  bool so = is_so == NULL || is_so(who);
  uv_close((uv_handle_t *)&timer, NULL);
  uv_run(loop, UV_RUN_NOWAIT);
  if (!so)
    fail_msg("waited %u ms in vain", ms);
}

void loopback_wait(uv_loop_t *loop, bool (*is_so)(void *who), void *who)
{
  run_until(loop, is_so, who, LOOPBACK_DEADLINE_MS);
}

void loopback_run_ms(uv_loop_t *loop, unsigned ms)
{
  run_until(loop, NULL, NULL, ms);
}

void loopback_loop_close(uv_loop_t *loop)
{
  uv_run(loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(loop), 0);
}

/* -- the client -- */

static void on_writable(uv_handle_t *handle, size_t hint, uv_buf_t *capacity)
{
  struct loopback_client *c = handle->data;
  (void)hint;
  capacity->base = buf_reserve(&c->got, LIMIT_READ_BYTES);
  capacity->len = LIMIT_READ_BYTES;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *capacity)
{
  struct loopback_client *c = stream->data;
  (void)capacity;
  if (n > 0)
    buf_grew(&c->got, (size_t)n);
  if (n >= 0)
    return;
  c->ended = true;
  c->error = n == UV_EOF ? 0 : (int)n;
}

static bool is_connected(void *who)
{
  struct loopback_client *c = who;
  return uv_is_readable((uv_stream_t *)&c->tcp) != 0;
}

static void on_connected(uv_connect_t *request, int status)
{
  (void)request;
  assert_int_equal(status, 0);
}

void loopback_resume(struct loopback_client *c)
{
  assert_int_equal(uv_read_start((uv_stream_t *)&c->tcp, on_writable, on_read), 0);
}

void loopback_pause(struct loopback_client *c)
{
  uv_read_stop((uv_stream_t *)&c->tcp);
}

void loopback_connect(struct loopback_client *c, uv_loop_t *loop, unsigned port)
{
  *c = (struct loopback_client){.loop = loop, .got = buf_make(256 * (size_t)MIB)};
  struct sockaddr_in address;
  assert_int_equal(uv_ip4_addr("127.0.0.1", (int)port, &address), 0);
  uv_tcp_init(loop, &c->tcp);
  c->tcp.data = c;
  assert_int_equal(
      uv_tcp_connect(&c->connect, &c->tcp, (struct sockaddr *)&address, on_connected), 0);
  loopback_wait(loop, is_connected, c);
  uv_tcp_nodelay(&c->tcp, 1);
  loopback_resume(c);
}

void loopback_send(struct loopback_client *c, const char *text, size_t step)
{
  size_t len = strlen(text);
  unsigned turns = 0;
  for (size_t at = 0; at < len;) {
    size_t n = step == 0 || len - at < step ? len - at : step;
    uv_buf_t bytes = uv_buf_init((char *)(uintptr_t)(text + at), (unsigned)n);
    int r = uv_try_write((uv_stream_t *)&c->tcp, &bytes, 1);
    /* the server hung up early: the test looks at what it got */
    if (r == UV_EPIPE || r == UV_ECONNRESET)
      return;
    if (r > 0)
      at += (size_t)r;
    else
      assert_int_equal(r, UV_EAGAIN);
    if (r < 0 && ++turns > 100000)
      fail_msg("the server does not read");
    uv_run(c->loop, UV_RUN_NOWAIT);
  }
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
  (void)status;
  free(request);
}

void loopback_half_close(struct loopback_client *c)
{
  uv_shutdown_t *request = malloc(sizeof *request);
  assert_int_equal(uv_shutdown(request, (uv_stream_t *)&c->tcp, on_shutdown), 0);
  uv_run(c->loop, UV_RUN_NOWAIT);
}

static void on_closed(uv_handle_t *handle)
{
  struct loopback_client *c = handle->data;
  c->closed = true;
}

static bool is_closed(void *who)
{
  struct loopback_client *c = who;
  return c->closed;
}

void loopback_close(struct loopback_client *c, bool reset)
{
  if (!reset || uv_tcp_close_reset(&c->tcp, on_closed) < 0)
    uv_close((uv_handle_t *)&c->tcp, on_closed);
  loopback_wait(c->loop, is_closed, c);
  buf_free(&c->got);
}

struct wanted {
  struct loopback_client *client;
  const char *text;
};

static bool has_text(void *who)
{
  struct wanted *w = who;
  return loopback_count(w->client, w->text) > 0;
}

void loopback_wait_text(struct loopback_client *c, const char *text)
{
  struct wanted w = {c, text};
  loopback_wait(c->loop, has_text, &w);
}

static bool has_ended(void *who)
{
  struct loopback_client *c = who;
  return c->ended;
}

void loopback_wait_end(struct loopback_client *c)
{
  loopback_wait(c->loop, has_ended, c);
}

size_t loopback_count(const struct loopback_client *c, const char *text)
{
  size_t count = 0, len = strlen(text);
  for (const char *at = c->got.at; at != NULL; count++) {
    at = memmem(at, c->got.len - (size_t)(at - c->got.at), text, len);
    if (at == NULL)
      break;
    at += len;
  }
  return count;
}
