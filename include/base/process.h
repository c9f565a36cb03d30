/* SPDX-License-Identifier: MIT */
/* process.h - plain data about one process: how to start it, how it ended.
 *
 * No behaviour and no loop here, so that pure code (harnesses) can fill a plan and a test
 * can read one.  A plan owns all it holds.  */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/buf.h"
#include "base/strv.h"

struct plan_file { /* written 0600 in the run's private folder before the spawn */
  char *name;      /* file name only; the plan names it in argv by plan_place.folder */
  struct buf content;
};

enum input_use {
  INPUT_ONCE,    /* first_input, then end of input */
  INPUT_DIALOGUE /* stays open for agent_write() */
};

struct process_plan {
  struct strv argv; /* argv[0] is looked up in the PATH of the agent's environment */
  struct strv env;  /* what this agent needs on top of the run's environment */
  enum input_use input;
  /* A constant: lines of its stderr that hold this are its words (AGENT_ASIDE), not
   * diagnostics.  NULL: none are. */
  const char *aside;
  struct buf first_input;
  struct plan_file *files;
  size_t file_count;
};
struct process_plan process_plan_make(void);
/* `content` is taken.  */
void process_plan_add_file(struct process_plan *p, const char *name, struct buf *content);
void process_plan_free(struct process_plan *p);

struct leftover { /* a process that outlived its run */
  int pid;
  char name[16];
};

struct process_end {
  int status, signal; /* signal 0: it exited with `status` */
  bool forced;        /* we had to signal it */
  bool core, oom;     /* SIGKILLed by the kernel for memory */
  unsigned long long cpu_ms, max_rss_kib;
  struct span stderr_tail;          /* borrowed, at most LIMIT_STDERR_KEPT_BYTES */
  const struct leftover *leftovers; /* borrowed */
  size_t leftover_count;
};

/* It exited with 0, or had to be ended by us after it had said all (`forced`). */
bool process_end_is_clean(const struct process_end *end);

#endif
