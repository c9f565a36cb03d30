/* SPDX-License-Identifier: MIT */
/* json_scan.c - recursive descent; LIMIT_JSON_DEPTH is the bound of its stack.  A value
 * that is read into NULL is checked only.  */
#include "json_scan.h"

#include "base/limits.h"
#include "json_plain.h"

#include <string.h>

enum {
  NODES_FIRST = 32, /* in one piece of the arena; a line of an agent has fewer values */
  NODES_MOST = 1024
};

struct scan {
  const char *text, *at, *end;
  const char *const *raw_names; /* NULL: none */
  uint32_t raw_letters;         /* one bit for each first letter of them */
  struct arena *arena;
  struct fault *f;
  unsigned depth;
  struct json_node *node, *node_end; /* what is free of the last piece */
  size_t nodes;                      /* of all pieces */
  size_t sliced;                     /* bytes of what is raw or long: they are no tree */
};

static int read_value(struct scan *s, struct json_node *node);

static int scan_fails(const struct scan *s, const char *at, const char *why)
{
  return fault_set(s->f, FAULT_BAD_INPUT, "%s at byte %zu", why, (size_t)(at - s->text));
}

static int scan_unexpected(const struct scan *s)
{
  if (s->at >= s->end)
    return scan_fails(s, s->at, "unexpected end");
  unsigned char c = (unsigned char)*s->at;
  if (c > 0x20 && c < 0x7f)
    return fault_set(s->f, FAULT_BAD_INPUT, "unexpected '%c' at byte %zu", c,
                     (size_t)(s->at - s->text));
  return fault_set(s->f, FAULT_BAD_INPUT, "unexpected byte 0x%02x at byte %zu", c,
                   (size_t)(s->at - s->text));
}

static void skip_blanks(struct scan *s)
{
  const char *at = s->at, *end = s->end;
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
    at++;
  s->at = at;
}

/* Where one is seldom. */
static inline void skip_any_blanks(struct scan *s)
{
  if (s->at < s->end && *s->at <= ' ')
    skip_blanks(s);
}

/* Is the next token this one?  Then it is behind us. */
static bool takes(struct scan *s, char c)
{
  bool there = s->at < s->end && *s->at == c;
  s->at += there;
  return there;
}

/* -- what a document may cost -- */

static int check_tree(const struct scan *s, const char *to)
{
  if ((size_t)(to - s->text) - s->sliced <= LIMIT_JSON_TREE_BYTES)
    return 0;
  return fault_set(s->f, FAULT_TOO_BIG, "more than %zu bytes of JSON tree",
                   (size_t)LIMIT_JSON_TREE_BYTES);
}

static int more_nodes(struct scan *s)
{
  size_t n = s->nodes < NODES_FIRST  ? NODES_FIRST
             : s->nodes < NODES_MOST ? s->nodes
                                     : NODES_MOST;
  if (n > LIMIT_JSON_VALUES - s->nodes)
    n = LIMIT_JSON_VALUES - s->nodes;
  if (n == 0)
    return fault_set(s->f, FAULT_TOO_BIG, "more than %d values of JSON tree",
                     LIMIT_JSON_VALUES);
  if (check_tree(s, s->at) < 0)
    return -1;
  s->node = arena_new(s->arena, n * sizeof *s->node);
  s->node_end = s->node + n;
  s->nodes += n;
  return 0;
}

/* NULL: there may be no more. */
static struct json_node *new_node(struct scan *s)
{
  if (s->node == s->node_end && more_nodes(s) < 0)
    return NULL;
  s->node->next = NULL;
  s->node->child = NULL;
  s->node->key = (struct span){0};
  s->node->raw = s->node->escaped = false;
  return s->node++;
}

/* -- strings -- */

