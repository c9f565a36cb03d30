/* SPDX-License-Identifier: MIT */
/* http_connection.c - see http_connection.h. */
#include "http_connection.h"

#include "base/limits.h"
#include "base/mem.h"
#include "http_output.h"

#include <stdlib.h>

#define TCP_KEEP_S 60 /* idle seconds before the kernel asks whether the peer lives */

/* -- the end ------------------------------------------------------------------------ */

static void connection_free(struct http_connection *c)
{
  if (c->open_handles > 0 || c->owned)
    return;
  http_server_forget(c->server, c);
  http_parse_free(c->parse);
  buf_free(&c->exchange.probe);
  buf_wipe(&c->ahead);
  buf_free(&c->out);
  buf_free(&c->sending);
  free(c);
}

static void handle_closed(uv_handle_t *handle)
{
  struct http_connection *c = handle->data;
  c->open_handles--;
  connection_free(c);
}

void http_connection_close(struct http_connection *c, bool reset)
{
  if (c->state == HTTP_CONNECTION_CLOSED)
    return;
  c->state = HTTP_CONNECTION_CLOSED;
  c->exchange.on_gone = c->exchange.on_writable = NULL;
  http_server_drop(c->server, c);
  uv_close((uv_handle_t *)&c->deadline, handle_closed);
  uv_close((uv_handle_t *)&c->watch, handle_closed);
  /* A reset is refused while a shutdown is under way; then everything was sent. */
  if (!reset || uv_tcp_close_reset(&c->tcp, handle_closed) < 0)
    uv_close((uv_handle_t *)&c->tcp, handle_closed);
}

void http_connection_cut(struct http_connection *c, bool tell)
{
  struct http_exchange *x = &c->exchange;
  void (*on_gone)(void *who) = tell && c->owned ? x->on_gone : NULL;
  void *who = x->gone_who;
  /* An owner that did not ask to be told still has the pointer and will answer some time.
   */
  if (!tell || on_gone != NULL)
    c->owned = false;
  http_connection_close(c, true);
  if (on_gone != NULL)
    on_gone(who);
  if (c->open_handles == 0)
    connection_free(c); /* it was closed long ago and kept for its owner's sake */
}

void http_connection_retire(struct http_connection *c)
{
  bool idle = c->state == HTTP_CONNECTION_READING && c->ahead.len == 0 &&
              http_parse_state(c->parse) == HTTP_PARSE_START;
  if (idle)
    http_connection_enter(c, HTTP_CONNECTION_FINISHING);
}

/* -- deadlines ---------------------------------------------------------------------- */

static void connection_refuse(struct http_connection *c, int status, const char *reason)
{
  struct http_answer answer = {
      .status = status, .content_type = "text/plain", .close = true};
  http_exchange_put_answer(c, &answer, span_of(reason));
  http_connection_enter(c, HTTP_CONNECTION_FINISHING);
}

static void on_deadline(uv_timer_t *timer)
{
  struct http_connection *c = timer->data;
  if (c->state == HTTP_CONNECTION_LINGERING)
    http_connection_close(c, false);
  if (c->state != HTTP_CONNECTION_READING)
    return;
  if (http_parse_state(c->parse) != HTTP_PARSE_START)
    connection_refuse(c, 408, "the request did not come in time");
  else if (http_output_backlog(c) == 0) /* else the last answer is still on its way */
    http_connection_close(c, false);
}

/* Runs from the first byte for a head, from the last byte for a body. */
static void arm_deadline(struct http_connection *c)
{
  const struct http_server_setup *setup = http_server_settings(c->server);
  enum http_parse_state parsing = http_parse_state(c->parse);
  if (c->timed == (int)parsing && parsing != HTTP_PARSE_BODY)
    return;
  c->timed = (int)parsing;
  unsigned ms = parsing == HTTP_PARSE_START  ? setup->idle_ms
                : parsing == HTTP_PARSE_HEAD ? setup->head_ms
                                             : setup->body_ms;
  if (ms > 0)
    uv_timer_start(&c->deadline, on_deadline, ms, ms); /* idleness may wait again */
  else
    uv_timer_stop(&c->deadline);
}

/* -- bytes in ----------------------------------------------------------------------- */

