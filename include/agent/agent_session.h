/* SPDX-License-Identifier: MIT */
/* agent_session.h - one harness at work: its state, its outbox, and what it did not understand.
 *
 * Between whoever has lines (a run, translate) and the harness.  A line that cannot be
 * understood, or is too long, gives CUSTOM runlet.warning "unparsable-line" or
 * "line-too-long" for the first of its kind (no JSON; JSON of the wrong sort; too large)
 * at once, and a count of all at the end.  */
#ifndef AGENT_AGENT_SESSION_H
#define AGENT_AGENT_SESSION_H

#include "agent/harness.h"

struct hearing {
  const struct harness *harness;
  void *state;           /* the harness's, zeroed at first, wiped at last */
  struct events *events; /* borrowed */
  struct outbox outbox;  /* whoever listens empties it after each call */
  unsigned long long not_understood, too_long;
  unsigned warned; /* a bit for each fault kind */
};

struct hearing hearing_open(const struct harness *harness); /* `events` are set later */
/* One line of stdout, valid UTF-8, no newline; blank ones are passed over, but for an
 * agent to which they mean something (harness.h).  False: it is nothing that this agent
 * says (noise of whoever shares its stdout), or no sign of life (ear_heartbeat()). */
bool hearing_line(struct hearing *h, struct span line);
/* The same for what came by HTTP (harness.h). */
bool hearing_heard(struct hearing *h, const struct heard *heard);
/* A line of a transcript: as hearing_line(), or what an agent said by HTTP, written
 * {"heard":"answer"|"stream","tag":n,"status":n,"text":value}, where a value that is no
 * string stands for its own bytes. */
void hearing_recorded(struct hearing *h, struct span line);
void hearing_too_long(struct hearing *h, size_t ceiling);
/* The counts; `repaired`: invalid UTF-8 sequences that became U+FFFD. */
void hearing_sum_up(struct hearing *h, unsigned long long repaired);
/* A polite word before the kill ladder; false: this agent knows none (harness.h). */
bool hearing_cancel(struct hearing *h);
/* The process is gone: afterwards the events are over. */
void hearing_leave(struct hearing *h, const struct process_end *end);
bool hearing_succeeded(
    const struct hearing *h);          /* a record that ends the turn well was heard */
void hearing_close(struct hearing *h); /* safe on a zeroed one */

#endif
