/* SPDX-License-Identifier: MIT */
/* tool_schema.c - the members of a schema, one after the other: copied, mended or left
 * out.  A schema that needs nothing is copied as one piece.  */
#include "request/tool_schema.h"

#include "base/json_slice.h"
#include "base/limits.h"

#include <stdarg.h>
#include <string.h>

static const struct span type_key = {"type", 4}, object_text = {"object", 6},
                         properties_key = {"properties", 10},
                         required_key = {"required", 8};

__attribute__((format(printf, 2, 3))) static void say(struct buf *why, const char *fmt,
                                                      ...)
{
  va_list args;
  va_start(args, fmt);
  if (why->len > 0)
    buf_add_text(why, "; ");
  buf_addv(why, fmt, args);
  va_end(args);
}

static bool is_text(struct span value, struct span text)
{
  return json_slice_kind(value) == JSON_STRING && json_slice_says(value, text);
}

enum tool_schema_root tool_schema_root(struct span schema)
{
  struct span type = json_slice_member(schema, type_key);
  switch (json_slice_kind(type)) {
  case JSON_STRING:
    return is_text(type, object_text) ? SCHEMA_ROOT_OBJECT : SCHEMA_ROOT_OTHER;
  case JSON_ARRAY:
    for (struct json_walk w = json_slice_walk(type); json_slice_next(&w);)
      if (is_text(w.value, object_text))
        return SCHEMA_ROOT_OBJECT;
    return SCHEMA_ROOT_OTHER;
  default:
    return SCHEMA_ROOT_NONE;
  }
}

/* -- parameters -- */

bool tool_schema_has(struct span schema, struct span name)
{
  return json_slice_member(json_slice_member(schema, properties_key), name).len > 0;
}

static bool is_plain_name(struct span name)
{
  for (size_t i = 0; i < name.len; i++) {
    char c = name.at[i];
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    if (!good)
      return false;
  }
  return name.len > 0 && name.len <= 64;
}

bool tool_schema_odd_parameter(struct span schema, struct buf *name)
{
  struct json_walk w = json_slice_walk(json_slice_member(schema, properties_key));
  while (w.object && json_slice_next(&w)) {
    buf_clear(name);
    json_unescape(w.key, name);
    if (!is_plain_name(buf_span(name)))
      return true;
  }
  return false;
}

/* -- the keys of unions -- */

/* Branches may refer to each other in circles, and to each other many times. */
enum { UNION_DEPTH = 8, UNION_SCHEMAS = 1024, UNION_KEYS = 1024 };

struct keys {
  struct span root;
  struct buf *out; /* members `"key":{}`, each key once, joined by commas */
  unsigned schemas, count;
};

/* What a $ref within the root points at; empty: nothing that could be found, the root
 * again, or another document. */
static struct span resolve(struct span root, struct span ref)
{
  struct span at = root, rest = {0};
  struct buf path = buf_make(4 * KIB);
  if (json_slice_kind(ref) == JSON_STRING)
    json_unescape(ref, &path);
  if (span_starts(buf_span(&path), "#/"))
    rest = span_after(buf_span(&path), 2);
  else
    at = rest;
  while (rest.len > 0 && at.len > 0) {
    const char *slash = memchr(rest.at, '/', rest.len);
    size_t len = slash ? (size_t)(slash - rest.at) : rest.len;
    at = json_slice_member(at, (struct span){rest.at, len});
    rest = span_after(rest, slash ? len + 1 : len);
  }
  buf_free(&path);
  return at;
}

static bool has_key(const struct keys *k, struct span raw)
{
  struct buf plain = buf_make(raw.len + 1), all = buf_make(k->out->len + 3);
  json_unescape(raw, &plain);
  buf_addf(&all, "{%.*s}", (int)k->out->len, k->out->len > 0 ? k->out->at : "");
  bool known = tool_schema_has(k->root, buf_span(&plain)) ||
               json_slice_member(buf_span(&all), buf_span(&plain)).len > 0;
  buf_free(&plain);
  buf_free(&all);
  return known;
}

