/* SPDX-License-Identifier: MIT */
/* bridge_state.h - the files by which a host looks at a bridge from outside.
 *
 *   bridge-meta.json          {"type","port","state","pid"}: init, waiting, running, done
 *   start-config.json         the last start
 *   rerun-start-config.json   the first, written once; only this user may read the two,
 *                             for a start may bring secrets (env)
 *
 * Each is written whole, by a temporary file and a rename, so that who looks in between
 * sees one or the other.  A file that cannot be written is told by the log and ends
 * nothing.  These calls block; they are short.  */
#ifndef DOOR_BRIDGE_BRIDGE_STATE_H
#define DOOR_BRIDGE_BRIDGE_STATE_H

#include "base/buf.h"
#include "base/fault.h"

struct bridge_state {
  const char *folder, *type; /* --bridge-state-dir, --bridge-type */
  unsigned port;
  const char *name; /* the state that was written last */
};

/* Makes the folder, and writes "init". */
int bridge_state_open(struct bridge_state *s, struct fault *f);
void bridge_state_set(struct bridge_state *s, const char *name);
void bridge_state_put_start(const struct bridge_state *s, struct span frame);

#endif
