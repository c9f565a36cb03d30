/* SPDX-License-Identifier: MIT */
/* Each function looks at one member and words its error; what null means is decided
 * here alone. */
#include "request_fields.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>

json_at fields_get(const struct fields *r, json_at object, const char *where,
                   const char *name)
{
  const char *dot = strchr(where, '.');
  struct fields_asked *asked = dot && dot[1] ? NULL : r->asked; /* a text of the moment */
  size_t i = 0;
  while (asked && i < asked->count &&
         (strcmp(asked->at[i].where, where) || strcmp(asked->at[i].name, name)))
    i++;
  if (asked && i == asked->count && i < LIMIT_FIELDS_ASKED) {
    asked->at[i].where = where;
    asked->at[i].name = name;
    asked->count++;
  }
  return json_get(object, name);
}

/* -- errors -- */

/* Quoted and cut. */
static void put_text(struct buf *out, struct span text)
{
  json_escape(out, span_cut_utf8(text, LIMIT_SHOWN_BYTES));
}

/* What must not be told is a value that may be a secret. */
static void put_given(const struct fields *r, json_at v, bool secret, struct buf *out)
{
  static const char *const kinds[] = {
      [JSON_ABSENT] = ", and is missing", [JSON_NULL] = ", not null",
      [JSON_FALSE] = ", not false",       [JSON_TRUE] = ", not true",
      [JSON_NUMBER] = ", not a number",   [JSON_ARRAY] = ", not an array",
      [JSON_OBJECT] = ", not an object"};
  struct span text = json_text(r->doc, v, (struct span){0});
  enum json_kind kind = json_kind(v);
  if (kind == JSON_STRING && (!secret || text.len == 0)) {
    buf_add_text(out, ", not ");
    put_text(out, text);
  } else if (kind == JSON_NUMBER && !secret) {
    buf_addf(out, ", not %.15g", json_number(v, 0));
  } else if (kind == JSON_ARRAY && !json_first(v) && json_raw(v).len == 0) {
    buf_add_text(out, ", not []");
  } else if (kind != JSON_STRING) {
    buf_add_text(out, kinds[kind]);
  }
}

int fields_wrong(const struct fields *r, json_at v, const char *theirs, const char *where,
                 const char *name, const char *what)
{
  struct buf given = buf_make(KIB);
  bool secret = span_starts(span_of(where), "env.") || !strcmp(name, "token") ||
                !strcmp(name, "toolExecToken");
  put_given(r, v, secret, &given);
  (void)fault_set(r->f, FAULT_BAD_INPUT, "run request: %s%s%s must be %s%s", theirs,
                  where, name, what, buf_cstring(&given));
  buf_free(&given);
  return -1;
}

static int must_be(const struct fields *r, json_at v, const char *where, const char *name,
                   const char *what)
{
  return fields_wrong(r, v, "", where, name, what);
}

static bool is_asked(const struct fields *r, const char *where, struct span name)
{
  for (size_t i = 0; i < r->asked->count; i++)
    if (!strcmp(r->asked->at[i].where, where) && span_is(name, r->asked->at[i].name))
      return true;
  return false;
}

void fields_leave_out(const struct fields *r, json_at object, const char *where)
{
  size_t found = 0;
  for (json_at v = json_first(object); v; v = json_next(v)) {
    if (is_asked(r, where, json_key(v)) || ++found > LIMIT_LEFT_OUT_NAMES)
      continue;
    buf_addf(r->left_out, "%s%s", r->left_out->len > 0 ? ", " : "", where);
    buf_add(r->left_out, span_cut_utf8(json_key(v), LIMIT_SHOWN_BYTES));
  }
  if (found == 0)
    return;
  if (found > LIMIT_LEFT_OUT_NAMES)
    buf_addf(r->left_out, " and %zu more", found - LIMIT_LEFT_OUT_NAMES);
  buf_add_text(r->left_out, " (known:");
  for (size_t i = 0; i < r->asked->count; i++)
    if (!strcmp(r->asked->at[i].where, where))
      buf_addf(r->left_out, " %s", r->asked->at[i].name);
  buf_add_char(r->left_out, ')');
}

/* -- values -- */

static bool has_nul(struct span s)
{
  return s.len > 0 && memchr(s.at, 0, s.len);
}

bool fields_given(json_at v)
{
  return json_kind(v) != JSON_ABSENT && json_kind(v) != JSON_NULL;
}

bool fields_is_object(json_at v)
{
  return json_kind(v) == JSON_OBJECT || json_kind(v) == JSON_ARRAY;
}

