/* SPDX-License-Identifier: MIT */
/* tool_echo.c - answers each attempt with its own message, on the next turn. */
#include "base/mem.h"
#include "io/loop.h"
#include "tool/tool_executor.h"

#include <stdlib.h>

struct echo {
  struct loop_timer *timer;
  struct span message;
  tool_attempt_done *done;
  void *who;
};

static void say(void *who)
{
  struct echo *e = who;
  struct tool_attempt_end end = {.outcome = TOOL_ATTEMPT_ANSWERED,
                                 .answer = {.result = e->message}};
  loop_timer_free(e->timer);
  e->done(e->who, &end);
  free(e);
}

static void *start(void *context, const struct tool_attempt *attempt,
                   tool_attempt_done *done, void *who, struct fault *f)
{
  (void)f;
  struct tool_source *source = context;
  struct echo *e = mem_new(sizeof *e);
  *e = (struct echo){loop_timer_new(source->loop, say, e), attempt->message, done, who};
  loop_timer_start(e->timer, 0);
  return e;
}

static void cancel(void *work)
{
  (void)work; /* its answer is under way already */
}

tool_executor_claim tool_echo_claim;

int tool_echo_claim(struct tool_source *source, struct tool_executor *out,
                    struct fault *f)
{
  (void)f;
  if (!span_is(source->url, "echo:"))
    return 0;
  *out = (struct tool_executor){source, start, cancel};
  return 1;
}
