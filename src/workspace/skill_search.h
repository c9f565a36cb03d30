/* SPDX-License-Identifier: MIT */
/* skill_search.h - the skills in a folder: where a SKILL.md (in any case) lies.
 *
 * Hidden folders and node_modules are passed over, no link is followed, and it goes at
 * most LIMIT_SKILL_DEPTH folders deep and looks at LIMIT_SKILL_ENTRIES names.  Blocks,
 * shortly.  */
#ifndef WORKSPACE_SKILL_SEARCH_H
#define WORKSPACE_SKILL_SEARCH_H

#include "base/process.h"

/* Adds the path of each folder that holds one, relative to `root` ("" is itself), in
 * order.  What cannot be read holds none. */
void skill_search(const char *root, struct strv *out);

#endif
