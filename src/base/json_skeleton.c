/* SPDX-License-Identifier: MIT */
/* json_skeleton.c - most documents need no replacement, so nothing is copied before the
 * first one; from there on the text between two replacements is copied in one piece. */
#include "json_skeleton.h"

#include "base/limits.h"

#include <string.h>

struct json_skeleton json_skeleton_of(struct span text, struct arena *arena)
{
  return (struct json_skeleton){.text = text, .arena = arena, .copied = text.at};
}

static int too_big(struct fault *f)
{
  return fault_set(f, FAULT_TOO_BIG, "more than %zu bytes of JSON tree",
                   (size_t)LIMIT_JSON_TREE_BYTES);
}

static int out_add(struct json_skeleton *k, struct span s, struct fault *f)
{
  if (s.len > k->out_capacity - k->out_len)
    return too_big(f);
  memcpy(k->out + k->out_len, s.at, s.len);
  k->out_len += s.len;
  return 0;
}

int json_skeleton_replace(struct json_skeleton *k, const char *from, const char *to,
                          struct span by, struct fault *f)
{
  if (!k->out) {
    /* A placeholder is two bytes longer than the smallest raw member's value. */
    size_t whole = k->text.len;
    k->out_capacity =
        whole < LIMIT_JSON_TREE_BYTES ? whole + whole / 2 + 16 : LIMIT_JSON_TREE_BYTES;
    k->out = arena_new(k->arena, k->out_capacity);
  }
  if (out_add(k, (struct span){k->copied, (size_t)(from - k->copied)}, f) < 0)
    return -1;
  k->copied = to;
  return out_add(k, by, f);
}

int json_skeleton_cut(struct json_skeleton *k, const char *from, const char *to,
                      bool by_name, struct fault *f)
{
  if (k->cut_count == k->cut_capacity) {
    /* The array that is too small stays in the arena: all of it goes with the
     * document. */
    size_t capacity = k->cut_capacity == 0 ? 8 : k->cut_capacity * 2;
    struct json_cut *more = arena_new(k->arena, capacity * sizeof *more);
    if (k->cut_count > 0)
      memcpy(more, k->cuts, k->cut_count * sizeof *more);
    k->cuts = more;
    k->cut_capacity = capacity;
  }
  k->cuts[k->cut_count++] =
      (struct json_cut){.raw = {from, (size_t)(to - from)}, .by_name = by_name};
  static const char placeholder[] = {'"', JSON_SKELETON_PLACEHOLDER, '"'};
  return json_skeleton_replace(k, from, to,
                               (struct span){placeholder, sizeof placeholder}, f);
}

int json_skeleton_end(struct json_skeleton *k, struct span *whole, struct fault *f)
{
  const char *end = k->text.at + k->text.len;
  if (!k->out) {
    *whole = k->text;
    return k->text.len > LIMIT_JSON_TREE_BYTES ? too_big(f) : 0;
  }
  if (out_add(k, (struct span){k->copied, (size_t)(end - k->copied)}, f) < 0)
    return -1;
  *whole = (struct span){k->out, k->out_len};
  return 0;
}
