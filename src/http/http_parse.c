/* SPDX-License-Identifier: MIT */
/* http_parse.c - llhttp finds the parts of a request and tells of each in pieces.  The
 * pieces of the head are gathered in one buffer of its final size, which is wiped as one:
 * it holds a token, and growing would leave copies behind. */
#include "http/http_parse.h"

#include "base/limits.h"
#include "base/mem.h"

#include <ctype.h>
#include <llhttp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What surrounds the bytes of a body in chunks: the shortest chunk has five bytes around
 * one of content, so this refuses nobody but those who send padding for its own sake. */
#define HTTP_PARSE_FRAMING 8

struct mark { /* a header while the head is read: offsets, for `text` still moves */
  size_t name, name_len, value, value_len;
};

struct http_parse {
  llhttp_t parser;
  llhttp_settings_t settings;
  struct http_parse_limits limits;
  enum http_parse_state state;
  struct http_request request;
  struct buf text; /* target, names and values; the request's spans point here */
  struct mark *marks;
  size_t mark_count, mark_capacity, header_capacity, target_len;
  size_t raw; /* bytes taken in this part (head or body) */
  int status;
  const char *reason;
};

static int parse_fail(struct http_parse *p, int status, const char *reason)
{
  p->state = HTTP_PARSE_FAILED;
  p->status = status;
  p->reason = reason;
  return HPE_USER;
}

/* -- what llhttp tells; a trailer's headers come in state BODY and are dropped -- */

static int on_begin(llhttp_t *parser)
{
  struct http_parse *p = parser->data;
  p->state = HTTP_PARSE_HEAD;
  return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
  struct http_parse *p = parser->data;
  buf_add(&p->text, (struct span){at, len});
  p->target_len = p->text.len;
  return 0;
}

static int on_version(llhttp_t *parser)
{
  struct http_parse *p = parser->data;
  if (parser->http_major != 1 || parser->http_minor > 1)
    return parse_fail(p, 505, "the HTTP version must be 1.0 or 1.1");
  return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
  struct http_parse *p = parser->data;
  if (p->state == HTTP_PARSE_HEAD)
    buf_add(&p->text, (struct span){at, len});
  return 0;
}

static int on_field_end(llhttp_t *parser)
{
  struct http_parse *p = parser->data;
  if (p->state != HTTP_PARSE_HEAD)
    return 0;
  if (p->mark_count == p->limits.header_count)
    return parse_fail(p, 431, "too many headers");
  p->marks = mem_reserve(p->marks, p->mark_count, &p->mark_capacity, sizeof *p->marks);
  struct mark *last = p->mark_count > 0 ? &p->marks[p->mark_count - 1] : NULL;
  struct mark *m = &p->marks[p->mark_count++];
  *m = (struct mark){.name = last ? last->value + last->value_len : p->target_len};
  m->name_len = p->text.len - m->name;
  m->value = p->text.len;
  return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
  struct http_parse *p = parser->data;
  if (p->state != HTTP_PARSE_HEAD)
    return 0;
  buf_add(&p->text, (struct span){at, len});
  struct mark *m = &p->marks[p->mark_count - 1];
  m->value_len = p->text.len - m->value;
  return 0;
}

/* Of a target in a proxy's form: what stands for Host. */
static struct span target_host(struct span target)
{
  size_t scheme = span_starts(target, "http://") ? 7 : 8;
  struct span rest = span_after(target, scheme);
  size_t host = 0;
  while (host < rest.len && rest.at[host] != '/' && rest.at[host] != '?')
    host++;
  return (struct span){rest.at, host};
}

/* `http://host/path?query` (a proxy's form, to be taken by every server) becomes
 * `/path?query`. */
static struct span target_path(struct span target)
{
  size_t scheme = span_starts(target, "http://")    ? 7
                  : span_starts(target, "https://") ? 8
                                                    : 0;
  if (scheme == 0)
    return target;
  struct span rest = span_after(target, scheme + target_host(target).len);
  if (rest.len == 0)
    return SPAN_LITERAL("/");
  return rest;
}

static void make_headers(struct http_parse *p)
{
  struct http_request *r = &p->request;
  if (p->mark_count > p->header_capacity) {
    r->headers = mem_resize(r->headers, p->mark_count * sizeof *r->headers);
    p->header_capacity = p->mark_count;
  }
  for (size_t i = 0; i < p->mark_count; i++) {
    const struct mark *m = &p->marks[i];
    r->headers[i] = (struct http_header){
        .name = {p->text.at + m->name, m->name_len},
        .value = span_trim((struct span){p->text.at + m->value, m->value_len})};
  }
  r->header_count = p->mark_count;
}

