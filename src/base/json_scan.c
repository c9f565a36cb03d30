/* SPDX-License-Identifier: MIT */
/* json_scan.c - one loop over tokens with an explicit stack of open brackets: a hostile
 * depth costs no stack of ours.  What passes here cJSON takes without complaint, so that
 * its own rules (which are looser, and differ by version) never decide. */
#include "json_scan.h"

#include "base/json_slice.h"
#include "base/limits.h"

#include <string.h>

enum {
  NUMBER_MOST = 15 /* characters that fit a double, whatever they are */
};

enum await {
  AWAIT_VALUE,
  AWAIT_VALUE_OR_END, /* after '[' */
  AWAIT_NAME,
  AWAIT_NAME_OR_END,  /* after '{' */
  AWAIT_COMMA_OR_END, /* after a value inside something */
  AWAIT_NOTHING
};

struct scan {
  const char *text, *at, *end;
  const char *const *raw_names; /* NULL: none */
  struct fault *f;

  unsigned depth;
  bool object[LIMIT_JSON_DEPTH + 1]; /* what is open at each depth */

  /* Inside a raw member nothing is replaced. */
  bool raw;
  unsigned raw_depth;
  const char *raw_from;

  struct json_skeleton skeleton;
  size_t values; /* outside of raw members */
};

static int scan_fails(struct scan *s, const char *at, const char *why)
{
  return fault_set(s->f, FAULT_BAD_INPUT, "%s at byte %zu", why, (size_t)(at - s->text));
}

