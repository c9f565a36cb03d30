/* SPDX-License-Identifier: MIT */
/* claude_dialogue.h - Claude Code as a dialogue: `--input-format stream-json
 * --permission-prompt-tool stdio`, seen with 2.1.332.  A JSON object a line, both ways.
 *
 *   it says                                 we say
 *                                           user: the prompt, and more words while it
 *                                           works: they are in the next request of its
 *                                           model, or after the answer in a turn more (so
 *                                           always where they begin with '/')
 *   control_request can_use_tool            control_response: behavior allow with the
 *     {tool_name, input, tool_use_id}       input, or deny with a message; by
 *                                           request/permission.h, or somebody's answer
 *   control_cancel_request                  nothing: the question is withdrawn
 *   control_request, any other              control_response, subtype error
 *                                           control_request interrupt: it ends its turn,
 *                                           with a `result`, and tells its questions off
 *   command_lifecycle started               nothing: the words of that uuid are in the
 *                                           next request of its model (agent_heard())
 *   control_response                        nothing
 *
 * The `assistant` line of a call comes before the question about it.  Tools of the bridge
 * are asked about, too, and always allowed.  One that asks a person has
 * requires_user_interaction; AskUserQuestion takes the answers with its input.  The
 * process reads on after its result and exits at the end of stdin; at that end it tells
 * its model of every open question "permission stream closed".  */
#ifndef AGENT_CLAUDE_DIALOGUE_H
#define AGENT_CLAUDE_DIALOGUE_H

#include "agent/harness.h"
#include "base/json.h"

struct claude_held; /* a question that waits for an answer */

struct claude_dialogue { /* zeroed at first */
  bool on;               /* it was started so */
  bool tells;            /* which words it has begun with */
  enum permission_mode mode;
  struct span prefix; /* of bridged tools' names; the caller's */
  struct claude_held *held;
  size_t count, capacity;
};

/* A user's message as a line; `id` empty: its end is not wanted to be told. */
void claude_dialogue_put_words(struct buf *out, struct span id, struct span text);
/* A line that may be of the dialogue; its "input" was kept raw.  False: it is not. */
bool claude_dialogue_read(struct claude_dialogue *d, const struct json *doc, json_at root,
                          struct agent_output *output);
/* harness.permit */
bool claude_dialogue_permit(struct claude_dialogue *d, struct span id,
                            const struct agent_answer *answer,
                            struct agent_output *output);
/* Asks it to end its turn. */
void claude_dialogue_interrupt(struct agent_output *output);
void claude_dialogue_free(struct claude_dialogue *d);

#endif
