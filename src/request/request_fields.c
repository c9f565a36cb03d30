/* SPDX-License-Identifier: MIT */
/* Each function looks at one member and words its error; what null means is decided
 * here alone. */
#include "request_fields.h"

#include "base/limits.h"

#include <string.h>

static int must_be(const struct fields *r, const char *where, const char *name,
                   const char *what)
{
  return fault_set(r->f, FAULT_BAD_INPUT, "run request: %s%s must be %s", where, name,
                   what);
}

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
  json_at v = json_get(object, name);
  if (!fields_given(v))
    return 0;
  struct span text = json_text(r->doc, v, (struct span){0});
  if (text.len == 0)
    return must_be(r, where, name, "a non-empty string");
  if (has_nul(text))
    return must_be(r, where, name, "a string without NUL characters");
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
    return must_be(r, where, name, "a string that does not begin with \"-\"");
  if (text.len > 0)
    *out = text;
  return 0;
}

int fields_whole(const struct fields *r, json_at object, const char *where,
                 const char *name, unsigned lowest, unsigned highest, unsigned *out)
{
  json_at v = json_get(object, name);
  unsigned long long value;
  if (!fields_given(v))
    return 0;
  if (!json_whole(v, highest, &value) || value < lowest)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: %s%s must be a whole number from %u to %u", where,
                     name, lowest, highest);
  *out = (unsigned)value;
  return 0;
}

int fields_texts(const struct fields *r, json_at object, const char *where,
                 const char *name, bool arguments, struct spans *out)
{
  json_at list = json_get(object, name);
  if (!fields_given(list))
    return 0;
  if (json_kind(list) != JSON_ARRAY)
    return must_be(r, where, name, "an array of strings");
  size_t count = json_count(list), i = 0;
  struct span *at = arena_new(r->arena, count * sizeof *at);
  for (json_at v = json_first(list); v; v = json_next(v)) {
    struct span text = json_text(r->doc, v, (struct span){0});
    if (json_kind(v) != JSON_STRING)
      return must_be(r, where, name, "an array of strings");
    if (has_nul(text))
      return must_be(r, where, name, "an array of strings without NUL characters");
    if (arguments && (text.len == 0 || text.at[0] == '-'))
      return must_be(r, where, name,
                     "an array of non-empty strings that do not begin with \"-\"");
    at[i++] = text;
  }
  *out = (struct spans){at, count};
  return 0;
}

int fields_object(const struct fields *r, json_at object, const char *where,
                  const char *name, json_at *out)
{
  json_at v = json_get(object, name);
  *out = NULL;
  if (!fields_given(v))
    return 0;
  if (json_kind(v) != JSON_OBJECT)
    return must_be(r, where, name, "an object");
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
  return fault_set(r->f, FAULT_BAD_INPUT, "run request: %s must be \"%s\" or \"%s\"",
                   name, usual, other);
}

int fields_bool(const struct fields *r, json_at object, const char *where,
                const char *name, bool *out)
{
  json_at v = json_get(object, name);
  if (!fields_given(v))
    return 0;
  if (json_kind(v) != JSON_TRUE && json_kind(v) != JSON_FALSE)
    return must_be(r, where, name, "true or false");
  *out = json_kind(v) == JSON_TRUE;
  return 0;
}

int fields_unbuilt(const struct fields *r, json_at object, const char *where,
                   const char *name)
{
  if (!fields_says_something(r, json_get(object, name)))
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
