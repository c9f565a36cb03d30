/* SPDX-License-Identifier: MIT */
/* acp_talk.h - a dialogue with an ACP harness, for tests: the agent's lines in, what it
 * is told and the events out.  The request is there to be filled before it begins. */
#ifndef TESTS_SUPPORT_ACP_TALK_H
#define TESTS_SUPPORT_ACP_TALK_H

#include "talk.h"

#define ACP_INIT                                                                         \
  "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":1,"                     \
  "\"agentCapabilities\":{\"loadSession\":true,\"mcpCapabilities\":{\"http\":true}}}}"
#define ACP_OPEN "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"sessionId\":\"s-1\"}}"
#define ACP_END  "{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{\"stopReason\":\"end_turn\"}}"
#define ACP_TEXT(text)                                                                   \
  "{\"method\":\"session/update\",\"params\":{\"sessionId\":\"s-1\",\"update\":{"        \
  "\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"type\":\"text\",\"text\":"   \
  "\"" text "\"}}}}"

struct acp_talk {
  struct talk talk;
  struct message messages[3]; /* one "hi" at first */
  struct run_request req;
  struct process_plan plan;
  struct mcp_servers servers; /* none at first */
};

void acp_talk_open(struct acp_talk *t, const struct harness *harness);
void acp_talk_begin(struct acp_talk *t, const struct bridge_address *bridge);
/* The agent says this; `answer` must be in what it is told then, and NULL: nothing is. */
void acp_talk_hear(struct acp_talk *t, const char *line, const char *answer);
/* Fails unless the text is in the events so far (`wanted`) or is not. */
void acp_talk_told(const struct acp_talk *t, const char *text, bool wanted);
void acp_talk_close(struct acp_talk *t); /* ends it well, if it is not over */

#endif