static void hand_out(struct http_connection *c, bool early)
{
  const struct http_server_setup *setup = http_server_settings(c->server);
  struct http_exchange *x = &c->exchange;
  buf_free(&x->probe);
  *x = (struct http_exchange){.connection = c, .early = early, .probe = buf_make(KIB)};
  c->owned = true;
  http_connection_enter(c, HTTP_CONNECTION_ANSWERING);
  (early ? setup->on_head : setup->on_request)(setup->who, x);
}

static void ask_head(struct http_connection *c)
{
  c->head_told = true;
  if (http_server_settings(c->server)->on_head == NULL)
    return;
  hand_out(c, true);
  if (c->state != HTTP_CONNECTION_ANSWERING || c->exchange.begun)
    return; /* it is answered */
  c->owned = false;
  http_connection_enter(c, HTTP_CONNECTION_READING);
}

/* Parses until the bytes are used up, an answer is awaited or it is the end; returns the
 * rest. */
static struct span connection_parse(struct http_connection *c, struct span bytes)
{
  while (c->state == HTTP_CONNECTION_READING && !c->high) {
    bytes = span_after(bytes, http_parse_add(c->parse, bytes));
    enum http_parse_state parsing = http_parse_state(c->parse);
    if (parsing == HTTP_PARSE_FAILED) {
      connection_refuse(c, http_parse_status(c->parse), http_parse_reason(c->parse));
    } else if (parsing == HTTP_PARSE_DONE) {
      hand_out(c, false);
      http_output_tell_drain(c);
    } else if (parsing == HTTP_PARSE_BODY && !c->head_told) {
      ask_head(c); /* and round again, also without a byte: there may be no body */
    } else {
      break; /* more is needed */
    }
  }
  return bytes;
}

/* The client waits to be asked for the body. */
static void ask_body(struct http_connection *c)
{
  const struct http_request *r = http_parse_request(c->parse);
  if (http_parse_state(c->parse) != HTTP_PARSE_BODY || !r->expects_continue ||
      c->asked_more || r->body.len > 0)
    return;
  c->asked_more = true;
  buf_add_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
  http_connection_mark(c);
}

static void after_parse(struct http_connection *c)
{
  if (c->state != HTTP_CONNECTION_READING || c->high)
    return;
  if (c->peer_ended) { /* nothing will complete what is here */
    http_connection_enter(c, HTTP_CONNECTION_FINISHING);
    return;
  }
  ask_body(c);
  arm_deadline(c);
}

static void update_reading(struct http_connection *c);

static void take_bytes(struct http_connection *c, struct span bytes)
{
  if (c->state == HTTP_CONNECTION_FINISHING || c->state == HTTP_CONNECTION_LINGERING) {
    c->dropped += bytes.len;
    if (c->dropped > LIMIT_LINGER_BYTES)
      http_connection_close(c, true);
    return;
  }
  if (c->ahead.len == 0)
    bytes = connection_parse(c, bytes);
  if (c->state == HTTP_CONNECTION_READING || c->state == HTTP_CONNECTION_ANSWERING)
    buf_add(&c->ahead, bytes);
  after_parse(c);
  update_reading(c);
}

static void take_end(struct http_connection *c)
{
  c->peer_ended = true;
  c->reading = false; /* libuv stopped it */
  if (c->state == HTTP_CONNECTION_LINGERING) {
    http_connection_close(c, false);
  } else if (c->state == HTTP_CONNECTION_ANSWERING) {
    if (c->exchange.begun)
      (void)http_write(&c->exchange, buf_span(&c->exchange.probe));
    http_output_watch(c);
  } else {
    after_parse(c);
  }
}

static void on_writable(uv_handle_t *handle, size_t hint, uv_buf_t *capacity)
{
  (void)hint;
  struct http_connection *c = handle->data;
  *capacity = http_server_read_capacity(c->server);
  capacity->len -= c->ahead.len; /* never more than `ahead` can take */
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *capacity)
{
  struct http_connection *c = stream->data;
  if (n > 0) {
    take_bytes(c, (struct span){capacity->base, (size_t)n});
    mem_wipe(capacity->base,
             (size_t)n); /* the server's: a request's tokens do not stay */
  } else if (n == UV_EOF)
    take_end(c);
  else if (n < 0)
    http_connection_cut(c, true);
}

/* We read all the time, so that a client that goes is noticed, but never keep much ahead.
 */