bool fields_says_something(const struct fields *r, json_at v)
{
  switch (json_kind(v)) {
  case JSON_ABSENT:
  case JSON_NULL:
  case JSON_FALSE:
    return false;
  case JSON_ARRAY:
    for (json_at item = json_first(v); item; item = json_next(item)) {
      if (fields_given(item))
        return true;
    }
    return json_raw(v).len > 0;
  case JSON_OBJECT:
    return json_first(v) || json_raw(v).len > 0;
  case JSON_STRING:
    return json_text(r->doc, v, SPAN_LITERAL("")).len > 0;
  case JSON_TRUE:
  case JSON_NUMBER:
    break;
  }
  return true;
}

int fields_text(const struct fields *r, json_at object, const char *where,
                const char *name, struct span *out)
{
  json_at v = fields_get(r, object, where, name);
  if (!fields_given(v))
    return 0;
  struct span text = json_text(r->doc, v, (struct span){0});
  if (text.len == 0)
    return must_be(r, v, where, name, "a non-empty string");
  if (has_nul(text))
    return must_be(r, v, where, name, "a string without NUL characters");
  *out = text;
  return 0;
}

int fields_argument(const struct fields *r, json_at object, const char *where,
                    const char *name, struct span *out)
{
  struct span text = {0};
  if (fields_text(r, object, where, name, &text) < 0)
    return -1;
  if (span_starts(text, "-"))
    return must_be(r, json_get(object, name), where, name,
                   "a string that does not begin with \"-\"");
  if (text.len > 0)
    *out = text;
  return 0;
}

int fields_whole(const struct fields *r, json_at object, const char *where,
                 const char *name, unsigned lowest, unsigned highest, unsigned *out)
{
  json_at v = fields_get(r, object, where, name);
  unsigned long long value;
  if (!fields_given(v))
    return 0;
  if (!json_whole(v, highest, &value) || value < lowest) {
    char what[80];
    snprintf(what, sizeof what, "a whole number from %u to %u", lowest, highest);
    return must_be(r, v, where, name, what);
  }
  *out = (unsigned)value;
  return 0;
}

int fields_texts(const struct fields *r, json_at object, const char *where,
                 const char *name, bool arguments, struct spans *out)
{
  json_at list = fields_get(r, object, where, name);
  if (!fields_given(list))
    return 0;
  if (json_kind(list) != JSON_ARRAY)
    return must_be(r, list, where, name, "an array of strings");
  size_t count = json_count(list), i = 0;
  struct span *at = arena_new(r->arena, count * sizeof *at);
  for (json_at v = json_first(list); v; v = json_next(v)) {
    struct span text = json_text(r->doc, v, (struct span){0});
    const char *wrong = json_kind(v) != JSON_STRING ? "a string"
                        : has_nul(text)             ? "a string without NUL characters"
                        : arguments && (text.len == 0 || text.at[0] == '-')
                            ? "a non-empty string that does not begin with \"-\""
                            : NULL;
    if (wrong) {
      char item[100];
      snprintf(item, sizeof item, "%s[%zu]", name, i);
      return must_be(r, v, where, item, wrong);
    }
    at[i++] = text;
  }
  *out = (struct spans){at, count};
  return 0;
}

int fields_object(const struct fields *r, json_at object, const char *where,
                  const char *name, json_at *out)
{
  json_at v = fields_get(r, object, where, name);
  *out = NULL;
  if (!fields_given(v))
    return 0;
  if (json_kind(v) != JSON_OBJECT)
    return must_be(r, v, where, name, "an object");
  *out = v;
  return 0;
}

int fields_choice(const struct fields *r, json_at object, const char *name,
                  const char *usual, const char *other, bool *is_other)
{
  struct span text = {0};
  if (fields_text(r, object, "", name, &text) < 0)
    return -1;
  *is_other = span_is(text, other);
  if (text.len == 0 || *is_other || span_is(text, usual))
    return 0;
  char what[80];
  snprintf(what, sizeof what, "\"%s\" or \"%s\"", usual, other);
  return must_be(r, json_get(object, name), "", name, what);
}

int fields_bool(const struct fields *r, json_at object, const char *where,
                const char *name, bool *out)
{
  json_at v = fields_get(r, object, where, name);
  if (!fields_given(v))
    return 0;
  if (json_kind(v) != JSON_TRUE && json_kind(v) != JSON_FALSE)
    return must_be(r, v, where, name, "true or false");
  *out = json_kind(v) == JSON_TRUE;
  return 0;
}

int fields_unbuilt(const struct fields *r, json_at object, const char *where,
                   const char *name)
{
  if (!fields_says_something(r, fields_get(r, object, where, name)))
    return 0;
  return fault_set(r->f, FAULT_BAD_INPUT,
                   "run request: %s%s is not supported by this version", where, name);
}

bool fields_fits_header(struct span value)
{
  for (size_t i = 0; i < value.len; i++)
    if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
      return false;
  return value.len <= LIMIT_TOKEN_BYTES && span_trim(value).len == value.len;
}

bool fields_env_name_good(struct span name)
{
  return name.len > 0 && !memchr(name.at, '=', name.len) && !has_nul(name) &&
         !span_starts(name, "RUNLET_");
}
