/* SPDX-License-Identifier: MIT */
/* origin.c - see origin.h. */
#include "origin.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void on_writable(uv_handle_t *handle, size_t hint, uv_buf_t *capacity)
{
  struct origin_connection *c = handle->data;
  (void)hint;
  capacity->base = buf_reserve(&c->origin->raw, LIMIT_READ_BYTES);
  capacity->len = LIMIT_READ_BYTES;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *capacity)
{
  struct origin_connection *c = stream->data;
  struct origin *o = c->origin;
  if (n < 0) {
    origin_hang_up(c, false);
    return;
  }
  struct span bytes = {capacity->base, (size_t)n};
  buf_grew(&o->raw, bytes.len);
  for (bool empty = false; c->open && !empty;) {
    empty = bytes.len == 0;
    bytes = span_after(bytes, http_parse_add(c->parse, bytes));
    assert_int_not_equal(http_parse_state(c->parse), HTTP_PARSE_FAILED);
    if (http_parse_state(c->parse) != HTTP_PARSE_DONE)
      continue;
    o->requests++;
    o->how(c);
    http_parse_next(c->parse);
  }
}

static void on_connection(uv_stream_t *listener, int status)
{
  struct origin *o = listener->data;
  assert_int_equal(status, 0);
  assert_true(o->connections < ORIGIN_CONNECTIONS);
  struct origin_connection *c = &o->list[o->connections++];
  struct http_parse_limits limits = {64 * KIB, 100, 64 * MIB};
  c->origin = o;
  c->parse = http_parse_new(&limits);
  c->open = true;
  uv_tcp_init(o->loop, &c->tcp);
  c->tcp.data = c;
  assert_int_equal(uv_accept(listener, (uv_stream_t *)&c->tcp), 0);
  uv_tcp_nodelay(&c->tcp, 1);
  uv_read_start((uv_stream_t *)&c->tcp, on_writable, on_read);
}

void origin_open(struct origin *o, uv_loop_t *loop,
                 void (*how)(struct origin_connection *c), void *who)
{
  memset(o, 0, sizeof *o);
  o->loop = loop;
  o->how = how;
  o->who = who;
  o->raw = buf_make(256 * (size_t)MIB);
  uv_tcp_init(loop, &o->listener);
  o->listener.data = o;
  struct sockaddr_in address;
  int size = sizeof address;
  uv_ip4_addr("127.0.0.1", 0, &address);
  assert_int_equal(uv_tcp_bind(&o->listener, (struct sockaddr *)&address, 0), 0);
  assert_int_equal(uv_listen((uv_stream_t *)&o->listener, 128, on_connection), 0);
  uv_tcp_getsockname(&o->listener, (struct sockaddr *)&address, &size);
  o->port = ntohs(address.sin_port);
}

void origin_hang_up(struct origin_connection *c, bool reset)
{
  if (!c->open)
    return;
  c->open = false;
  if (!reset || uv_tcp_close_reset(&c->tcp, NULL) < 0)
    uv_close((uv_handle_t *)&c->tcp, NULL);
}

void origin_say_bytes(struct origin_connection *c, struct span bytes)
{
  while (bytes.len > 0) {
    uv_buf_t b = uv_buf_init((char *)(uintptr_t)bytes.at, (unsigned)bytes.len);
    int n = uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
    assert_true(n > 0); /* the tests say no more than the kernel takes */
    bytes = span_after(bytes, (size_t)n);
  }
}

void origin_say(struct origin_connection *c, const char *text)
{
  origin_say_bytes(c, span_of(text));
}

void origin_close(struct origin *o)
{
  uv_close((uv_handle_t *)&o->listener, NULL);
  for (unsigned i = 0; i < o->connections; i++)
    origin_hang_up(&o->list[i], false);
  uv_run(o->loop, UV_RUN_NOWAIT);
  uv_run(o->loop, UV_RUN_NOWAIT);
  for (unsigned i = 0; i < o->connections; i++)
    http_parse_free(o->list[i].parse);
  buf_free(&o->raw);
}
