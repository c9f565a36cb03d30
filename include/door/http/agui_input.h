/* SPDX-License-Identifier: MIT */
/* agui_input.h - the body of POST /agui: AG-UI's RunAgentInput.  Pure.
 *
 *   {"threadId", "runId", "messages", "tools"?, "context"?, "resume"?,
 *    "forwardedProps"?: {"runlet"?: {…}}}
 *
 * Other members (state, parentRunId, protocolVersion, and what clients add) are ignored,
 * and so are other forwardedProps.  Those of `runlet` are what a page may set, and
 * nothing else is taken:
 *
 *   model, effort   texts
 *   sessionId       a session of the agent; null: none, though the thread has one
 *   budget          as in a request; only lowers what the server gives
 *   hostTools       which of `tools` the server runs: names
 *
 * A member of it that is not one of these is refused by name.  */
#ifndef DOOR_AGUI_INPUT_H
#define DOOR_AGUI_INPUT_H

#include "base/fault.h"
#include "base/json.h"

struct agui_input {
  struct span run_id, thread_id;
  /* Raw JSON, checked; empty: not there. */
  struct span messages, tools, context, resume;
  struct span model, effort, session_id, host_tools, budget;
  bool fresh; /* sessionId is null */

  struct buf text; /* what holds the spans */
  struct json *doc;
};

/* `text` is taken in every case; `out` is to be freed in every case. */
int agui_input_read(struct buf *text, struct agui_input *out, struct fault *f);
void agui_input_free(struct agui_input *in);

/* Is this tool of the body, a raw name, one that the server runs? */
bool agui_input_is_host_tool(const struct agui_input *in, struct span raw_name);
/* Do these two raw JSON strings say the same? */
bool agui_input_same(struct span raw, struct span other);

#endif