static void collect(struct keys *k, struct span schema, unsigned depth)
{
  struct json_walk w = json_slice_walk(json_slice_member(schema, properties_key));
  while (w.object && k->count < UNION_KEYS && json_slice_next(&w)) {
    if (has_key(k, w.key))
      continue;
    k->count++;
    if (k->out->len > 0)
      buf_add_char(k->out, ',');
    buf_add(k->out, w.key);
    buf_add_text(k->out, ":{}");
  }
  if (depth == UNION_DEPTH || ++k->schemas > UNION_SCHEMAS)
    return;
  static const char *const unions[] = {"anyOf", "oneOf", "allOf"};
  for (size_t i = 0; i < sizeof unions / sizeof *unions; i++)
    for (struct json_walk b =
             json_slice_walk(json_slice_member(schema, span_of(unions[i])));
         json_slice_next(&b);)
      collect(k, b.value, depth + 1);
  struct span target = resolve(k->root, json_slice_member(schema, SPAN_LITERAL("$ref")));
  if (target.len > 0)
    collect(k, target, depth + 1);
}

/* -- one schema -- */

static bool is_list_of_texts(struct span value)
{
  struct json_walk w = json_slice_walk(value);
  bool texts = json_slice_kind(value) == JSON_ARRAY;
  while (texts && json_slice_next(&w))
    texts = json_slice_kind(w.value) == JSON_STRING;
  return texts;
}

static bool properties_are_good(struct span properties)
{
  struct json_walk w = json_slice_walk(properties);
  while (json_slice_next(&w))
    if (json_slice_kind(w.value) != JSON_OBJECT)
      return false;
  return true;
}

/* Nothing in it is to be changed, but maybe for the type that it does not have. */
static bool is_good(struct span schema)
{
  enum json_kind type = json_slice_kind(json_slice_member(schema, type_key));
  struct json_walk w = json_slice_walk(schema);
  while (json_slice_next(&w)) {
    if (json_slice_says(w.key, properties_key) &&
        (json_slice_kind(w.value) != JSON_OBJECT || !properties_are_good(w.value)))
      return false;
    if (json_slice_says(w.key, required_key) && !is_list_of_texts(w.value))
      return false;
  }
  return type == JSON_STRING || type == JSON_ABSENT;
}

static void put_properties(struct span properties, struct span more, struct buf *out,
                           struct buf *why)
{
  const char *comma = "";
  buf_add_char(out, '{');
  for (struct json_walk w = json_slice_walk(properties); json_slice_next(&w);) {
    enum json_kind kind = json_slice_kind(w.value);
    buf_add_text(out, comma);
    buf_add(out, w.key);
    buf_add_char(out, ':');
    if (kind == JSON_OBJECT)
      buf_add(out, w.value);
    else
      buf_add_text(out, kind == JSON_FALSE ? "{\"not\":{}}" : "{}");
    if (kind != JSON_OBJECT && kind != JSON_TRUE && kind != JSON_FALSE)
      say(why, "the schema of its parameter %.*s is none and allows anything now",
          SPAN_ARG(span_cut_utf8(w.key, 100)));
    comma = ",";
  }
  if (more.len > 0)
    buf_add_text(out, comma);
  buf_add(out, more);
  buf_add_char(out, '}');
}

/* A member that stays, or nothing. */
static bool put_member(const struct json_walk *w, struct span more, struct buf *out,
                       struct buf *why)
{
  bool properties = json_slice_says(w->key, properties_key);
  size_t before = out->len;
  buf_add(out, w->key);
  buf_add_char(out, ':');
  if (properties && json_slice_kind(w->value) == JSON_OBJECT) {
    put_properties(w->value, more, out, why);
    return true;
  }
  if (properties ||
      (json_slice_says(w->key, required_key) && !is_list_of_texts(w->value))) {
    out->len = before;
    say(why, properties ? "properties is no object and was left out"
                        : "required is no list of texts and was left out");
    return false;
  }
  buf_add(out, w->value);
  return true;
}

