/* SPDX-License-Identifier: MIT */
/* run_files.h - the files of a run's workspace in its events (workspace/file_watch.h).
 *
 * CUSTOM sandbox.file {"type":"create"|"change"|"delete","path","timestamp"}; the path
 * begins with the workspace's name (its `root`, else /workspace), whatever folder it
 * really is.  Only formats of the wire have them, and a request may say
 * "fileEvents":false.  From before the agent's start to the last event; the caller ends
 * the run by run_conclude() when they are all told.  */
#ifndef RUN_RUN_FILES_H
#define RUN_RUN_FILES_H

#include "run_state.h"

void run_files_open(struct run *r);
/* Then `told`, on a later turn or at once. */
void run_files_finish(struct run *r, const struct process_end *end,
                      void (*told)(struct run *r, const struct process_end *end));
void run_files_close(struct run *r);

#endif
