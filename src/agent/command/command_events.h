/* SPDX-License-Identifier: MIT */
/* command_events.h - lines of our own wire format, told again by the event writer.
 *
 * Read as data, not copied: the writer keeps ids apart, closes what is open and leaves
 * out what comes after the end, so whatever a program prints, the stream keeps its
 * grammar. Both forms are taken (tanstack and ag-ui).
 *
 *   line                                  what becomes of it
 *   RUN_STARTED                           nothing: ours went out
 *   TEXT_MESSAGE_START, _CONTENT, _END    a text message; CONTENT of another id opens it
 *   REASONING_… (the five)                a reasoning message
 *   TOOL_CALL_START, _ARGS, _END          one call, at its END; calls may overlap
 *   TOOL_CALL_RESULT                      its result; failed: metadata.tanstack.state
 *                                         "output-error" or metadata.runlet.failed
 *   CUSTOM                                the same; names that begin with "runlet." are
 *                                         ours and are refused
 *   RUN_FINISHED, RUN_ERROR               kept: the last one decides, with the exit
 * Anything else is not understood.  A call that has no END when the program is gone is
 * told as it stands.  */
#ifndef AGENT_COMMAND_EVENTS_H
#define AGENT_COMMAND_EVENTS_H

#include "base/fault.h"
#include "base/json.h"
#include "event/event.h"
#include "request/tools.h"

enum { COMMAND_CALLS = 64 }; /* calls between START and END; more: the oldest is told */

enum command_outcome { COMMAND_NO_OUTCOME, COMMAND_FINISHED, COMMAND_FAILED };

struct command_call {
  struct buf id, name, args;
};

struct command_events { /* zeroed: ready */
  /* The request's, borrowed: what they name is a host tool.  NULL: none is. */
  const struct tools *tools;
  struct command_call calls[COMMAND_CALLS];
  unsigned call_count;
  struct buf open; /* the id of the text message that is open */
  enum command_outcome outcome;
  struct buf code, message; /* of RUN_ERROR */
  const char *reason;       /* of RUN_FINISHED */
  bool has_usage;
  struct event_usage usage;
  struct buf cost;
};

/* -1: FAULT_BAD_INPUT (no JSON) or FAULT_AGENT (no event). */
int command_events_read(struct command_events *c, struct span line, struct events *events,
                        struct fault *f);
/* Tells the calls that have no END. */
void command_events_flush(struct command_events *c, struct events *events);
void command_events_free(struct command_events *c);

#endif
