/* SPDX-License-Identifier: MIT */
/* sessions.c - a short list of random ids, never shortened. */
#include "sessions.h"

#include "base/ids.h"

/* Without randomness there is no session either: the client does without. */
int sessions_mint(struct sessions *s)
{
  struct fault ignored = {0};
  if (s->count >= LIMIT_BRIDGE_SESSIONS || ids_token(s->id[s->count], 16, &ignored) < 0)
    return SESSION_NONE;
  return s->count++;
}

int sessions_index(const struct sessions *s, struct span id)
{
  for (int i = 0; i < s->count; i++)
    if (span_is(id, s->id[i]))
      return i;
  return SESSION_NONE;
}

struct span sessions_id(const struct sessions *s, int session)
{
  return session == SESSION_NONE ? (struct span){0} : span_of(s->id[session]);
}
