/* SPDX-License-Identifier: MIT */
/* talk.h - one harness over memory, for tests: lines in, events out (stream.h). */
#ifndef TESTS_SUPPORT_TALK_H
#define TESTS_SUPPORT_TALK_H

#include "agent/harness.h"
#include "stream.h"

struct talk {
  const struct harness *harness;
  struct stream stream;
  struct agent_actions actions;
  struct agent_output output;
  void *state;
};

void talk_open(struct talk *t, const struct harness *harness);
/* Plans a run of one message "hi" with what else `req` says; the plan is thrown away.
 * `bridge` may be NULL. */
void talk_plan(struct talk *t, struct run_request req,
               const struct bridge_address *bridge);
int talk_say(struct talk *t, const char *line); /* what on_input() answered */
void talk_end(struct talk *t, struct process_end end);
/* Ends with these lines and this end; the last event must contain `wanted`. */
void talk_expect(const struct harness *harness, const char *const *lines,
                 struct process_end end, const char *wanted);
void talk_close(struct talk *t); /* asserts that the stream keeps the grammar */

#endif
