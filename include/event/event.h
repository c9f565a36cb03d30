/* SPDX-License-Identifier: MIT */
/* event.h - the event writer: one run's outgoing events, in order.
 *
 * The writer is where the stream's grammar is kept, so that no harness can break it:
 * RUN_STARTED comes first and once; a text or reasoning message is closed before the next
 * opens; every TOOL_CALL_START gets its END, before the next message opens, and its
 * RESULT ({"status":"interrupted"} if need be); exactly one terminal event comes last and after it nothing.  Callers speak in
 * any order; the writer inserts what is missing and drops what is late.
 *
 * Ids are unique within the run and over the runs of a thread: those that the API of a
 * model made stay, those that an agent counts by itself go out as "<runId>-<native>", one
 * used again in the run gets "-2", "-3", …, and where there is none, or it is above
 * LIMIT_NAME_BYTES, it is "<runId>-<n>" with n from 0 in order of use (event_ids.h).  So
 * the same transcript gives the same stream, and no call is another's.
 *
 * Nothing but its own text stands inside an open message, except results, CUSTOM and the
 * end: a tool call closes it.  More than LIMIT_OPEN_CALLS calls without a result: the
 * oldest gets its interrupted one.
 *
 * Sizes: a line is at most max_chunk_bytes where its ids allow that (they count too; the
 * terminal event is not cut).  A text or reasoning delta, and TOOL_CALL_ARGS,
 * that do not fit are split into several events on character borders.  A tool result is
 * cut, with metadata.runlet.truncated {"bytes": what it was}; TOOL_CALL_END leaves its
 * inputs out and a CUSTOM event its value, and say the same.
 *
 * Steps: a step of the agent ends when it opens a message or calls a tool after results,
 * and when the run ends after anything was said.  AG-UI has no event for that.
 *
 * How an event is spelled is the format's (event/event_format.h).  */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "base/buf.h"
#include "event/event_call.h"
#include "event/event_format.h"
#include "event/event_usage.h"

/* Where finished lines go.  `put` borrows the line (its newline included) for the call
 * only, and returns how many bytes still wait to leave the process: above
 * LIMIT_SINK_HIGH_BYTES the run stops reading the agent until on_drain, which the sink
 * calls when it has fallen below LIMIT_SINK_LOW_BYTES after having been above.  `end`
 * comes once, after the last line. */
struct sink {
  size_t (*put)(struct sink *self, struct span line);
  void (*end)(struct sink *self);
  void (*on_drain)(void *listener); /* set by the run; may be NULL */
  void *listener;
};

struct events_setup {
  struct span run_id, thread_id, model; /* copied */
  const struct event_format *format;    /* NULL: the first of event/formats.h */
  size_t max_chunk_bytes;               /* 0: LIMIT_CHUNK_BYTES */
  struct sink *sink; /* borrowed until the terminal event has been put and ended */
  /* Hears each event before it is spelled, whatever becomes of it; NULL: none. */
  void (*on_event)(void *who, const struct event *event);
  void *who;
};

struct events; /* owned by the run */

struct events *events_new(const struct events_setup *setup);
/* Sends RUN_ERROR `internal` if no terminal event went out yet. */
void events_free(struct events *e);

/* RUN_STARTED.  All the others send it first where it is missing. */
void events_start(struct events *e);

/* One text message.  `id` empty: generated.  Opening closes whatever is open. */
void events_text_open(struct events *e, struct span id);
void events_text(struct events *e, struct span delta); /* opens one if none is open */
void events_text_close(struct events *e);
/* Words of the user that came while the run went on: a whole message, with the role of a
 * user.  What comes after it is a new step of the agent. */
void events_user_message(struct events *e, struct span id, struct span text);
/* One reasoning message (the five REASONING_* events); its id is generated when empty. */
void events_reasoning_open(struct events *e, struct span id);
void events_reasoning(struct events *e, struct span delta);
void events_reasoning_close(struct events *e);

/* `value_json` is raw JSON. */
void events_custom(struct events *e, const char *name, struct span value_json);
/* CUSTOM runlet.warning {"code","message"}. */
void events_warn(struct events *e, const char *code, struct span message);

/* What metadata.runlet of the terminal event says: members only, without braces, e.g.
 * "\"exitCode\":0,\"durationMs\":12"; and the run's length once more, for formats that
 * people read.  Copied; the last one wins. */
void events_report(struct events *e, struct span members_json, long long duration_ms);
/* What it said in the end: the members, and with them "events" and "toolCalls", counted
 * when all but the terminal event was told.  Of `e`; before the end, or without a report,
 * what was told last. */
struct span events_certificate(const struct events *e);
/* What the run has used so far, for whichever terminal event will come.  Copied; the last
 * one wins, and NULL changes nothing. */
void events_usage(struct events *e, const struct event_usage *usage);
/* The agent said that its turn ended well: if the run fails all the same, RUN_ERROR says
 * so (metadata.runlet.successSeen). */
void events_succeeded(struct events *e);
/* The terminal events.  The first wins, later ones are dropped. */
/* `usage` as by events_usage(). */
void events_finish(struct events *e, const char *reason, const struct event_usage *usage);
/* `code`: one of ours, or an agent's as error_code_of_agent() has it. */
void events_fail(struct events *e, struct span code, struct span message);

/* The id of the message opened last, as JSON, onto `out`; a fresh one if none was. */
void events_last_message(struct events *e, struct buf *out);
/* A message that the agent began and begins again: it is closed if it is open, and CUSTOM
 * runlet.message-abandoned {"messageId"} lets a client drop it.  `message_id` as
 * events_last_message() gave it; empty: the message opened last, if there is one. */
void events_message_abandoned(struct events *e, struct span message_id);

bool events_finished_well(const struct events *e);     /* over, and it was RUN_FINISHED */
const char *events_error_code(const struct events *e); /* of RUN_ERROR, else "" */
/* Any text, reasoning or tool call went out. */
bool events_have_spoken(const struct events *e);
/* No tool call or result and no text but blanks went out. */
bool events_are_silent(const struct events *e);
size_t events_backlog(const struct events *e); /* what the sink said last */
/* The sink has drained: that no longer holds. */
void events_caught_up(struct events *e);
unsigned long long events_count(const struct events *e); /* that went out */
unsigned long long events_tool_calls(const struct events *e);
/* Messages and tool calls that were begun, and results: what shows that the agent goes
 * on. */
unsigned long long events_acts(const struct events *e);
/* Ticks (clock_ticks_ms) of the last event that went out: for heartbeats. */
unsigned long long events_last_ms(const struct events *e);

#endif
