/* SPDX-License-Identifier: MIT */
/* gateway_response.c - from the host's JSON to an HTTP answer.  What an agent's host puts
 * into a header must not be able to add another, nor to frame the answer anew.  */
#include "gateway_response.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* -- headers -- */

static bool is_ours(struct span name)
{
  static const char *const ours[] = {"content-length",    "connection", "keep-alive",
                                     "transfer-encoding", "upgrade",    "trailer"};
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (span_is_nocase(name, ours[i]))
      return true;
  return false;
}

static bool is_token(struct span name)
{
  for (size_t i = 0; i < name.len; i++) {
    char c = name.at[i];
    bool word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word && (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
      return false;
  }
  return name.len > 0;
}

static bool is_value(struct span value)
{
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.at[i];
    if ((c < ' ' && c != '\t') || c == 0x7f)
      return false;
  }
  return true;
}

static int read_header(struct gateway_response *out, json_at member, struct fault *f)
{
  struct span name = json_key(member);
  if (json_kind(member) != JSON_STRING || is_ours(name))
    return 0;
  struct span value = json_text(out->doc, member, (struct span){0});
  if (!is_token(name) || !is_value(value))
    return fault_set(f, FAULT_BAD_INPUT, "The bridge response has an invalid header.");
  if (out->header_count == LIMIT_HEADER_COUNT)
    return fault_set(f, FAULT_BAD_INPUT, "The bridge response has too many headers.");
  if (span_is_nocase(name, GATEWAY_OUTCOME) && span_is(value, "indeterminate"))
    out->answer.status = 409;
  out->headers[out->header_count++] = (struct http_header){name, value};
  return 0;
}

static int read_headers(struct gateway_response *out, json_at headers, struct fault *f)
{
  out->headers = mem_new(LIMIT_HEADER_COUNT * sizeof *out->headers);
  if (json_kind(headers) == JSON_OBJECT)
    for (json_at m = json_first(headers); m; m = json_next(m))
      if (read_header(out, m, f) < 0)
        return -1;
  out->answer.headers = out->headers;
  out->answer.header_count = out->header_count;
  return 0;
}

/* -- the rest -- */

static int read_status(struct gateway_response *out, json_at root, struct fault *f)
{
  json_at status = json_get(root, "status");
  unsigned long long number = 200;
  if (json_kind(status) == JSON_NUMBER &&
      (!json_whole(status, 599, &number) || number < 200))
    return fault_set(f, FAULT_BAD_INPUT, "Invalid bridge status.");
  out->answer.status = (int)number;
  return 0;
}

static int too_big(struct fault *f)
{
  return fault_set(f, FAULT_TOO_BIG, "Bridge body exceeded the configured size limit.");
}

static int read_base64(struct gateway_response *out, struct span text, size_t most,
                       struct fault *f)
{
  if (text.len > base64_length(most))
    return too_big(f);
  out->bytes = buf_make(text.len / 4 * 3);
  if (!base64_decode(text, true, &out->bytes))
    return fault_set(f, FAULT_BAD_INPUT, "Invalid bridge base64 body.");
  if (out->bytes.len > most)
    return too_big(f);
  out->body = buf_span(&out->bytes);
  return 0;
}

static int read_body(struct gateway_response *out, json_at root, size_t most,
                     struct fault *f)
{
  json_at body = json_get(root, "body"), encoding = json_get(root, "bodyEncoding");
  if (json_kind(body) != JSON_STRING)
    return fault_set(f, FAULT_BAD_INPUT, "Invalid bridge body.");
  struct span text = json_text(out->doc, body, (struct span){0});
  struct span form = json_text(out->doc, encoding, (struct span){0});
  if (encoding && span_is(form, "base64"))
    return read_base64(out, text, most, f);
  if (encoding && !span_is(form, "utf8"))
    return fault_set(f, FAULT_BAD_INPUT, "Unsupported bridge body encoding.");
  if (!utf8_valid(text)) { /* half of a pair, escaped */
    out->bytes = buf_make(3 * text.len);
    (void)utf8_repair(text, &out->bytes);
    text = buf_span(&out->bytes);
  }
  if (text.len > most)
    return too_big(f);
  out->body = text;
  return 0;
}

int gateway_response_read(struct span text, struct span id, size_t max_body_bytes,
                          struct gateway_response *out, struct fault *f)
{
  *out = (struct gateway_response){0};
  if (!utf8_valid(text))
    return fault_set(f, FAULT_BAD_INPUT, "The bridge response is not UTF-8.");
  out->doc = json_parse(text, NULL, f);
  if (!out->doc)
    return fault_prefix(f, "The bridge response is malformed");
  json_at root = json_root(out->doc);
  if (json_kind(root) != JSON_OBJECT)
    return fault_set(f, FAULT_BAD_INPUT, "The bridge response is no object.");
  json_at whose = json_get(root, "id");
  if (whose && !span_equal(json_text(out->doc, whose, (struct span){0}), id))
    return fault_set(f, FAULT_BAD_INPUT, "The bridge response is another request's.");
  if (read_status(out, root, f) < 0 ||
      read_headers(out, json_get(root, "headers"), f) < 0)
    return -1;
  return read_body(out, root, max_body_bytes, f);
}

void gateway_response_free(struct gateway_response *r)
{
  json_free(r->doc);
  free(r->headers);
  buf_wipe(&r->bytes);
  *r = (struct gateway_response){0};
}
