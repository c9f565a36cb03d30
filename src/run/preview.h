/* SPDX-License-Identifier: MIT */
/* preview.h - what an agent has to know that may show its dev server.
 *
 * TanStack's host has a tool exposePreview for that, but a run in the container comes
 * without its guidance.  Where a request has a tool of that name the guidance joins the
 * system prompts.  The server itself lives on after the run by the rule of leftovers.  */
#ifndef RUN_PREVIEW_H
#define RUN_PREVIEW_H

#include "request/run_request.h"

/* `own_port`: ours, which is taken; 0: none. */
void preview_guide(struct run_request *req, unsigned own_port);

#endif
