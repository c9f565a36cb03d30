/* SPDX-License-Identifier: MIT */
/* agent_session.h - one harness at work: its state, its actions, and what it did not
 * understand.
 *
 * It stands between whoever has lines (a run, translate) and the harness.  A line that
 * cannot be understood, or is too long, gives CUSTOM runlet.warning "unparsable-line"
 * or "line-too-long" for the first of its kind (no JSON; JSON of the wrong sort; too
 * large) at once, and a count of all at the end.  */
#ifndef AGENT_AGENT_SESSION_H
#define AGENT_AGENT_SESSION_H

#include "agent/harness.h"

struct agent_session {
  const struct harness *harness;
  void *state;                  /* the harness's, zeroed at first, wiped at last */
  struct events *events;        /* borrowed */
  struct budget *budget;        /* what the harness keeps is charged to it; NULL: none */
  struct agent_actions actions; /* whoever makes the calls below empties it after each */
  unsigned long long not_understood, too_long;
  unsigned warned;    /* a bit for each fault kind */
  unsigned tasks_cut; /* were open when agent_session_cut() came */
  /* All that is heard, before it is understood, as lines of a transcript; NULL: nobody
   * wants them. */
  void (*on_heard)(void *who, struct span line);
  void *heard_who;
};

/* `events` are set by the caller before the first input. */
struct agent_session agent_session_make(const struct harness *harness);
/* One line of stdout, valid UTF-8, no newline; blank ones are passed over, but for an
 * agent to which they mean something (harness.h).  False: this agent does not
 * say such a thing (noise of whoever shares its stdout), or it is no sign of life
 * (agent_heartbeat()). */
bool agent_session_line(struct agent_session *h, struct span line);
/* The same for what came by HTTP (harness.h). */
bool agent_session_input(struct agent_session *h, const struct agent_input *input);
/* A line of a transcript: as agent_session_line(), or what an agent said by HTTP, written
 * {"heard":"answer"|"stream","tag":n,"status":n,"text":value}, where a value that is no
 * string stands for its own bytes. */
void agent_session_recorded(struct agent_session *h, struct span line);
/* The line that stands for `input` there, with its newline. */
void agent_session_put_recorded(const struct agent_input *input, struct buf *out);
void agent_session_too_long(struct agent_session *h, size_t ceiling);
/* It is going to be ended: what it has open now counts, though it may close it itself
 * when it is told (Claude Code does). */
void agent_session_cut(struct agent_session *h);
/* The agent is at its end: the counts, and which tasks ended with it; `repaired`: invalid
 * UTF-8 sequences that became U+FFFD. */
void agent_session_sum_up(struct agent_session *h, unsigned long long repaired);
/* A polite word before the kill ladder; false: this agent knows none (harness.h). */
bool agent_session_cancel(struct agent_session *h);
/* The answer of somebody the run has asked (harness.permit); false: no such question. */
bool agent_session_permit(struct agent_session *h, struct span id,
                          const struct agent_answer *answer);
/* More words of the user (harness.say). */
int agent_session_say(struct agent_session *h, const struct agent_words *words,
                      struct fault *f);
/* FAULT_CONFLICT: this agent reads one prompt, and no more. */
int agent_session_takes_words(const struct agent_session *h,
                              const struct run_request *req, struct fault *f);
/* The agent tries again, more often than is borne: whoever runs it ends it now. */
bool agent_session_gave_up(const struct agent_session *h);
/* Why it was given up; or, for a run that ran out of time, "; it was trying again: " and
 * why, if it was. */
void agent_session_put_reason(const struct agent_session *h, struct buf *out);
/* The run is about to fail: RUN_ERROR says it if the agent had told a success. */
void agent_session_note_success(struct agent_session *h);
/* The process is gone: afterwards the events are over. */
void agent_session_finish(struct agent_session *h, const struct process_end *end);
/* The agent has said that its turn ended well. */
bool agent_session_succeeded(const struct agent_session *h);
void agent_session_free(struct agent_session *h); /* safe on a zeroed one */

#endif
