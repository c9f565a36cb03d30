/* SPDX-License-Identifier: MIT */
/* Whatever an agent asks for, the request file is one line of JSON, its path is one that
 * a URL leaves as it is, and the token is not in it.  First byte: the size of the limit;
 * the rest: what a connection sent. */
#include "door/gateway/gateway_request.h"

#include "base/json.h"
#include "base/limits.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void expect(bool so)
{
  if (!so)
    abort();
}

static void expect_settled(const struct gateway_target *t)
{
  struct gateway_target again;
  struct fault f = {0};
  expect(t->path.len > 0 && t->path.at[0] == '/');
  expect(t->query.len == 0 || (t->query.at[0] == '?' && t->query.len > 1));
  expect(!memchr(t->path.at, '?', t->path.len) && !memchr(t->path.at, '#', t->path.len));
  /* "//x" would be read as a host: the host's own list begins with /api. */
  if (span_starts(buf_span(&t->path), "//"))
    return;
  expect(gateway_target_read(buf_span(&t->path), &again, &f) == 0);
  expect(span_equal(buf_span(&again.path), buf_span(&t->path)));
  gateway_target_free(&again);
}

static void try_request(const struct http_request *r, size_t most)
{
  struct gateway_target target;
  struct fault f = {0};
  struct buf out = buf_make(64 * (size_t)KIB);
  if (gateway_target_read(r->target, &target, &f) == 0) {
    expect_settled(&target);
    struct gateway_request request = {.head = r,
                                      .target = &target,
                                      .body = buf_span(&r->body),
                                      .id = SPAN_LITERAL("id"),
                                      .created_at = SPAN_LITERAL("now"),
                                      .max_body_bytes = most};
    if (gateway_request_put(&request, &out, &f) == 0) {
      struct json *doc = json_parse(buf_span(&out), NULL, &f);
      expect(doc && json_count(json_root(doc)) >= 7);
      expect(memchr(out.at, '\n', out.len) == out.at + out.len - 1);
      expect(!json_get(json_get(json_root(doc), "headers"), "authorization"));
      json_free(doc);
    } else {
      expect(f.kind == FAULT_TOO_BIG);
    }
  } else {
    expect(f.kind == FAULT_BAD_INPUT);
  }
  gateway_target_free(&target);
  buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  const struct http_parse_limits limits = {KIB, 16, data[0]};
  struct span text = {(const char *)data + 1, size - 1};
  struct http_parse *p = http_parse_new(&limits);
  while (http_parse_state(p) < HTTP_PARSE_DONE) {
    size_t used = http_parse_add(p, text);
    text = span_after(text, used);
    if (used == 0 && text.len == 0 && http_parse_state(p) < HTTP_PARSE_DONE)
      break;
  }
  if (http_parse_state(p) == HTTP_PARSE_DONE)
    try_request(http_parse_request(p), data[0]);
  http_parse_free(p);
  return 0;
}
