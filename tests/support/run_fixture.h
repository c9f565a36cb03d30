/* SPDX-License-Identifier: MIT */
/* run_desk.h - what a run stands on, for tests: a loop, a tool client, folders, and a
 * `claude` that is a shell script.  The test's main() must be able to be the keeper
 * (io/keeper.h).  */
#ifndef SUPPORT_RUN_DESK_H
#define SUPPORT_RUN_DESK_H

#include "event/sink_ndjson.h"
#include "run/run.h"
#include "scratch.h"

struct run_desk {
  struct scratch scratch;
  char bin[128], work[128], state[128];
  struct strv env;
  struct run_settings settings;
  struct buf text; /* the event lines */
  struct sink_ndjson sink;
  unsigned over; /* how many runs ended */
  struct run_outcome outcome;
};

/* `script`: what claude does; "#!/bin/sh" is put before it.  "INIT" and "GOOD" are shell
 * functions that print Claude's first record and its success. */
void run_desk_open(struct run_desk *d, const char *script);
/* A request of one prompt; `more` is further members, each with its comma before it. */
struct run_request *run_desk_request(const char *more);
void run_desk_over(void *who,
                   const struct run_outcome *outcome); /* an on_over; who: the desk */
/* Until `over` is that many; fails after ten seconds. */
void run_desk_wait(struct run_desk *d, unsigned over);
void run_desk_wait_for(struct run_desk *d, const char *text); /* likewise */
bool run_desk_says(const struct run_desk *d, const char *text);
unsigned
run_desk_terminals(const struct run_desk *d); /* RUN_FINISHED and RUN_ERROR lines */
/* Fails unless all that came is one whole stream by the grammar (agui_check.h). */
void run_desk_check(const struct run_desk *d);
/* Empties the sink, for a next run. */
void run_desk_again(struct run_desk *d);
/* No process, no private folder is left, the loop runs dry. */
void run_desk_close(struct run_desk *d);

#endif
