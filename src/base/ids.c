/* SPDX-License-Identifier: MIT */
/* ids.c - getrandom(2) blocks only until the machine has booted, and needs neither a file
 * nor a descriptor; it gives less than was asked for only when a signal comes. */
#include "base/ids.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

enum { TOKEN_BYTES_MOST = 64 };

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
      return fault_system(f, -errno, "getrandom (refused by a seccomp filter?)");
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

int ids_uuid(char *out, struct fault *f)
{
  static const unsigned parts[] = {8, 4, 4, 4, 12};
  char hex[33];
  if (ids_token(hex, 16, f) < 0)
    return -1;
  hex[12] = '4'; /* the version, and below the two bits of the variant */
  const char *variant = strchr(hex_digits, hex[16]);
  hex[16] = hex_digits[8 | ((variant - hex_digits) & 3)];
  const char *from = hex;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    memcpy(out, from, parts[i]);
    from += parts[i];
    out += parts[i];
    *out++ = '-';
  }
  out[-1] = 0;
  return 0;
}
