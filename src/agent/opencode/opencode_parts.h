/* SPDX-License-Identifier: MIT */
/* opencode_parts.h - the parts of OpenCode's messages: texts, reasoning, tool calls.
 *
 * A part comes whole, again and again as it grows (message.part.updated), and a text also
 * by its growth (message.part.delta); the last of both may come twice.  So it is kept how
 * much of a text went out, and only what is new follows.  Only parts of the assistant's
 * messages count: the user's own prompt is a message with parts, too.  */
#ifndef AGENT_OPENCODE_PARTS_H
#define AGENT_OPENCODE_PARTS_H

#include "agent/begun_answer.h"
#include "agent/harness.h"
#include "base/json.h"
#include "event/seen_ids.h"
#include "opencode_plan.h"

enum { OPENCODE_TEXTS = 64 }; /* texts that may still grow; an older one is whole */

struct opencode_text {
  struct buf id;
  bool reasoning;
  size_t sent; /* bytes */
};

struct opencode_parts {
  const struct opencode_order *order;
  struct seen_ids messages; /* the assistant's */
  struct seen_ids begun;    /* texts, steps: their ids */
  /* Tool calls: their parts' ids, as models behind gateways use a callID again. */
  struct seen_ids told, answered;
  struct opencode_text texts[OPENCODE_TEXTS]; /* a ring */
  size_t next;
  const struct opencode_text *open; /* the one that was written to last */
  struct begun_answer answer;       /* since the last call or step */
  struct event_usage usage;         /* of all steps */
  bool has_usage;
  struct seen_ids counted; /* parts: opencode_parts_count() */
};

/* The properties of message.updated, message.part.updated (its part alone) and
 * message.part.delta. */
void opencode_parts_message(struct opencode_parts *p, const struct json *doc,
                            json_at info);
void opencode_parts_part(struct opencode_parts *p, const struct json *doc, json_at part,
                         struct events *events);
void opencode_parts_delta(struct opencode_parts *p, const struct json *doc,
                          json_at properties, struct events *events);
/* What a part tells of a budget, also one of a sub-agent's session: a step is an answer
 * of the model, and a sub-agent's tool calls are no events. */
void opencode_parts_count(struct opencode_parts *p, const struct json *doc, json_at part,
                          bool sub_agent, struct spending *s);
/* The model is asked anew: what it said of its answer is abandoned. */
void opencode_parts_abandon(struct opencode_parts *p, struct events *events);
/* The registered name of a bridged tool by the name OpenCode gives it, or empty. */
struct span opencode_bridged(const struct opencode_order *order, struct span name);
void opencode_parts_free(struct opencode_parts *p);

#endif
