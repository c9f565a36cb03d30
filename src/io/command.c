/* SPDX-License-Identifier: MIT */
/* command.c - see command.h.
 *
 * The end is the meeting of three things in any order: the exit and the ends of both
 * outputs; LINGER_MS after the exit stands in for the last two.  Then all handles are
 * closed, and the last close callback frees.  */
#include "io/command.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/orphans.h"

#include <signal.h>
#include <stdlib.h>
#include <uv.h>

enum { LINGER_MS = 200 };
enum stream { IN, OUT, ERR, STREAMS };

struct command {
  uv_process_t process;
  uv_pipe_t pipes[STREAMS];
  bool open[STREAMS];
  unsigned open_handles;
  struct loop_timer *deadline, *linger;
  uv_write_t writing;
  struct buf input, output, stderr_tail;
  char *read_room; /* one for both outputs: libuv asks right before it reads */
  struct command_end end;
  struct fault fault;
  bool exited, over;
  unsigned deadline_ms;
  command_done *on_done;
  void *who;
};

/* -- handles -- */

static void handle_closed(uv_handle_t *handle)
{
  struct command *c = handle->data;
  if (--c->open_handles > 0)
    return;
  buf_wipe(&c->input);
  buf_free(&c->output);
  buf_free(&c->stderr_tail);
  free(c->read_room);
  free(c);
}

static void close_handle(struct command *c, uv_handle_t *handle)
{
  (void)c;
  if (!uv_is_closing(handle))
    uv_close(handle, handle_closed);
}

static void close_stream(struct command *c, enum stream s)
{
  c->open[s] = false;
  close_handle(c, (uv_handle_t *)&c->pipes[s]);
}

static void close_all(struct command *c)
{
  c->over = true;
  loop_timer_free(c->deadline);
  loop_timer_free(c->linger);
  for (enum stream s = IN; s < STREAMS; s++)
    close_stream(c, s);
  close_handle(c, (uv_handle_t *)&c->process);
}

/* -- the end -- */

static void finish(struct command *c)
{
  if (c->over)
    return;
  close_all(c);
  c->end.output = &c->output;
  c->end.stderr_tail = buf_span(&c->stderr_tail);
  if (c->fault.kind != FAULT_NONE)
    c->end.fault = &c->fault;
  c->on_done(c->who, &c->end);
}

static void look_for_end(struct command *c)
{
  if (!c->exited)
    return;
  if (!c->open[OUT] && !c->open[ERR])
    finish(c);
  else if (!loop_timer_is_set(c->linger))
    loop_timer_start(c->linger, LINGER_MS);
}

static void lingered(void *who)
{
  finish(who);
}

static void exited(uv_process_t *process, int64_t status, int signal)
{
  struct command *c = process->data;
  orphans_release(process->loop, process->pid);
  c->exited = true;
  c->end.status = (int)status;
  c->end.signal = signal;
  loop_timer_stop(c->deadline);
  look_for_end(c);
}

/* The first reason stays.  The group, not the process: a shell's children hold the pipes.
 */
static void kill_group(struct command *c)
{
  if (!c->exited)
    (void)kill(-c->process.pid, SIGKILL); /* it may be gone already */
}

static void deadline_passed(void *who)
{
  struct command *c = who;
  if (c->fault.kind == FAULT_NONE)
    fault_set(&c->fault, FAULT_TIMEOUT, "it did not end within %u ms", c->deadline_ms);
  kill_group(c);
}

void command_cancel(struct command *c)
{
  if (c->fault.kind == FAULT_NONE)
    fault_set(&c->fault, FAULT_CANCELLED, "it was cancelled");
  kill_group(c);
  /* When it is gone already and only its pipes are held, the linger timer ends it. */
}

/* -- bytes -- */

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
  (void)suggested;
  struct command *c = handle->data;
  *room = uv_buf_init(c->read_room, (unsigned)LIMIT_READ_BYTES);
}

