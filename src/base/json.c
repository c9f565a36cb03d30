/* SPDX-License-Identifier: MIT */
/* json.c - json_scan.c has checked the text and cut long things out; cJSON builds the
 * tree of the rest in the document's arena; a walk then hangs the cuts where their
 * placeholders are. A json_at is a cJSON node; one of type cJSON_Raw holds a struct
 * json_cut instead of a string. */
#include "base/json.h"

#include "base/arena.h"
#include "base/mem.h"
#include "json_scan.h"

#include <assert.h>
#include <cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct json {
  struct arena *arena;
  cJSON *root;
  bool secret;
};

/* cJSON's hooks know no context: this is set around the parse and nowhere else. */
static struct arena *parse_arena;

static void *parse_alloc(size_t size)
{
  return arena_new(parse_arena, size);
}

static void parse_release(void *at)
{
  (void)at; /* goes with the arena */
}

static cJSON *tree_parse(struct span text, struct arena *arena)
{
  cJSON_Hooks hooks = {.malloc_fn = parse_alloc, .free_fn = parse_release};
  cJSON_InitHooks(&hooks);
  parse_arena = arena;
  cJSON *root = cJSON_ParseWithLength(text.at, text.len);
  parse_arena = NULL;
  return root;
}

/* Both walks are in document order, so the n-th placeholder is the n-th cut.  Depth is
 * bounded by LIMIT_JSON_DEPTH. */
static void tree_hang(cJSON *node, struct json_cut **cut)
{
  for (; node; node = node->next) {
    if (node->type == cJSON_String && node->valuestring[0] == JSON_SKELETON_PLACEHOLDER) {
      node->type = cJSON_Raw;
      node->valuestring = (char *)(*cut)++;
    }
    tree_hang(node->child, cut);
  }
}

