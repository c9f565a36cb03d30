/* SPDX-License-Identifier: MIT */
/* event_ids.c - claiming an id: look whether it was used, note that it is now.  */
#include "event_ids.h"

#include "base/json_write.h"
#include "base/limits.h"

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
  seen_ids_add(of, buf_span(&id));
  json_escape(out, buf_span(&id));
  buf_free(&id);
}

void event_ids_message(struct event_ids *ids, struct span native, struct buf *out)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  unsigned before = SEEN_IDS_FULL;
  buf_clear(out);
  if (native.len > 0 && native.len <= LIMIT_NAME_BYTES) {
    buf_add(&id, native);
    before = seen_ids_add(&ids->messages, native);
    for (unsigned n = before + 1; before != 0 && before != SEEN_IDS_FULL; n++) {
      buf_clear(&id);
      buf_add(&id, native);
      buf_addf(&id, "-%u", n);
      before = seen_ids_add(&ids->messages, buf_span(&id));
    }
  }
  if (before == SEEN_IDS_FULL)
    make_id(ids, &ids->messages, out);
  else
    json_escape(out, buf_span(&id));
  buf_free(&id);
}

bool event_ids_call(struct event_ids *ids, struct span native, struct buf *out)
{
  buf_clear(out);
  if (native.len == 0) {
    make_id(ids, &ids->calls, out);
    return true;
  }
  unsigned before = seen_ids_add(&ids->calls, native);
  if (before != 0 && before != SEEN_IDS_FULL)
    return false;
  json_escape(out, native);
  return true;
}

void event_ids_free(struct event_ids *ids)
{
  seen_ids_free(&ids->messages);
  seen_ids_free(&ids->calls);
}
