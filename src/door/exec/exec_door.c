/* SPDX-License-Identifier: MIT */
/* exec_door.c - `runlet exec`: one command from JSON (exec_request.h), what it prints as
 * lines (exec_event.h).
 *
 * For hosts whose exec has no stdin, no time limit or no way to end all that a command
 * has started.  The command runs below a keeper (process/keeper.h) with our environment
 * and its own over it; when its time is over, when nobody reads stdout any more, or on
 * TERM and INT it is ended with all that it started, and so is what it left running when
 * it ends by itself.  While nobody reads, it is not read either.  */
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "door/door_signals.h"
#include "door/options.h"
#include "exec_event.h"
#include "exec_request.h"
#include "io/fd_writer.h"
#include "io/files.h"
#include "io/loop.h"
#include "io/signals.h"
#include "process/child.h"
#include "process/keeper.h"
#include "process/orphans.h"
#include "run/environment.h"

#include <string.h>
#include <unistd.h>

struct exec {
  struct uv_loop_s *loop;
  struct exec_request request;
  struct strv env;
  struct fd_writer *writer;
  struct door_signals signals;
  struct loop_timer *deadline;
  struct child *child; /* NULL: not started */
  struct exec_stream out, err;
  unsigned long long began_ms;
  bool timed_out, gone; /* gone: nobody reads */
  int signal, status;   /* that ended us; the door's */
};

static size_t put(struct exec *x, struct buf *line)
{
  size_t backlog = fd_writer_put(x->writer, buf_span(line));
  buf_free(line);
  return backlog;
}

/* What one read becomes: each byte may be an escape. */
static struct buf room(void)
{
  return buf_make(6 * LIMIT_READ_BYTES + 8 * KIB);
}

/* -- the end -- */

static void close_exec(struct exec *x)
{
  door_signals_close(&x->signals);
  loop_timer_free(x->deadline);
  fd_writer_end(x->writer, x->gone ? 0 : LIMIT_WRITE_STALL_MS, NULL, NULL);
}

static void child_gone(void *who)
{
  close_exec(who);
}

static void stop(struct exec *x)
{
  if (x->child)
    child_stop(x->child, LIMIT_CODE_KILL_GRACE_MS);
}

static void time_is_over(void *who)
{
  struct exec *x = who;
  x->timed_out = true;
  stop(x);
}

static void on_signal(void *who, const struct signal_news *n)
{
  struct exec *x = who;
  x->signal = n->number;
  stop(x);
}

static void settled(void *who, const struct process_end *end)
{
  struct exec *x = who;
  struct buf line = room();
  const struct fault *f = child_spawn_fault(x->child);
  exec_event_data_end(&x->out, &line);
  exec_event_data_end(&x->err, &line);
  if (f)
    exec_event_error(span_of(f->text), &line);
  else
    exec_event_exit(end, x->timed_out, clock_ticks_ms() - x->began_ms, &line);
  (void)put(x, &line);
  x->status = x->signal          ? 128 + x->signal
              : x->timed_out     ? 124
              : f || x->gone     ? 1
              : end->signal != 0 ? 1
                                 : end->status != 0;
  child_close(x->child, child_gone, x);
}

static void on_end(void *who, const struct process_end *end)
{
  struct exec *x = who;
  (void)end;
  loop_timer_stop(x->deadline);
  child_settle(x->child, true, settled);
}

/* -- what it prints, and who reads -- */

static void on_bytes(void *who, bool is_stderr, struct span bytes)
{
  struct exec *x = who;
  struct buf line = room();
  exec_event_data(is_stderr ? &x->err : &x->out, bytes, &line);
  if (put(x, &line) > LIMIT_SINK_HIGH_BYTES)
    child_pause(x->child);
}

static void stdout_drained(void *who)
{
  struct exec *x = who;
  if (x->child)
    child_resume(x->child);
}

static void stdout_gone(void *who)
{
  struct exec *x = who;
  x->gone = true;
  if (x->child)
    child_resume(x->child);
  stop(x);
}

/* -- the beginning -- */

