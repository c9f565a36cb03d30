/* SPDX-License-Identifier: MIT */
/* child.c - see child.h.
 *
 * Three pipes and one control socket.  The end of a child is the meeting of three things
 * that come in any order: the keeper's word of the exit, and the ends of stdout and
 * stderr; `drain` stands in for the last two. */
#include "io/child.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/keeper_link.h"
#include "io/lines.h"
#include "io/loop.h"
#include "io/pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum stream { IN = PIPES_IN, OUT = PIPES_OUT, ERR = PIPES_ERR, STREAMS = PIPES };

struct child {
  uv_pipe_t pipes[STREAMS];
  uv_timer_t later; /* what must not be called from inside; the last handle to close */
  struct loop_timer *drain, *patience; /* patience: with the keeper */
  bool open[STREAMS];
  unsigned open_handles;
  struct keeper_link *keeper;
  struct child_calls calls;
  void *who;

  struct lines lines;
  char *read_room; /* one for both outputs: libuv asks right before it reads */
  uv_write_t writing;
  struct buf input, waiting; /* being written; to be written next (dialogue) */
  bool dialogue, write_busy;

  struct buf stderr_tail, program;
  struct process_end end;
  struct leftover *leftovers;
  size_t leftover_count, leftover_room;
  struct fault spawn_fault;
  bool exited, ended, paused;
  bool hurried, stopped; /* child_stop() was called; and it was before the exit */
  int pid;
  unsigned drain_ms;
  unsigned long long listened_ms, listening_from_ms; /* since the exit, unpaused */
  size_t heard[STREAMS];                             /* bytes since the exit */
  unsigned long long patience_until_ms;
  unsigned long long first_output_ms, last_output_ms;
  void (*settled)(void *who, const struct process_end *end);
  void (*closed)(void *who);
  void *closed_who;
};

/* -- handles -- */

static void child_free(struct child *c)
{
  lines_free(&c->lines);
  buf_wipe(&c->input);
  buf_wipe(&c->waiting);
  buf_free(&c->stderr_tail);
  buf_free(&c->program);
  free(c->read_room);
  free(c->leftovers);
  void (*closed)(void *) = c->closed;
  void *who = c->closed_who;
  free(c);
  if (closed)
    closed(who);
}

static void handle_closed(uv_handle_t *handle)
{
  struct child *c = handle->data;
  if (--c->open_handles == 0 && c->closed)
    child_free(c);
}

static void close_stream(struct child *c, enum stream s)
{
  if (!c->open[s])
    return;
  c->open[s] = false;
  uv_close((uv_handle_t *)&c->pipes[s], handle_closed);
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

static const struct lines_calls line_calls = {line_came, long_line_came};

/* -- the end -- */

static void finish(struct child *c)
{
  c->ended = true;
  loop_timer_stop(c->drain);
  close_stream(c, IN);
  close_stream(c, OUT);
  close_stream(c, ERR);
  lines_end(&c->lines, &line_calls, c);
  c->end.stderr_tail = buf_span(&c->stderr_tail);
  c->end.forced = c->stopped;
  if (c->calls.on_end)
    c->calls.on_end(c->who, &c->end);
}

static bool has_unread(const struct child *c, enum stream s)
{
  int fd;
  if (!c->open[s] || uv_fileno((const uv_handle_t *)&c->pipes[s], &fd) < 0)
    return false;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  return poll(&p, 1, 0) > 0;
}

/* All that the agent itself can have written is read: the pipe is empty, or what came
 * since the exit is as much as it can have held. */
static bool is_drained(const struct child *c, enum stream s)
{
  return c->heard[s] >= LIMIT_PIPE_BYTES || !has_unread(c, s);
}

/* How much longer others may go on printing, in ms of our reading. */
static unsigned drain_left(const struct child *c)
{
  unsigned long long most = (unsigned long long)c->drain_ms * LIMIT_DRAINS;
  unsigned long long listened = c->listened_ms;
  if (!c->paused)
    listened += ids_ticks_ms() - c->listening_from_ms;
  unsigned long long left = listened < most ? most - listened : 0;
  return left < c->drain_ms ? (unsigned)left : c->drain_ms;
}

static void look_for_end(struct child *c)
{
  if (!c->exited || c->ended)
    return;
  unsigned left = drain_left(c);
  bool all_said = left == 0 && !c->paused && is_drained(c, OUT) && is_drained(c, ERR);
  if (all_said || (!c->open[OUT] && !c->open[ERR]))
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
  if (c->paused || has_unread(c, OUT) || has_unread(c, ERR))
    look_for_end(c);
  else
    finish(c);
}

static void exit_heard(struct child *c)
{
  c->exited = true;
  c->listening_from_ms = ids_ticks_ms();
}

/* -- what the agent prints -- */

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
  (void)suggested;
  struct child *c = handle->data;
  *room = uv_buf_init(c->read_room, (unsigned)LIMIT_READ_BYTES);
}

