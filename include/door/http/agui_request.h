/* SPDX-License-Identifier: MIT */
/* agui_request.h - a run request made of what a page sends (agui_input.h) and of what the
 * server says for all pages.  Pure.
 *
 * Of the page are runId, threadId, messages, context (into the system prompts), tools,
 * and what agui_input.h lets it set.  All else is the server's: harness, workspace,
 * secrets, the route of the host's tools, permissions, deadlines.
 *
 * Messages: those of user, assistant, system and developer go into the request as they
 * are; reasoning, activity and results of tools do not, for the agent has them.  Results
 * behind the last of these are what the user sends now, and become a prompt in words.
 *
 * Tools of the body run in the page (struct tool.frontend), but for those that hostTools
 * names.  */
#ifndef DOOR_AGUI_REQUEST_H
#define DOOR_AGUI_REQUEST_H

#include "door/http/agui_input.h"
#include "request/request_read.h"

struct agui_setup {              /* lent */
  const char *harness, *model;   /* NULL: those of `defaults` */
  const char *tool_url;          /* of the host's tools; NULL: likewise */
  struct span tool_token, tools; /* `tools`: toolDescriptors, raw; empty: none */
  struct span defaults;          /* members of a run request: a raw object, or empty */
  bool local_tools;              /* --tool-command */
  unsigned hold_ms;              /* run/run_hold.h */
};

/* The run request that is read from it.  `session`: the one that the thread went on in;
 * the page's own wins. */
struct run_request *agui_request_make(const struct agui_input *in,
                                      const struct agui_setup *setup, struct span session,
                                      const struct request_rules *rules, struct fault *f);

/* What is said in a message, or in a tool's result: its text, or that of its parts. */
void agui_request_add_words(struct buf *out, struct span content);
/* The id of the harness that it names, lent. */
struct span agui_request_harness(const struct agui_setup *setup);

#endif
