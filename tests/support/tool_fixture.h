/* SPDX-License-Identifier: MIT */
/* tool_fixture.h - for tests: a call of a tool, a host behind it, and the one answer. */
#ifndef SUPPORT_TOOL_FIXTURE_H
#define SUPPORT_TOOL_FIXTURE_H

#include "host.h"
#include "tool/tool_call.h"

struct tool_fixture {
  uv_loop_t loop;
  struct host host;
  struct tool_source source; /* the host's; may be changed before a call */
  struct tool_route route;
  unsigned answers;
  bool inside; /* of tool_call_start() or tool_call_cancel() */
  bool cancelled;
  struct buf result, failure;
};

void tool_fixture_open(struct tool_fixture *d);
void tool_fixture_use(struct tool_fixture *d, tool_executor_claim *claim);
/* A call of `a "tool"`.  Fails if its answer comes from inside. */
struct tool_call *tool_fixture_start(struct tool_fixture *d, const char *args);
void tool_fixture_cancel(struct tool_fixture *d, struct tool_call *call); /* likewise */
void tool_fixture_wait(struct tool_fixture *d); /* for the answer */
/* Waits, and fails unless there was one answer and the loop is dry. */
void tool_fixture_close(struct tool_fixture *d);

#endif
