/* SPDX-License-Identifier: MIT */
/* Tokens come from getrandom(2), which blocks only until the machine has booted; a path
 * segment is made without randomness, so that the same thread finds its folder again. */
#include "base/ids.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

enum { TOKEN_BYTES_MOST = 64, SEGMENT_MOST = 200, HASH_DIGITS = 16 };

static const char hex_digits[] = "0123456789abcdef";

int ids_token(char *out, size_t bytes, struct fault *f)
{
  unsigned char random[TOKEN_BYTES_MOST];
  assert(bytes <= sizeof random);
  size_t have = 0;
  while (have < bytes) {
    ssize_t got = getrandom(random + have, bytes - have, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return fault_system(f, -errno, "getrandom");
    have += (size_t)got;
  }
  for (size_t i = 0; i < bytes; i++) {
    out[2 * i] = hex_digits[random[i] >> 4];
    out[2 * i + 1] = hex_digits[random[i] & 15];
  }
  out[2 * bytes] = 0;
  explicit_bzero(random, sizeof random);
  return 0;
}

int ids_fresh(struct buf *out, const char *prefix, struct fault *f)
{
  char token[17];
  if (ids_token(token, 8, f) < 0)
    return -1;
  buf_add_text(out, prefix);
  buf_add_char(out, '-');
  buf_add_text(out, token);
  return 0;
}

static bool segment_keeps(char c)
{
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         c == '.' || c == '-';
}

/* FNV-1a, 64 bits: tells long ids apart, defends against nothing. */
static uint64_t hash_of(struct span s)
{
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < s.len; i++)
    hash = (hash ^ (unsigned char)s.at[i]) * 0x100000001b3u;
  return hash;
}

void ids_path_segment(struct span id, struct buf *out)
{
  char segment[SEGMENT_MOST];
  size_t len = 0, cut = 0; /* cut: the last border where "-<hash>" still fits behind */
  for (size_t i = 0; i < id.len; i++) {
    char c = id.at[i];
    bool keep = segment_keeps(c) && !(i == 0 && c == '.');
    if (len <= SEGMENT_MOST - 1 - HASH_DIGITS)
      cut = len;
    if (len + (keep ? 1 : 3) > SEGMENT_MOST) {
      buf_add(out, (struct span){segment, cut});
      buf_addf(out, "-%016llx", (unsigned long long)hash_of(id));
      return;
    }
    if (keep) {
      segment[len++] = c;
      continue;
    }
    segment[len++] = '_';
    segment[len++] = hex_digits[(unsigned char)c >> 4];
    segment[len++] = hex_digits[(unsigned char)c & 15];
  }
  /* the empty id; no other id gives a bare '_' */
  if (len == 0)
    segment[len++] = '_';
  buf_add(out, (struct span){segment, len});
}
