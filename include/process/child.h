/* SPDX-License-Identifier: MIT */
/* child.h - one agent process on the loop, from spawn to the last byte.
 *
 * The program is started through a keeper (process/keeper.h): a small process of our own
 * between us and the agent, which is the subreaper of everything the agent starts, so
 * that nothing of a run can get out of its reach and an exit status is never lost to
 * somebody else's wait().
 *
 * `on_end` comes exactly once: after the exit AND the end of both output pipes, in
 * whichever order - or after the exit and `drain_ms` without a byte on the pipes, for a
 * grandchild may keep them open for ever, and even print on and on: LIMIT_DRAINS times
 * `drain_ms` after the exit that no longer counts, but what the pipes held at the exit is
 * always read.  Time during which we do not read (child_pause) does not count.  After
 * on_end nothing comes; child_close() frees it, `closed` comes on a later turn.
 *
 * With `on_bytes` both outputs come as the bytes they are, each in its order: no lines
 * are made and no stderr is kept (on_line and on_too_long are not called), and a pause
 * holds both.
 *
 * All three standard streams are real pipes (libuv's own are socketpairs, and some agents
 * open /dev/stdin), widened to LIMIT_PIPE_BYTES where the kernel allows.  The agent has
 * its own session and process group, the default signal mask and dispositions, and no
 * other descriptor.  */
#ifndef PROCESS_CHILD_H
#define PROCESS_CHILD_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/process.h"
#include "process/keeper.h"

struct uv_loop_s;
struct child;

struct child_setup {
  const char *program; /* absolute path, found by files_find_program() */
  const struct strv *argv, *env;
  const char *cwd;
  struct keeper_terms terms;
  struct buf *input; /* taken; written at once */
  bool dialogue;     /* keep stdin open for child_write() */
  size_t line_ceiling;
  struct budget *budget; /* what it holds is charged to it; NULL: none */
  unsigned drain_ms;
  /* Lines of stderr that hold this text come by on_aside, any number, until on_end, and
   * are not in its tail.  NULL: none. */
  const char *aside;
  void (*on_aside)(void *who, struct span line);
  /* Any number, until on_end; NULL: lines. */
  void (*on_bytes)(void *who, bool is_stderr, struct span bytes);
};

struct child_calls {                            /* any number, until on_end */
  void (*on_line)(void *who, struct span line); /* stdout, valid UTF-8, no newline */
  void (*on_too_long)(void *who, size_t ceiling);
  void (*on_end)(void *who, const struct process_end *end); /* once */
};

/* Borrows `setup` for the call, takes setup->input.  A fault here is the system's (no
 * descriptors, no processes); that the program cannot be executed comes by on_end, see
 * child_spawn_fault(). */
struct child *child_spawn(struct uv_loop_s *loop, const struct child_setup *setup,
                          const struct child_calls *calls, void *who, struct fault *f);
/* Why the program could not be executed, or NULL; from on_end on. */
const struct fault *child_spawn_fault(const struct child *c);
int child_pid(const struct child *c);                 /* 0 until it is known */
void child_write(struct child *c, struct span bytes); /* dialogue only */
/* Its stdin is open, as far as we know. */
bool child_takes_input(const struct child *c);
size_t child_input_waiting(const struct child *c); /* bytes that it has not read yet */
void child_end_input(struct child *c); /* once all is written; any number of times */
/* Bytes that were written and that the agent has not taken yet. */
size_t child_unwritten(const struct child *c);
void child_pause(struct child *c); /* stop reading stdout: back-pressure */
void child_resume(struct child *c);
bool child_is_paused(const struct child *c);
/* How many invalid UTF-8 sequences were on stdout. */
unsigned long long child_repaired(const struct child *c);
/* clock_ticks_ms() at the first byte of stdout, 0: there was none; and at the last, or at
 * the spawn. */
unsigned long long child_first_output_ms(const struct child *c);
unsigned long long child_last_output_ms(const struct child *c);
/* Sends TERM to the agent's process group, and after `grace_ms` KILL to all that the
 * agent ever started.  That goes on for at most LIMIT_SWEEP_MS: a process that cannot die
 * is given up, on_end says SIGKILL and the leftovers name it.  A keeper that does not do
 * its work (the agent may have stopped it) is killed LIMIT_KEEPER_MS later, with all it
 * kept.
 *
 * May be called any number of times; a shorter grace hastens.  Once the agent has exited,
 * what it left running is killed at once, so that neither a pause of ours nor what those
 * processes print delays the end. */
void child_stop(struct child *c, unsigned grace_ms);
/* After on_end, once: with `sweep` kills what is left of the run's processes and waits
 * until it is gone (or is named as survivor); else names it and lets it be.  `settled`
 * comes once, never from inside, with the same end and its leftovers. */
void child_settle(struct child *c, bool sweep,
                  void (*settled)(void *who, const struct process_end *end));
/* Any time; an agent that still lives is killed with all it started.  Not for NULL. */
void child_close(struct child *c, void (*closed)(void *who), void *who);

#endif
