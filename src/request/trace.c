/* SPDX-License-Identifier: MIT */
/* trace.c - nothing that a stranger sent goes on but what these rules let through. */
#include "request/trace.h"

#include <string.h>

enum { STATE_BYTES = 512, STATE_MEMBERS = 32, KEY_BYTES = 256, VALUE_BYTES = 256 };

static bool is_hex(struct span s)
{
  for (size_t i = 0; i < s.len; i++)
    if (!((s.at[i] >= '0' && s.at[i] <= '9') || (s.at[i] >= 'a' && s.at[i] <= 'f')))
      return false;
  return true;
}

static bool is_id(struct span s)
{
  bool zeros = true;
  for (size_t i = 0; i < s.len; i++)
    zeros = zeros && s.at[i] == '0';
  return is_hex(s) && !zeros;
}

static bool parent_is_good(struct span s)
{
  return s.len >= TRACE_PARENT_BYTES && s.at[2] == '-' && s.at[35] == '-' &&
         s.at[52] == '-' && is_hex((struct span){s.at, 2}) && memcmp(s.at, "ff", 2) &&
         is_id((struct span){s.at + 3, TRACE_ID_BYTES}) &&
         is_id((struct span){s.at + 36, 16}) && is_hex((struct span){s.at + 53, 2}) &&
         (s.len == TRACE_PARENT_BYTES || (memcmp(s.at, "00", 2) && s.at[55] == '-'));
}

static bool key_is_good(struct span s)
{
  for (size_t i = 0; i < s.len; i++) {
    char c = s.at[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && (i == 0 || !c || !strchr("_-*/@", c)))
      return false;
  }
  return s.len > 0 && s.len <= KEY_BYTES;
}

static bool value_is_good(struct span s)
{
  for (size_t i = 0; i < s.len; i++)
    if (s.at[i] < ' ' || s.at[i] > '~' || s.at[i] == '=')
      return false;
  return s.len > 0 && s.len <= VALUE_BYTES;
}

static bool member_is_good(struct span s)
{
  const char *equals = memchr(s.at, '=', s.len);
  size_t key = equals ? (size_t)(equals - s.at) : 0;
  return key_is_good((struct span){s.at, key}) && value_is_good(span_after(s, key + 1));
}

/* Appends the list without its blanks; false: it is none. */
static bool read_state(struct span left, struct buf *out)
{
  size_t members = 0, before = out->len;
  while (left.len > 0) {
    const char *comma = memchr(left.at, ',', left.len);
    struct span member = {left.at, comma ? (size_t)(comma - left.at) : left.len};
    left = span_after(left, member.len + (comma != NULL));
    member = span_trim(member);
    if (member.len == 0)
      continue;
    if (++members > STATE_MEMBERS || !member_is_good(member))
      return false;
    if (out->len > before)
      buf_add_char(out, ',');
    buf_add(out, member);
  }
  return out->len > before && out->len - before <= STATE_BYTES;
}

void trace_take(struct run_request *req, struct span parent, struct span state)
{
  parent = span_trim(parent);
  if (!parent_is_good(parent))
    return;
  struct buf text = buf_make(TRACE_PARENT_BYTES + state.len + STATE_MEMBERS);
  buf_add_text(&text, "00");
  buf_add(&text, (struct span){parent.at + 2, TRACE_PARENT_BYTES - 2});
  bool has_state = read_state(state, &text);
  buf_free(&req->trace_text);
  req->trace_text = text;
  req->traceparent = (struct span){text.at, TRACE_PARENT_BYTES};
  req->tracestate =
      has_state ? span_after(buf_span(&text), TRACE_PARENT_BYTES) : (struct span){0};
}

struct span trace_id(const struct run_request *req)
{
  return req->traceparent.len == 0
             ? (struct span){0}
             : (struct span){req->traceparent.at + 3, TRACE_ID_BYTES};
}
