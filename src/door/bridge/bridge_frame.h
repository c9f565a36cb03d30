/* SPDX-License-Identifier: MIT */
/* bridge_frame.h - what a host of vercel/ai's HarnessV1 says over its socket.  Pure.
 *
 * Source: @ai-sdk/harness 1.0.122, src/v1/harness-v1-bridge-protocol.ts; detach, shutdown
 * and interrupt are verbs of 1.0.40.  Members that nobody knows are passed over; a type
 * that nobody knows is FRAME_UNKNOWN, which is no fault.  */
#ifndef DOOR_BRIDGE_BRIDGE_FRAME_H
#define DOOR_BRIDGE_BRIDGE_FRAME_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"

enum bridge_frame_type {
  FRAME_UNKNOWN,
  FRAME_START,        /* text: the whole frame */
  FRAME_TOOL_RESULT,  /* id, json (the output), yes: it is an error */
  FRAME_APPROVAL,     /* id, yes, text: the reason */
  FRAME_USER_MESSAGE, /* id (may be empty), text */
  FRAME_ABORT,
  FRAME_INTERRUPT,
  FRAME_RESUME, /* number: the last that the host has seen */
  FRAME_STOP,   /* FRAME_STOP and FRAME_DETACH differ in the name of the answer */
  FRAME_DETACH,
  FRAME_DESTROY,
  FRAME_SHUTDOWN
};

struct bridge_frame {
  enum bridge_frame_type type;
  struct span id, text, json;
  bool yes;
  unsigned long long number;
  struct json *doc; /* holds the spans, and borrows the text that was read */
};

/* FAULT_BAD_INPUT, FAULT_TOO_BIG.  `frame` is to be freed in every case. */
int bridge_frame_read(struct span text, struct bridge_frame *frame, struct fault *f);
void bridge_frame_free(struct bridge_frame *frame);

#endif
