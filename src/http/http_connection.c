/* SPDX-License-Identifier: MIT */
/* http_connection.c - from the top: what the exchange asks, what is read, what is sent,
 * and the beginning.  States, deadlines and the end are in http_connection_state.c. */
#include "http_connection.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/descriptors.h"

#include <poll.h>
#include <stdlib.h>

/* Between two looks for the end of a client that is not read. */
#define END_LOOK_MS 50

/* -- what the exchange asks -- */

static void on_exchange_dirty(void *who)
{
  http_connection_mark(who);
}

static bool exchange_is_last(const void *who)
{
  const struct http_connection *c = who;
  return c->owner->stopped || c->refused;
}

static void on_answered(void *who)
{
  struct http_connection *c = who;
  bool more = !c->exchange.close && !exchange_is_last(c);
  c->owned = false;
  if (c->state == HTTP_CONNECTION_CLOSED) { /* the owner was not told of it */
    http_connection_free(c);
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

static void on_abort(void *who)
{
  http_connection_cut(who, false);
}

static const struct http_exchange_calls exchange_calls = {
    .on_dirty = on_exchange_dirty,
    .is_last = exchange_is_last,
    .on_answered = on_answered,
    .on_abort = on_abort,
};

/* -- bytes in -- */

/* Pipelined requests had to wait while too much was unsent. */
static void tell_drain(struct http_connection *c)
{
  if (http_output_has_drained(&c->output) && c->state == HTTP_CONNECTION_READING)
    http_connection_mark(c);
}

static void hand_out(struct http_connection *c, bool early,
                     void (*to)(void *who, struct http_exchange *x))
{
  struct http_exchange *x = &c->exchange;
  struct buf extra = buf_make(LIMIT_HEADER_BYTES);
  buf_free(&x->probe);
  if (!early && x->early) { /* the same request */
    extra = x->extra;
    x->extra = (struct buf){0};
  }
  buf_free(&x->extra);
  *x = (struct http_exchange){.calls = &exchange_calls,
                              .who = c,
                              .output = &c->output,
                              .parse = c->parse,
                              .peer = (const struct sockaddr *)&c->peer,
                              .local = (const struct sockaddr *)&c->local,
                              .early = early,
                              .probe = buf_make(LIMIT_PROBE_BYTES),
                              .extra = extra};
  c->owned = true;
  http_connection_enter(c, HTTP_CONNECTION_ANSWERING);
  to(c->owner->setup->who, x);
}

static void ask_head(struct http_connection *c)
{
  const struct http_server_setup *setup = c->owner->setup;
  c->head_told = true;
  if (c->refused && (!setup->is_spared ||
                     !setup->is_spared(setup->who, http_parse_request(c->parse)))) {
    http_connection_refuse(c, 503, "too many connections");
    return;
  }
  if (!setup->on_head)
    return;
  hand_out(c, true, c->owner->setup->on_head);
  if (c->state != HTTP_CONNECTION_ANSWERING || c->exchange.begun)
    return; /* on_head answered it */
  /* on_head let it pass: the body is read before on_request gets it. */
  c->owned = false;
  http_connection_enter(c, HTTP_CONNECTION_READING);
}

static void refuse_request(struct http_connection *c)
{
  const struct http_server_setup *setup = c->owner->setup;
  int status = http_parse_status(c->parse);
  if (status == 413 && setup->on_too_long)
    hand_out(c, true, setup->on_too_long);
  else
    http_connection_refuse(c, status, http_parse_reason(c->parse));
}

/* Parses until the bytes are used up, an answer is awaited or it is the end; returns the
 * rest. */
static struct span connection_parse(struct http_connection *c, struct span bytes)
{
  while (c->state == HTTP_CONNECTION_READING && !c->output.high) {
    bytes = span_after(bytes, http_parse_add(c->parse, bytes));
    enum http_parse_state parsing = http_parse_state(c->parse);
    if (parsing == HTTP_PARSE_FAILED) {
      refuse_request(c);
    } else if (parsing == HTTP_PARSE_DONE) {
      hand_out(c, false, c->owner->setup->on_request);
      tell_drain(c);
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
  size_t before = c->output.out.len;
  buf_add_text(&c->output.out, "HTTP/1.1 100 Continue\r\n\r\n");
  http_output_grew(&c->output, before);
  http_connection_mark(c);
}

static void after_parse(struct http_connection *c)
{
  if (c->state != HTTP_CONNECTION_READING || c->output.high)
    return;
  if (c->peer_ended) { /* nothing will complete what is here */
    http_connection_enter(c, HTTP_CONNECTION_FINISHING);
    return;
  }
  ask_body(c);
  http_connection_arm(c);
}

static bool is_upgraded(const struct http_connection *c)
{
  return c->state == HTTP_CONNECTION_ANSWERING && c->exchange.on_input;
}

/* To the owner of an upgraded connection, who may end it from inside. */
static void give_input(struct http_connection *c, struct span bytes)
{
  struct http_exchange *x = &c->exchange;
  if (bytes.len > 0)
    x->on_input(x->input_who, bytes);
  if (!is_upgraded(c) || !c->peer_ended || x->end_told)
    return;
  x->end_told = true;
  x->on_input(x->input_who, (struct span){0});
}

/* What came before the owner upgraded the connection. */
static void give_ahead(struct http_connection *c)
{
  if (!is_upgraded(c))
    return;
  struct buf bytes = buf_take(&c->ahead);
  give_input(c, buf_span(&bytes));
  buf_wipe(&bytes);
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
  if (is_upgraded(c) && c->ahead.len == 0)
    give_input(c, bytes);
  else if (c->state == HTTP_CONNECTION_READING || c->state == HTTP_CONNECTION_ANSWERING)
    buf_add(&c->ahead, bytes);
  after_parse(c);
  update_reading(c);
}

/* The client sends no more, and awaits its answer or is gone. */
static void half_close(struct http_connection *c)
{
  if (c->exchange.begun)
    (void)http_write(&c->exchange, buf_span(&c->exchange.probe));
  c->output.half_closed = true;
  http_output_watch(&c->output);
}

static void take_end(struct http_connection *c)
{
  c->peer_ended = true;
  c->reading = false; /* libuv stopped it */
  if (c->state == HTTP_CONNECTION_LINGERING) {
    http_connection_close(c, false);
  } else if (is_upgraded(c)) {
    give_ahead(c);
  } else if (c->state == HTTP_CONNECTION_ANSWERING) {
    half_close(c);
  } else {
    after_parse(c);
  }
}

/* Never more than `ahead` can take. */
static void give_memory(uv_handle_t *handle, size_t hint, uv_buf_t *memory)
{
  (void)hint;
  struct http_connection *c = handle->data;
  *memory = uv_buf_init(c->owner->bytes, (unsigned)(LIMIT_READ_BYTES - c->ahead.len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *memory)
{
  struct http_connection *c = stream->data;
  if (n > 0) {
    c->spoke = true;
    c->alive_ms = uv_now(stream->loop);
    take_bytes(c, (struct span){memory->base, (size_t)n});
    mem_wipe(memory->base, (size_t)n); /* a request's tokens do not stay there */
  } else if (n == UV_EOF)
    take_end(c);
  else if (n < 0)
    http_connection_cut(c, true);
}

/* The kernel knows of the client's end, whatever lies unread before it. */
static void look_for_end(uv_timer_t *timer)
{
  struct http_connection *c = timer->data;
  struct pollfd p = {.events = POLLRDHUP};
  if (uv_fileno((uv_handle_t *)&c->output.tcp, &p.fd) < 0 || poll(&p, 1, 0) <= 0)
    return;
  uv_timer_stop(timer);
  if (p.revents & (POLLERR | POLLHUP))
    http_connection_cut(c, true);
  else
    half_close(c); /* what lies unread may be requests */
}

static void watch_unread(struct http_connection *c)
{
  if (c->state == HTTP_CONNECTION_ANSWERING && !c->reading && !c->output.half_closed &&
      !uv_is_active((uv_handle_t *)&c->deadline))
    uv_timer_start(&c->deadline, look_for_end, END_LOOK_MS, END_LOOK_MS);
}

/* We read all the time, so that a client that goes is noticed, but never keep much
 * ahead: of one who has sent too much we look for the end without reading. */
static void update_reading(struct http_connection *c)
{
  bool want = c->state != HTTP_CONNECTION_CLOSED && !c->peer_ended &&
              c->ahead.len < LIMIT_READ_BYTES;
  if (c->state == HTTP_CONNECTION_CLOSED)
    return;
  bool changes = want != c->reading;
  c->reading = want;
  watch_unread(c);
  if (!changes)
    return;
  if (!want)
    uv_read_stop((uv_stream_t *)&c->output.tcp);
  else if (uv_read_start((uv_stream_t *)&c->output.tcp, give_memory, on_read) < 0)
    http_connection_cut(c, true);
}

/* -- bytes out -- */

/* Sends what is written; when a finishing connection has nothing left, says our end and
 * lingers. */
static void connection_send(struct http_connection *c)
{
  if (c->owned)
    http_exchange_ask(&c->exchange);
  if (c->state == HTTP_CONNECTION_CLOSED)
    return;
  if (!http_output_flush(&c->output)) {
    http_connection_cut(c, true);
    return;
  }
  tell_drain(c);
  if (c->state != HTTP_CONNECTION_FINISHING || c->output.in_flight ||
      c->output.out.len > 0)
    return;
  if (http_output_end(&c->output))
    http_connection_enter(c, HTTP_CONNECTION_LINGERING);
  else
    http_connection_close(c, false);
}

static void on_sent(void *who)
{
  struct http_connection *c = who;
  c->alive_ms = uv_now(c->deadline.loop);
  connection_send(who);
}

static void on_gone(void *who)
{
  http_connection_cut(who, true);
}

static void on_ended(void *who, bool failed)
{
  struct http_connection *c = who;
  if (failed || c->peer_ended)
    http_connection_close(c, false);
}

static void on_closed(void *who)
{
  http_connection_part_closed(who);
}

static const struct http_output_calls output_calls = {
    .on_sent = on_sent,
    .on_gone = on_gone,
    .on_ended = on_ended,
    .on_closed = on_closed,
};

bool http_connection_is_waiting(const struct http_connection *c)
{
  if (c->state == HTTP_CONNECTION_CLOSED)
    return false;
  return http_output_backlog(&c->output) > 0 ||
         (!c->peer_ended && http_output_is_unacknowledged(&c->output));
}

void http_connection_turn(struct http_connection *c)
{
  if (!c->dirty || c->state == HTTP_CONNECTION_CLOSED)
    return;
  c->dirty = false;
  connection_send(c);
  if (c->state == HTTP_CONNECTION_READING) {
    struct span rest = connection_parse(c, buf_span(&c->ahead));
    if (c->state != HTTP_CONNECTION_FINISHING && c->state != HTTP_CONNECTION_CLOSED)
      buf_drop_front(&c->ahead, c->ahead.len - rest.len);
    after_parse(c);
  }
  give_ahead(c);
  update_reading(c);
}

/* -- the beginning -- */

static bool is_let_in(const struct http_connection *c)
{
  const struct http_server_setup *setup = c->owner->setup;
  return !setup->on_accept ||
         setup->on_accept(setup->who, (const struct sockaddr *)&c->peer,
                          (const struct sockaddr *)&c->local);
}

struct http_connection *http_connection_new(uv_loop_t *loop,
                                            const struct http_connection_owner *owner,
                                            bool refused)
{
  struct http_connection *c = mem_new(sizeof *c);
  *c = (struct http_connection){
      .owner = owner,
      .open = 2,
      .parse = http_parse_new(&owner->setup->limits),
      .timed = -1,
      .ahead = buf_make(LIMIT_READ_BYTES),
      .refused = refused,
  };
  http_output_open(&c->output, loop, owner->setup->write_stall_ms, &output_calls, c);
  struct budget *budget = owner->setup->budget;
  http_parse_charge(c->parse, budget);
  buf_charge(&c->ahead, budget);
  buf_charge(&c->output.out, budget);
  buf_charge(&c->output.sending, budget);
  uv_timer_init(loop, &c->deadline);
  c->deadline.data = c;
  return c;
}

/* Not one of the descriptors that are kept for the control port. */
static bool is_affordable(const struct http_connection *c)
{
  int fd = -1;
  (void)uv_fileno((const uv_handle_t *)&c->output.tcp, &fd);
  return !c->owner->setup->for_agents || !descriptors_is_spare(fd);
}

void http_connection_accept(struct http_connection *c, uv_stream_t *listener)
{
  if (!http_output_accept(&c->output, listener, &c->peer, &c->local)) {
    http_connection_close(c, false);
    return;
  }
  /* A word of explanation would cost more than who is turned away here should. */
  if (!is_affordable(c) || !is_let_in(c)) {
    http_connection_close(c, true);
    return;
  }
  c->alive_ms = uv_now(c->deadline.loop);
  http_connection_arm(c);
  update_reading(c);
}
