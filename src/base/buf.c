/* SPDX-License-Identifier: MIT */
/* buf.c - growth doubles, so that appending byte for byte stays linear; one byte is kept
 * for the NUL behind `len`, so that a full buffer can still be printed. */
#include "base/buf.h"

#include "base/mem.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buf buf_make(size_t ceiling)
{
  return (struct buf){.ceiling = ceiling < SIZE_MAX ? ceiling : SIZE_MAX - 1};
}

/* Empty, for the same ceiling and budget. */
static struct buf successor(const struct buf *b)
{
  return (struct buf){.ceiling = b->ceiling, .budget = b->budget};
}

struct buf buf_make_kept(size_t ceiling)
{
  struct buf b = buf_make(ceiling);
  b.budget = budget_entered();
  return b;
}

void buf_charge(struct buf *b, struct budget *budget)
{
  if (b->budget && b->capacity > 0)
    budget_give(b->budget, b->capacity);
  b->budget = budget;
  if (budget && b->capacity > 0 && !budget_take(budget, b->capacity))
    b->budget = NULL; /* it is there already, and the run at its end */
}

void buf_free(struct buf *b)
{
  free(b->at);
  if (b->budget && b->capacity > 0)
    budget_give(b->budget, b->capacity);
  *b = successor(b);
}

void buf_wipe(struct buf *b)
{
  mem_wipe(b->at, b->capacity);
  buf_free(b);
}

void buf_clear(struct buf *b)
{
  b->len = 0;
  b->overflowed = false;
  if (b->at)
    b->at[0] = 0;
}

char *buf_reserve(struct buf *b, size_t n)
{
  if (n > b->ceiling - b->len) {
    b->overflowed = true;
    return NULL;
  }
  size_t wanted = b->len + n + 1; /* one for the NUL */
  if (wanted > b->capacity) {
    size_t capacity = b->capacity < 64 ? 64 : b->capacity;
    while (capacity < wanted && capacity <= b->ceiling / 2)
      capacity *= 2;
    if (capacity < wanted)
      capacity = b->ceiling + 1;
    if (b->budget && !budget_take(b->budget, capacity - b->capacity)) {
      b->overflowed = true;
      return NULL;
    }
    b->at = mem_resize(b->at, capacity);
    b->capacity = capacity;
    b->at[b->len] = 0;
  }
  return b->at + b->len;
}

void buf_grew(struct buf *b, size_t n)
{
  assert(b->len + n < b->capacity);
  b->len += n;
  b->at[b->len] = 0;
}

void buf_add(struct buf *b, struct span s)
{
  if (s.len == 0)
    return;
  char *at = buf_reserve(b, s.len);
  if (!at)
    return;
  memcpy(at, s.at, s.len);
  buf_grew(b, s.len);
}

void buf_add_char(struct buf *b, char c)
{
  char *at = buf_reserve(b, 1);
  if (!at)
    return;
  *at = c;
  buf_grew(b, 1);
}

void buf_add_text(struct buf *b, const char *cstring)
{
  buf_add(b, span_of(cstring));
}

