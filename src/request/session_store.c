/* SPDX-License-Identifier: MIT */
/* session_store.c - a short matcher, which goes back where a '*' took too much. */
#include "request/session_store.h"

#include "base/sha256.h"

#include <stdlib.h>
#include <string.h>

enum { DASHES_MOST = 200, SHORT_ID = 8 };

static bool is_word(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool session_id_is_good(struct span id)
{
  for (size_t i = 0; i < id.len; i++)
    if (!is_word(id.at[i]) && id.at[i] != '-' && id.at[i] != '_')
      return false;
  return id.len >= SHORT_ID && id.len <= 200 && id.at[0] != '-';
}

static bool takes(char wild, char c, bool first)
{
  if (wild == '#')
    return c >= '0' && c <= '9';
  return is_word(c) || c == '_' || c == '-' || (c == '.' && !first);
}

/* What stands for "{…}". */
static struct span named(char letter, const struct session_names *names)
{
  if (letter == 'w')
    return names->folder;
  return letter == 'i' ? names->id : span_cut_utf8(names->id, SHORT_ID);
}

bool session_path_matches(struct span p, struct span text,
                          const struct session_names *names)
{
  bool first = true; /* of a part */
  while (p.len > 0) {
    if (p.at[0] == '*' || p.at[0] == '#') {
      size_t n = 0;
      while (n < text.len && takes(p.at[0], text.at[n], first && n == 0))
        n++;
      for (; n > 0; n--)
        if (session_path_matches(span_after(p, 1), span_after(text, n), names))
          return true;
      return false;
    }
    struct span fixed = p.at[0] == '{' ? named(p.at[1], names) : (struct span){p.at, 1};
    if (fixed.len == 0 || text.len < fixed.len ||
        memcmp(text.at, fixed.at, fixed.len) != 0)
      return false;
    text = span_after(text, fixed.len);
    first = p.at[0] == '/';
    p = span_after(p, p.at[0] == '{' ? 3 : 1);
  }
  return text.len == 0;
}

bool session_path_expand(struct span part, const struct session_names *names,
                         struct buf *out)
{
  for (; part.len > 0; part = span_after(part, part.at[0] == '{' ? 3 : 1)) {
    if (part.at[0] == '*' || part.at[0] == '#')
      return false;
    buf_add(out,
            part.at[0] == '{' ? named(part.at[1], names) : (struct span){part.at, 1});
  }
  return true;
}

bool session_store_has(const struct session_store *store, struct span path,
                       const struct session_names *names)
{
  for (const char *const *p = store->paths; p && *p; p++)
    if (session_path_matches(span_of(*p), path, names))
      return true;
  return false;
}

/* As Claude Code hashes a path that is too long: Java's hash of UTF-16, without its
 * sign, in base 36.  Only ASCII is hashed as it does it; it finds the session all the
 * same. */
static void add_hash36(struct span path, struct buf *out)
{
  uint32_t hash = 0;
  char digits[8];
  size_t n = sizeof digits;
  for (size_t i = 0; i < path.len; i++)
    hash = hash * 31 + (unsigned char)path.at[i];
  hash = hash > INT32_MAX ? (uint32_t)0 - hash : hash;
  do
    digits[--n] = "0123456789abcdefghijklmnopqrstuvwxyz"[hash % 36];
  while ((hash /= 36) > 0);
  buf_add(out, (struct span){digits + n, sizeof digits - n});
}

void session_store_folder(const struct session_store *store, struct span workspace,
                          struct buf *out)
{
  uint8_t digest[SHA256_BYTES];
  size_t from = out->len;
  if (store->folder == SESSION_MARKED) {
    sha256(workspace, digest);
    buf_add_text(out, "workspace-");
    for (unsigned i = 0; i < 8; i++)
      buf_addf(out, "%02x", digest[i]);
    return;
  }
  for (size_t i = 0; store->folder && i < workspace.len; i++) {
    char c = workspace.at[i];
    bool dashes = store->folder == SESSION_DASHES;
    if (is_word(c) || (!dashes && c && strchr("-_.!~*'()", c)))
      buf_add_char(out, c);
    else if (dashes) /* one for each unit of UTF-16, as JavaScript counts */
      buf_add_text(out, (c & 0xc0) == 0x80 ? "" : (unsigned char)c >= 0xf0 ? "--" : "-");
    else
      buf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
  }
  if (store->folder == SESSION_DASHES && out->len - from > DASHES_MOST) {
    out->len = from + DASHES_MOST;
    buf_add_char(out, '-');
    add_hash36(workspace, out);
  }
}
