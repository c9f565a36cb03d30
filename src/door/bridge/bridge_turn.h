/* SPDX-License-Identifier: MIT */
/* bridge_turn.h - one turn of a bridge: one run, whose events go to the host as stream
 * parts, and whose questions and calls of host tools the host answers by frames.
 *
 * The turn says frames without their seq by `say`; it is over when `over` comes, once, on
 * a later turn of the loop, after its last frame.  */
#ifndef DOOR_BRIDGE_BRIDGE_TURN_H
#define DOOR_BRIDGE_BRIDGE_TURN_H

#include "bridge_frame.h"
#include "door/runtime.h"
#include "run/run_tools.h"

struct bridge_turn;

struct bridge_turn_setup { /* outlives the turn */
  struct runtime *runtime;
  struct span harness;
  struct buf *thread;    /* of the agent, as JSON; what it says of it is kept there */
  struct span thread_id; /* of the runs */
  /* `object`: a JSON object without a newline.  How much waits for the host. */
  size_t (*say)(void *who, struct span object);
  void (*over)(void *who);
  void *who;
};

/* `start`: the frame.  `takes_up`: the agent's own session goes on, if it has one.  NULL:
 * the turn cannot begin, and the host is to be told the fault. */
struct bridge_turn *bridge_turn_start(const struct bridge_turn_setup *setup,
                                      struct span start, bool takes_up, struct fault *f);
/* Ends it with one finish; `mute`: without another word. */
void bridge_turn_abort(struct bridge_turn *t, bool mute);
void bridge_turn_tool_result(struct bridge_turn *t, const struct bridge_frame *frame);
void bridge_turn_approval(struct bridge_turn *t, const struct bridge_frame *frame);
/* More words for the agent; the answer is said. */
void bridge_turn_message(struct bridge_turn *t, const struct bridge_frame *frame);
void bridge_turn_drained(struct bridge_turn *t);
/* The run's tools are the turn's: run_settings.tools, who: the setup's runtime's door. */
void bridge_turn_on_call(struct bridge_turn *t, struct span id, struct span name,
                         struct span args_json);
void bridge_turn_on_call_over(struct bridge_turn *t, struct span id);
/* After `over`. */
void bridge_turn_free(struct bridge_turn *t);
/* {"type":"user-message-response",…}; `why` empty: accepted. */
void bridge_turn_put_response(struct span message_id, struct span why, struct buf *frame);

#endif