static int names_compare(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, not compared each with each: a hostile request may have very many members. */
static const char *object_duplicate(const cJSON *object, struct arena *arena)
{
  size_t count = 0;
  for (const cJSON *m = object->child; m; m = m->next)
    count++;
  if (count < 2)
    return NULL;
  const char **names = arena_new(arena, count * sizeof *names);
  size_t i = 0;
  for (const cJSON *m = object->child; m; m = m->next)
    names[i++] = m->string;
  qsort(names, count, sizeof *names, names_compare);
  for (i = 1; i < count; i++) {
    if (strcmp(names[i - 1], names[i]) == 0)
      return names[i];
  }
  return NULL;
}

static const char *tree_duplicate(const cJSON *node, struct arena *arena)
{
  const char *name = NULL;
  for (; node && !name; node = node->next) {
    if (node->type == cJSON_Object)
      name = object_duplicate(node, arena);
    if (!name)
      name = tree_duplicate(node->child, arena);
  }
  return name;
}

struct json *json_parse(struct span text, const struct json_rules *rules, struct fault *f)
{
  struct arena *arena = arena_take();
  struct json *doc = arena_new(arena, sizeof *doc);
  struct json_scan scan;
  *doc = (struct json){.arena = arena, .secret = rules && rules->secret};
  const char *const *raw_names = rules ? rules->raw : NULL;
  if (json_scan_read(text, raw_names, arena, &scan, f) < 0)
    goto refuse;
  doc->root = tree_parse(scan.skeleton, arena);
  assert(doc->root); /* cJSON takes all that json_scan lets by */
  if (!doc->root) {
    (void)fault_set(f, FAULT_BAD_INPUT, "not JSON at byte 0");
    goto refuse;
  }
  if (scan.cut_count > 0) {
    struct json_cut *cut = scan.cuts;
    tree_hang(doc->root, &cut);
    assert(cut == scan.cuts + scan.cut_count);
  }
  const char *twice = NULL;
  if (rules && rules->unique_keys)
    twice = tree_duplicate(doc->root, arena);
  if (twice) {
    (void)fault_set(f, FAULT_BAD_INPUT, "member \"%s\" is given twice", twice);
    goto refuse;
  }
  return doc;
refuse:
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
  return doc ? (json_at)doc->root : NULL;
}

static const cJSON *node_of(json_at v)
{
  return (const cJSON *)v;
}

static struct json_cut *cut_of(json_at v)
{
  const cJSON *node = node_of(v);
  return node && node->type == cJSON_Raw ? (struct json_cut *)(void *)node->valuestring
                                         : NULL;
}

enum json_kind json_kind(json_at v)
{
  if (!v)
    return JSON_ABSENT;
  switch (node_of(v)->type) {
  case cJSON_NULL:
    return JSON_NULL;
  case cJSON_False:
    return JSON_FALSE;
  case cJSON_True:
    return JSON_TRUE;
  case cJSON_Number:
    return JSON_NUMBER;
  case cJSON_String:
    return JSON_STRING;
  case cJSON_Array:
    return JSON_ARRAY;
  case cJSON_Object:
    return JSON_OBJECT;
  default:
    return json_slice_kind(cut_of(v)->raw);
  }
}

json_at json_get(json_at object, const char *key)
{
  const cJSON *found = NULL;
  if (!object || node_of(object)->type != cJSON_Object)
    return NULL;
  for (const cJSON *m = node_of(object)->child; m; m = m->next) {
    if (m->string[0] == key[0] && strcmp(m->string, key) == 0)
      found = m; /* and on: the last of several wins */
  }
  return (json_at)found;
}

json_at json_first(json_at array_or_object)
{
  /* cJSON sets `child` in arrays and objects only. */
  return array_or_object ? (json_at)node_of(array_or_object)->child : NULL;
}

json_at json_next(json_at member)
{
  return member ? (json_at)node_of(member)->next : NULL;
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
  return span_of(member ? node_of(member)->string : NULL);
}

size_t json_count(json_at array_or_object)
{
  size_t count = 0;
  for (json_at v = json_first(array_or_object); v; v = json_next(v))
    count++;
  return count;
}

struct span json_text(const struct json *doc, json_at v, struct span otherwise)
{
  if (json_kind(v) != JSON_STRING)
    return otherwise;
  struct json_cut *cut = cut_of(v);
  if (!cut)
    return span_of(node_of(v)->valuestring);
  if (!cut->text_known) {
    cut->text = (struct span){cut->raw.at + 1, cut->raw.len - 2};
    if (cut->text.len > 0 && memchr(cut->text.at, '\\', cut->text.len)) {
      char *plain = arena_new(doc->arena, cut->raw.len);
      cut->text = (struct span){plain, json_unescape_into(cut->raw, plain)};
    }
    cut->text_known = true;
  }
  return cut->text;
}

struct span json_member_text(const struct json *doc, json_at object, const char *name)
{
  return json_text(doc, json_get(object, name), SPAN_LITERAL(""));
}

/* strtod wants an end it understands; the text has none when a number is all of it. */
static double cut_number(struct span raw)
{
  char small[64];
  char *text = raw.len < sizeof small ? small : mem_new(raw.len + 1);
  memcpy(text, raw.at, raw.len);
  text[raw.len] = 0;
  double number = strtod(text, NULL);
  if (text != small)
    free(text);
  return number;
}

double json_number(json_at v, double otherwise)
{
  if (json_kind(v) != JSON_NUMBER)
    return otherwise;
  const struct json_cut *cut = cut_of(v);
  double number = cut ? cut_number(cut->raw) : node_of(v)->valuedouble;
  return isfinite(number) ? number : otherwise;
}

bool json_whole(json_at v, unsigned long long highest, unsigned long long *value)
{
  static const double exact_most = 9007199254740992.0; /* 2^53 */
  if (json_kind(v) != JSON_NUMBER)
    return false;
  const struct json_cut *cut = cut_of(v);
  if (cut && span_to_number(cut->raw, 0, highest, value))
    return true;
  if (cut && cut->raw.len > 15)
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
  const struct json_cut *cut = cut_of(v);
  return cut && cut->by_name ? cut->raw : (struct span){0};
}