static void rebuild(struct span schema, struct span more, struct buf *out,
                    struct buf *why)
{
  struct span type = json_slice_member(schema, type_key);
  bool typed = json_slice_kind(type) == JSON_STRING;
  bool placed = json_slice_kind(json_slice_member(schema, properties_key)) == JSON_OBJECT;
  buf_add_text(out, "{\"type\":\"object\"");
  if (!typed && type.len > 0)
    say(why, "its type is no text and is \"object\" now");
  if (more.len > 0 && !placed)
    buf_addf(out, ",\"properties\":{%.*s}", (int)more.len, more.at);
  for (struct json_walk w = json_slice_walk(schema); json_slice_next(&w);) {
    if (json_slice_says(w.key, type_key))
      continue;
    buf_add_char(out, ',');
    if (!put_member(&w, more, out, why))
      out->len--;
  }
  buf_add_char(out, '}');
}

void tool_schema_write(struct span schema, bool union_keys, struct buf *out,
                       struct buf *why)
{
  static const char no_more[] = "{\"type\":\"object\"}";
  struct json_walk w = json_slice_walk(schema);
  enum json_kind kind = json_slice_kind(schema);
  struct buf more = buf_make(SIZE_MAX); /* bounded by UNION_KEYS and the schema's size */
  struct keys keys = {.root = schema, .out = &more};
  if (kind != JSON_ABSENT && kind != JSON_OBJECT && kind != JSON_TRUE)
    say(why, "inputSchema is no schema and allows anything now");
  if (!w.object || !json_slice_next(&w)) {
    buf_add_text(out, no_more);
    return;
  }
  if (union_keys)
    collect(&keys, schema, 0);
  if (more.len > 0 || !is_good(schema)) {
    rebuild(schema, buf_span(&more), out, why);
  } else {
    bool typed = json_slice_member(schema, type_key).len > 0;
    buf_add_text(out, typed ? "{" : "{\"type\":\"object\",");
    buf_add(out, span_after(schema, 1));
  }
  buf_free(&more);
}

/* -- annotations -- */

static bool is_annotation(const struct json_walk *w)
{
  enum json_kind kind = json_slice_kind(w->value);
  struct span key = {w->key.at + 1, w->key.len - 2};
  bool hint = key.len >= 4 && span_is(span_after(key, key.len - 4), "Hint");
  if (hint)
    return kind == JSON_TRUE || kind == JSON_FALSE;
  return kind == JSON_STRING || !json_slice_says(w->key, SPAN_LITERAL("title"));
}

void tool_annotations_write(struct span annotations, struct buf *out, struct buf *why)
{
  struct json_walk w = json_slice_walk(annotations);
  bool good = w.object, any = false;
  if (annotations.len > 0 && !w.object)
    say(why, "annotations is no object and was left out");
  while (w.object && json_slice_next(&w)) {
    bool fits = is_annotation(&w);
    good = good && fits;
    any = any || fits;
    if (!fits)
      say(why, "its annotation %.*s is no %s and was left out",
          SPAN_ARG(span_cut_utf8(w.key, 100)),
          json_slice_says(w.key, SPAN_LITERAL("title")) ? "text" : "boolean");
  }
  if (good)
    buf_add(out, annotations);
  if (good || !any)
    return;
  const char *comma = "{";
  for (w = json_slice_walk(annotations); json_slice_next(&w);) {
    if (!is_annotation(&w))
      continue;
    buf_add_text(out, comma);
    buf_add(out, w.key);
    buf_add_char(out, ':');
    buf_add(out, w.value);
    comma = ",";
  }
  buf_add_char(out, '}');
}
