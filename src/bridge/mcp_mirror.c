/* SPDX-License-Identifier: MIT */
/* mcp_mirror.c - a header and the part of the body that it repeats, compared. */
#include "mcp_mirror.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/limits.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "=?base64?"
#define SUFFIX "?="

/* -- values -- */

/* Without the frame of base64 the value is the text itself. */
bool mcp_mirror_decode(struct span value, struct buf *plain)
{
  size_t frame = strlen(PREFIX) + strlen(SUFFIX);
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.at[i];
    if ((c < 0x20 && c != '\t') || c > 0x7e)
      return false;
  }
  bool encoded = value.len >= frame && span_starts(value, PREFIX) &&
                 span_is(span_after(value, value.len - strlen(SUFFIX)), SUFFIX);
  if (!encoded) {
    buf_add(plain, value);
    return true;
  }
  struct span text = {value.at + strlen(PREFIX), value.len - frame};
  return base64_decode(text, false, plain) && utf8_valid(buf_span(plain));
}

static int mismatch(struct fault *f, const char *name, const char *what)
{
  return fault_set(f, FAULT_BAD_INPUT, "Header mismatch: %.100s %s", name, what);
}

int mcp_mirror_check(const struct http_request *head, const char *name, bool may_encode,
                     struct span body, struct fault *f)
{
  size_t count = http_request_header_count(head, name);
  if (count != 1)
    return mismatch(f, name, count ? "is given twice" : "is missing");
  struct span value = span_trim(http_request_header(head, name));
  if (!may_encode)
    return span_equal(value, body) ? 0 : mismatch(f, name, "does not match the body");
  struct buf plain = buf_make(LIMIT_HEADER_BYTES);
  bool valid = mcp_mirror_decode(value, &plain);
  bool same = valid && span_equal(buf_span(&plain), body);
  buf_free(&plain);
  if (!valid)
    return mismatch(f, name, "holds an invalid value");
  return same ? 0 : mismatch(f, name, "does not match the body");
}

/* -- parameters -- */

struct walk {
  const struct http_request *head;
  struct json *schema, *args;
};

/* What may be part of a header's name (RFC 9110, token). */
static bool is_token(struct span s)
{
  static const char others[] = "!#$%&'*+-.^_`|~";
  for (size_t i = 0; i < s.len; i++) {
    char c = s.at[i];
    bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!alphanumeric && (c == 0 || !strchr(others, c)))
      return false;
  }
  return s.len > 0;
}

/* 42 and 42.0 are one number. */
static bool says_number(struct span text, double number)
{
  struct fault ignored = {0};
  struct json *doc = json_parse(text, NULL, &ignored);
  bool same = json_kind(json_root(doc)) == JSON_NUMBER &&
              json_number(json_root(doc), NAN) == number;
  json_free(doc);
  return same;
}

static int check_number(const struct walk *w, const char *name, json_at value,
                        struct fault *f)
{
  struct buf plain = buf_make(LIMIT_HEADER_BYTES);
  size_t count = http_request_header_count(w->head, name);
  bool same = count == 1 &&
              mcp_mirror_decode(span_trim(http_request_header(w->head, name)), &plain) &&
              says_number(buf_span(&plain), json_number(value, NAN));
  buf_free(&plain);
  if (same)
    return 0;
  return mismatch(f, name, count ? "does not match the body" : "is missing");
}

/* By the kind of the value, not by the schema's type: the body decides. */
static int check_value(const struct walk *w, const char *name, json_at value,
                       struct fault *f)
{
  switch (json_kind(value)) {
  case JSON_STRING:
    return mcp_mirror_check(w->head, name, true,
                            json_text(w->args, value, (struct span){0}), f);
  case JSON_TRUE:
    return mcp_mirror_check(w->head, name, true, SPAN_LITERAL("true"), f);
  case JSON_FALSE:
    return mcp_mirror_check(w->head, name, true, SPAN_LITERAL("false"), f);
  case JSON_NUMBER:
    return check_number(w, name, value, f);
  case JSON_ABSENT:
  case JSON_NULL:
    if (http_request_header_count(w->head, name) > 0)
      return mismatch(f, name, "stands for a parameter that is not in the body");
    return 0;
  default:
    return 0; /* only plain values can be mirrored: the schema itself is at fault */
  }
}

/* Depth is bounded by LIMIT_JSON_DEPTH. */
static int check_properties(const struct walk *w, json_at schema, json_at args,
                            struct fault *f)
{
  json_at properties = json_get(schema, "properties");
  if (json_kind(properties) != JSON_OBJECT)
    return 0;
  for (json_at p = json_first(properties); p; p = json_next(p)) {
    struct span key = json_key(p);
    json_at value = json_find(args, key);
    struct span header =
        json_text(w->schema, json_get(p, "x-mcp-header"), (struct span){0});
    char name[200];
    if (is_token(header) && header.len < 150) {
      snprintf(name, sizeof name, "Mcp-Param-%.*s", (int)header.len, header.at);
      if (check_value(w, name, value, f) < 0)
        return -1;
    }
    if (check_properties(w, p, value, f) < 0)
      return -1;
  }
  return 0;
}

int mcp_mirror_check_params(const struct http_request *head, struct span schema,
                            struct span args, struct fault *f)
{
  static const char key[] = "\"x-mcp-header\"";
  /* so for nearly every schema */
  if (schema.len == 0 || !memmem(schema.at, schema.len, key, strlen(key)))
    return 0;
  struct walk w = {.head = head, .schema = json_parse(schema, NULL, f)};
  int r = w.schema ? 0 : -1;
  if (r == 0) {
    w.args = json_parse(args, NULL, f);
    r = w.args ? check_properties(&w, json_root(w.schema), json_root(w.args), f) : -1;
  }
  json_free(w.schema);
  json_free(w.args);
  return r;
}
