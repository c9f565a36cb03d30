/* SPDX-License-Identifier: MIT */
/* gemini.h - Gemini CLI, seen with 0.61.0.  harnessOptions.protocol chooses:
 *
 *   "acp"          (the default) `gemini --acp`, as every agent of acp.h
 *   "stream-json"  `gemini --output-format stream-json`, the prompt on stdin; one JSON
 *                  object a line: init, message, tool_use, tool_result, error, result
 *
 * Seen side by side: over ACP alone it can be given the bridge (outside of it MCP servers
 * come from the user's settings, the workspace's, or system files that count only where
 * root owns every folder above them), tells thoughts, and can be asked to cancel.
 * stream-json alone tells the arguments of native tools and what shell commands print, so
 * it is there for runs without tools.  Both begin equally fast (3.2 s on the test
 * machine) and exit by themselves.
 *
 * Over ACP its requests for permission tell the arguments of a bridged call, and nothing
 * else does: so it is left to ask, and our answers allow.  Its wrapper process, which
 * does not pass signals on, is left out (GEMINI_CLI_NO_RELAUNCH).
 *
 * A session that is loaded within the minute it began is lost, by a fault of its own: it
 * names the file after the minute, and begins it anew (then: resume-not-possible).
 *
 * Exits with the HTTP status of an API error, cut to 8 bits, and with 0 when it was
 * signalled: the last `result` decides.  */
#ifndef AGENT_GEMINI_H
#define AGENT_GEMINI_H

#include "agent/harness.h"

extern const struct harness gemini_harness;

#endif