static void read_out(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
  struct child *c = stream->data;
  if (n == 0)
    return;
  if (n < 0) {
    close_stream(c, OUT);
    look_for_end(c);
    return;
  }
  c->last_output_ms = ids_ticks_ms();
  if (!c->first_output_ms)
    c->first_output_ms = c->last_output_ms;
  c->heard[OUT] += c->exited ? (size_t)n : 0;
  lines_add(&c->lines, (struct span){room->base, (size_t)n}, &line_calls, c);
  look_for_end(c);
}

static void read_err(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
  struct child *c = stream->data;
  if (n == 0)
    return;
  if (n < 0) {
    close_stream(c, ERR);
    look_for_end(c);
    return;
  }
  c->heard[ERR] += c->exited ? (size_t)n : 0;
  buf_add_tail(&c->stderr_tail, (struct span){room->base, (size_t)n});
  look_for_end(c);
}

/* -- what the agent is told -- */

static void write_next(struct child *c);

static void wrote(uv_write_t *request, int status)
{
  struct child *c = request->data;
  c->write_busy = false;
  buf_wipe(&c->input); /* a prompt may be tens of MiB: give it back now */
  if (status < 0)
    close_stream(c, IN); /* it reads no more, or is gone: its exit says which */
  write_next(c);
}

static void write_next(struct child *c)
{
  if (!c->open[IN] || c->write_busy)
    return;
  if (c->input.len == 0)
    c->input = buf_take(&c->waiting);
  if (c->input.len == 0) {
    if (!c->dialogue)
      close_stream(c, IN);
    return;
  }
  uv_buf_t bytes = uv_buf_init(c->input.at, (unsigned)c->input.len);
  c->writing.data = c;
  c->write_busy =
      uv_write(&c->writing, (uv_stream_t *)&c->pipes[IN], &bytes, 1, wrote) == 0;
  if (!c->write_busy)
    close_stream(c, IN);
}

void child_write(struct child *c, struct span bytes)
{
  if (!c->open[IN])
    return;
  buf_add(&c->waiting, bytes);
  write_next(c);
}

void child_end_input(struct child *c)
{
  c->dialogue = false;
  write_next(c);
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
  if (r->what == KEEPER_AT_CHDIR)
    fault_system(&c->spawn_fault, -r->status, "cannot enter the workspace to run %s",
                 program);
  else
    fault_system(&c->spawn_fault, -r->status, "cannot execute %s", program);
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
    c->end.cpu_ms = r->cpu_ms;
    c->end.max_rss_kib = r->max_rss_kib;
    break;
  case KEEPER_LEFT:
    c->leftovers = mem_room(c->leftovers, c->leftover_count, &c->leftover_room,
                            sizeof *c->leftovers);
    struct leftover *l = &c->leftovers[c->leftover_count++];
    l->pid = r->pid;
    memcpy(l->name, r->name, sizeof l->name - 1);
    l->name[sizeof l->name - 1] = 0;
    break;
  case KEEPER_SETTLED:
    break; /* its exit follows */
  }
  if (c->hurried && c->exited)
    child_resume(c); /* whose end was wanted does not wait for a reader */
  look_for_end(c);
}

static void keeper_is_gone(void *who)
{
  struct child *c = who;
  loop_timer_stop(c->patience);
  if (!c->exited) { /* it was killed, and the agent with it; or that cannot die */
    exit_heard(c);
    c->end.signal = SIGKILL;
  }
  if (c->hurried)
    child_resume(c);
  if (c->ended)
    tell_settled(c);
  else
    look_for_end(c);
}

static void patience_is_over(void *who)
{
  struct child *c = who;
  keeper_link_kill(c->keeper);
}

/* An order is done `grace_ms` and a sweep later, or never. */
static void expect_keeper(struct child *c, unsigned grace_ms)
{
  unsigned ms = grace_ms + LIMIT_SWEEP_MS + LIMIT_KEEPER_MS;
  unsigned long long until = ids_ticks_ms() + ms;
  if (c->patience_until_ms && c->patience_until_ms <= until)
    return;
  c->patience_until_ms = until;
  loop_timer_start(c->patience, ms);
}

void child_stop(struct child *c, unsigned grace_ms)
{
  if (c->ended)
    return;
  expect_keeper(c, c->exited ? 0 : grace_ms);
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
  else {
    c->patience_until_ms = 0; /* a new order, a new wait */
    expect_keeper(c, 0);
    keeper_link_order(c->keeper, sweep ? KEEPER_SWEEP : KEEPER_LET_GO, 0);
  }
}

