/* SPDX-License-Identifier: MIT */
/* json.c - what json_scan.c has found, asked for by name and by kind.  A json_at is one
 * of its nodes. */
#include "base/json.h"

#include "base/arena.h"
#include "base/mem.h"
#include "json_scan.h"

#include <cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct json_node) <= 64, "limits.h says what a value costs");

struct json {
  struct arena *arena;
  const struct json_node *root;
  bool secret;
};

static int names_compare(const void *a, const void *b)
{
  const struct span *left = a, *right = b;
  size_t len = left->len < right->len ? left->len : right->len;
  int order = len > 0 ? memcmp(left->at, right->at, len) : 0;
  return order != 0 ? order : (left->len > right->len) - (left->len < right->len);
}

/* Sorted, not compared each with each: a hostile request may have very many members. */
static const struct span *object_duplicate(json_at object, struct arena *arena)
{
  size_t count = json_count(object);
  if (count < 2)
    return NULL;
  struct span *names = arena_new(arena, count * sizeof *names);
  size_t i = 0;
  for (json_at m = json_first(object); m; m = json_next(m))
    names[i++] = m->key;
  qsort(names, count, sizeof *names, names_compare);
  for (i = 1; i < count; i++) {
    if (span_equal(names[i - 1], names[i]))
      return &names[i];
  }
  return NULL;
}

/* Depth is bounded by LIMIT_JSON_DEPTH. */
static const struct span *tree_duplicate(json_at node, struct arena *arena)
{
  const struct span *name = NULL;
  for (; node && !name; node = node->next) {
    if (node->kind == JSON_OBJECT)
      name = object_duplicate(node, arena);
    if (!name)
      name = tree_duplicate(json_first(node), arena);
  }
  return name;
}

struct json *json_parse(struct span text, const struct json_rules *rules, struct fault *f)
{
  struct arena *arena = arena_take();
  struct json *doc = arena_new(arena, sizeof *doc);
  *doc = (struct json){.arena = arena, .secret = rules && rules->secret};
  doc->root = json_scan_read(text, rules ? rules->raw : NULL, arena, f);
  const struct span *twice =
      doc->root && rules && rules->unique_keys ? tree_duplicate(doc->root, arena) : NULL;
  if (twice)
    (void)fault_set(f, FAULT_BAD_INPUT, "member \"%.*s\" is given twice",
                    SPAN_ARG(*twice));
  if (doc->root && !twice)
    return doc;
  json_free(doc);
  return NULL;
}

void json_free(struct json *doc)
{
  if (!doc)
    return;
  struct arena *arena = doc->arena;
  if (doc->secret)
    arena_wipe(arena);
  arena_give(arena);
}

json_at json_root(const struct json *doc)
{
  return doc ? doc->root : NULL;
}

enum json_kind json_kind(json_at v)
{
  return v ? v->kind : JSON_ABSENT;
}

json_at json_find(json_at object, struct span name)
{
  json_at found = NULL;
  if (!object || object->kind != JSON_OBJECT)
    return NULL;
  for (json_at m = json_first(object); m; m = m->next) {
    if (m->key.len == name.len && span_equal(m->key, name))
      found = m; /* and on: the last of several wins */
  }
  return found;
}

json_at json_first(json_at v)
{
  return v && (v->kind == JSON_OBJECT || v->kind == JSON_ARRAY) ? v->child : NULL;
}

json_at json_next(json_at member)
{
  return member ? member->next : NULL;
}

json_at json_item(json_at array, size_t index)
{
  if (json_kind(array) != JSON_ARRAY)
    return NULL;
  json_at item = json_first(array);
  while (item && index-- > 0)
    item = json_next(item);
  return item;
}

struct span json_key(json_at member)
{
  return member ? member->key : (struct span){0};
}

size_t json_count(json_at array_or_object)
{
  size_t count = 0;
  for (json_at v = json_first(array_or_object); v; v = json_next(v))
    count++;
  return count;
}

/* Asked for again it is there: the caller has a document that is const, not its arena. */
static struct span unescaped(const struct json *doc, struct json_node *v)
{
  if (!v->text) {
    struct span *text = arena_new(doc->arena, sizeof *text + v->value.len);
    char *plain = (char *)(text + 1);
    *text = (struct span){plain, json_unescape_into(v->value, plain)};
    v->text = text;
  }
  return *v->text;
}

struct span json_text(const struct json *doc, json_at v, struct span otherwise)
{
  if (!v || v->kind != JSON_STRING)
    return otherwise;
  struct span inner = {v->value.at + 1, v->value.len - 2};
  if (!v->escaped || !memchr(inner.at, '\\', inner.len))
    return inner;
  return unescaped(doc, (struct json_node *)v);
}

struct span json_text_of(const struct json *doc, json_at object, struct span name)
{
  return json_text(doc, json_find(object, name), SPAN_LITERAL(""));
}

/* cJSON reads no more than the first 63 bytes of one. */
static double number_of(struct span raw)
{
  cJSON *read = raw.len < 64 ? cJSON_ParseWithLength(raw.at, raw.len) : NULL;
  char *text = read ? NULL : span_copy(raw); /* strtod wants an end it understands */
  double number = read ? cJSON_GetNumberValue(read) : strtod(text, NULL);
  cJSON_Delete(read);
  free(text);
  return number;
}

double json_number(json_at v, double otherwise)
{
  if (json_kind(v) != JSON_NUMBER)
    return otherwise;
  double number = number_of(v->value);
  return isfinite(number) ? number : otherwise;
}

bool json_whole(json_at v, unsigned long long highest, unsigned long long *value)
{
  static const double exact_most = 9007199254740992.0; /* 2^53 */
  if (json_kind(v) != JSON_NUMBER)
    return false;
  if (span_to_number(v->value, 0, highest, value))
    return true;
  if (v->value.len > JSON_NUMBER_EXACT)
    return false;
  double number = json_number(v, -1);
  if (!(number >= 0 && number <= exact_most))
    return false;
  unsigned long long whole = (unsigned long long)number;
  if ((double)whole != number || whole > highest)
    return false;
  *value = whole;
  return true;
}

struct span json_raw(json_at v)
{
  return v && v->raw ? v->value : (struct span){0};
}
