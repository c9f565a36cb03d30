/* SPDX-License-Identifier: MIT */
/* server_tools.h - the tools of the orchestrator's own MCP server (tool_server.h), asked
 * for once, before the agent starts: initialize, then tools/list page by page.
 *
 * All of it within LIMIT_SERVER_LIST_MS, at most LIMIT_SERVER_PAGES pages and
 * LIMIT_SERVER_LIST_BYTES; a cursor that comes twice is a fault.  What a server says to
 * notifications/initialized does not matter.  */
#ifndef TOOL_SERVER_TOOLS_H
#define TOOL_SERVER_TOOLS_H

#include "tool/tool_executor.h"

struct server_tools;

/* `list`: the JSON array of all tools, as they were sent; may be taken.  Or why there is
 * none (`fault`), FAULT_CANCELLED among that. */
typedef void server_tools_done(void *who, struct buf *list, const struct fault *fault);

/* The source has a server, and learns its session.  `done` comes once, never from inside
 * start or cancel; it is gone after it.  NULL and the reason: it did not start. */
struct server_tools *server_tools_start(struct tool_source *source,
                                        server_tools_done *done, void *who,
                                        struct fault *f);
void server_tools_cancel(struct server_tools *t);

#endif
