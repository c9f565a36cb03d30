/* SPDX-License-Identifier: MIT */
/* However the input is cut, the same requests come out of it and it fails the same way.
 * First byte: the size of a piece; the rest: what a connection sent. */
#include "base/limits.h"
#include "http/http_parse.h"

#include <stdint.h>
#include <stdlib.h>

static const struct http_parse_limits limits = {512, 8, 256};

static void note_request(struct buf *out, struct http_parse *p)
{
  const struct http_request *r = http_parse_request(p);
  if (r->header_count > limits.header_count || r->body.len > limits.body_bytes)
    abort();
  buf_addf(out, "%zu %zu %d%d%d%d ", r->header_count, r->body.len, r->minor,
           r->keep_alive, r->expects_continue, r->upgrade);
  buf_add(out, r->method);
  buf_add_char(out, ' ');
  buf_add(out, r->target);
  for (size_t i = 0; i < r->header_count; i++) {
    buf_add_char(out, '\n');
    buf_add(out, r->headers[i].name);
    buf_add_char(out, '=');
    buf_add(out, r->headers[i].value);
  }
  struct buf body = http_parse_body(p);
  buf_add_char(out, '\n');
  buf_add(out, buf_span(&body));
  buf_free(&body);
}

/* All requests of a connection, and how it ended, as one text. */
static struct buf tell(struct span text, size_t step)
{
  struct buf out = buf_make(16 * (size_t)MIB);
  struct http_parse *p = http_parse_new(&limits);
  for (;;) {
    struct span piece = {text.at, text.len < step ? text.len : step};
    size_t used = http_parse_add(p, piece);
    if (used > piece.len)
      abort();
    text = span_after(text, used);
    enum http_parse_state state = http_parse_state(p);
    if (state == HTTP_PARSE_FAILED) {
      buf_addf(&out, "failed %d %s\n", http_parse_status(p), http_parse_reason(p));
      break;
    }
    if (state == HTTP_PARSE_DONE) {
      note_request(&out, p);
      http_parse_next(p);
    } else if (piece.len == 0 && used == 0) {
      buf_addf(&out, "in state %d\n", (int)state);
      break;
    }
  }
  http_parse_free(p);
  return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  struct span text = {(const char *)data + 1, size - 1};
  struct buf whole = tell(text, SIZE_MAX), pieces = tell(text, (size_t)data[0] + 1),
             bytes = tell(text, 1);
  if (!span_equal(buf_span(&whole), buf_span(&pieces)) ||
      !span_equal(buf_span(&whole), buf_span(&bytes)))
    abort();
  buf_free(&whole);
  buf_free(&pieces);
  buf_free(&bytes);
  return 0;
}
