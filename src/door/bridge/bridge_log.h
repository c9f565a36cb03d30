/* SPDX-License-Identifier: MIT */
/* bridge_log.h - the frames of a turn, numbered, for hosts that come later.
 *
 * Each frame gets its `seq`, which goes on over turns; the frames themselves are those of
 * the turn that runs or ran last.  They are in memory, the oldest are dropped from there
 * above LIMIT_BRIDGE_LOG_BYTES; all are in <folder>/event-log.ndjson, written at the end
 * of each turn of the loop, so that a bridge which is killed loses none that a host has
 * seen for longer than that.  A disk that cannot be written is told once by the log and
 * ends nothing.  */
#ifndef DOOR_BRIDGE_BRIDGE_LOG_H
#define DOOR_BRIDGE_BRIDGE_LOG_H

#include "base/buf.h"

struct uv_loop_s;
struct bridge_log;

/* `replay`: what the file of a bridge before holds is taken over; a last line that is
 * not whole is left out. */
struct bridge_log *bridge_log_open(struct uv_loop_s *loop, const char *folder,
                                   bool replay);
/* A turn begins: the frames of the last are gone. */
void bridge_log_begin(struct bridge_log *l);
/* A JSON object with at least one member; the frame, which is good until the next call,
 * is one line whatever stood between the object's tokens. */
struct span bridge_log_add(struct bridge_log *l, struct span object);
unsigned long long bridge_log_last(const struct bridge_log *l);
/* Those with a seq above `after`, in their order. */
void bridge_log_replay(struct bridge_log *l, unsigned long long after,
                       void (*put)(void *who, struct span frame), void *who);
/* Writes what is not written. */
void bridge_log_close(struct bridge_log *l);

#endif
