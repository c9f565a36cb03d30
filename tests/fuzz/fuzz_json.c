/* SPDX-License-Identifier: MIT */
/* Whatever json_parse takes can be written again from its tree, and reads as the same;
 * the text slicer agrees with the tree; raw members are slices of the text that parse
 * alone; cJSON, which takes more, sees the same values in what we take. */
#include "base/arena.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"

#include <cJSON.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const raw_names[] = {"input", "a", NULL};
static const struct json_rules raw_rules = {.raw = raw_names};
static const struct span empty = {"", 0};

static void must(bool good)
{
  if (!good)
    abort();
}

static void write_key(struct buf *out, json_at v, bool object)
{
  if (!object)
    return;
  json_escape(out, json_key(v));
  buf_add_char(out, ':');
}

/* Not by the writer: its nesting is ours (60), the reader's is the sender's (128). */
static void write_value(struct json *doc, json_at v, struct buf *out)
{
  enum json_kind kind = json_kind(v);
  if (json_raw(v).len > 0) {
    must(json_first(v) == NULL && json_count(v) == 0);
    buf_add(out, json_raw(v));
  } else if (kind == JSON_STRING) {
    json_escape(out, json_text(doc, v, empty));
  } else if (kind == JSON_NUMBER) {
    buf_addf(out, "%.17g", json_number(v, 0));
  } else if (kind == JSON_ARRAY || kind == JSON_OBJECT) {
    buf_add_char(out, kind == JSON_ARRAY ? '[' : '{');
    for (json_at m = json_first(v); m != NULL; m = json_next(m)) {
      write_key(out, m, kind == JSON_OBJECT);
      write_value(doc, m, out);
      if (json_next(m) != NULL)
        buf_add_char(out, ',');
    }
    buf_add_char(out, kind == JSON_ARRAY ? ']' : '}');
  } else {
    must(kind == JSON_NULL || kind == JSON_TRUE || kind == JSON_FALSE);
    buf_add_text(out, kind == JSON_NULL ? "null" : kind == JSON_TRUE ? "true" : "false");
  }
}

static struct buf written(struct json *doc)
{
  struct buf out = buf_make((size_t)64 * MIB);
  write_value(doc, json_root(doc), &out);
  must(!out.overflowed);
  return out;
}

/* Once through the tree is a fixed point: read again and written again it is the same. */
static void check_round(struct span text, const struct json_rules *rules)
{
  struct fault f = {0};
  struct json *doc = json_parse(text, rules, &f);
  if (doc == NULL) {
    must(f.kind == FAULT_BAD_INPUT || f.kind == FAULT_TOO_BIG);
    return;
  }
  struct buf once = written(doc);
  if (!utf8_valid(text)) {
    /* Raw halves of a surrogate pair, side by side, are written as one pair: no fixed
     * point, but all of it was read within the sanitizer's sight. */
    json_free(doc);
    buf_free(&once);
    return;
  }
  struct json *again = json_parse(buf_span(&once), rules, &f);
  must(again != NULL);
  struct buf twice = written(again);
  must(span_equal(buf_span(&once), buf_span(&twice)));
  json_free(again);
  json_free(doc);
  buf_free(&once);
  buf_free(&twice);
}

/* A value's slice, read alone, is what stands in the tree. */
static void check_slice(struct span text, struct json *doc, const char *name, json_at v)
{
  struct span slice = json_slice(text, name);
  struct fault f = {0};
  must((v == NULL) == (slice.len == 0));
  if (v == NULL)
    return;
  must(slice.at >= text.at && slice.at + slice.len <= text.at + text.len);
  must(json_slice_kind(slice) == json_kind(v));
  struct json *alone = json_parse(slice, NULL, &f);
  must(alone != NULL);
  struct buf a = buf_make((size_t)64 * MIB), b = buf_make((size_t)64 * MIB);
  write_value(doc, v, &a);
  write_value(alone, json_root(alone), &b);
  must(span_equal(buf_span(&a), buf_span(&b)));
  if (json_kind(v) == JSON_STRING) {
    buf_clear(&a);
    json_unescape(slice, &a);
    must(span_equal(buf_span(&a), json_text(doc, v, empty)));
  }
  json_free(alone);
  buf_free(&a);
  buf_free(&b);
}

