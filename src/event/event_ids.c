/* SPDX-License-Identifier: MIT */
/* event_ids.c - claiming an id: look whether it was used, note that it is now.
 *
 * The number that is kept with an id is the suffix it was given last; the next search
 * goes on there.  A suffixed id is tried for the one id that it is made of and for no
 * other, so all searches together try each taken id once.  */
#include "event_ids.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <ctype.h>

/* Given as a suffix of another id; the agent itself has not used it. */
#define LENT (1u << 31)

/* Messages and calls have one numbering, so a made id is neither's. */
static void make_id(struct event_ids *ids, struct seen_ids *of, struct buf *out)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  do {
    buf_clear(&id);
    buf_add(&id, ids->run_id);
    buf_addf(&id, "-%llu", ids->made++);
  } while (seen_ids_has(&ids->messages, buf_span(&id)) ||
           seen_ids_has(&ids->calls, buf_span(&id)));
  unsigned *number = seen_ids_number(of, buf_span(&id));
  if (number)
    *number = 1 | LENT;
  json_escape(out, buf_span(&id));
  buf_free(&id);
}

static bool begins_with_run_id(const struct event_ids *ids, struct span native)
{
  struct span run = ids->run_id;
  return native.len > run.len && native.at[run.len] == '-' &&
         span_equal((struct span){native.at, run.len}, run);
}

static bool is_counted(struct span native)
{
  size_t front = native.len;
  while (front > 0 && isdigit((unsigned char)native.at[front - 1]))
    front--;
  size_t digits = native.len - front;
  return native.len < EVENT_IDS_LEAST ||
         (digits > 0 && digits <= EVENT_IDS_DIGITS && front > 0 &&
          !isalnum((unsigned char)native.at[front - 1]));
}

/* What goes out for it the first time; false: it cannot be used. */
static bool add_base(const struct event_ids *ids, struct span native, struct buf *id)
{
  if (native.len == 0 || native.len > LIMIT_NAME_BYTES)
    return false;
  if (ids->most > 0 && ids->most < 6 * native.len &&
      json_escaped_length(native) > ids->most)
    return false;
  if (is_counted(native) || begins_with_run_id(ids, native)) {
    buf_add(id, ids->run_id);
    buf_add_char(id, '-');
  }
  buf_add(id, native);
  return true;
}

/* `id`: the base, which gets the suffix that it needs.  False: the table is full. */
static bool claim(struct seen_ids *of, struct buf *id)
{
  struct span base = buf_span(id);
  unsigned *number = seen_ids_number(of, base), n = 1;
  if (!number)
    return false;
  if (*number == 0) {
    *number = n;
    return true;
  }
  struct buf suffixed = buf_make(LIMIT_EVENT_LINE_BYTES);
  unsigned last = *number & ~LENT, *place;
  for (n = last + 1;; n++) {
    buf_clear(&suffixed);
    buf_add(&suffixed, base);
    buf_addf(&suffixed, "-%u", n);
    place = seen_ids_number(of, buf_span(&suffixed));
    if (!place || *place == 0)
      break;
  }
  if (place)
    *place = 1 | LENT;
  *seen_ids_number(of, base) = place ? n : n - 1;
  buf_free(id);
  *id = suffixed;
  return place;
}

static void next_id(struct event_ids *ids, struct seen_ids *of, struct span native,
                    struct buf *out)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  buf_clear(out);
  if (add_base(ids, native, &id) && claim(of, &id))
    json_escape(out, buf_span(&id));
  else
    make_id(ids, of, out);
  buf_free(&id);
}

void event_ids_given(struct event_ids *ids, struct span given, struct buf *out)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  buf_clear(out);
  buf_add(&id, given);
  if (given.len > 0 && given.len <= LIMIT_ID_BYTES && claim(&ids->messages, &id))
    json_escape(out, buf_span(&id));
  else
    make_id(ids, &ids->messages, out);
  buf_free(&id);
}

void event_ids_message(struct event_ids *ids, struct span native, struct buf *out)
{
  next_id(ids, &ids->messages, native, out);
}

void event_ids_call(struct event_ids *ids, struct span native, struct buf *out)
{
  next_id(ids, &ids->calls, native, out);
}

void event_ids_result(struct event_ids *ids, struct span native, struct buf *out)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  bool full = ids->calls.count >= LIMIT_SEEN_IDS; /* the number may be of a try */
  unsigned last = add_base(ids, native, &id) && !full
                      ? seen_ids_times(&ids->calls, buf_span(&id))
                      : 0;
  if (last == 0 || (last & LENT)) {
    next_id(ids, &ids->calls, native, out);
  } else {
    if (last > 1)
      buf_addf(&id, "-%u", last);
    buf_clear(out);
    json_escape(out, buf_span(&id));
  }
  buf_free(&id);
}

void event_ids_free(struct event_ids *ids)
{
  seen_ids_free(&ids->messages);
  seen_ids_free(&ids->calls);
}
