/* SPDX-License-Identifier: MIT */
/* helper_command.c - the end is the meeting of three things in any order: the exit and
 * the ends of both outputs; LINGER_MS after the exit stands in for the last two.  Then
 * all handles are closed, and the last close callback frees. */
#include "process/helper_command.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/descriptors.h"
#include "io/loop.h"
#include "output_pipe.h"
#include "process/oom_score.h"
#include "process/orphans.h"
#include "stdin_pipe.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

enum { LINGER_MS = 200 };

struct helper_command {
  uv_process_t process;
  struct stdin_pipe in;
  struct output_pipe out, err;
  unsigned open_handles;
  struct loop_timer *deadline, *linger;
  struct buf output, stderr_tail;
  char *read_memory; /* one for both outputs: libuv asks right before it reads */
  struct helper_command_end end;
  struct fault fault;
  bool exited, over;
  unsigned deadline_ms;
  helper_command_done *on_done;
  void *who;
};

/* -- handles -- */

static void part_closed(void *who)
{
  struct helper_command *c = who;
  if (--c->open_handles > 0)
    return;
  stdin_pipe_wipe(&c->in);
  buf_free(&c->output);
  buf_free(&c->stderr_tail);
  free(c->read_memory);
  free(c);
}

static void process_closed(uv_handle_t *handle)
{
  part_closed(handle->data);
}

static void close_all(struct helper_command *c)
{
  c->over = true;
  loop_timer_free(c->deadline);
  loop_timer_free(c->linger);
  stdin_pipe_close(&c->in);
  output_pipe_close(&c->out);
  output_pipe_close(&c->err);
  uv_close((uv_handle_t *)&c->process, process_closed);
}

/* -- the end -- */

static void finish(struct helper_command *c)
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

static void look_for_end(struct helper_command *c)
{
  if (!c->exited)
    return;
  if (!c->out.open && !c->err.open)
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
  struct helper_command *c = process->data;
  orphans_release(process->loop, process->pid);
  c->exited = true;
  c->end.status = (int)status;
  c->end.signal = signal;
  loop_timer_stop(c->deadline);
  look_for_end(c);
}

/* KILL to the group, not to the process: a shell's children hold the pipes. */
static void kill_group(struct helper_command *c)
{
  if (!c->exited)
    (void)kill(-c->process.pid, SIGKILL); /* it may have died in this moment */
}

static void deadline_passed(void *who)
{
  struct helper_command *c = who;
  if (c->fault.kind == FAULT_NONE)
    fault_set(&c->fault, FAULT_TIMEOUT, "it did not end within %u ms", c->deadline_ms);
  kill_group(c);
}

void helper_command_cancel(struct helper_command *c)
{
  if (c->fault.kind == FAULT_NONE) /* the first reason stays */
    fault_set(&c->fault, FAULT_CANCELLED, "it was cancelled");
  /* When it is gone already and only its pipes are held, the linger timer ends it. */
  kill_group(c);
}

/* -- bytes -- */

static void out_came(void *who, struct span bytes)
{
  struct helper_command *c = who;
  buf_add(&c->output, bytes);
  if (!c->output.overflowed)
    return;
  if (c->fault.kind == FAULT_NONE)
    fault_set(&c->fault, FAULT_TOO_BIG, "its output is longer than %zu bytes",
              c->output.ceiling);
  output_pipe_close(&c->out);
  kill_group(c);
  look_for_end(c);
}

static void err_came(void *who, struct span bytes)
{
  struct helper_command *c = who;
  buf_add_tail(&c->stderr_tail, bytes);
}

static void output_ended(void *who)
{
  look_for_end(who);
}

static const struct output_pipe_calls out_calls = {out_came, output_ended, part_closed},
                                      err_calls = {err_came, output_ended, part_closed};

static void write_input(struct helper_command *c, struct span input,
                        struct budget *budget)
{
  struct buf copy = buf_make(input.len + 1);
  buf_charge(&copy, budget);
  buf_add(&copy, input);
  stdin_pipe_take(&c->in, &copy);
  stdin_pipe_end(&c->in);
}

/* -- the beginning -- */

static int spawn(struct helper_command *c, struct uv_loop_s *loop,
                 const struct helper_command_setup *setup)
{
  static char *no_env[] = {NULL}; /* libuv's own NULL would mean ours, secrets and all */
  /* As the child sees it: it reads its stdin and writes the others. */
  uv_stdio_container_t stdio[] = {
      {UV_CREATE_PIPE | UV_READABLE_PIPE, {.stream = (uv_stream_t *)&c->in.pipe}},
      {UV_CREATE_PIPE | UV_WRITABLE_PIPE, {.stream = (uv_stream_t *)&c->out.pipe}},
      {UV_CREATE_PIPE | UV_WRITABLE_PIPE, {.stream = (uv_stream_t *)&c->err.pipe}},
  };
  uv_process_options_t options = {
      .exit_cb = exited,
      .file = setup->argv[0],
      .args = (char **)setup->argv,
      .env = setup->env ? (char **)setup->env : no_env,
      .cwd = setup->cwd,
      .flags = UV_PROCESS_DETACHED, /* its own session, hence its own group */
      .stdio_count = 3,
      .stdio = stdio,
  };
  int r = uv_spawn(loop, &c->process, &options);
  if (r < 0)
    return r;
  /* Unclaimed, its exit status would be taken by whoever reaps orphans first. */
  orphans_claim(loop, c->process.pid);
  oom_score_set(c->process.pid, oom_score_usual());
  return 0;
}

struct helper_command *helper_command_start(struct uv_loop_s *loop,
                                            const struct helper_command_setup *setup,
                                            helper_command_done *on_done, void *who,
                                            struct fault *f)
{
  if (descriptors_are_short()) {
    fault_system(f, -EMFILE, "cannot execute %s", setup->argv[0]);
    return NULL;
  }
  struct helper_command *c = mem_new(sizeof *c);
  c->on_done = on_done;
  c->who = who;
  c->deadline_ms = setup->deadline_ms;
  c->output = buf_make(setup->output_ceiling);
  buf_charge(&c->output, setup->budget);
  c->stderr_tail = buf_make(LIMIT_STDERR_TAIL_BYTES);
  c->read_memory = mem_new(LIMIT_READ_BYTES);
  stdin_pipe_open(&c->in, loop, part_closed, c);
  output_pipe_open(&c->out, loop, c->read_memory, &out_calls, c);
  output_pipe_open(&c->err, loop, c->read_memory, &err_calls, c);
  c->process.data = c;
  c->open_handles = 4;
  c->deadline = loop_timer_new(loop, deadline_passed, c);
  c->linger = loop_timer_new(loop, lingered, c);
  int r = spawn(c, loop, setup);
  if (r < 0) {
    fault_system(f, r, "cannot execute %s", setup->argv[0]);
    close_all(c);
    return NULL;
  }
  (void)output_pipe_read(&c->out); /* a pipe that was just made */
  (void)output_pipe_read(&c->err);
  write_input(c, setup->input, setup->budget);
  if (setup->deadline_ms > 0)
    loop_timer_start(c->deadline, setup->deadline_ms);
  return c;
}
