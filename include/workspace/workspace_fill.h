/* SPDX-License-Identifier: MIT */
/* workspace_fill.h - filling the folder in which an agent works, as its request asks.
 *
 *   a clone of `source` (git)   code `clone-failed`, `workspace-conflict`
 *   skills                      a warning, `skill-not-applied`
 *   files, AGENTS.md            `workspace-failed`
 *   the setup                   `setup-failed`
 *   plugins                     a warning, `plugin-not-applied`
 *
 * in this order, each only if it is asked for.  It is done once for a folder, a thread
 * and what is asked, and remembered (`memory`); when that changes, all is done again but
 * the clone, for nothing in a folder is ever deleted: one that holds another repository,
 * or anything else where a clone is to go, is refused.  Skills and plugins are remembered
 * apart, for another agent wants them elsewhere, and what failed of them is tried again.
 * A folder is filled by one at a time, over processes too.
 *
 * workspace_fill_check() says before anything is promised what the request can be blamed
 * for.  on_done comes once, never from inside workspace_fill_open(); a cancel brings it
 * early, with code "".  What steps of the setup left running lives until
 * workspace_fill_close().  */
#ifndef WORKSPACE_WORKSPACE_FILL_H
#define WORKSPACE_WORKSPACE_FILL_H

#include "workspace/workspace_setup.h"

struct workspace_fill;

/* FAULT_BAD_INPUT, naming the field.  `path_variable`: where git is looked for. */
int workspace_fill_check(const struct run_request *req, const char *path_variable,
                         struct fault *f);
struct workspace_fill *workspace_fill_open(const struct workspace_setup *setup,
                                           const struct workspace_calls *calls,
                                           void *who);
void workspace_fill_cancel(struct workspace_fill *w);
/* After on_done.  `sweep`: what the setup left running is ended.  `closed` comes once, on
 * a later turn. */
void workspace_fill_close(struct workspace_fill *w, bool sweep, void (*closed)(void *who),
                          void *who);

#endif
