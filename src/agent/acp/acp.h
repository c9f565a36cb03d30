/* SPDX-License-Identifier: MIT */
/* acp.h - agents that speak the Agent Client Protocol (agentclientprotocol.com, version
 * 1): JSON-RPC 2.0, one message a line, on stdin and stdout.
 *
 *   acp         any of them: harnessOptions.command is its command line.  Seen with
 *               claude-code-acp 0.16.2 and codex-acp 0.16.0.
 *   grok-build  `grok agent … stdio`, seen with 1.0.41
 *
 * The dialogue: initialize, authenticate, session/new (or resume, load), set_model,
 * set_mode, prompt; see agent/acp/acp_state.h for the parts.  The bridge is an MCP server
 * in session/new, so its token and the prompt travel on stdin alone.
 *
 * Differences from the reference's adapter: arguments are told once and whole; a result
 * is its text where it has one; a turn that ends as `cancelled` without us is an error;
 * outputSchema is asked for in the prompt and found in the answer.
 *
 * Agents mostly do not exit when stdin closes (the adapters never, grok 2 s later): after
 * LIMIT_FAREWELL_MS they get their TERM, and the run is still a success (`forced`).  */
#ifndef AGENT_ACP_H
#define AGENT_ACP_H

#include "agent/harness.h"

extern const struct harness acp_harness;
extern const struct harness grok_build_harness;

#endif
