/* SPDX-License-Identifier: MIT */
/* event_state.h - the event writer's state, as its files share it.
 *
 *   event.c       the run, its messages, CUSTOM events, the end
 *   event_call.c  tool calls and their results
 *   event_hold.c  an end that is none  */
#ifndef EVENT_EVENT_STATE_H
#define EVENT_EVENT_STATE_H

#include "event/error_code.h"
#include "event/event_format.h"
#include "event_end.h"
#include "event_ids.h"
#include "open_calls.h"
#include "run_texts.h"

enum open_message { OPEN_NONE, OPEN_TEXT, OPEN_REASONING };

struct events {
  const struct event_format *format;
  void *state;            /* the format's */
  struct run_texts texts; /* of the run that the format is told */
  struct sink *sink;
  struct event_hold *hold; /* NULL: it is not held */
  void (*on_event)(void *who, const struct event *event);
  void *who;
  size_t max_chunk, overhead;
  struct buf line;
  long long at_ms;      /* of the last event */
  struct event_end end; /* what the terminal event says */
  bool started, over, finished_well, spoken;
  bool told;            /* more than blanks: text, or a tool's result */
  bool keeps_arguments; /* of open calls of the host's tools */
  bool answered;        /* a result went out: new content begins a new step */
  char error_code[ERROR_CODE_BYTES + 1];

  enum open_message open;
  struct buf message; /* its id, as JSON */
  struct buf parent; /* … of the one that the step's calls belong to; empty: none yet */
  struct event_ids ids;
  struct buf session; /* the agent's, as it named it last */

  struct open_calls unanswered;
  unsigned step;
  size_t backlog;
  unsigned long long count, tool_calls, acts, last_ms;
};

/* What both do.  event.c: */
/* Every call begins with it; false: nothing may follow any more. */
bool events_ready(struct events *e);
void events_send(struct events *e, struct event *event);
/* Sends the text as so many pieces as it takes; `piece` says what they are pieces of. */
void events_send_pieces(struct events *e, const struct event *piece, struct span text);
/* New content after results: the step that asked for them is over. */
void events_begin_content(struct events *e);
void events_close_message(struct events *e); /* if one is open */
void events_hold_drop(struct events *e);     /* event_hold.c */
/* event_call.c: the result of a call that got none. */
void events_interrupt(struct events *e, struct open_call *c);
/* … and the END of calls that have only begun. */
void events_end_begun(struct events *e);

#endif