static void update_reading(struct http_connection *c)
{
  bool want = c->state != HTTP_CONNECTION_CLOSED && !c->peer_ended &&
              c->ahead.len < LIMIT_READ_BYTES;
  if (want == c->reading || c->state == HTTP_CONNECTION_CLOSED)
    return;
  c->reading = want;
  if (!want)
    uv_read_stop((uv_stream_t *)&c->tcp);
  else if (uv_read_start((uv_stream_t *)&c->tcp, on_writable, on_read) < 0)
    http_connection_cut(c, true);
}

/* -- states ------------------------------------------------------------------------- */

void http_connection_mark(struct http_connection *c)
{
  c->dirty = true;
  http_server_mark(c->server);
}

void http_connection_enter(struct http_connection *c, enum http_connection_state state)
{
  if (c->state == HTTP_CONNECTION_CLOSED)
    return;
  c->state = state;
  c->timed = -1;
  uv_timer_stop(&c->deadline);
  if (state == HTTP_CONNECTION_FINISHING) {
    buf_wipe(&c->ahead);
    http_connection_mark(c);
  }
  if (state == HTTP_CONNECTION_LINGERING)
    uv_timer_start(&c->deadline, on_deadline, LIMIT_LINGER_MS, 0);
}

void http_connection_answered(struct http_connection *c)
{
  bool more = !c->exchange.close && !http_server_is_stopped(c->server);
  c->owned = false;
  if (c->state == HTTP_CONNECTION_CLOSED) { /* the owner was not told of it */
    connection_free(c);
    return;
  }
  if (!more) {
    http_connection_enter(c, HTTP_CONNECTION_FINISHING);
    return;
  }
  http_parse_next(c->parse);
  c->head_told = c->asked_more = false;
  http_connection_enter(c, HTTP_CONNECTION_READING);
  http_connection_mark(c);
}

void http_connection_turn(struct http_connection *c)
{
  if (!c->dirty || c->state == HTTP_CONNECTION_CLOSED)
    return;
  c->dirty = false;
  http_output_ask(c);
  http_output_flush(c);
  if (c->state == HTTP_CONNECTION_READING) {
    struct span rest = connection_parse(c, buf_span(&c->ahead));
    if (c->state != HTTP_CONNECTION_FINISHING && c->state != HTTP_CONNECTION_CLOSED)
      buf_drop_front(&c->ahead, c->ahead.len - rest.len);
    after_parse(c);
  }
  update_reading(c);
}

/* -- the beginning ------------------------------------------------------------------ */

static int read_addresses(struct http_connection *c)
{
  int peer = sizeof c->peer, local = sizeof c->local;
  int r = uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&c->peer, &peer);
  return r < 0 ? r : uv_tcp_getsockname(&c->tcp, (struct sockaddr *)&c->local, &local);
}

static bool is_let_in(const struct http_connection *c)
{
  const struct http_server_setup *setup = http_server_settings(c->server);
  return !setup->on_accept ||
         setup->on_accept(setup->who, (const struct sockaddr *)&c->peer,
                          (const struct sockaddr *)&c->local);
}

void http_connection_accept(struct http_server *s, uv_stream_t *listener, bool refused)
{
  struct http_connection *c = mem_new(sizeof *c);
  *c = (struct http_connection){
      .server = s,
      .open_handles = 3,
      .parse = http_parse_new(&http_server_settings(s)->limits),
      .timed = -1,
      .ahead = buf_make(LIMIT_READ_BYTES),
      .out = buf_make(LIMIT_HTTP_OUT_BYTES),
      .sending = buf_make(LIMIT_HTTP_OUT_BYTES),
      .refused = refused,
  };
  uv_tcp_init(listener->loop, &c->tcp);
  uv_timer_init(listener->loop, &c->deadline);
  uv_timer_init(listener->loop, &c->watch);
  c->tcp.data = c->deadline.data = c->watch.data = c;
  http_server_add(s, c);
  if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0 || read_addresses(c) < 0) {
    http_connection_close(c, false);
    return;
  }
  (void)uv_tcp_nodelay(&c->tcp, 1); /* both only make it better */
  (void)uv_tcp_keepalive(&c->tcp, 1, TCP_KEEP_S);
  if (refused)
    connection_refuse(c, 503, "too many connections");
  else if (!is_let_in(c))
    connection_refuse(c, 403, "not for this machine's agent");
  else
    arm_deadline(c);
  update_reading(c);
}
