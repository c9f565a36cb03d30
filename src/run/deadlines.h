/* SPDX-License-Identifier: MIT */
/* deadlines.h - how long a run and its silences may last, and the watch over it.
 *
 *   runMs     the whole run, from its start; it always counts
 *   startMs   from the spawn to the first line on stdout, or to what the harness calls
 *             its start
 *   idleMs    without a byte on stdout or from the agent's server, while no tool call and
 *             no question for leave is open; 0 = off
 *   result    after the agent's final record, how long it may take to exit; each further
 *             line restarts it, up to LIMIT_RESULT_GRACES times of it in all
 *   backgroundMs  the same while the agent has background tasks open, from that record;
 *             0 = none, the result's counts.  runMs then ends the wait, not the run badly
 *   heartbeat after so long without an event (heartbeat.h); 0 = off
 *
 * start, idle, result and background stand still while we do not read the agent
 * (back-pressure).  The request's value beats the option's, and --max-run-ms caps the
 * request's.  All of them are milliseconds.  */
#ifndef RUN_DEADLINES_H
#define RUN_DEADLINES_H

#include "event/event.h"
#include "request/run_request.h"
#include "run/run_settings.h"

struct child;
struct bridge;
struct watch;

struct deadlines {
  unsigned run_ms, start_ms, idle_ms, tool_ms, kill_grace_ms, drain_ms, background_ms,
      setup_ms, result_grace_ms, heartbeat_ms, approval_ms;
};

struct deadlines deadlines_resolve(const struct run_settings *settings,
                                   const struct run_request *req);

struct watch_setup {
  struct uv_loop_s *loop;
  const struct deadlines *deadlines; /* these four outlive the watch */
  struct child *child;
  struct bridge *bridge; /* NULL: none */
  struct events *events;
  unsigned last_words_ms; /* agent/harness.h */
  bool dialogue;          /* its stdin is wanted while it has background tasks */
  /* False: startMs still counts though the agent has spoken; NULL: it never does. */
  bool (*started)(void *who);
  /* Before its stdin ends: true, and it stays open; NULL: it always ends. */
  bool (*on_turn_over)(void *who);
  /* A deadline passed: `code` is the RUN_ERROR's.  At most once. */
  void (*on_passed)(void *who, const char *code, const char *message);
  /* The agent did not exit in time after its result: at most once a watch_result(). */
  void (*on_result_grace_over)(void *who);
  void *who;
};

struct watch *watch_new(const struct watch_setup *setup);
/* The final record came, or a line after it, and so many tasks are open: the agent's
 * stdin ends as soon as it is silent, and then its time to exit begins. */
void watch_result(struct watch *w, unsigned open_tasks);
void watch_works(struct watch *w); /* no final record is there, or it holds no more */
void watch_questions(struct watch *w, size_t open); /* so many wait for an answer */
void watch_alive(struct watch *w); /* the agent's server said something */
void watch_free(struct watch *w);  /* NULL is fine */

#endif
