/* SPDX-License-Identifier: MIT */
/* gateway_request.c - from a parsed request to the JSON that the host polls for.  */
#include "gateway_request.h"

#include "base/base64.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>

static bool has_word(struct span text, const char *word)
{
  size_t len = strlen(word);
  for (size_t i = 0; i + len <= text.len; i++)
    if (span_is_nocase((struct span){text.at + i, len}, word))
      return true;
  return false;
}

/* One segment of a path that is not empty, off the front. */
static bool take_segment(struct span *path)
{
  size_t len = 0;
  while (len < path->len && path->at[len] != '/')
    len++;
  *path = span_after(*path, len);
  return len > 0;
}

static bool take_text(struct span *path, const char *text)
{
  if (!span_starts(*path, text))
    return false;
  *path = span_after(*path, strlen(text));
  return true;
}

bool gateway_request_is_upload(const struct http_request *r,
                               const struct gateway_target *target)
{
  struct span path = buf_span(&target->path);
  struct span type = http_request_header(r, "content-type");
  struct span name = {type.at, type.len < 19 ? type.len : 19};
  return span_is(r->method, "POST") && take_text(&path, "/api/companies/") &&
         take_segment(&path) && take_text(&path, "/issues/") && take_segment(&path) &&
         span_is(path, "/attachments") && span_is_nocase(name, "multipart/form-data") &&
         (type.len == name.len || type.at[name.len] == ';');
}

bool gateway_request_is_fit(const struct http_request *r,
                            const struct gateway_target *target)
{
  return span_is(r->method, "GET") || span_is(r->method, "HEAD") ||
         has_word(http_request_header(r, "content-type"), "json") ||
         gateway_request_is_upload(r, target);
}

bool gateway_request_is_safe(const struct http_request *r)
{
  return span_is(r->method, "GET") || span_is(r->method, "HEAD") ||
         span_is(r->method, "OPTIONS") || span_is(r->method, "TRACE");
}

/* Bytes of a header are characters of Latin-1. */
static void put_latin1(struct buf *out, struct span value)
{
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.at[i];
    if (c >= 0x80)
      buf_add_char(out, (char)(0xc0 | c >> 6));
    buf_add_char(out, (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c));
  }
}

/* Several of one name are one list, but a content type is one. */
static void put_header(struct json_writer *w, const struct http_request *r,
                       const char *name, bool is_list)
{
  struct buf value = buf_make(4 * LIMIT_HEADER_BYTES);
  unsigned count = 0;
  for (size_t i = 0; i < r->header_count; i++) {
    if (!span_is_nocase(r->headers[i].name, name) || (count > 0 && !is_list))
      continue;
    if (count++ > 0)
      buf_add_text(&value, ", ");
    put_latin1(&value, r->headers[i].value);
  }
  if (count > 0)
    json_put_text(w, name, buf_span(&value));
  buf_free(&value);
}

static int put_body(struct json_writer *w, const struct gateway_request *r,
                    struct fault *f)
{
  struct buf text = buf_make(SIZE_MAX); /* at most three times the body */
  bool upload = gateway_request_is_upload(r->head, r->target);
  bool valid = upload || utf8_valid(r->body);
  if (upload)
    base64_encode(r->body, &text);
  else if (!valid)
    (void)utf8_repair(r->body, &text);
  bool grown = !upload && text.len > r->max_body_bytes;
  if (!grown)
    json_put_text(w, "body", upload || !valid ? buf_span(&text) : r->body);
  if (upload)
    json_put_text(w, "bodyEncoding", SPAN_LITERAL("base64"));
  buf_free(&text);
  return grown ? fault_set(f, FAULT_TOO_BIG,
                           "Bridge body exceeded the configured size limit.")
               : 0;
}

int gateway_request_put(const struct gateway_request *r, struct buf *out, struct fault *f)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "id", r->id);
  json_put_text(&w, "method", r->head->method);
  json_put_text(&w, "path", buf_span(&r->target->path));
  json_put_text(&w, "query", buf_span(&r->target->query));
  json_open(&w, "headers", '{');
  put_header(&w, r->head, "accept", true);
  put_header(&w, r->head, "content-type", false);
  put_header(&w, r->head, "if-match", true);
  put_header(&w, r->head, "if-none-match", true);
  put_header(&w, r->head, "x-paperclip-github-capability", true);
  json_close(&w, '}');
  if (put_body(&w, r, f) < 0)
    return -1;
  json_put_text(&w, "createdAt", r->created_at);
  json_close(&w, '}');
  buf_add_char(out, '\n');
  return 0;
}
