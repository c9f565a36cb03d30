/* SPDX-License-Identifier: MIT */
/* event_ids.h - the ids of one run's messages and tool calls: unique within the run and
 * over the runs of a thread.
 *
 * An id that the API of a model made ("msg_01…", "toolu_01…", a uuid) is nobody else's
 * and stays as it is.  One that an agent counts by itself begins again with its next run,
 * so it goes out as "<runId>-<native>": it is shorter than EVENT_IDS_LEAST, or ends in a
 * number of at most EVENT_IDS_DIGITS digits behind a character that is no letter
 * ("item_12", "functions.Bash:0"), or begins with "<runId>-" itself.  Used again in the
 * run an id gets "-2", "-3", …  Where there is none, it is longer than LIMIT_NAME_BYTES or
 * `most`, or too many were seen to tell, one is made: "<runId>-<n>", n from 0 in the order
 * of use, past every id that was used.  So the same transcript gives the same ids.
 *
 * An id costs the same however often it comes and whatever is taken: a suffix that was
 * found taken is not tried again. */
#ifndef EVENT_EVENT_IDS_H
#define EVENT_EVENT_IDS_H

#include "base/buf.h"
#include "event/seen_ids.h"

enum { EVENT_IDS_LEAST = 12, EVENT_IDS_DIGITS = 6 };

struct event_ids {
  struct span run_id; /* borrowed */
  size_t most;        /* bytes of a native id, as JSON; 0: any */
  /* As they went out, without the last "-n" of one that came again: that is its number. */
  struct seen_ids messages, calls;
  unsigned long long made; /* so far */
};

/* The id of one more message, as a JSON string into `out`. */
void event_ids_message(struct event_ids *ids, struct span native, struct buf *out);
/* … of one of the user's, by the sender's own id: as it is, unless it was used. */
void event_ids_given(struct event_ids *ids, struct span given, struct buf *out);
/* The id of one more tool call likewise. */
void event_ids_call(struct event_ids *ids, struct span native, struct buf *out);
/* The id of the tool call that went out last for `native`, for a result that comes when
 * none of them is open; a fresh one if there was none. */
void event_ids_result(struct event_ids *ids, struct span native, struct buf *out);
void event_ids_free(struct event_ids *ids);

#endif
