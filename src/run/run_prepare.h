/* SPDX-License-Identifier: MIT */
/* run_prepare.h - what comes before the agent: its workspace is filled
 * (workspace/workspace_fill.h), and that is told.
 *
 *   CUSTOM runlet.setup {"step","state","exitCode"?,"outputTail"?}
 *
 * Then the orchestrator's own MCP server is asked for its tools, if the request has one
 * (`bridge`): where it does not tell them, the run ends with the code "bridge-failed".
 *
 * step: "clone", "skill <repo>", "plugin <name>", or the command of a step of the setup;
 * state: "started", "done", "failed".  Secrets are struck out of the output.  runMs holds
 * here too.  */
#ifndef RUN_RUN_PREPARE_H
#define RUN_RUN_PREPARE_H

#include "run_state.h"

/* `calls` as for resources_open(); their workspace is filled in here.  `filled` comes on
 * a later turn, if the request wants anything of its workspace, else at once; when it
 * cannot be filled, or the run is ended meanwhile, the run is concluded instead. */
void run_prepare(struct run *r, struct resources_calls *calls,
                 void (*filled)(struct run *r));
/* The run is ended while it is prepared.  False: it is not. */
bool run_prepare_stop(struct run *r);

#endif
