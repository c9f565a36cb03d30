/* SPDX-License-Identifier: MIT */
/* agents_found.h - which of the agents that have a program of their own are on a PATH.
 *
 * No program is started for it: one that is asked for its version takes a second of a
 * processor, looks for updates and writes into its HOME.  The version is that of the
 * package.json above the program, or the name of its file or folder, as installers have
 * it ("…/versions/2.1.332"); else it is not told.  These calls block; they are short.  */
#ifndef RUN_AGENTS_FOUND_H
#define RUN_AGENTS_FOUND_H

#include "base/buf.h"

struct strv;

/* "claude-code, codex": of the PATH in `env`; "none".  `details`: "claude-code 2.1.332
 * (/usr/bin/claude)". */
void agents_found_put(const struct strv *env, bool details, struct buf *out);
/* All ids that a request may name, then those that are found; `env`: a struct strv.  For
 * request_rules. */
void agents_known_put(const void *env, struct buf *out);
/* The version of a program at this path; nothing is added where none is known. */
void agents_version_put(const char *program, struct buf *out);

#endif