static bool is_hex(char c)
{
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* One escape; s->at is at its backslash and moves behind it. */
static int read_escape(struct scan *s)
{
  const char *at = s->at;
  if (s->end - at < 2)
    return scan_fails(s, s->end, "unexpected end");
  if (at[1] != 'u') {
    if (at[1] == 0 || !strchr("\"\\/bfnrt", at[1]))
      return scan_fails(s, at, "bad escape");
    s->at = at + 2;
    return 0;
  }
  for (int i = 2; i < 6; i++)
    if (s->end - at <= i || !is_hex(at[i]))
      return scan_fails(s, at, "bad escape");
  s->at = at + 6;
  return 0;
}

/* With its quotes. */
static int read_string(struct scan *s, bool *escaped)
{
  const char *from = s->at++;
  *escaped = false;
  if (s->at < s->end && *s->at == '\xff') /* nobody has looked at the caller's UTF-8 */
    return scan_fails(s, s->at, "invalid UTF-8");
  for (;;) {
    s->at += json_plain_until(s->at, (size_t)(s->end - s->at), '"');
    if (s->at >= s->end)
      return scan_fails(s, from, "unfinished string");
    if (*s->at == '"') {
      s->at++;
      return 0;
    }
    if (*s->at != '\\')
      return scan_fails(s, s->at, "control byte in a string");
    *escaped = true;
    if (read_escape(s) < 0)
      return -1;
  }
}

/* -- numbers and words -- */

static size_t digits(struct scan *s)
{
  const char *from = s->at;
  while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
    s->at++;
  return (size_t)(s->at - from);
}

static int read_number(struct scan *s)
{
  (void)takes(s, '-'); /* either way */
  if (!takes(s, '0') && digits(s) == 0)
    return scan_unexpected(s);
  if (takes(s, '.') && digits(s) == 0)
    return scan_unexpected(s);
  if (takes(s, 'e') || takes(s, 'E')) {
    (void)(takes(s, '+') || takes(s, '-')); /* either way */
    if (digits(s) == 0)
      return scan_unexpected(s);
  }
  return 0;
}

static int read_word(struct scan *s, const char *word)
{
  for (; *word; word++)
    if (!takes(s, *word))
      return scan_unexpected(s);
  return 0;
}

/* -- arrays and objects -- */

static int enter(struct scan *s)
{
  if (s->depth == LIMIT_JSON_DEPTH)
    return scan_fails(s, s->at, "nested too deep");
  s->depth++;
  s->at++;
  skip_any_blanks(s);
  return 0;
}

/* After a value: is there another one?  -1: neither that nor the end. */
static int goes_on(struct scan *s, char bracket)
{
  skip_any_blanks(s);
  if (takes(s, ',')) {
    skip_any_blanks(s);
    return 1;
  }
  if (!takes(s, bracket))
    return scan_unexpected(s);
  s->depth--;
  return 0;
}

static int read_array(struct scan *s, struct json_node *node)
{
  struct json_node **last = node ? &node->child : NULL;
  int more;
  if (enter(s) < 0)
    return -1;
  if (takes(s, ']')) {
    s->depth--;
    return 0;
  }
  do {
    struct json_node *item = NULL;
    if (last) {
      if (!(item = *last = new_node(s)))
        return -1;
      last = &item->next;
    }
    if (read_value(s, item) < 0)
      return -1;
  } while ((more = goes_on(s, ']')) > 0);
  return more;
}

/* Most names begin with a letter that none of the raw ones has. */
static bool is_raw(const struct scan *s, struct span name)
{
  if (name.len > 0 && (s->raw_letters >> (name.at[0] & 31) & 1) == 0)
    return false;
  for (const char *const *raw = s->raw_names; raw && *raw; raw++) {
    size_t i = 0; /* most differ soon: their length is not asked for */
    while (i < name.len && (*raw)[i] == name.at[i])
      i++;
    if (i == name.len && (*raw)[i] == 0)
      return true;
  }
  return false;
}

static int keep_name(struct scan *s, struct json_node *member, struct span quoted,
                     bool escaped)
{
  member->key = (struct span){quoted.at + 1, quoted.len - 2};
  if (escaped) {
    char *plain = arena_new(s->arena, quoted.len);
    member->key = (struct span){plain, json_unescape_into(quoted, plain)};
    if (memchr(plain, 0, member->key.len))
      return scan_fails(s, quoted.at, "\\u0000 in a member name");
  }
  return 0;
}

/* A member's name, its colon, and the blanks before its value. */
static int read_name(struct scan *s, struct json_node *member)
{
  const char *from = s->at;
  bool escaped;
  if (s->at >= s->end || *s->at != '"')
    return scan_unexpected(s);
  if (read_string(s, &escaped) < 0)
    return -1;
  struct span quoted = {from, (size_t)(s->at - from)};
  if (member && keep_name(s, member, quoted, escaped) < 0)
    return -1;
  skip_any_blanks(s);
  if (!takes(s, ':'))
    return scan_unexpected(s);
  skip_any_blanks(s);
  return 0;
}

/* Its inside is checked and has no nodes. */
static int read_raw(struct scan *s, struct json_node *member)
{
  const char *from = s->at;
  if (read_value(s, NULL) < 0)
    return -1;
  member->value = (struct span){from, (size_t)(s->at - from)};
  member->kind = json_slice_kind(member->value);
  member->raw = member->escaped = true;
  s->sliced += member->value.len;
  return 0;
}

static int read_object(struct scan *s, struct json_node *node)
{
  struct json_node **last = node ? &node->child : NULL;
  int more;
  if (enter(s) < 0)
    return -1;
  if (takes(s, '}')) {
    s->depth--;
    return 0;
  }
  do {
    struct json_node *member = NULL;
    if (last) {
      if (!(member = *last = new_node(s)))
        return -1;
      last = &member->next;
    }
    if (read_name(s, member) < 0)
      return -1;
    bool raw = member && s->raw_names && is_raw(s, member->key);
    if ((raw ? read_raw(s, member) : read_value(s, member)) < 0)
      return -1;
  } while ((more = goes_on(s, '}')) > 0);
  return more;
}

/* -- values -- */

static int read_kind(struct scan *s, enum json_kind kind, struct json_node *node,
                     bool *escaped)
{
  switch (kind) {
  case JSON_OBJECT:
    return read_object(s, node);
  case JSON_ARRAY:
    return read_array(s, node);
  case JSON_STRING:
    return read_string(s, escaped);
  case JSON_TRUE:
    return read_word(s, "true");
  case JSON_FALSE:
    return read_word(s, "false");
  case JSON_NULL:
    return read_word(s, "null");
  case JSON_NUMBER:
    return read_number(s);
  case JSON_ABSENT:
    break;
  }
  return scan_unexpected(s);
}

static int read_value(struct scan *s, struct json_node *node)
{
  const char *from = s->at;
  enum json_kind kind = json_slice_kind((struct span){from, (size_t)(s->end - from)});
  bool escaped = false;
  if (read_kind(s, kind, node, &escaped) < 0)
    return -1;
  if (!node)
    return 0;
  size_t len = (size_t)(s->at - from);
  node->kind = kind;
  node->value = (struct span){from, len};
  node->escaped = escaped;
  if ((kind == JSON_STRING && len > LIMIT_JSON_LONG_BYTES + 2) ||
      (kind == JSON_NUMBER && len > JSON_NUMBER_EXACT))
    s->sliced += len;
  return 0;
}

struct json_node *json_scan_read(struct span text, const char *const *raw_names,
                                 struct arena *arena, struct fault *f)
{
  size_t mark = span_starts(text, "\xef\xbb\xbf") ? 3 : 0; /* byte order mark */
  struct scan s = {.text = text.at,
                   .at = text.at ? text.at + mark : NULL,
                   .end = text.at ? text.at + text.len : NULL,
                   .raw_names = raw_names,
                   .sliced = mark,
                   .arena = arena,
                   .f = f};
  for (const char *const *raw = raw_names; raw && *raw; raw++)
    s.raw_letters |= 1u << (**raw & 31);
  skip_blanks(&s);
  struct json_node *root = new_node(&s);
  if (!root || read_value(&s, root) < 0)
    return NULL;
  skip_blanks(&s);
  if (s.at < s.end) {
    (void)scan_fails(&s, s.at, "text after the value");
    return NULL;
  }
  return check_tree(&s, s.end) < 0 ? NULL : root;
}
