/* SPDX-License-Identifier: MIT */
/* opencode_edits.h - files that OpenCode's own tools have changed, seen with 1.18.33.
 *
 *   edit          metadata.filediff {file, patch}
 *   write         metadata {filepath, exists}, input.content; what was there before is
 *                 not told
 *   apply_patch   metadata.files [{filePath, type, patch}]  */
#ifndef AGENT_OPENCODE_EDITS_H
#define AGENT_OPENCODE_EDITS_H

#include "event/event.h"

/* CUSTOM file.changed for each.  Both raw JSON of a call that went well; may be empty. */
void opencode_edits_tell(struct span metadata, struct span input, struct events *events);

#endif
