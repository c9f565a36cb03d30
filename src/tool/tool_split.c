/* SPDX-License-Identifier: MIT */
/* tool_split.c - an attempt of its own stands for the other's, so that a cancel finds its
 * executor.  */
#include "tool/tool_split.h"

#include "base/mem.h"

#include <stdlib.h>

struct split_attempt {
  const struct tool_executor *executor;
  void *work; /* the executor's */
  tool_attempt_done *done;
  void *who;
};

static void on_done(void *who, const struct tool_attempt_end *end)
{
  struct split_attempt *w = who;
  w->done(w->who, end);
  free(w);
}

static void *start(void *context, const struct tool_attempt *attempt,
                   tool_attempt_done *done, void *who, struct fault *f)
{
  struct tool_split *split = context;
  const struct tool *tool = tools_find(split->tools, attempt->tool);
  struct split_attempt *w = mem_new(sizeof *w);
  *w = (struct split_attempt){tool && tool->frontend ? &split->frontend : &split->host,
                              NULL, done, who};
  w->work = w->executor->start(w->executor->context, attempt, on_done, w, f);
  if (w->work)
    return w;
  free(w);
  return NULL;
}

static void cancel(void *work)
{
  const struct split_attempt *w = work;
  w->executor->cancel(w->work);
}

struct tool_executor tool_split_executor(struct tool_split *split)
{
  return (struct tool_executor){split, start, cancel};
}
