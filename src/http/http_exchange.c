/* SPDX-License-Identifier: MIT */
/* http_exchange.c - nothing is sent from here.  An answer goes into the connection's
 * output, which sends once in a turn of the loop, so that a thousand events cost one
 * system call. */
#include "http/http_exchange.h"

#include "http_exchange_state.h"

#include <assert.h>

/* -- the request -- */

const struct http_request *http_exchange_request(const struct http_exchange *x)
{
  return http_parse_request(x->parse);
}

struct buf http_exchange_body(struct http_exchange *x)
{
  return http_parse_body(x->parse);
}

const struct sockaddr *http_exchange_peer(const struct http_exchange *x)
{
  return x->peer;
}

const struct sockaddr *http_exchange_local(const struct http_exchange *x)
{
  return x->local;
}

void http_exchange_on_gone(struct http_exchange *x, void (*on_gone)(void *who), void *who)
{
  x->on_gone = on_gone;
  x->gone_who = who;
}

void http_exchange_on_writable(struct http_exchange *x, void (*on_writable)(void *who),
                               void *who)
{
  x->on_writable = on_writable;
  x->writable_who = who;
}

void http_wake(struct http_exchange *x)
{
  x->woken = true;
  if (!x->output->in_flight) /* else the owner is asked when that has left */
    x->calls->on_dirty(x->who);
}

void http_exchange_ask(struct http_exchange *x)
{
  if (!x->woken || x->output->in_flight || !x->on_writable)
    return;
  x->woken = false;
  x->on_writable(x->writable_who);
}

/* -- the answer -- */

void http_exchange_add_header(struct http_exchange *x, const struct http_header *header)
{
  http_answer_put_header(&x->extra, header);
}

static void put_whole(struct http_output *output, const struct http_answer *answer,
                      struct span extra, struct span body, bool bodyless, int minor)
{
  struct buf *out = &output->out;
  size_t before = out->len;
  http_answer_put_head(out, answer);
  buf_add(out, extra);
  http_answer_put_connection(out, answer->close, minor);
  if (http_answer_has_body(answer->status))
    http_answer_put_length(out, body.len);
  buf_add_text(out, "\r\n");
  if (!bodyless)
    buf_add(out, body);
  http_output_grew(output, before);
}

void http_exchange_put_answer(struct http_output *output,
                              const struct http_answer *answer, struct span body)
{
  put_whole(output, answer, (struct span){0}, body, false, 1);
}

/* What the request and the answer say together about this answer and the connection. */
static void settle(struct http_exchange *x, const struct http_answer *answer)
{
  const struct http_request *r = http_exchange_request(x);
  assert(!x->begun);
  x->begun = true;
  x->bodyless = span_is(r->method, "HEAD") || !http_answer_has_body(answer->status);
  x->close = answer->close || x->early || !r->keep_alive || x->calls->is_last(x->who);
}

void http_reply(struct http_exchange *x, const struct http_answer *answer,
                struct span body)
{
  settle(x, answer);
  if (!x->lost) {
    struct http_answer last = *answer;
    last.close = x->close;
    put_whole(x->output, &last, buf_span(&x->extra), body, x->bodyless,
              http_exchange_request(x)->minor);
    x->calls->on_dirty(x->who);
  }
  x->calls->on_answered(x->who);
}

void http_begin(struct http_exchange *x, const struct http_answer *answer,
                struct span probe)
{
  struct buf *out = &x->output->out;
  int minor = http_exchange_request(x)->minor;
  settle(x, answer);
  x->chunked = minor > 0 && !x->bodyless;
  /* Only the end of the connection can tell HTTP/1.0 where the answer ends. */
  if (minor == 0 && !x->bodyless)
    x->close = true;
  if (x->lost)
    return;
  size_t before = out->len;
  http_answer_put_head(out, answer);
  buf_add(out, buf_span(&x->extra));
  http_answer_put_connection(out, x->close, minor);
  buf_add_text(out, x->chunked ? "transfer-encoding: chunked\r\n\r\n" : "\r\n");
  http_output_grew(x->output, before);
  x->calls->on_dirty(x->who);
  buf_add(&x->probe, probe);
  if (x->output->half_closed)
    (void)http_write(x, probe);
}

void http_upgrade(struct http_exchange *x, const struct http_answer *answer,
                  void (*on_input)(void *who, struct span bytes), void *who)
{
  struct buf *out = &x->output->out;
  assert(!x->early);
  settle(x, answer);
  x->bodyless = false;
  x->close = true;
  x->on_input = on_input;
  x->input_who = who;
  if (x->lost)
    return;
  size_t before = out->len;
  http_answer_put_head(out, answer);
  buf_add_text(out, "connection: upgrade\r\n\r\n");
  http_output_grew(x->output, before);
  x->calls->on_dirty(x->who);
}

size_t http_write(struct http_exchange *x, struct span bytes)
{
  struct buf *out = &x->output->out;
  if (x->lost)
    return 0;
  if (bytes.len > 0 && !x->bodyless) { /* a chunk of no bytes would be the end */
    size_t before = out->len;
    if (x->chunked)
      http_answer_put_chunk_head(out, bytes.len);
    buf_add(out, bytes);
    if (x->chunked)
      buf_add(out, SPAN_LITERAL("\r\n"));
    http_output_grew(x->output, before);
    x->calls->on_dirty(x->who);
  }
  return http_output_backlog(x->output);
}

void http_end(struct http_exchange *x)
{
  if (x->chunked && !x->lost) {
    struct buf *out = &x->output->out;
    size_t before = out->len;
    buf_add_text(out, "0\r\n\r\n");
    http_output_grew(x->output, before);
    x->calls->on_dirty(x->who);
  }
  x->calls->on_answered(x->who);
}

void http_abort(struct http_exchange *x)
{
  x->calls->on_abort(x->who);
}