/* -- reading on and off -- */

void child_pause(struct child *c)
{
  if (c->paused || !c->open[OUT] || (c->hurried && c->exited))
    return;
  if (c->exited)
    c->listened_ms += ids_ticks_ms() - c->listening_from_ms;
  c->paused = true;
  uv_read_stop((uv_stream_t *)&c->pipes[OUT]);
}

void child_resume(struct child *c)
{
  if (!c->paused)
    return;
  c->paused = false;
  c->last_output_ms = ids_ticks_ms(); /* silence counts from here */
  c->listening_from_ms = c->last_output_ms;
  if (c->open[OUT])
    uv_read_start((uv_stream_t *)&c->pipes[OUT], give_room, read_out);
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
  return c->lines.repaired;
}

unsigned long long child_first_output_ms(const struct child *c)
{
  return c->first_output_ms;
}

unsigned long long child_last_output_ms(const struct child *c)
{
  return c->last_output_ms;
}

const struct fault *child_spawn_fault(const struct child *c)
{
  return c->spawn_fault.kind ? &c->spawn_fault : NULL;
}

/* -- the beginning -- */

static struct child *child_make(struct uv_loop_s *loop, const struct child_setup *setup,
                                const struct child_calls *calls, void *who)
{
  struct child *c = mem_new(sizeof *c);
  c->calls = *calls;
  c->who = who;
  c->dialogue = setup->dialogue;
  c->drain_ms = setup->drain_ms;
  c->lines = lines_make(setup->line_ceiling);
  c->input = setup->input ? buf_take(setup->input) : buf_make(0);
  c->waiting = buf_make(LIMIT_PROMPT_BYTES);
  c->stderr_tail = buf_make(LIMIT_STDERR_KEPT_BYTES);
  c->read_room = mem_new(LIMIT_READ_BYTES);
  c->program = buf_make(8 * KIB);
  buf_add_text(&c->program, setup->program);
  c->last_output_ms = ids_ticks_ms();
  c->drain = loop_timer_new(loop, drained, c);
  c->patience = loop_timer_new(loop, patience_is_over, c);
  uv_timer_init(loop, &c->later); /* cannot fail */
  c->later.data = c;
  c->open_handles = 1;
  return c;
}

/* Each descriptor belongs to its handle as soon as that is open. */
static int open_streams(struct child *c, struct uv_loop_s *loop, struct pipes *e,
                        struct fault *f)
{
  int r = 0;
  for (int s = 0; s < STREAMS && r == 0; s++) {
    uv_pipe_init(loop, &c->pipes[s], 0); /* cannot fail */
    c->pipes[s].data = c;
    c->open[s] = true;
    c->open_handles++;
    r = uv_pipe_open(&c->pipes[s], e->ours[s]);
    if (r == 0)
      e->ours[s] = -1;
  }
  if (r == 0)
    r = uv_read_start((uv_stream_t *)&c->pipes[OUT], give_room, read_out);
  if (r == 0)
    r = uv_read_start((uv_stream_t *)&c->pipes[ERR], give_room, read_err);
  return r < 0 ? fault_system(f, r, "cannot watch the agent's pipes") : 0;
}

struct child *child_spawn(struct uv_loop_s *loop, const struct child_setup *setup,
                          const struct child_calls *calls, void *who, struct fault *f)
{
  struct child *c = child_make(loop, setup, calls, who);
  struct pipes e;
  int failed = pipes_make(&e, f);
  if (!failed) {
    struct keeper_link_setup keeper = {.streams = e.theirs,
                                       .folder = setup->folder ? setup->folder : "",
                                       .cwd = setup->cwd,
                                       .program = setup->program,
                                       .argv = setup->argv,
                                       .env = setup->env,
                                       .on_record = keeper_says,
                                       .on_gone = keeper_is_gone,
                                       .who = c};
    c->keeper = keeper_link_open(loop, &keeper, f);
    pipes_close(e.theirs);
    failed = c->keeper ? open_streams(c, loop, &e, f) : -1;
    pipes_close(e.ours);
  }
  if (failed) {
    child_close(c, NULL, NULL);
    return NULL;
  }
  write_next(c);
  return c;
}

static void nobody(void *who)
{
  (void)who;
}

void child_close(struct child *c, void (*closed)(void *who), void *who)
{
  if (c->closed)
    return;
  c->calls = (struct child_calls){0};
  c->settled = NULL;
  c->closed = closed ? closed : nobody;
  c->closed_who = who;
  loop_timer_free(c->drain);
  loop_timer_free(c->patience);
  for (int s = 0; s < STREAMS; s++)
    close_stream(c, (enum stream)s);
  keeper_link_close(c->keeper);
  uv_close((uv_handle_t *)&c->later, handle_closed);
}
