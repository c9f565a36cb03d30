/* SPDX-License-Identifier: MIT */
/* ws_socket.c - one timer serves both ends: while the socket is open it finds a client
 * that went silent, and once our close is said it is the deadline of the client's. */
#include "http/ws_socket.h"

#include "base/limits.h"
#include "base/mem.h"
#include "http/http_exchange.h"
#include "http_exchange_state.h"
#include "io/loop.h"
#include "ws_handshake.h"

#include <stdlib.h>
#include <string.h>

struct ws_socket {
  struct http_exchange *x; /* NULL: the connection is no longer ours */
  struct ws_socket_setup setup;
  struct ws_frame_reader reader;
  struct loop_timer *timer;
  bool closing; /* our close is said */
  bool pinged;  /* and not a byte has come since */
  bool woken;   /* on_writable is due */
  bool pong_due;
  char pong[WS_CONTROL_BYTES]; /* the last ping's payload, while it cannot be sent */
  size_t pong_len;
  unsigned inside; /* callbacks that are under way: the memory stays */
};

/* -- the end -- */

static void leave(struct ws_socket *s)
{
  s->inside--;
  if (s->inside > 0 || s->x)
    return;
  loop_timer_free(s->timer);
  ws_frame_reader_free(&s->reader);
  free(s);
}

/* The connection is given back or gone, and the owner is told. */
static void finish(struct ws_socket *s, unsigned code, struct span reason)
{
  s->x = NULL;
  loop_timer_stop(s->timer);
  s->setup.on_close(s->setup.who, code, reason);
}

static void on_gone(void *who)
{
  struct ws_socket *s = who;
  s->inside++;
  finish(s, WS_BROKEN, (struct span){0});
  leave(s);
}

void ws_socket_cut(struct ws_socket *s)
{
  s->inside++;
  http_abort(s->x);
  s->x = NULL;
  leave(s);
}

/* -- what is sent -- */

/* Straight into the connection's output, so that a message is copied once. */
static size_t put(struct ws_socket *s, enum ws_opcode opcode, struct span payload)
{
  struct http_output *output = s->x->output;
  if (s->x->lost)
    return 0;
  size_t before = output->out.len;
  ws_frame_put(&output->out, opcode, payload);
  http_output_grew(output, before);
  s->x->calls->on_dirty(s->x->who);
  return http_output_backlog(output);
}

static void put_close(struct ws_socket *s, unsigned code, struct span reason)
{
  struct buf payload = buf_make(WS_CONTROL_BYTES);
  ws_frame_put_code(&payload, code, reason);
  (void)put(s, WS_CLOSE, buf_span(&payload));
  buf_free(&payload);
}

size_t ws_socket_send(struct ws_socket *s, struct span text)
{
  return s->closing ? http_output_backlog(s->x->output) : put(s, WS_TEXT, text);
}

void ws_socket_wake(struct ws_socket *s)
{
  s->woken = true;
  http_wake(s->x);
}

void ws_socket_close(struct ws_socket *s, unsigned code, const char *reason)
{
  if (s->closing)
    return;
  put_close(s, code, span_of(reason));
  s->closing = true;
  loop_timer_start(s->timer, s->setup.close_ms);
}

static void on_writable(void *who)
{
  struct ws_socket *s = who;
  s->inside++;
  if (s->pong_due && !s->closing)
    (void)put(s, WS_PONG, (struct span){s->pong, s->pong_len});
  s->pong_due = false;
  if (s->woken && !s->closing) {
    s->woken = false;
    if (s->setup.on_writable)
      s->setup.on_writable(s->setup.who);
  }
  leave(s);
}

/* -- what comes -- */

/* To a client that takes nothing only the last of its pings is answered, so that they do
 * not pile up (RFC 6455, 5.5.3). */
static void answer_ping(struct ws_socket *s, struct span payload)
{
  if (s->closing)
    return;
  if (!s->pong_due && http_output_backlog(s->x->output) <= LIMIT_SINK_HIGH_BYTES) {
    (void)put(s, WS_PONG, payload);
    return;
  }
  if (payload.len > 0)
    memcpy(s->pong, payload.at, payload.len);
  s->pong_len = payload.len;
  s->pong_due = true;
  http_wake(s->x);
}

