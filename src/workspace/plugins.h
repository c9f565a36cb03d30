/* SPDX-License-Identifier: MIT */
/* plugins.h - `<program> plugin install <name>` for each of workspace.plugins.
 *
 * As the agent itself and in its HOME (its scope is the user: that of the project would
 * change the repository's .claude/settings.json).  What fails is a warning,
 * `plugin-not-applied`, with what the command said last.  */
#ifndef WORKSPACE_PLUGINS_H
#define WORKSPACE_PLUGINS_H

#include "step.h"
#include "workspace/workspace_setup.h"

struct plugins;

/* As skills_start(). */
struct plugins *plugins_start(const struct step_place *place,
                              const struct workspace_setup *setup,
                              const struct workspace_calls *calls, void *calls_who,
                              void (*on_done)(void *who, bool all), void *who);
void plugins_cancel(struct plugins *p);

#endif
