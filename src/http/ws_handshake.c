/* SPDX-License-Identifier: MIT */
/* ws_handshake.c - a table of what must be so, in the order in which it is told. */
#include "ws_handshake.h"

#include <mbedtls/base64.h>
#include <mbedtls/sha1.h>
#include <string.h>

#define KEY_BYTES  16 /* what the client's key is the base64 of */
#define SHA1_BYTES 20
#define GUID       "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* Is it one of a comma-separated list, in any case? */
static bool list_has(struct span list, const char *word)
{
  while (list.len > 0) {
    const char *comma = memchr(list.at, ',', list.len);
    size_t n = comma ? (size_t)(comma - list.at) : list.len;
    if (span_is_nocase(span_trim((struct span){list.at, n}), word))
      return true;
    list = span_after(list, comma ? n + 1 : n);
  }
  return false;
}

static bool wants_websocket(const struct http_request *r)
{
  return r->minor > 0 && r->upgrade &&
         list_has(http_request_header(r, "upgrade"), "websocket");
}

static bool is_key(struct span key)
{
  unsigned char bytes[KEY_BYTES + 2];
  size_t len = 0;
  return mbedtls_base64_decode(bytes, sizeof bytes, &len, (const unsigned char *)key.at,
                               key.len) == 0 &&
         len == KEY_BYTES;
}

/* False: this mbedTLS cannot hash. */
static bool make_accept(char *accept, struct span key)
{
  unsigned char hash[SHA1_BYTES];
  struct buf text = buf_make(key.len + sizeof GUID);
  size_t len = 0;
  buf_add(&text, key);
  buf_add_text(&text, GUID);
  bool ok = mbedtls_sha1((const unsigned char *)text.at, text.len, hash) == 0 &&
            mbedtls_base64_encode((unsigned char *)accept, WS_ACCEPT_BYTES, &len, hash,
                                  sizeof hash) == 0;
  buf_free(&text);
  return ok;
}

static struct ws_handshake refuse(int status, const char *name, const char *value,
                                  const char *reason)
{
  return (struct ws_handshake){
      .status = status, .reason = reason, .header = {span_of(name), span_of(value)}};
}

struct ws_handshake ws_handshake_check(const struct http_request *r)
{
  struct ws_handshake h = {.status = 101};
  struct span key = http_request_header(r, "sec-websocket-key");
  if (!span_is(r->method, "GET"))
    return refuse(405, "allow", "GET", "a WebSocket is opened with GET");
  if (!wants_websocket(r))
    return refuse(426, "upgrade", "websocket", "only a WebSocket is served here");
  if (http_request_header_count(r, "sec-websocket-version") != 1 ||
      !span_is(http_request_header(r, "sec-websocket-version"), "13"))
    return refuse(426, "sec-websocket-version", "13", "Sec-WebSocket-Version must be 13");
  if (http_request_header_count(r, "sec-websocket-key") != 1 || !is_key(key))
    return refuse(400, NULL, NULL, "there must be one Sec-WebSocket-Key of 16 bytes");
  if (r->body.len > 0)
    return refuse(400, NULL, NULL, "the opening of a WebSocket has no body");
  if (!make_accept(h.accept, key))
    return refuse(500, NULL, NULL, "the answer to Sec-WebSocket-Key cannot be made");
  return h;
}
