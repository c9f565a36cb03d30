/* SPDX-License-Identifier: MIT */
/* claude_edits.h - files that Claude Code's own tools have changed, seen with 2.1.332.
 *
 * Beside the result of Write, Edit and NotebookEdit stands `tool_use_result`, in which
 * are, of Write and Edit, filePath, structuredPatch and, where Write made the file,
 * type "create" and content; and of NotebookEdit notebook_path, original_file and
 * updated_file.  A call that failed has a string there.  */
#ifndef AGENT_CLAUDE_EDITS_H
#define AGENT_CLAUDE_EDITS_H

#include "event/event.h"

/* CUSTOM file.changed, where there is one to tell.  Raw JSON; may be empty. */
void claude_edits_tell(struct span tool_use_result, struct events *events);

#endif
