/* SPDX-License-Identifier: MIT */
/* run_fixture.h - what a run stands on, for tests: a loop, a tool client, folders, and a
 * `claude` that is a shell script.  The test's main() must be able to be the keeper
 * (process/keeper.h).  */
#ifndef SUPPORT_RUN_FIXTURE_H
#define SUPPORT_RUN_FIXTURE_H

#include "collector.h"
#include "run/run.h"
#include "scratch.h"

struct run_fixture {
  struct scratch scratch;
  char bin[128], work[128], state[128];
  struct strv env;
  struct run_settings settings;
  struct buf text; /* the event lines */
  struct collector sink;
  unsigned over; /* how many runs ended */
  struct run_outcome outcome;
};

/* `script`: what claude does; "#!/bin/sh" is put before it.  "INIT" and "GOOD" are shell
 * functions that print Claude's first record and its success. */
void run_fixture_open(struct run_fixture *d, const char *script);
/* A request of one prompt; `more` is further members, each with its comma before it;
 * without a harness among them it is claude-code. */
struct run_request *run_fixture_request(const char *more);
/* an on_over; who: the fixture */
void run_fixture_over(void *who, const struct run_outcome *outcome);
/* Starts a run of that request. */
struct run *run_fixture_go(struct run_fixture *d, const char *more);
/* One run to its end, with a fixture of its own.  `code` NULL: it finished; `text`: what
 * must stand in its events, may be NULL. */
void run_fixture_expect(const char *script, const char *more, const char *code,
                        const char *text);
/* Until `over` is that many; fails after ten seconds. */
void run_fixture_wait(struct run_fixture *d, unsigned over);
void run_fixture_wait_for(struct run_fixture *d, const char *text); /* likewise */
bool run_fixture_says(const struct run_fixture *d, const char *text);
/* RUN_FINISHED and RUN_ERROR lines */
unsigned run_fixture_terminals(const struct run_fixture *d);
/* Fails unless all that came is one whole stream by the grammar (agui_check.h). */
void run_fixture_check(const struct run_fixture *d);
/* Empties the sink, for a next run. */
void run_fixture_again(struct run_fixture *d);
/* No process, no private folder is left, the loop runs dry. */
void run_fixture_close(struct run_fixture *d);

#endif