static void make_environment(struct exec *x, char *const *env)
{
  const struct strv *own = &x->request.command.env;
  x->env = environment_of_runner(env);
  for (size_t i = 0; i < own->count; i++) {
    char *equals = strchr(own->at[i], '=');
    *equals = 0; /* nobody reads it again */
    strv_set_env(&x->env, own->at[i], span_of(equals + 1));
  }
}

static int start_child(struct exec *x, struct fault *f)
{
  static const struct child_calls calls = {.on_end = on_end};
  struct session_command *c = &x->request.command;
  struct buf program = buf_make(LIMIT_PATH_BYTES);
  const char *cwd = c->cwd.len > 0 ? buf_cstring(&c->cwd) : ".";
  if (files_find_program(c->argv.at[0], strv_env(&x->env, "PATH"), cwd, &program, f) ==
      0) {
    struct child_setup setup = {.program = program.at,
                                .argv = &c->argv,
                                .env = &x->env,
                                .cwd = cwd,
                                .input = &x->request.input,
                                .line_ceiling = LIMIT_LINE_BYTES,
                                .drain_ms = LIMIT_DRAIN_MS,
                                .on_bytes = on_bytes};
    x->began_ms = clock_ticks_ms();
    x->child = child_spawn(x->loop, &setup, &calls, x, f);
  }
  buf_free(&program);
  return x->child ? 0 : -1;
}

static int open_all(struct exec *x, char *const *env, struct fault *f)
{
  int failed = keeper_prepare(f);
  if (!failed)
    failed = orphans_open(x->loop, f);
  if (!failed)
    failed = door_signals_open(&x->signals, x->loop, false, on_signal, x, f);
  if (failed)
    return -1;
  make_environment(x, env);
  x->deadline = loop_timer_new(x->loop, time_is_over, x);
  if (start_child(x, f) < 0)
    return -1;
  loop_timer_start(x->deadline, x->request.timeout_ms);
  return 0;
}

static int read_request(struct exec *x, const char *file, struct fault *f)
{
  struct buf text = {0};
  if (getpid() != 1)
    signals_unblock(); /* nothing is begun yet */
  int failed = files_read(file, LIMIT_BODY_BYTES, &text, f);
  signals_block();
  if (!failed)
    failed = exec_request_read(buf_span(&text), &x->request, f);
  buf_wipe(&text);
  return failed;
}

static void tell_no_start(struct exec *x, const struct fault *f)
{
  struct buf line = room();
  log_line(LOG_ERROR, (struct span){0}, "%s", f->text);
  exec_event_error(span_of(f->text), &line);
  (void)put(x, &line);
  close_exec(x);
}

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  struct exec x = {.out.name = "stdout", .err.name = "stderr"};
  struct fault no_writer = {0};
  /* First: it may be typed, and stdin may be what stdout is. */
  bool refused = read_request(&x, options->file, f) < 0;
  x.loop = loop_new(&no_writer);
  if (x.loop)
    x.writer = fd_writer_open(x.loop, STDOUT_FILENO, stdout_drained, stdout_gone, &x,
                              &no_writer);
  if (!x.writer) {
    *f = no_writer;
    exec_request_free(&x.request);
    (void)(x.loop && loop_free(x.loop));
    return -1;
  }
  if (refused || open_all(&x, env, f) < 0) {
    x.status = refused ? 2 : 1;
    tell_no_start(&x, f);
  }
  loop_run(x.loop);
  orphans_close(x.loop);
  exec_request_free(&x.request);
  strv_free(&x.env);
  return loop_free(x.loop) ? x.status : 1;
}

const struct door exec_door = {
    .name = "exec",
    .arguments = "[FILE|-]",
    .summary = "one command from JSON {command, args, cwd, env, stdin, timeoutMs}; what "
               "it prints, as\nJSON lines on stdout",
    .exit_status = "0 the command ended with 0, 1 it did not, 2 bad request or usage, "
                   "124 its time\nwas over, 128+n runlet was ended by signal n.",
    .options = OPTIONS_LOG,
    .takes_file = true,
    .open = open_door,
};
