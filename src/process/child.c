/* SPDX-License-Identifier: MIT */
/* child.c - the end of a child is the meeting of three things that come in any order: the
 * keeper's word of the exit, and the ends of stdout and stderr; `drain` stands in for the
 * last two. */
#include "process/child.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "child_streams.h"
#include "io/loop.h"
#include "keeper_link.h"
#include "launch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <uv.h>

struct child {
  struct child_streams streams;
  uv_timer_t later; /* what must not be called from inside; the last handle to close */
  struct loop_timer *drain;
  unsigned open_handles;
  struct keeper_link *keeper;
  struct child_calls calls;
  void (*on_bytes)(void *who, bool is_stderr, struct span bytes);
  void (*on_aside)(void *who, struct span line);
  void *who;

  struct buf program;
  struct process_end end;
  struct leftover *leftovers;
  size_t leftover_count, leftover_capacity;
  struct fault spawn_fault;
  bool exited, ended, paused, closing;
  bool hurried, stopped; /* child_stop() was called; and it was before the exit */
  int pid;
  unsigned drain_ms;
  unsigned long long listened_ms, listening_from_ms; /* since the exit, unpaused */
  void (*settled)(void *who, const struct process_end *end);
  void (*closed)(void *who);
  void *closed_who;
};

/* -- handles -- */

static void child_free(struct child *c)
{
  child_streams_free(&c->streams);
  buf_free(&c->program);
  free(c->leftovers);
  void (*closed)(void *) = c->closed;
  void *who = c->closed_who;
  free(c);
  if (closed)
    closed(who);
}

static void part_closed(void *who)
{
  struct child *c = who;
  if (--c->open_handles == 0 && c->closing)
    child_free(c);
}

static void later_closed(uv_handle_t *handle)
{
  part_closed(handle->data);
}

/* -- lines: by way of the child, for it may be closed from inside one -- */

static void line_came(void *who, struct span line)
{
  struct child *c = who;
  if (c->calls.on_line)
    c->calls.on_line(c->who, line);
}

static void long_line_came(void *who, size_t ceiling)
{
  struct child *c = who;
  if (c->calls.on_too_long)
    c->calls.on_too_long(c->who, ceiling);
}

static void aside_came(void *who, struct span line)
{
  struct child *c = who;
  if (c->on_aside)
    c->on_aside(c->who, line);
}

/* -- the end -- */

static void finish(struct child *c)
{
  c->ended = true;
  loop_timer_stop(c->drain);
  child_streams_close(&c->streams);
  child_streams_end_lines(&c->streams);
  c->end.stderr_tail = buf_span(&c->streams.stderr_tail);
  c->end.forced = c->stopped;
  if (c->calls.on_end)
    c->calls.on_end(c->who, &c->end);
}

/* How much longer others may go on printing, in ms of our reading. */
static unsigned drain_left(const struct child *c)
{
  unsigned long long most = (unsigned long long)c->drain_ms * LIMIT_DRAINS;
  unsigned long long listened = c->listened_ms;
  if (!c->paused)
    listened += clock_ticks_ms() - c->listening_from_ms;
  unsigned long long left = listened < most ? most - listened : 0;
  return left < c->drain_ms ? (unsigned)left : c->drain_ms;
}

static void look_for_end(struct child *c)
{
  if (!c->exited || c->ended)
    return;
  unsigned left = drain_left(c);
  bool all_said = left == 0 && !c->paused && child_streams_are_drained(&c->streams);
  if (all_said || child_streams_are_over(&c->streams))
    finish(c);
  else
    loop_timer_start(c->drain, left ? left : c->drain_ms);
}

static void drained(void *who)
{
  struct child *c = who;
  if (c->ended || !c->exited)
    return;
  /* What we did not look at we cannot say nothing came from: a pause, or a loop that was
   * busy elsewhere (timers come before the next look at the pipes). */
  if (c->paused || child_streams_have_unread(&c->streams))
    look_for_end(c);
  else
    finish(c);
}

static void exit_heard(struct child *c)
{
  c->exited = true;
  c->listening_from_ms = clock_ticks_ms();
  child_streams_mark(&c->streams);
}

/* -- what the agent prints, and is told -- */

static void news_came(void *who)
{
  look_for_end(who);
}

static void bytes_came(void *who, bool is_stderr, struct span bytes)
{
  struct child *c = who;
  if (c->on_bytes)
    c->on_bytes(c->who, is_stderr, bytes);
}

