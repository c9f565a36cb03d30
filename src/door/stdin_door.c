/* SPDX-License-Identifier: MIT */
/* stdin_door.c - see stdin_door.h. */
#include "door/stdin_door.h"

#include "base/ids.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "door/auth.h"
#include "door/runtime.h"
#include "event/sink_pretty.h"
#include "io/fd_writer.h"
#include "io/files.h"
#include "io/signals.h"

#include <string.h>
#include <unistd.h>

struct door {
  struct sink sink; /* first: lines to stdout */
  struct sink_pretty pretty;
  struct runtime *runtime;
  struct fd_writer *writer;
  struct run *run;
  bool readable_form, over;
  int signal; /* that ended us */
  struct run_outcome outcome;
};

static size_t put_line(struct sink *sink, struct span line)
{
  struct door *d = (struct door *)sink;
  return fd_writer_put(d->writer, line);
}

static void end_lines(struct sink *sink)
{
  (void)sink; /* the writer is ended when the run is over */
}

static void reader_drained(void *who)
{
  struct door *d = who;
  struct sink *first = d->readable_form ? &d->pretty.sink : &d->sink;
  if (first->on_drain)
    first->on_drain(first->listener);
}

static void reader_gone(void *who)
{
  struct door *d = who;
  if (d->run && !d->over)
    run_cancel(d->run, "client", "cancelled", "stdout was closed", 0);
}

static struct sink *choose_sink(void *who, struct run *r)
{
  struct door *d = who;
  d->run = r;
  if (!d->readable_form)
    return &d->sink;
  d->pretty = sink_pretty_make(&d->sink, isatty(1) == 1);
  return &d->pretty.sink;
}

static void run_over(void *who, const struct run_outcome *outcome)
{
  struct door *d = who;
  d->over = true;
  d->run = NULL;
  d->outcome = *outcome;
  runtime_stop_signals(d->runtime);
  fd_writer_end(d->writer, (unsigned)d->runtime->options->kill_grace_ms + 1000, NULL,
                NULL);
}

static void heard_signal(void *who, const struct signal_news *n)
{
  struct door *d = who;
  bool again = d->signal != 0;
  d->signal = n->number;
  if (d->run)
    run_cancel(d->run, "signal", "runner-shutdown", "the runner was told to stop",
               again ? 1 : 0);
}

/* One line, for a request that never became a run. */
static void refuse(struct door *d, const struct fault *f)
{
  struct buf line = buf_make(64 * KIB);
  struct json_writer w = json_write_to(&line);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("RUN_ERROR"));
  json_put_text(&w, "message", span_of(f->text));
  json_put_text(&w, "code", SPAN_LITERAL("bad-request"));
  json_put_int(&w, "timestamp", ids_now_ms());
  json_close(&w, '}');
  buf_add_char(&line, '\n');
  if (d->readable_form) {
    d->pretty = sink_pretty_make(&d->sink, isatty(1) == 1);
    d->pretty.sink.put(&d->pretty.sink, buf_span(&line));
    d->pretty.sink.end(&d->pretty.sink);
  } else {
    put_line(&d->sink, buf_span(&line));
  }
  buf_free(&line);
  d->over = true;
  runtime_stop_signals(d->runtime);
  fd_writer_end(d->writer, 1000, NULL, NULL);
}

static int start(struct door *d, struct fault *f)
{
  const struct options *o = d->runtime->options;
  struct buf text = {0}, run_id = buf_make(KIB), thread_id = buf_make(KIB);
  /* It may be typed, or never come: nothing is begun yet, so that a signal may just end
   * us. PID 1 would not feel it: there it waits for the loop. */
  if (getpid() != 1)
    signals_unblock();
  int failed = files_read(o->file, (size_t)o->max_body_bytes, &text, f);
  signals_block();
  if (!failed)
    failed = ids_fresh(&run_id, "run", f);
  if (!failed)
    failed = ids_fresh(&thread_id, "thread", f);
  if (!failed) {
    struct request_rules rules = {.lenient = true,
                                  .run_id = buf_span(&run_id),
                                  .thread_id = buf_span(&thread_id),
                                  .local_tools = o->tool_command != NULL};
    struct run_request *req = run_request_read(&text, &rules, f);
    failed =
        req && runs_start(d->runtime->runs, req, choose_sink, run_over, d, f) ? 0 : -1;
  }
  buf_free(&text);
  buf_free(&run_id);
  buf_free(&thread_id);
  return failed;
}

static int exit_status(const struct door *d, bool refused)
{
  static const char *const deadlines[] = {"run-timeout", "start-timeout", "idle-timeout"};
  if (d->signal)
    return 128 + d->signal;
  if (refused)
    return 2;
  for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++)
    if (!strcmp(d->outcome.code, deadlines[i]))
      return 124;
  return d->outcome.finished ? 0 : 1;
}

int stdin_door(const struct options *options, char *const *env, struct fault *f)
{
  struct runtime runtime;
  struct door d = {.sink = {.put = put_line, .end = end_lines}, .runtime = &runtime};
  d.readable_form = options->output ? !strcmp(options->output, "pretty") : isatty(1) == 1;
  auth_wipe(env); /* the service's; here it is nobody's */
  int failed = runtime_open(&runtime, options, env, f);
  if (!failed)
    failed = runtime_start_signals(&runtime, heard_signal, &d, f);
  if (!failed) {
    d.writer = fd_writer_open(runtime.loop, 1, reader_drained, reader_gone, &d, f);
    failed = d.writer ? 0 : -1;
  }
  if (failed) {
    runtime_close(&runtime);
    return -1;
  }
  bool refused = start(&d, f) < 0;
  if (refused) {
    log_line(LOG_ERROR, (struct span){0}, "%s", f->text);
    refuse(&d, f);
  }
  runtime_run(&runtime);
  runtime_close(&runtime);
  return exit_status(&d, refused);
}
