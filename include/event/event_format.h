/* SPDX-License-Identifier: MIT */
/* event_format.h - what happened in a run, one `struct event` each, and the interface of
 * those who spell it.
 *
 * The event writer (event/event.h) keeps the stream's grammar and hands each event, as a
 * plain value, to the format of its run.  The format appends what the reader gets for it:
 * one whole line with its newline, or a piece of text, or nothing at all, and then
 * nothing is sent.  A format never asks whether an event is allowed where it stands: the
 * writer did.
 *
 * Everything in an event is borrowed for the call.  Ids come as JSON strings, escaped
 * once by the writer and used many times.  JSON of others (`json`) is valid, but may have
 * newlines between its tokens.
 *
 * A format is one file, format_<name>.c, and one row in formats.c.  */
#ifndef EVENT_EVENT_FORMAT_H
#define EVENT_EVENT_FORMAT_H

#include "base/buf.h"

enum event_kind {
  EVENT_RUN_STARTED,
  EVENT_TEXT_START,
  EVENT_TEXT, /* a piece of the open message */
  EVENT_TEXT_END,
  EVENT_REASONING_START, /* AG-UI wraps a reasoning message in a phase of reasoning */
  EVENT_REASONING_MESSAGE_START,
  EVENT_REASONING,
  EVENT_REASONING_MESSAGE_END,
  EVENT_REASONING_END,
  EVENT_TOOL_START,
  EVENT_TOOL_ARGS, /* a piece of the arguments */
  EVENT_TOOL_END,
  EVENT_TOOL_RESULT,
  EVENT_STEP_END, /* the agent begins anew after results, or is at its end */
  EVENT_CUSTOM,
  EVENT_WARNING, /* a CUSTOM event that people are shown, too */
  EVENT_RUN_FINISHED,
  EVENT_RUN_ERROR,
  EVENT_GAP,     /* said to one reader by its door: lines are missing here */
  EVENT_REFUSED, /* said by a door: the request never became a run */
  EVENT_KINDS
};

/* Whose tool an agent calls. */
enum tool_origin {
  TOOL_HOST,  /* the orchestrator's, over the bridge */
  TOOL_NATIVE /* the agent's own, or one of another MCP server */
};

struct event_usage { /* negative: not known */
  long long prompt, completion, total, cached, cache_write, reasoning;
  bool cache_apart;     /* `prompt` is without `cached` and `cache_write` */
  struct span cost_usd; /* raw JSON number, empty: not known */
  /* The same of the whole session that the run resumed, where the agent tells that. */
  struct span session_cost_usd;
};

struct event { /* what its kind does not name is zero */
  enum event_kind kind;
  enum tool_origin origin; /* TOOL_*; says nothing of a result without a name */
  bool failed;             /* TOOL_RESULT */
  bool user;               /* TEXT_*: the user's words, not the agent's */
  long long at_ms;         /* epoch milliseconds */
  struct span id;          /* of the message; TOOL_RESULT has one of its own */
  struct span call;        /* TOOL_*: the call's id */
  /* TOOL_START: the message that the call belongs to, the one before it in its step, or
   * what its step's first call stands for; empty: it is the first there. */
  struct span parent;
  /* TOOL_*: the tool's, empty: not known; CUSTOM, WARNING, GAP: the event's. */
  struct span name;
  /* The piece; TOOL_RESULT: its content; WARNING, RUN_ERROR, REFUSED: the message for
   * people. */
  struct span text;
  struct span code;    /* WARNING, RUN_ERROR, REFUSED; RUN_FINISHED: the reason */
  struct span outcome; /* RUN_FINISHED: AG-UI's, raw JSON; empty: nothing to be said */
  /* TOOL_END: the arguments; CUSTOM, WARNING, GAP: the value; RUN_FINISHED, RUN_ERROR:
   * the report's members, without braces. */
  struct span json;
  /* Not 0: `text` is only the front of so many bytes, and `json` (of so many) is too long
   * to be shown. */
  size_t whole_bytes;
  const struct event_usage *usage; /* RUN_FINISHED, RUN_ERROR; NULL: not known */
  long long duration_ms;         /* RUN_FINISHED, RUN_ERROR: of the run; -1: not known */
  unsigned long long tool_calls; /* … and its calls, when duration_ms is known */
};

/* The run whose events these are.  Zero for GAP and REFUSED: a door knows no run. */
struct event_run {
  struct span run_id, thread_id, model;
  struct span run_json, thread_json, model_json; /* the same as JSON strings */
};

struct event_format {
  const char *name;
  bool is_wire;     /* a request may ask for it by its name (eventFormat) */
  bool tells_files; /* it has something for sandbox.file, as all wires do */
  /* At least what a line costs beside its content, its ids and the model's name: by it
   * the writer splits and cuts. */
  size_t overhead;
  /* What the format remembers from event to event: so many bytes, zero at first, which
   * own nothing. */
  size_t state_bytes;
  void (*write)(void *state, const struct event_run *run, const struct event *e,
                struct buf *out);
};

#endif