static void read_out(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
  struct command *c = stream->data;
  if (n == 0)
    return;
  if (n < 0) {
    close_stream(c, OUT);
    look_for_end(c);
    return;
  }
  buf_add(&c->output, (struct span){room->base, (size_t)n});
  if (!c->output.overflowed)
    return;
  if (c->fault.kind == FAULT_NONE)
    fault_set(&c->fault, FAULT_TOO_BIG, "its output is longer than %zu bytes",
              c->output.ceiling);
  close_stream(c, OUT);
  kill_group(c);
  look_for_end(c);
}

static void read_err(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
  struct command *c = stream->data;
  if (n == 0)
    return;
  if (n < 0) {
    close_stream(c, ERR);
    look_for_end(c);
    return;
  }
  buf_add_tail(&c->stderr_tail, (struct span){room->base, (size_t)n});
}

static void wrote(uv_write_t *writing, int status)
{
  struct command *c = writing->data;
  (void)status; /* a command that does not read its input is no fault */
  buf_wipe(&c->input);
  if (!c->over)
    close_stream(c, IN);
}

static void write_input(struct command *c, struct span input)
{
  if (input.len == 0) {
    close_stream(c, IN);
    return;
  }
  c->input = buf_make(input.len + 1);
  buf_add(&c->input, input);
  uv_buf_t bytes = uv_buf_init(c->input.at, (unsigned)c->input.len);
  c->writing.data = c;
  if (uv_write(&c->writing, (uv_stream_t *)&c->pipes[IN], &bytes, 1, wrote) < 0)
    close_stream(c, IN);
}

/* -- the beginning -- */

static int spawn(struct command *c, struct uv_loop_s *loop,
                 const struct command_setup *setup)
{
  static char *no_env[] = {NULL}; /* libuv's own NULL would mean ours, secrets and all */
  uv_stdio_container_t stdio[STREAMS];
  for (enum stream s = IN; s < STREAMS; s++) {
    /* As the child sees it: it reads its stdin and writes the others. */
    stdio[s].flags = UV_CREATE_PIPE | (s == IN ? UV_READABLE_PIPE : UV_WRITABLE_PIPE);
    stdio[s].data.stream = (uv_stream_t *)&c->pipes[s];
  }
  uv_process_options_t options = {
      .exit_cb = exited,
      .file = setup->argv[0],
      .args = (char **)setup->argv,
      .env = setup->env ? (char **)setup->env : no_env,
      .cwd = setup->cwd,
      .flags = UV_PROCESS_DETACHED, /* its own session, hence its own group */
      .stdio_count = STREAMS,
      .stdio = stdio,
  };
  int r = uv_spawn(loop, &c->process, &options);
  if (r == 0)
    orphans_claim(loop,
                  c->process.pid); /* or its exit would be taken by whoever looks first */
  return r;
}

struct command *command_start(struct uv_loop_s *loop, const struct command_setup *setup,
                              command_done *on_done, void *who, struct fault *f)
{
  struct command *c = mem_new(sizeof *c);
  c->on_done = on_done;
  c->who = who;
  c->deadline_ms = setup->deadline_ms;
  c->output = buf_make(setup->output_ceiling);
  c->stderr_tail = buf_make(LIMIT_STDERR_TAIL_BYTES);
  c->read_room = mem_new(LIMIT_READ_BYTES);
  for (enum stream s = IN; s < STREAMS; s++) {
    uv_pipe_init(loop, &c->pipes[s], 0);
    c->pipes[s].data = c;
    c->open[s] = true;
  }
  c->process.data = c;
  c->open_handles = STREAMS + 1;
  c->deadline = loop_timer_new(loop, deadline_passed, c);
  c->linger = loop_timer_new(loop, lingered, c);
  int r = spawn(c, loop, setup);
  if (r < 0) {
    fault_system(f, r, "cannot execute %s", setup->argv[0]);
    close_all(c);
    return NULL;
  }
  uv_read_start((uv_stream_t *)&c->pipes[OUT], give_room, read_out);
  uv_read_start((uv_stream_t *)&c->pipes[ERR], give_room, read_err);
  write_input(c, setup->input);
  if (setup->deadline_ms > 0)
    loop_timer_start(c->deadline, setup->deadline_ms);
  return c;
}
