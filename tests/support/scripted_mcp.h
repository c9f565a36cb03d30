/* SPDX-License-Identifier: MIT */
/* scripted_mcp.h - a small, strict MCP client: streamable HTTP on one kept-alive
 * connection.
 *
 * It does what the agent CLIs do: initialize, notifications/initialized, tools/list, then
 * tools/call with a progress token; ids of three kinds (0, a string, integers), because a
 * server has to give each back as it came.  Nothing is ever sent twice. */
#ifndef SUPPORT_SCRIPTED_MCP_H
#define SUPPORT_SCRIPTED_MCP_H

#include "scripted_text.h"

struct mcp {                           /* zeroed: not connected */
  struct text name, host, path, token; /* of the first server in the --mcp-config file */
  int port, fd;
  bool six;   /* on [::1] */
  bool ready; /* the handshake went through */
  unsigned calls;
  struct text in;    /* what was read and not used yet */
  struct text list;  /* the last tools/list result, raw */
  struct text error; /* why the last request failed, "" if it did not */
};

/* Reads --mcp-config; false: not a config we can use (`error` says why). */
bool mcp_config(struct mcp *m, const char *file);
/* initialize, initialized, tools/list; once. */
bool mcp_handshake(struct mcp *m);
/* One JSON-RPC message as it is: `reply` gets the HTTP body (of an SSE answer the
 * response message alone).  Returns the HTTP status, 0 when the connection failed. */
int mcp_post(struct mcp *m, const char *json, size_t len, struct text *reply);
/* tools/call.  `content` gets raw JSON for a tool_result's content (an array, or a string
 * saying what went wrong). */
void mcp_call(struct mcp *m, struct slice tool, struct slice args, struct text *content,
              bool *is_error);

#endif
