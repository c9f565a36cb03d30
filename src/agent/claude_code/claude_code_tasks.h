/* SPDX-License-Identifier: MIT */
/* claude_code_tasks.h - which background tasks Claude Code has open.
 *
 *   background_tasks_changed {tasks}         the whole list, again at each change
 *   task_started {task_id, is_backgrounded}  one more, if it is in the background
 *   task_notification {task_id}              it has ended
 *
 * The lists alone would do; the other two lines count where a version prints none.  */
#ifndef AGENT_CLAUDE_CODE_TASKS_H
#define AGENT_CLAUDE_CODE_TASKS_H

#include "base/json.h"
#include "base/limits.h"

#include <stdint.h>

struct claude_tasks {                /* zeroed at first */
  uint64_t hashes[LIMIT_OPEN_TASKS]; /* of their ids */
  unsigned open;
};

/* A `system` line.  True: it was about tasks. */
bool claude_tasks_read(struct claude_tasks *t, const struct json *doc, json_at root,
                       struct span subtype);

#endif