static bool has_heard_enough(void *who)
{
  return child_streams_is_enough(&((const struct child *)who)->streams);
}

static const struct child_streams_calls streams_calls = {
    {line_came, long_line_came, has_heard_enough}, news_came, part_closed};

size_t child_unwritten(const struct child *c)
{
  return stdin_pipe_unwritten(&c->streams.in);
}

void child_write(struct child *c, struct span bytes)
{
  stdin_pipe_put(&c->streams.in, bytes);
}

bool child_takes_input(const struct child *c)
{
  return c->streams.in.open && !c->streams.in.ending;
}

size_t child_input_waiting(const struct child *c)
{
  return c->streams.in.now.len + c->streams.in.next.len;
}

void child_end_input(struct child *c)
{
  stdin_pipe_end(&c->streams.in);
}

/* -- what the keeper tells -- */

static void tell_settled(struct child *c)
{
  void (*settled)(void *, const struct process_end *) = c->settled;
  c->settled = NULL;
  c->end.leftovers = c->leftovers;
  c->end.leftover_count = c->leftover_count;
  if (settled)
    settled(c->who, &c->end);
}

static void settled_later(uv_timer_t *timer)
{
  tell_settled(timer->data);
}

static void heard_no_exec(struct child *c, const struct keeper_record *r)
{
  const char *program = buf_cstring(&c->program);
  static const char *const steps[] = {
      [LAUNCH_EXEC] = "cannot execute",
      [LAUNCH_CHDIR] = "cannot enter the workspace to run",
      [LAUNCH_FORK] = "cannot fork to run",
      [LAUNCH_USER] = "cannot become the agent's user to run",
      [LAUNCH_SUBREAPER] = "cannot become a subreaper (an emulator?) to run",
      [LAUNCH_SIGNALS] = "cannot make a signalfd to run",
  };
  fault_system(&c->spawn_fault, -r->status, "%s %s", steps[r->what], program);
  c->spawn_fault.kind = FAULT_AGENT;
  c->end.status = 127;
  exit_heard(c);
}

static void keeper_says(void *who, const struct keeper_record *r)
{
  struct child *c = who;
  switch ((enum keeper_news)r->news) {
  case KEEPER_STARTED:
    c->pid = r->pid;
    break;
  case KEEPER_NO_EXEC:
    heard_no_exec(c, r);
    break;
  case KEEPER_EXITED:
    exit_heard(c);
    c->end.status = r->status;
    c->end.signal = r->signal;
    c->end.core = r->core != 0;
    c->end.oom = r->oom && !c->stopped;
    c->end.cpu_ms = r->cpu_ms;
    c->end.max_rss_kib = r->max_rss_kib;
    break;
  case KEEPER_LEFT:
    c->leftovers = mem_reserve(c->leftovers, c->leftover_count, &c->leftover_capacity,
                               sizeof *c->leftovers);
    struct leftover *l = &c->leftovers[c->leftover_count++];
    l->pid = r->pid;
    memcpy(l->name, r->name, sizeof l->name - 1);
    l->name[sizeof l->name - 1] = 0;
    break;
  case KEEPER_SETTLED:
    break; /* its exit follows */
  }
  /* A child that is being stopped does not wait for its reader. */
  if (c->hurried && c->exited)
    child_resume(c);
  look_for_end(c);
}

static void keeper_is_gone(void *who)
{
  struct child *c = who;
  if (!c->exited) { /* the keeper was killed, and took the agent along if that can die */
    exit_heard(c);
    c->end.signal = c->pid ? SIGKILL : 0;
    int status = keeper_link_status(c->keeper);
    if (!c->pid) { /* there was no agent yet */
      c->end.status = 127;
      fault_set(&c->spawn_fault, FAULT_AGENT,
                "the keeper of %s ended by signal %d, status %d",
                buf_cstring(&c->program), WTERMSIG(status), WEXITSTATUS(status));
    }
  }
  if (c->hurried)
    child_resume(c);
  if (c->ended)
    tell_settled(c);
  else
    look_for_end(c);
}

void child_stop(struct child *c, unsigned grace_ms)
{
  if (c->ended)
    return;
  c->hurried = true;
  c->stopped = c->stopped || !c->exited;
  /* After the exit only what the agent left can still hold the pipes. */
  keeper_link_order(c->keeper, KEEPER_STOP, c->exited ? 0 : grace_ms);
  if (c->exited)
    child_resume(c);
}

