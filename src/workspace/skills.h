/* SPDX-License-Identifier: MIT */
/* skills.h - the skills of a request, brought to the agent that is to use them.
 *
 *   {"kind":"git"}  is cloned (git_source.h) to `into`, else .tanstack-skills/<name>;
 *                   each folder of it that holds a SKILL.md gets a link
 *   {"kind":"file"} of the name SKILL.md: its folder gets a link, if it is where the
 *                   agent does not look
 *
 * The links are <first of the agent's folders>/skills/<name of the skill's folder>.
 * Nothing is overwritten and no link is followed.  What cannot be done is a warning,
 * `skill-not-applied`, that names the skill; the others are done all the same.  */
#ifndef WORKSPACE_SKILLS_H
#define WORKSPACE_SKILLS_H

#include "step.h"
#include "workspace/workspace_setup.h"

struct skills;

/* FAULT_BAD_INPUT, naming the field.  `path_variable`: where git is looked for. */
int skills_check(const struct workspace_plan *plan, const char *path_variable,
                 struct fault *f);
/* `on_done` comes once, on a later turn, after which it is gone; `all`: each was done.
 * `calls` get `calls_who`. */
struct skills *skills_start(const struct step_place *place,
                            const struct workspace_setup *setup,
                            const struct workspace_calls *calls, void *calls_who,
                            void (*on_done)(void *who, bool all), void *who);
void skills_cancel(struct skills *s);

#endif
