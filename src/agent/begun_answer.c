/* SPDX-License-Identifier: MIT */
/* begun_answer.c - ids as the event writer has them, which is not always as the agent
 * has: so they are asked for when a message was opened.  */
#include "agent/begun_answer.h"

#include "base/limits.h"

#include <string.h>

void begun_answer_add(struct begun_answer *b, struct events *events)
{
  if (b->ids.ceiling == 0)
    b->ids = buf_make(LIMIT_ABANDONED_BYTES);
  size_t before = b->ids.len;
  events_last_message(events, &b->ids);
  buf_add_char(&b->ids, '\n');
  if (b->ids.overflowed && b->ids.at) { /* half an id is none: the rest is not named */
    b->ids.len = before;
    b->ids.at[before] = 0;
    b->ids.overflowed = false;
  }
}

void begun_answer_is_whole(struct begun_answer *b)
{
  buf_clear(&b->ids);
}

void begun_answer_abandon(struct begun_answer *b, struct events *events)
{
  struct span rest = buf_span(&b->ids);
  const char *end;
  while (rest.len > 0 && (end = memchr(rest.at, '\n', rest.len))) {
    struct span id = {rest.at, (size_t)(end - rest.at)};
    events_message_abandoned(events, id);
    rest = span_after(rest, id.len + 1);
  }
  begun_answer_is_whole(b);
}

void begun_answer_free(struct begun_answer *b)
{
  buf_free(&b->ids);
}