void child_settle(struct child *c, bool sweep,
                  void (*settled)(void *who, const struct process_end *end))
{
  c->settled = settled;
  if (keeper_link_is_gone(c->keeper))
    uv_timer_start(&c->later, settled_later, 0, 0);
  else
    keeper_link_order(c->keeper, sweep ? KEEPER_SWEEP : KEEPER_LET_GO, 0);
}

/* -- reading on and off -- */

void child_pause(struct child *c)
{
  if (c->paused || !child_streams_can_hold(&c->streams) || (c->hurried && c->exited))
    return;
  if (c->exited)
    c->listened_ms += clock_ticks_ms() - c->listening_from_ms;
  c->paused = true;
  child_streams_hold(&c->streams);
}

void child_resume(struct child *c)
{
  if (!c->paused)
    return;
  c->paused = false;
  c->streams.last_output_ms = clock_ticks_ms(); /* silence counts from here */
  c->listening_from_ms = c->streams.last_output_ms;
  child_streams_go_on(&c->streams);
}

bool child_is_paused(const struct child *c)
{
  return c->paused;
}

int child_pid(const struct child *c)
{
  return c->pid;
}

unsigned long long child_repaired(const struct child *c)
{
  return c->streams.lines.repaired;
}

unsigned long long child_first_output_ms(const struct child *c)
{
  return c->streams.first_output_ms;
}

unsigned long long child_last_output_ms(const struct child *c)
{
  return c->streams.last_output_ms;
}

const struct fault *child_spawn_fault(const struct child *c)
{
  return c->spawn_fault.kind ? &c->spawn_fault : NULL;
}

/* -- the beginning -- */

static struct child *child_new(struct uv_loop_s *loop, const struct child_setup *setup,
                               const struct child_calls *calls, void *who)
{
  struct child *c = mem_new(sizeof *c);
  c->calls = *calls;
  c->on_bytes = setup->on_bytes;
  c->who = who;
  c->drain_ms = setup->drain_ms;
  c->streams = child_streams_make(setup->line_ceiling, setup->budget, &streams_calls, c);
  c->streams.on_bytes = setup->on_bytes ? bytes_came : NULL;
  c->streams.aside = setup->aside;
  c->streams.on_aside = aside_came;
  c->on_aside = setup->on_aside;
  c->program = buf_make(LIMIT_PATH_BYTES);
  buf_add_text(&c->program, setup->program);
  c->streams.last_output_ms = clock_ticks_ms();
  c->drain = loop_timer_new(loop, drained, c);
  uv_timer_init(loop, &c->later); /* cannot fail */
  c->later.data = c;
  c->open_handles = 1;
  return c;
}

struct child *child_spawn(struct uv_loop_s *loop, const struct child_setup *setup,
                          const struct child_calls *calls, void *who, struct fault *f)
{
  struct child *c = child_new(loop, setup, calls, who);
  struct pipes e;
  int failed = pipes_open(&e, f);
  if (!failed) {
    struct keeper_link_setup keeper = {.streams = e.theirs,
                                       .terms = setup->terms,
                                       .cwd = setup->cwd,
                                       .program = setup->program,
                                       .argv = setup->argv,
                                       .env = setup->env,
                                       .on_record = keeper_says,
                                       .on_gone = keeper_is_gone,
                                       .who = c};
    c->keeper = keeper_link_open(loop, &keeper, f);
    pipes_close(e.theirs);
    if (c->keeper)
      c->open_handles += PIPES;
    failed = c->keeper ? child_streams_open(&c->streams, loop, &e, f) : -1;
    pipes_close(e.ours);
  }
  if (failed) {
    if (setup->input)
      buf_wipe(setup->input); /* it was taken, as on every path */
    child_close(c, NULL, NULL);
    return NULL;
  }
  if (setup->input)
    stdin_pipe_take(&c->streams.in, setup->input);
  if (!setup->dialogue)
    stdin_pipe_end(&c->streams.in);
  return c;
}

void child_close(struct child *c, void (*closed)(void *who), void *who)
{
  if (c->closing)
    return;
  c->closing = true;
  c->calls = (struct child_calls){0};
  c->on_bytes = NULL;
  c->on_aside = NULL;
  c->settled = NULL;
  c->closed = closed;
  c->closed_who = who;
  loop_timer_free(c->drain);
  child_streams_close(&c->streams);
  keeper_link_close(c->keeper);
  uv_close((uv_handle_t *)&c->later, later_closed);
}