/* The client's close, or what it may not send: our close leaves, if it is not said yet,
 * and then our end. */
static void end_socket(struct ws_socket *s, unsigned code, struct span reason, bool echo)
{
  if (!s->closing)
    put_close(s, code, echo ? (struct span){0} : reason);
  s->closing = true;
  http_end(s->x);
  finish(s, code, reason);
}

static void take_event(struct ws_socket *s, enum ws_frame_event event)
{
  struct span payload = ws_frame_payload(&s->reader);
  if (event == WS_FRAME_TEXT && !s->closing)
    s->setup.on_message(s->setup.who, payload);
  else if (event == WS_FRAME_PING)
    answer_ping(s, payload);
  else if (event == WS_FRAME_CLOSE)
    end_socket(s, ws_frame_code(&s->reader), payload, true);
  else if (event == WS_FRAME_FAILED)
    end_socket(s, ws_frame_code(&s->reader), payload, false);
}

static void take_bytes(struct ws_socket *s, struct span bytes)
{
  enum ws_frame_event event;
  do {
    bytes = span_after(bytes, ws_frame_read(&s->reader, bytes, &event));
    take_event(s, event);
  } while (event != WS_FRAME_MORE && s->x);
}

static void watch_silence(struct ws_socket *s)
{
  if (s->setup.ping_ms > 0 && !s->closing)
    loop_timer_start(s->timer, s->setup.ping_ms);
}

static void on_input(void *who, struct span bytes)
{
  struct ws_socket *s = who;
  s->inside++;
  s->pinged = false;
  watch_silence(s);
  if (bytes.len > 0) {
    take_bytes(s, bytes);
  } else { /* the client's end, without a close */
    http_end(s->x);
    finish(s, WS_BROKEN, (struct span){0});
  }
  leave(s);
}

/* Whether a client that has not taken what was sent is there, the output's watch finds
 * out. */
static void on_timer(void *who)
{
  struct ws_socket *s = who;
  s->inside++;
  if (s->closing || s->x->lost || (s->pinged && http_output_backlog(s->x->output) == 0)) {
    http_abort(s->x);
    finish(s, WS_BROKEN, (struct span){0});
  } else {
    if (http_output_backlog(s->x->output) == 0) {
      (void)put(s, WS_PING, (struct span){0});
      s->pinged = true;
    }
    watch_silence(s);
  }
  leave(s);
}

/* -- the beginning -- */

static void refuse(struct http_exchange *x, const struct ws_handshake *h)
{
  struct http_answer answer = {.status = h->status,
                               .content_type = "text/plain",
                               .headers = &h->header,
                               .header_count = h->header.name.len > 0,
                               .close = true};
  http_reply(x, &answer, span_of(h->reason));
}

struct ws_socket *ws_socket_open(struct http_exchange *x,
                                 const struct ws_socket_setup *setup)
{
  struct ws_handshake h = ws_handshake_check(http_exchange_request(x));
  if (h.status != 101) {
    refuse(x, &h);
    return NULL;
  }
  struct ws_socket *s = mem_new(sizeof *s);
  *s = (struct ws_socket){
      .x = x, .setup = *setup, .reader = ws_frame_reader_make(setup->message_bytes)};
  s->timer = loop_timer_new(x->output->tcp.loop, on_timer, s);
  struct http_header headers[] = {
      {SPAN_LITERAL("upgrade"), SPAN_LITERAL("websocket")},
      {SPAN_LITERAL("sec-websocket-accept"), span_of(h.accept)}};
  struct http_answer answer = {.status = 101, .headers = headers, .header_count = 2};
  http_exchange_on_gone(x, on_gone, s);
  http_exchange_on_writable(x, on_writable, s);
  http_upgrade(x, &answer, on_input, s);
  watch_silence(s);
  if (x->lost) /* the client left before it was answered, and nobody was told */
    loop_timer_start(s->timer, 0);
  return s;
}
