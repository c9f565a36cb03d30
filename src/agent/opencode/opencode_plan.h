/* SPDX-License-Identifier: MIT */
/* opencode_plan.h - how OpenCode is started for a request, and what it is to be told once
 * its server listens.  Nothing of the prompt and no secret stands in argv or in a file:
 * the server's password goes by environment, all else by HTTP.  */
#ifndef AGENT_OPENCODE_PLAN_H
#define AGENT_OPENCODE_PLAN_H

#include "agent/harness.h"
#include "request/permission.h"

struct opencode_server { /* an MCP server it is told of by POST /mcp */
  struct buf name, body;
};

struct opencode_order {
  struct buf authorization;        /* "Basic …" */
  struct buf bridge_name;          /* empty: the request has no tools */
  struct opencode_server *servers; /* the bridge first, if there is one */
  size_t server_count;
  struct buf session_id;           /* to be resumed; empty: none */
  struct buf prompt;               /* for POST /session/<id>/message in that session */
  struct buf fresh_prompt;         /* … in a new one */
  const struct tools *tools;       /* the run's; NULL: none, or a transcript */
  struct strv allowed, disallowed; /* of modelOptions, as OpenCode spells them */
  enum permission_mode mode;
  bool wants_value; /* outputSchema was given */
};

/* `order` is filled, also half-way when it fails. */
int opencode_plan(const struct run_request *req, const struct bridge_address *bridge,
                  const struct plan_place *place, struct opencode_order *order,
                  struct process_plan *out, struct fault *f);
/* The body by which these words are a prompt of this run, too. */
int opencode_words(const struct run_request *req, const struct strv *disallowed,
                   struct span text, struct buf *out, struct fault *f);
void opencode_order_free(struct opencode_order *order); /* safe on a zeroed one */
/* Letters, digits, '-' and '_', so that it can stand in a path. */
bool opencode_is_id(struct span id);

#endif