/* Whoever checks Host must not be told another one by the target (RFC 9112, 3.2.2). */
static bool says_one_host(const struct http_parse *p)
{
  struct span target = {p->text.at, p->target_len};
  struct span host = http_request_header(&p->request, "host");
  if (!span_starts(target, "http://") && !span_starts(target, "https://"))
    return true;
  struct span named = target_host(target);
  bool same = named.len == host.len;
  for (size_t i = 0; same && i < host.len; i++)
    same = tolower((unsigned char)named.at[i]) == tolower((unsigned char)host.at[i]);
  return same;
}

/* The rules that llhttp leaves to its user. */
static int check_head(struct http_parse *p)
{
  const struct http_request *r = &p->request;
  size_t hosts = http_request_header_count(r, "host");
  if (p->parser.http_major == 0)
    return parse_fail(p, 400, "the request line has no HTTP version");
  if (hosts > 1 || (hosts == 0 && r->minor > 0))
    return parse_fail(p, 400, "there must be one Host header");
  if (!says_one_host(p))
    return parse_fail(p, 400, "Host and the target name two hosts");
  size_t codings = http_request_header_count(r, "transfer-encoding");
  if (codings > 0 && r->minor == 0)
    return parse_fail(p, 400, "HTTP/1.0 has no Transfer-Encoding");
  if (codings > 0 &&
      (codings > 1 ||
       !span_is_nocase(http_request_header(r, "transfer-encoding"), "chunked")))
    return parse_fail(p, 400, "Transfer-Encoding must be chunked");
  if (codings == 0 && p->parser.content_length > p->limits.body_bytes)
    return parse_fail(p, 413, "the body is too long");
  return 0;
}

static int on_head(llhttp_t *parser)
{
  struct http_parse *p = parser->data;
  struct http_request *r = &p->request;
  r->method = span_of(llhttp_method_name((llhttp_method_t)parser->method));
  r->target = target_path((struct span){p->text.at, p->target_len});
  r->minor = parser->http_minor;
  r->keep_alive = llhttp_should_keep_alive(parser) != 0;
  /* llhttp would stop behind the head of an upgrade.  Whether we switch, its owner says
   * (http_upgrade()), so until then the request is one like any other. */
  r->upgrade = parser->upgrade != 0;
  parser->upgrade = 0;
  make_headers(p);
  r->expects_continue =
      r->minor > 0 && span_is_nocase(http_request_header(r, "expect"), "100-continue");
  int refused = check_head(p);
  if (refused != 0)
    return refused;
  p->state = HTTP_PARSE_BODY;
  return HPE_PAUSED;
}

/* At the head of a chunk content_length is that chunk's: too much is refused before it
 * comes. */
static int on_chunk(llhttp_t *parser)
{
  struct http_parse *p = parser->data;
  if (parser->content_length > p->limits.body_bytes - p->request.body.len)
    return parse_fail(p, 413, "the body is too long");
  return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
  struct http_parse *p = parser->data;
  buf_add(&p->request.body, (struct span){at, len});
  return 0;
}

static int on_done(llhttp_t *parser)
{
  struct http_parse *p = parser->data;
  p->state = HTTP_PARSE_DONE;
  return HPE_PAUSED;
}

/* -- the owner's side -- */

void http_parse_charge(struct http_parse *p, struct budget *budget)
{
  buf_charge(&p->text, budget);
  buf_charge(&p->request.body, budget);
}

struct http_parse *http_parse_new(const struct http_parse_limits *limits)
{
  struct http_parse *p = mem_new(sizeof *p);
  p->limits = *limits;
  p->text = buf_make(limits->header_bytes);
  bool small = limits->header_bytes < LIMIT_HEAD_ROOM_BYTES;
  /* Most heads fit at once; growing would leave copies of tokens behind. */
  (void)buf_reserve(&p->text, small ? limits->header_bytes : LIMIT_HEAD_ROOM_BYTES);
  p->request.body = buf_make(limits->body_bytes);
  llhttp_settings_init(&p->settings);
  p->settings.on_message_begin = on_begin;
  p->settings.on_url = on_url;
  p->settings.on_version_complete = on_version;
  p->settings.on_header_field = on_field;
  p->settings.on_header_field_complete = on_field_end;
  p->settings.on_header_value = on_value;
  p->settings.on_headers_complete = on_head;
  p->settings.on_chunk_header = on_chunk;
  p->settings.on_body = on_body;
  p->settings.on_message_complete = on_done;
  llhttp_init(&p->parser, HTTP_REQUEST, &p->settings);
  p->parser.data = p;
  return p;
}

