/* SPDX-License-Identifier: MIT */
/* git_source.h - a clone: what a workspace begins with, or a skill.
 *
 *   an empty folder           the repository is cloned into it
 *   a clone of the same url   is used as it is, if `ref` is the one that it was cloned
 *   and ref                   with (runlet.ref of its configuration), or none is asked
 *   anything else             `workspace-conflict`; nothing is deleted
 *
 * A branch or a tag is cloned by name, a commit is fetched by its id, and where the
 * server does not give single commits, with the whole history.  Git never asks (no
 * terminal, ssh in batch mode).  The token is in git's own environment while it runs and
 * nowhere else: not in argv, not in the clone; it is offered to the host of the address
 * only, and no credential helper of the machine hears of it.  */
#ifndef WORKSPACE_GIT_SOURCE_H
#define WORKSPACE_GIT_SOURCE_H

#include "request/workspace_plan.h"
#include "step.h"

struct git_clone;

/* FAULT_BAD_INPUT, naming the field: `where` ("workspace.source", "url").
 * `path_variable`: where git is looked for. */
int git_source_check(const char *where, const char *member, struct span url,
                     const char *path_variable, struct fault *f);
/* on_done: `code` NULL: the repository is there. */
struct git_clone *
git_source_start(const struct step_place *place, const struct git_source *source,
                 void (*on_done)(void *who, const char *code, struct span message),
                 void *who);
void git_source_cancel(struct git_clone *c);
/* After on_done. */
void git_source_close(struct git_clone *c, void (*closed)(void *who), void *who);

#endif
