/* SPDX-License-Identifier: MIT */
/* run_workspace.h - the member `workspace` of a request.
 *
 * TanStack's WorkspaceDefinition: source, root, secrets, setup, scripts, skills,
 * plugins, instructions; `packageManager` is taken and has no effect there either.  What
 * is built for the workspace is in request/workspace_plan.h.  */
#ifndef REQUEST_RUN_WORKSPACE_H
#define REQUEST_RUN_WORKSPACE_H

#include "request/run_request.h"
#include "request_fields.h"

/* `optional`: an absent workspace is an empty one. */
int run_workspace_read(const struct fields *r, json_at root, bool optional,
                       struct run_request *req);

#endif