static void check_members(struct span text)
{
  struct fault f = {0};
  struct json *doc = json_parse(text, NULL, &f);
  struct json *raw = json_parse(text, &raw_rules, &f);
  if (doc != NULL && json_kind(json_root(doc)) == JSON_OBJECT) {
    for (json_at m = json_first(json_root(doc)); m != NULL; m = json_next(m)) {
      struct span key = json_key(m);
      if (key.len < 100 && memchr(key.at, '.', key.len) == NULL) {
        char name[100];
        memcpy(name, key.at, key.len);
        name[key.len] = 0;
        check_slice(text, doc, name, json_get(json_root(doc), name));
      }
    }
    must(json_slice(text, "no such name").len == 0 ||
         json_get(json_root(doc), "no such name") != NULL);
  }
  if (raw != NULL && json_kind(json_root(raw)) == JSON_OBJECT)
    must(span_equal(json_raw(json_get(json_root(raw), "a")), json_slice(text, "a")));
  json_free(doc);
  json_free(raw);
}

/* cJSON ends a string at its first NUL. */
static void check_same_text(const char *theirs, struct span ours)
{
  const char *nul = ours.len > 0 ? memchr(ours.at, 0, ours.len) : NULL;
  if (nul)
    ours.len = (size_t)(nul - ours.at);
  must(span_is(ours, theirs));
}

static void check_same_number(const cJSON *theirs, json_at v)
{
  double ours = json_number(v, NAN);
  unsigned long long whole;
  if (isfinite(theirs->valuedouble))
    must(ours == theirs->valuedouble);
  if (json_whole(v, UINT64_MAX, &whole))
    must((double)whole == ours);
}

static void check_same_value(struct json *doc, const cJSON *theirs, json_at v)
{
  static const struct {
    int theirs;
    enum json_kind ours;
  } kinds[] = {{cJSON_NULL, JSON_NULL},     {cJSON_False, JSON_FALSE},
               {cJSON_True, JSON_TRUE},     {cJSON_Number, JSON_NUMBER},
               {cJSON_String, JSON_STRING}, {cJSON_Array, JSON_ARRAY},
               {cJSON_Object, JSON_OBJECT}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    must((theirs->type == kinds[i].theirs) == (json_kind(v) == kinds[i].ours));
  if (json_kind(v) == JSON_STRING)
    check_same_text(theirs->valuestring, json_text(doc, v, empty));
  if (json_kind(v) == JSON_NUMBER)
    check_same_number(theirs, v);
  json_at ours = json_first(v);
  for (const cJSON *t = theirs->child; t; t = t->next, ours = json_next(ours)) {
    must(ours != NULL);
    if (t->string)
      check_same_text(t->string, json_key(ours));
    check_same_value(doc, t, ours);
  }
  must(ours == NULL);
}

static bool has(struct span text, const char *word)
{
  return text.len > 0 && memmem(text.at, text.len, word, strlen(word));
}

/* cJSON looks at no more than 63 bytes of a number. */
static bool has_long_number(struct span text)
{
  size_t run = 0;
  for (size_t i = 0; i < text.len && run < 63; i++)
    run = memchr("0123456789+-.eE", text.at[i], 15) ? run + 1 : 0;
  return run >= 63;
}

/* An unpaired surrogate is what else cJSON refuses and we take. */
static void check_oracle(struct span text)
{
  struct fault f = {0};
  struct json *doc = has_long_number(text) ? NULL : json_parse(text, NULL, &f);
  if (doc == NULL)
    return;
  if (span_starts(text, "\xef\xbb\xbf")) /* cJSON does not see it before one byte alone */
    text = span_after(text, 3);
  cJSON *theirs = cJSON_ParseWithLength(text.at, text.len);
  must(theirs != NULL || has(text, "\\ud") || has(text, "\\uD"));
  if (theirs)
    check_same_value(doc, theirs, json_root(doc));
  cJSON_Delete(theirs);
  json_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span any = {(const char *)data, size};
  /* On unchecked bytes the slicer must stay inside, and the parser too. */
  (void)json_slice(any, "a.b");
  struct buf text = buf_make(size * 3 + 1);
  (void)utf8_repair(any, &text); /* the caller's duty */
  check_round(any, &raw_rules);
  check_round(buf_span(&text), NULL);
  check_round(buf_span(&text), &raw_rules);
  check_members(buf_span(&text));
  check_oracle(buf_span(&text));
  buf_free(&text);
  arena_forget_all();
  return 0;
}
