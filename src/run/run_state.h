/* SPDX-License-Identifier: MIT */
/* run_state.h - a run's state, as the files share it that are the run.
 *
 *   run.c          its beginning, what its agent says, who ends it
 *   run_prepare.c  what comes before its agent
 *   run_end.c      how it ends
 *   run_talk.c     who talks with its agent
 *   run_spending.c what its agent may use
 *   run_words.c    more words of its user
 *   run_files.c    what becomes of the files of its workspace
 *   run_session.c  the agent's own session, brought and taken along
 *   run_hold.c     its stream ends before it does
 *   tracing.c      its spans  */
#ifndef RUN_RUN_STATE_H
#define RUN_RUN_STATE_H

#include "agent/agent_session.h"
#include "approvals.h"
#include "deadlines.h"
#include "event/seen_ids.h"
#include "heartbeat.h"
#include "questions.h"
#include "resources.h"
#include "run/run_dialogue.h"
#include "run/run_outcome.h"
#include "telemetry/run_trace.h"
#include "workspace/file_watch.h"

struct run_message { /* of its user, while it goes on: run_words.c */
  struct buf id, text;
  bool given; /* to the agent, which has not taken it up */
};

struct run_words { /* zeroed at first */
  struct run_message *at;
  size_t count, capacity, bytes;
};

enum phase { ADMITTED, BEGINNING, PREPARING, SPEAKING, ENDING, OVER };

struct run {
  const struct run_settings *settings;
  struct run_request *req;
  struct resources resources;
  struct agent_session session;
  enum phase phase;

  struct sink *sink;
  struct events *events;
  struct run_trace *trace; /* NULL: its spans are not told */

  struct loop_timer *later;      /* begin(), or the end when the budget is spent */
  struct loop_timer *preparing;  /* runMs, while there is no watch */
  void (*filled)(struct run *r); /* what comes after PREPARING */
  struct budget *budget;
  /* NULL until the agent was asked to end by its own protocol. */
  struct loop_timer *polite;
  struct deadlines deadlines;
  struct watch *watch;
  struct heartbeat *heartbeat;

  struct run_dialogue dialogue; /* nobody: no on_question */
  struct questions *questions;  /* of the dialogue; NULL: nobody, or not started */
  bool takes_messages;          /* run_take_messages() */
  struct run_words messages;
  struct seen_ids said; /* ids of run_message() */
  struct approvals approvals;
  bool holds_approvals; /* somebody may answer them while it works */

  struct portable_session { /* of run_session.c */
    const struct session_store *store;
    struct buf archive, id;
    struct http_client_request *fetch;
    struct session_script *command;
    void (*done)(struct run *r, const struct fault *why);
    const struct process_end *end; /* while it is collected … */
    void (*told)(struct run *r, const struct process_end *end); /* … and then */
  } portable;

  struct file_watch *files;      /* NULL: nobody wants to know, or not yet */
  const struct process_end *end; /* the child's, while the last files are told … */
  void (*files_told)(struct run *r, const struct process_end *end); /* … and then */
  struct process_end last_end; /* what the last event needs of it, once that is gone */
  struct buf stderr_tail;      /* of last_end */

  struct run_held { /* of run_hold.c */
    struct held *first;
    struct loop_timer *timer; /* NULL: it may not be held, or is over */
    bool held;
    unsigned asked;
    struct buf run_id; /* of the last stream, if it is not the first */
    void (*on_held)(void *who);
    void *who;
  } hold;

  char code[32]; /* why we ended it, "" if we did not */
  struct buf message;
  const char *cancelled_by;
  bool bridge_judged;
  unsigned long long started_ms;
  struct run_outcome outcome;
  struct buf report;
  void (*on_over)(void *who, const struct run_outcome *outcome);
  void *who;
};

/* Does what the harness wants done: after each call to it (run.c). */
void run_carry_out(struct run *r);
void run_hold_end(struct run *r); /* any number of times */

#endif
