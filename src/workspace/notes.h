/* SPDX-License-Identifier: MIT */
/* notes.h - what AGENTS.md and its like say for us: a marked block.  Pure.
 *
 *   <!-- runlet: begin -->
 *   …the instructions of the request, and its scripts…
 *   <!-- runlet: end -->
 *
 * The block stands behind what a repository's own file says, after an empty line; it is
 * replaced, never repeated, and what is not between the marks stays byte for byte.  */
#ifndef WORKSPACE_NOTES_H
#define WORKSPACE_NOTES_H

#include "request/workspace_plan.h"

#define NOTES_BEGIN "<!-- runlet: begin -->"
#define NOTES_END   "<!-- runlet: end -->"

/* What the block says; empty: there is nothing to say. */
void notes_write(const struct workspace_plan *plan, struct buf *out);
/* `text` with the block that says `notes`; empty `notes`: without one.  False: nothing
 * changes, and `out` is as it was.  A begin mark without an end is no block. */
bool notes_merge(struct span text, struct span notes, struct buf *out);

#endif
