/* SPDX-License-Identifier: MIT */
/* agent_servers.h - the MCP servers, none of them ours, that the agent of a run is given:
 * those of workspace.skills, and a direct `bridge` beside host tools.
 *
 * Each harness tells its agent of them in that agent's own way, never by a file of the
 * workspace, and no value of a header stands in argv.  Of two with one name the last
 * counts, as in TanStack's runner.  One that cannot be given (no http or https url, a
 * name that agents refuse) is left out with a word.  */
#ifndef RUN_AGENT_SERVERS_H
#define RUN_AGENT_SERVERS_H

#include "base/strv.h"
#include "request/run_request.h"

struct agent_servers {
  struct mcp_servers list; /* texts NUL-ended; no header is a secret's name any more */
  struct buf left_out;     /* the words of a warning; empty: none is left out */
  struct arena *text;
};

/* `runner`: the environment in which secrets are.  `taken`: the harness takes servers.
 * FAULT_BAD_INPUT: the name of our own server, a header that cannot be sent. */
int agent_servers_resolve(const struct strv *runner, const struct run_request *req,
                          bool taken, struct agent_servers *out, struct fault *f);
void agent_servers_free(struct agent_servers *a); /* wipes; safe on a zeroed one */

#endif
