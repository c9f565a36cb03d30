/* SPDX-License-Identifier: MIT */
/* file_change.h - a file that an agent says it has changed: CUSTOM file.changed
 * {"path","kind","diff"}.  Pure.
 *
 * `kind`: "add", "update", "delete".  `diff` is a unified one where the agent tells what
 * it takes, else it is empty; of more than LIMIT_DIFF_BYTES the first lines are there,
 * and "truncated" {"bytes"} says how many it had.  */
#ifndef AGENT_FILE_CHANGE_H
#define AGENT_FILE_CHANGE_H

#include "event/event.h"

/* Appends the event's value. */
void file_change_put(struct buf *out, struct span path, const char *kind,
                     struct span diff);
/* The same of a text and what it became, for what they have in common at both ends is not
 * theirs.  An added file has no old text, a deleted one no new. */
void file_change_put_texts(struct buf *out, struct span path, const char *kind,
                           struct span old, struct span now);
/* The two lines at the front of a diff. */
void file_change_head(struct buf *out, struct span path, const char *kind);
/* Sends a value and empties it. */
void file_change_tell(struct events *events, struct buf *value);

#endif
