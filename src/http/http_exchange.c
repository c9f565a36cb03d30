/* SPDX-License-Identifier: MIT */
/* http_exchange.c - see http_server.h and http_exchange.h. */
#include "http_exchange.h"

#include "base/limits.h"
#include "http_connection.h"
#include "http_output.h"

#include <assert.h>
#include <string.h>

/* -- the request -------------------------------------------------------------------- */

const struct http_request *http_exchange_request(const struct http_exchange *x)
{
  return http_parse_request(x->connection->parse);
}

struct buf http_exchange_body(struct http_exchange *x)
{
  return http_parse_body(x->connection->parse);
}

const struct sockaddr *http_exchange_peer(const struct http_exchange *x)
{
  return (const struct sockaddr *)&x->connection->peer;
}

const struct sockaddr *http_exchange_local(const struct http_exchange *x)
{
  return (const struct sockaddr *)&x->connection->local;
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
  x->room_who = who;
}

void http_wake(struct http_exchange *x)
{
  x->woken = true;
  if (!x->connection->in_flight) /* else it is looked at when that has left */
    http_connection_mark(x->connection);
}

/* -- the head of an answer ---------------------------------------------------------- */

static const struct {
  int status;
  const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

static const char *reason_of(int status)
{
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
    if (reasons[i].status == status)
      return reasons[i].reason;
  return "Status"; /* any text will do, and none may not */
}

/* A value that came from outside must not be able to add a header of its own. */
static void put_value(struct buf *out, struct span value)
{
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.at[i];
    buf_add_char(out, c < ' ' || c == 0x7f ? ' ' : (char)c);
  }
}

static void put_header(struct buf *out, struct span name, struct span value)
{
  buf_add(out, name);
  buf_add_text(out, ": ");
  put_value(out, value);
  buf_add_text(out, "\r\n");
}

/* All but what tells the length and the blank line. */
static void put_head(struct buf *out, const struct http_answer *answer)
{
  buf_add_text(out, "HTTP/1.1 ");
  buf_add_number(out, answer->status);
  buf_add_char(out, ' ');
  buf_add_text(out, reason_of(answer->status));
  buf_add_text(out, "\r\n");
  if (answer->content_type != NULL)
    put_header(out, SPAN_LITERAL("content-type"), span_of(answer->content_type));
  for (size_t i = 0; i < answer->header_count; i++)
    put_header(out, answer->headers[i].name, answer->headers[i].value);
}

static void put_connection(struct buf *out, bool close, int minor)
{
  if (close)
    buf_add_text(out, "connection: close\r\n");
  else if (minor == 0)
    buf_add_text(out, "connection: keep-alive\r\n");
}

static bool has_body(int status)
{
  return status != 204 && status != 304;
}

/* Counts what was added to `out` since it had `before` bytes. */
static void count_bytes(struct http_connection *c, size_t before)
{
  c->handed += c->out.len - before;
  if (http_output_backlog(c) > LIMIT_SINK_HIGH_BYTES)
    c->high = true;
  http_connection_mark(c);
}

static void put_whole(struct http_connection *c, const struct http_answer *answer,
                      struct span body, bool bodyless, int minor)
{
  size_t before = c->out.len;
  put_head(&c->out, answer);
  put_connection(&c->out, answer->close, minor);
  if (has_body(answer->status)) {
    buf_add_text(&c->out, "content-length: ");
    buf_add_number(&c->out, (long long)body.len);
    buf_add_text(&c->out, "\r\n");
  }
  buf_add_text(&c->out, "\r\n");
  if (!bodyless)
    buf_add(&c->out, body);
  count_bytes(c, before);
}

void http_exchange_put_answer(struct http_connection *c, const struct http_answer *answer,
                              struct span body)
{
  put_whole(c, answer, body, false, 1);
}

/* -- the answer --------------------------------------------------------------------- */

/* What the request and the answer say together about this answer and the connection. */
static void settle(struct http_exchange *x, const struct http_answer *answer)
{
  const struct http_request *r = http_exchange_request(x);
  assert(!x->begun);
  x->begun = true;
  x->bodyless = span_is(r->method, "HEAD") || !has_body(answer->status);
  x->close = answer->close || x->early || !r->keep_alive ||
             http_server_is_stopped(x->connection->server);
}

static bool is_lost(const struct http_exchange *x)
{
  return x->connection->state == HTTP_CONNECTION_CLOSED;
}

void http_reply(struct http_exchange *x, const struct http_answer *answer,
                struct span body)
{
  struct http_connection *c = x->connection;
  settle(x, answer);
  if (!is_lost(x)) {
    struct http_answer last = *answer;
    last.close = x->close;
    put_whole(c, &last, body, x->bodyless, http_exchange_request(x)->minor);
  }
  http_connection_answered(c);
}

void http_begin(struct http_exchange *x, const struct http_answer *answer,
                struct span probe)
{
  struct http_connection *c = x->connection;
  int minor = http_exchange_request(x)->minor;
  settle(x, answer);
  x->chunked = minor > 0 && !x->bodyless;
  if (minor == 0 && !x->bodyless)
    x->close =
        true; /* only the end of the connection can tell 1.0 the end of the answer */
  if (is_lost(x))
    return;
  size_t before = c->out.len;
  put_head(&c->out, answer);
  put_connection(&c->out, x->close, minor);
  buf_add_text(&c->out, x->chunked ? "transfer-encoding: chunked\r\n\r\n" : "\r\n");
  count_bytes(c, before);
  buf_add(&x->probe, probe);
  if (c->peer_ended)
    (void)http_write(x, probe);
}

/* "<length in hex>\r\n"; this runs for every event, so it is not left to printf. */
static void put_chunk_head(struct buf *out, size_t len)
{
  char text[2 * sizeof len + 2];
  size_t at = sizeof text;
  text[--at] = '\n';
  text[--at] = '\r';
  for (; len > 0; len >>= 4)
    text[--at] = "0123456789abcdef"[len & 15];
  buf_add(out, (struct span){text + at, sizeof text - at});
}

size_t http_write(struct http_exchange *x, struct span bytes)
{
  struct http_connection *c = x->connection;
  if (is_lost(x))
    return 0;
  if (bytes.len > 0 && !x->bodyless) { /* a chunk of no bytes would be the end */
    size_t before = c->out.len;
    if (x->chunked)
      put_chunk_head(&c->out, bytes.len);
    buf_add(&c->out, bytes);
    if (x->chunked)
      buf_add(&c->out, SPAN_LITERAL("\r\n"));
    count_bytes(c, before);
  }
  return http_output_backlog(c);
}

void http_end(struct http_exchange *x)
{
  struct http_connection *c = x->connection;
  if (x->chunked && !is_lost(x)) {
    size_t before = c->out.len;
    buf_add_text(&c->out, "0\r\n\r\n");
    count_bytes(c, before);
  }
  http_connection_answered(c);
}

void http_abort(struct http_exchange *x)
{
  http_connection_cut(x->connection, false);
}