void http_parse_free(struct http_parse *p)
{
  if (!p)
    return;
  buf_wipe(&p->text); /* tokens are in both */
  buf_wipe(&p->request.body);
  free(p->request.headers);
  free(p->marks);
  free(p);
}

static bool in_body(const struct http_parse *p)
{
  return p->state == HTTP_PARSE_BODY;
}

/* How many bytes this part of the request may have.  llhttp is never given more, so that
 * the outcome does not depend on how the bytes are cut. */
static size_t part_ceiling(const struct http_parse *p)
{
  if (!in_body(p))
    return p->limits.header_bytes;
  if (p->limits.body_bytes > (SIZE_MAX - p->limits.header_bytes) / HTTP_PARSE_FRAMING)
    return SIZE_MAX;
  return p->limits.header_bytes + p->limits.body_bytes * HTTP_PARSE_FRAMING;
}

static void parse_error(struct http_parse *p, llhttp_errno_t error)
{
  if (p->state == HTTP_PARSE_FAILED)
    return; /* one of our own rules was broken, and a callback has noted which */
  if (error == HPE_INVALID_VERSION || error == HPE_PAUSED_H2_UPGRADE)
    parse_fail(p, 505, "the HTTP version must be 1.0 or 1.1");
  else
    parse_fail(p, 400, llhttp_get_error_reason(&p->parser));
}

size_t http_parse_add(struct http_parse *p, struct span bytes)
{
  if (p->state == HTTP_PARSE_DONE || p->state == HTTP_PARSE_FAILED)
    return 0;
  bool body = in_body(p);
  size_t left = part_ceiling(p) - p->raw;
  size_t n = bytes.len < left ? bytes.len : left;
  const char *at = n > 0 ? bytes.at : "";
  llhttp_errno_t error = llhttp_execute(&p->parser, at, n);
  if (error == HPE_PAUSED) { /* by on_head or on_done */
    n = (size_t)(llhttp_get_error_pos(&p->parser) - at);
    llhttp_resume(&p->parser);
    p->raw = 0;
    return n;
  }
  if (error != HPE_OK) {
    parse_error(p, error);
    return 0;
  }
  p->raw += n;
  if (n == left && body)
    parse_fail(p, 413, "the body is too long");
  else if (n == left)
    parse_fail(p, 431, "the request's headers are too long");
  return n;
}

enum http_parse_state http_parse_state(const struct http_parse *p)
{
  return p->state;
}

const struct http_request *http_parse_request(const struct http_parse *p)
{
  return &p->request;
}

struct buf http_parse_body(struct http_parse *p)
{
  return buf_take(&p->request.body);
}

int http_parse_status(const struct http_parse *p)
{
  return p->status;
}

const char *http_parse_reason(const struct http_parse *p)
{
  return p->reason;
}

void http_parse_next(struct http_parse *p)
{
  llhttp_reset(&p->parser);
  p->state = HTTP_PARSE_START;
  if (p->text.len > 0)
    mem_wipe(p->text.at, p->text.len);
  buf_clear(&p->text);
  buf_wipe(&p->request.body);
  p->request =
      (struct http_request){.headers = p->request.headers, .body = p->request.body};
  p->mark_count = p->target_len = p->raw = 0;
  p->status = 0;
  p->reason = NULL;
}

/* Most differ in their first letter: nobody asks for more of these. */
static bool has_name(const struct http_header *h, const char *name)
{
  return h->name.len > 0 && (h->name.at[0] | 0x20) == (name[0] | 0x20) &&
         span_is_nocase(h->name, name);
}

struct span http_request_header(const struct http_request *r, const char *name)
{
  for (size_t i = 0; i < r->header_count; i++)
    if (has_name(&r->headers[i], name))
      return r->headers[i].value;
  return (struct span){0};
}

struct span http_request_header_list(const struct http_request *r, const char *name,
                                     struct buf *joined)
{
  struct span only = http_request_header(r, name);
  if (http_request_header_count(r, name) < 2)
    return only;
  for (size_t i = 0; i < r->header_count; i++) {
    if (!has_name(&r->headers[i], name))
      continue;
    if (joined->len > 0)
      buf_add_text(joined, ", ");
    buf_add(joined, r->headers[i].value);
  }
  return buf_span(joined);
}

size_t http_request_header_count(const struct http_request *r, const char *name)
{
  size_t count = 0;
  for (size_t i = 0; i < r->header_count; i++)
    count += has_name(&r->headers[i], name);
  return count;
}

size_t http_request_announced(const struct http_request *r, size_t limit)
{
  unsigned long long length = 0;
  if (http_request_header_count(r, "transfer-encoding") > 0)
    return limit;
  if (!span_to_number(http_request_header(r, "content-length"), 0, limit, &length))
    return 0;
  return (size_t)length;
}