void buf_add_number(struct buf *b, long long n)
{
  char digits[24];
  size_t i = sizeof digits;
  unsigned long long left = n < 0 ? 0ull - (unsigned long long)n : (unsigned long long)n;
  do {
    digits[--i] = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (n < 0)
    digits[--i] = '-';
  buf_add(b, (struct span){digits + i, sizeof digits - i});
}

void buf_addv(struct buf *b, const char *fmt, va_list args)
{
  char small[256];
  va_list again;
  va_copy(again, args);
  int printed = vsnprintf(small, sizeof small, fmt, args);
  size_t len = printed > 0 ? (size_t)printed : 0;
  if (len < sizeof small) {
    buf_add(b, (struct span){small, len});
  } else {
    char *at = buf_reserve(b, len);
    if (at) {
      (void)vsnprintf(at, len + 1, fmt, again); /* the same text, measured above */
      buf_grew(b, len);
    }
  }
  va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  buf_addv(b, fmt, args);
  va_end(args);
}

void buf_add_tail(struct buf *b, struct span s)
{
  if (s.len >= b->ceiling) {
    buf_clear(b);
    s = span_after(s, s.len - b->ceiling);
  } else if (b->len + s.len > b->ceiling) {
    buf_drop_front(b, b->len + s.len - b->ceiling);
  }
  buf_add(b, s);
}

void buf_drop_front(struct buf *b, size_t n)
{
  assert(n <= b->len);
  if (n == 0)
    return;
  b->len -= n;
  memmove(b->at, b->at + n, b->len + 1);
}

struct span buf_span(const struct buf *b)
{
  return (struct span){b->at, b->len};
}

struct buf buf_take(struct buf *b)
{
  struct buf taken = *b;
  *b = successor(b);
  return taken;
}

const char *buf_cstring(struct buf *b)
{
  return b->at ? b->at : "";
}

/* By pieces of n bytes, the last of which may overlap the one before; 0 < n <= len. */
SPAN_IN_LINE bool pieces_equal(const char *a, const char *b, size_t len, size_t n)
{
  uint64_t left = 0, right = 0;
  for (size_t i = 0; len - i > n; i += n) {
    memcpy(&left, a + i, n);
    memcpy(&right, b + i, n);
    if (left != right)
      return false;
  }
  memcpy(&left, a + len - n, n);
  memcpy(&right, b + len - n, n);
  return left == right;
}

/* Names are short, and asked for all the time. */
static bool bytes_equal(const char *a, const char *b, size_t len)
{
  if (len >= 8)
    return pieces_equal(a, b, len, 8);
  if (len >= 4)
    return pieces_equal(a, b, len, 4);
  return len == 0 || pieces_equal(a, b, len, 1);
}

bool span_equal(struct span a, struct span b)
{
  return a.len == b.len && bytes_equal(a.at, b.at, a.len);
}

uint64_t span_fnv1a(struct span s)
{
  return span_fnv1a_on(0xcbf29ce484222325u, s);
}

uint64_t span_fnv1a_on(uint64_t h, struct span s)
{
  for (size_t i = 0; i < s.len; i++)
    h = (h ^ (unsigned char)s.at[i]) * 0x100000001b3u;
  return h;
}

/* FNV-1a leaves its low bits, which choose a place in a table, nearly untouched by the
 * high ones; the stir mixes them in. */
uint64_t span_hash(struct span s)
{
  uint64_t h = span_fnv1a(s);
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93u;
  h ^= h >> 32;
  return h != 0 ? h : 1;
}

static char ascii_lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool span_is_nocase(struct span s, const char *cstring)
{
  size_t i = 0; /* most differ at once: their length is not asked for */
  while (i < s.len && cstring[i] && ascii_lower(s.at[i]) == ascii_lower(cstring[i]))
    i++;
  return i == s.len && cstring[i] == 0;
}

bool span_begins(struct span s, struct span prefix)
{
  return s.len >= prefix.len && bytes_equal(s.at, prefix.at, prefix.len);
}

struct span span_after(struct span s, size_t n)
{
  assert(n <= s.len);
  return n == 0 ? s : (struct span){s.at + n, s.len - n};
}

static bool ascii_space(char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span span_trim(struct span s)
{
  while (s.len > 0 && ascii_space(s.at[0]))
    s = span_after(s, 1);
  while (s.len > 0 && ascii_space(s.at[s.len - 1]))
    s.len--;
  return s;
}

char *span_copy(struct span s)
{
  char *copy = mem_resize(NULL, s.len + 1);
  if (s.len > 0)
    memcpy(copy, s.at, s.len);
  copy[s.len] = 0;
  return copy;
}

bool span_to_number(struct span s, unsigned long long lowest, unsigned long long highest,
                    unsigned long long *value)
{
  unsigned long long n = 0;
  if (s.len == 0)
    return false;
  for (size_t i = 0; i < s.len; i++) {
    if (s.at[i] < '0' || s.at[i] > '9')
      return false;
    unsigned digit = (unsigned)(s.at[i] - '0');
    if (__builtin_mul_overflow(n, 10ull, &n) || __builtin_add_overflow(n, digit, &n))
      return false;
  }
  if (n < lowest || n > highest)
    return false;
  *value = n;
  return true;
}

/* How long the sequence that begins with this byte says it is; 1 for any other byte. */
static size_t utf8_said_length(unsigned char lead)
{
  if (lead >= 0xf0)
    return lead < 0xf8 ? 4 : 1;
  if (lead >= 0xe0)
    return 3;
  return lead >= 0xc0 ? 2 : 1;
}

struct span span_cut_utf8(struct span s, size_t most)
{
  if (s.len > most)
    s.len = most;
  size_t back = 0; /* continuation bytes at the end */
  while (back < s.len && back < 3 &&
         ((unsigned char)s.at[s.len - 1 - back] & 0xc0) == 0x80)
    back++;
  if (back < s.len) {
    size_t said = utf8_said_length((unsigned char)s.at[s.len - 1 - back]);
    if (said > back + 1)
      s.len -= back + 1;
  }
  return s;
}
