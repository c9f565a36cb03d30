/* SPDX-License-Identifier: MIT */
/* tool_alias.c - a name's good characters, cut, and its hash behind them. */
#include "request/tool_alias.h"

#include <stdio.h>
#include <string.h>

enum { TAIL_BYTES = 5 }; /* '_' and four hex digits */

static bool is_good(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '_' || c == '-';
}

bool tool_alias_is_fine(struct span name, enum tool_alias_form form)
{
  if (name.len == 0 || name.len > TOOL_ALIAS_BYTES)
    return false;
  for (size_t i = 0; i < name.len; i++) {
    bool crowded =
        name.at[i] == '_' && (i == 0 || i + 1 == name.len || name.at[i - 1] == '_');
    if (!is_good(name.at[i]) || (form == ALIAS_SINGLE && crowded))
      return false;
  }
  return true;
}

void tool_alias_write(struct span name, enum tool_alias_form form, unsigned attempt,
                      char out[TOOL_ALIAS_BYTES + 1])
{
  if (tool_alias_is_fine(name, form)) {
    memcpy(out, name.at, name.len);
    out[name.len] = 0;
    return;
  }
  size_t n = 0;
  for (size_t i = 0; i < name.len && n < TOOL_ALIAS_BYTES - TAIL_BYTES; i++) {
    bool inside = ((unsigned char)name.at[i] & 0xc0) == 0x80; /* of a UTF-8 sequence */
    char c = is_good(name.at[i]) ? name.at[i] : '_';
    bool crowded = c == '_' && (n == 0 || out[n - 1] == '_');
    if (!inside && !(form == ALIAS_SINGLE && crowded))
      out[n++] = c;
  }
  if (form == ALIAS_SINGLE && n > 0 && out[n - 1] == '_')
    n--;
  uint64_t hash = span_hash(name);
  for (unsigned i = 0; i < attempt; i++)
    hash = hash * 6364136223846793005u + 1442695040888963407u;
  bool bare = form == ALIAS_SINGLE && n == 0;
  snprintf(out + n, TAIL_BYTES + 1, "%s%04x", bare ? "" : "_",
           (unsigned)(hash >> 32 & 0xffff));
}