static int scan_unexpected(struct scan *s)
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
  while (s->at < s->end &&
         (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
    s->at++;
}

/* The four hex digits at `at`, or -1. */
static int hex4(const char *at, const char *end)
{
  int unit = 0;
  if (end - at < 4)
    return -1;
  for (int i = 0; i < 4; i++) {
    int c = (unsigned char)at[i] | 0x20; /* letters to lower case, digits stay */
    if (c >= '0' && c <= '9' && at[i] >= '0')
      unit = unit * 16 + (c - '0');
    else if (c >= 'a' && c <= 'f')
      unit = unit * 16 + (c - 'a' + 10);
    else
      return -1;
  }
  return unit;
}

struct string_traits { /* of one string: what its escapes mean */
  bool nul, lone, escape;
};

/* One escape; s->at is at its backslash.  Moves behind it, a surrogate pair counts as
 * one. */
static int scan_escape(struct scan *s, struct string_traits *traits)
{
  const char *at = s->at;
  traits->escape = true;
  if (s->end - at < 2)
    return scan_fails(s, s->end, "unexpected end");
  if (at[1] != 'u') {
    if (at[1] == 0 || !strchr("\"\\/bfnrt", at[1]))
      return scan_fails(s, at, "bad escape");
    s->at = at + 2;
    return 0;
  }
  int unit = hex4(at + 2, s->end);
  if (unit < 0)
    return scan_fails(s, at, "bad escape");
  s->at = at + 6;
  traits->nul = traits->nul || unit == 0;
  if ((unit & 0xf800) != 0xd800)
    return 0;
  int low = (unit & 0x0400) == 0 && s->end - at >= 8 && at[6] == '\\' && at[7] == 'u'
                ? hex4(at + 8, s->end)
                : -1;
  if (low >= 0 && (low & 0xfc00) == 0xdc00)
    s->at = at + 12;
  else
    traits->lone = true;
  return 0;
}

/* A string with its quotes: only the grammar. */
static int scan_string(struct scan *s, struct string_traits *traits)
{
  const char *from = s->at++;
  *traits = (struct string_traits){0};
  if (s->at < s->end && *s->at == JSON_SKELETON_PLACEHOLDER)
    return scan_fails(s, s->at, "invalid UTF-8");
  for (;;) {
    s->at += json_plain_length((struct span){s->at, (size_t)(s->end - s->at)});
    if (s->at >= s->end)
      return scan_fails(s, from, "unfinished string");
    if (*s->at == '"') {
      s->at++;
      return 0;
    }
    if (*s->at != '\\')
      return scan_fails(s, s->at, "control byte in a string");
    if (scan_escape(s, traits) < 0)
      return -1;
  }
}

/* Unpaired surrogates of the string from `from` to `to`, which is known to be good. */
static int rewrite_lone(struct scan *s, const char *from, const char *to)
{
  const char *after = s->at;
  s->at = from + 1;
  while ((s->at = memchr(s->at, '\\', (size_t)(to - s->at)))) {
    const char *escape = s->at;
    struct string_traits traits = {0};
    if (scan_escape(s, &traits) < 0)
      return -1;
    if (!traits.lone)
      continue;
    char wtf8[3];
    char quoted[8] = {'"',       escape[0], escape[1], escape[2],
                      escape[3], escape[4], escape[5], '"'};
    size_t len = json_unescape_into((struct span){quoted, sizeof quoted}, wtf8);
    if (json_skeleton_replace(&s->skeleton, escape, s->at, (struct span){wtf8, len},
                              s->f) < 0)
      return -1;
  }
  s->at = after;
  return 0;
}

static int scan_string_value(struct scan *s)
{
  const char *from = s->at;
  struct string_traits traits;
  if (scan_string(s, &traits) < 0)
    return -1;
  if (s->raw)
    return 0;
  if (traits.nul || (size_t)(s->at - from) > LIMIT_JSON_LONG_BYTES + 2)
    return json_skeleton_cut(&s->skeleton, from, s->at, false, s->f);
  return traits.lone ? rewrite_lone(s, from, s->at) : 0;
}

static bool name_is_raw(const struct scan *s, struct span quoted, bool escaped)
{
  struct span name = {quoted.at + 1, quoted.len - 2};
  char plain[64];
  if (escaped) {
    if (quoted.len > sizeof plain * 6)
      return false;
    char unescaped[sizeof plain * 6];
    name = (struct span){plain, json_unescape_into(quoted, unescaped)};
    if (name.len > sizeof plain)
      return false;
    memcpy(plain, unescaped, name.len);
  }
  for (const char *const *raw = s->raw_names; *raw; raw++) {
    if (span_is(name, *raw))
      return true;
  }
  return false;
}

/* A member's name, its colon, and the blanks before its value. */
static int scan_name(struct scan *s)
{
  const char *from = s->at;
  struct string_traits traits;
  if (scan_string(s, &traits) < 0)
    return -1;
  const char *to = s->at;
  if (!s->raw && traits.nul)
    return scan_fails(s, from, "\\u0000 in a member name");
  if (!s->raw && traits.lone && rewrite_lone(s, from, to) < 0)
    return -1;
  skip_blanks(s);
  if (s->at >= s->end || *s->at != ':')
    return scan_unexpected(s);
  s->at++;
  skip_blanks(s);
  if (!s->raw && s->raw_names &&
      name_is_raw(s, (struct span){from, (size_t)(to - from)}, traits.escape)) {
    s->raw = true;
    s->raw_depth = s->depth;
    s->raw_from = s->at;
  }
  return 0;
}

static size_t digits(struct scan *s)
{
  const char *from = s->at;
  while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
    s->at++;
  return (size_t)(s->at - from);
}

static bool takes(struct scan *s, char a, char b)
{
  bool there = s->at < s->end && (*s->at == a || *s->at == b);
  if (there)
    s->at++;
  return there;
}

static int scan_number(struct scan *s)
{
  const char *from = s->at;
  (void)takes(s, '-', '-'); /* either way */
  if (!takes(s, '0', '0') && digits(s) == 0)
    return scan_unexpected(s);
  if (takes(s, '.', '.') && digits(s) == 0)
    return scan_unexpected(s);
  if (takes(s, 'e', 'E')) {
    (void)takes(s, '+', '-'); /* either way */
    if (digits(s) == 0)
      return scan_unexpected(s);
  }
  if (!s->raw && s->at - from > NUMBER_MOST)
    return json_skeleton_cut(&s->skeleton, from, s->at, false, s->f);
  return 0;
}

static int scan_word(struct scan *s, const char *word)
{
  size_t len = strlen(word);
  for (size_t i = 0; i < len; i++, s->at++) {
    if (s->at >= s->end || *s->at != word[i])
      return scan_unexpected(s);
  }
  return 0;
}

/* A value is complete; what may follow? */
static int value_over(struct scan *s, enum await *await)
{
  if (s->raw && s->depth == s->raw_depth) {
    s->raw = false;
    if (json_skeleton_cut(&s->skeleton, s->raw_from, s->at, true, s->f) < 0)
      return -1;
  }
  *await = s->depth > 0 ? AWAIT_COMMA_OR_END : AWAIT_NOTHING;
  return 0;
}

static int scan_open(struct scan *s, enum await *await)
{
  if (s->depth == LIMIT_JSON_DEPTH)
    return scan_fails(s, s->at, "nested too deep");
  bool object = *s->at++ == '{';
  s->object[++s->depth] = object;
  *await = object ? AWAIT_NAME_OR_END : AWAIT_VALUE_OR_END;
  return 0;
}

static int scan_close(struct scan *s, enum await *await)
{
  s->at++;
  s->depth--;
  return value_over(s, await);
}

static int scan_value(struct scan *s, enum await *await)
{
  int answer;
  if (!s->raw && s->values++ == LIMIT_JSON_VALUES)
    return fault_set(s->f, FAULT_TOO_BIG, "more than %d values of JSON tree",
                     LIMIT_JSON_VALUES);
  switch (*s->at) {
  case '{':
  case '[':
    return scan_open(s, await);
  case '"':
    answer = scan_string_value(s);
    break;
  case 't':
    answer = scan_word(s, "true");
    break;
  case 'f':
    answer = scan_word(s, "false");
    break;
  case 'n':
    answer = scan_word(s, "null");
    break;
  default:
    answer = scan_number(s);
    break;
  }
  return answer < 0 ? -1 : value_over(s, await);
}

/* One token; *await says what it may be and is moved on. */
static int scan_token(struct scan *s, enum await *await)
{
  char c = *s->at;
  switch (*await) {
  case AWAIT_VALUE_OR_END:
    if (c == ']')
      return scan_close(s, await);
    return scan_value(s, await);
  case AWAIT_VALUE:
    return scan_value(s, await);
  case AWAIT_NAME_OR_END:
    if (c == '}')
      return scan_close(s, await);
    break;
  case AWAIT_COMMA_OR_END:
    if (c == (s->object[s->depth] ? '}' : ']'))
      return scan_close(s, await);
    if (c != ',')
      return scan_unexpected(s);
    s->at++;
    *await = s->object[s->depth] ? AWAIT_NAME : AWAIT_VALUE;
    return 0;
  case AWAIT_NAME:
    break;
  case AWAIT_NOTHING:
    return scan_fails(s, s->at, "text after the value");
  }
  if (c != '"')
    return scan_unexpected(s);
  *await = AWAIT_VALUE;
  return scan_name(s);
}

int json_scan_read(struct span text, const char *const *raw_names, struct arena *arena,
                   struct json_scan *scan, struct fault *f)
{
  size_t mark = span_starts(text, "\xef\xbb\xbf") ? 3 : 0; /* byte order mark */
  if (text.len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "unexpected end at byte 0");
  struct scan s = {.text = text.at,
                   .at = text.at + mark,
                   .end = text.at + text.len,
                   .raw_names = raw_names,
                   .skeleton = json_skeleton_of(span_after(text, mark), arena),
                   .f = f};
  enum await await = AWAIT_VALUE;
  for (;;) {
    skip_blanks(&s);
    if (s.at >= s.end)
      break;
    if (scan_token(&s, &await) < 0)
      return -1;
  }
  if (await != AWAIT_NOTHING)
    return scan_fails(&s, s.at, "unexpected end");
  if (json_skeleton_end(&s.skeleton, &scan->skeleton, f) < 0)
    return -1;
  scan->cuts = s.skeleton.cuts;
  scan->cut_count = s.skeleton.cut_count;
  return 0;
}
