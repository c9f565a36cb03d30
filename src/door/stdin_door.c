/* SPDX-License-Identifier: MIT */
/* stdin_door.c - one run, and nothing else in the process: it starts when the request is
 * read and the process ends when its last line has left.  */
#include "door/stdin_door.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "door/door_signals.h"
#include "door/recording.h"
#include "door/runtime.h"
#include "door/token.h"
#include "door/transcript.h"
#include "event/formats.h"
#include "event/notices.h"
#include "io/fd_reader.h"
#include "io/fd_writer.h"
#include "io/file_job.h"
#include "io/files.h"
#include "io/signals.h"
#include "request/message_read.h"
#include "request/request_read.h"
#include "request/trace.h"
#include "run/agents_found.h"

#include <string.h>
#include <unistd.h>

struct stdin_state {
  struct sink sink; /* first: lines to stdout */
  struct runtime *runtime;
  struct door_signals signals;
  struct fd_writer *writer;
  struct fd_reader *messages; /* --messages-fd; NULL: none, or over */
  struct recording recording;
  struct run *run;
  const char *format; /* of the events; empty: as the request says */
  bool over;
  int signal; /* that ended us */
  struct run_outcome outcome;
};

static size_t put_line(struct sink *sink, struct span line)
{
  struct stdin_state *d = (struct stdin_state *)sink;
  return fd_writer_put(d->writer, line);
}

static void end_lines(struct sink *sink)
{
  (void)sink; /* the writer is ended when the run is over */
}

static void reader_drained(void *who)
{
  struct stdin_state *d = who;
  if (d->sink.on_drain)
    d->sink.on_drain(d->sink.listener);
}

static void reader_gone(void *who)
{
  struct stdin_state *d = who;
  if (d->run && !d->over)
    run_cancel(d->run, "client", "cancelled", "stdout was closed", 0);
}

static struct sink *sink_of(void *who, struct run *r)
{
  struct stdin_state *d = who;
  d->run = r;
  if (d->runtime->options->run.messages_fd)
    run_take_messages(r);
  return &d->sink;
}

/* -- messages to the agent -- */

static void refuse_message(struct stdin_state *d, struct span id, const char *why)
{
  if (d->run)
    run_message_refused(d->run, id, span_of(why));
}

static void message_came(void *who, struct span line)
{
  struct stdin_state *d = who;
  struct user_message m;
  struct fault f = {0};
  if (span_trim(line).len == 0 || !d->run)
    return;
  if (message_read(line, &m, &f) < 0 ||
      run_message(d->run, buf_span(&m.id), buf_span(&m.text), m.next ? RUN_NEXT : RUN_NOW,
                  &f) < 0)
    refuse_message(d, buf_span(&m.id), f.text);
  user_message_free(&m);
}

static void message_too_long(void *who, size_t ceiling)
{
  (void)ceiling;
  refuse_message(who, (struct span){0}, "the line is too long");
}

static const struct lines_calls messages = {.on_line = message_came,
                                            .on_too_long = message_too_long};

static void write_session(const struct stdin_state *d, struct buf *archive)
{
  struct file_job job = {.kind = FILE_PUT,
                         .path = buf_make(LIMIT_PATH_BYTES),
                         .bytes = buf_take(archive),
                         .secret = true};
  buf_add_text(&job.path, d->runtime->options->run.session_file);
  if (file_job_run(&job) < 0)
    log_line(LOG_ERROR, (struct span){0}, "--session-file: %s", job.fault.text);
  file_job_free(&job);
}

/* The exit waits for what stdout has not taken yet, but not for ever. */
static void run_over(void *who, const struct run_outcome *outcome)
{
  struct stdin_state *d = who;
  d->over = true;
  d->run = NULL;
  d->outcome = *outcome;
  fd_reader_close(d->messages);
  d->messages = NULL;
  if (outcome->archive && d->runtime->options->run.session_file)
    write_session(d, outcome->archive);
  door_signals_close(&d->signals);
  runtime_flush(d->runtime);
  fd_writer_end(d->writer, d->runtime->settings.deadlines.kill_grace_ms + 1000, NULL,
                NULL);
}

/* The second one is impatience: then the agent gets no grace. */
static void on_signal(void *who, const struct signal_news *n)
{
  struct stdin_state *d = who;
  bool again = d->signal != 0;
  d->signal = n->number;
  if (d->run)
    run_cancel(d->run, "signal", "runner-shutdown", "the runner was told to stop",
               again ? 1 : 0);
}

/* One line, for a request that never became a run.  Before a terminal it is not said a
 * second time. */
static void refuse(struct stdin_state *d, const struct fault *f)
{
  if (!d->format[0] || isatty(STDOUT_FILENO) != 1)
    log_line(LOG_ERROR, (struct span){0}, "%s", f->text);
  struct buf line = buf_make(64 * KIB);
  notice_refused(formats_find(span_of(d->format)), span_of(f->text), &line);
  put_line(&d->sink, buf_span(&line));
  buf_free(&line);
  d->over = true;
  fd_reader_close(d->messages);
  door_signals_close(&d->signals);
  fd_writer_end(d->writer, 1000, NULL, NULL);
}

/* It may be typed, or never come: nothing is begun yet, so that a signal may just end us.
 * PID 1 would not feel it: there it waits for the loop. */
static int read_request(const struct options *o, struct buf *text, struct fault *f)
{
  if (!strcmp(o->file, "-") && isatty(STDIN_FILENO) == 1)
    log_line(LOG_INFO, (struct span){0},
             "reading the request (JSON) from the terminal; Ctrl-D on a line of its own "
             "ends it");
  if (getpid() != 1)
    signals_unblock();
  int failed = files_read(o->file, o->run.max_body_bytes, text, f);
  signals_block();
  return failed;
}

/* `text` is taken. */
static int start(struct stdin_state *d, struct buf *text, struct fault *f)
{
  const struct options *o = d->runtime->options;
  struct buf run_id = buf_make(KIB), thread_id = buf_make(KIB);
  int failed = ids_fresh(&run_id, "run", f);
  if (!failed)
    failed = ids_fresh(&thread_id, "thread", f);
  if (!failed) {
    struct request_rules rules = {.is_harness = run_is_harness,
                                  .put_harnesses = agents_known_put,
                                  .who = &d->runtime->agent_environment,
                                  .lenient = true,
                                  .run_id = buf_span(&run_id),
                                  .thread_id = buf_span(&thread_id),
                                  .local_tools = o->run.settings.tool_command != NULL,
                                  .event_format_name = formats_wire_name};
    struct run_request *req = run_request_read(text, &rules, f);
    const struct strv *env = d->runtime->settings.environment;
    if (req)
      trace_take(req, span_of(strv_env(env, "TRACEPARENT")),
                 span_of(strv_env(env, "TRACESTATE")));
    if (req && o->run.session_file)
      req->session.export = true;
    if (req && d->format[0])
      req->event_format = span_of(d->format);
    if (req && transcript_is_live(d->format))
      req->heartbeat_ms = LIMIT_SIGN_MS;
    failed = req && runs_start(d->runtime->runs, req, sink_of, run_over, d, f) ? 0 : -1;
  }
  buf_free(text);
  buf_free(&run_id);
  buf_free(&thread_id);
  return failed;
}

static int exit_status(const struct stdin_state *d, bool refused)
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

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  struct runtime runtime;
  struct stdin_state d = {.sink = {.put = put_line, .end = end_lines},
                          .runtime = &runtime};
  d.format = transcript_format(options->run.output, options->run.full);
  token_wipe(env); /* the service's; here it is nobody's */
  int failed = runtime_open(&runtime, options, env, f);
  if (recording_open(&d.recording, failed ? NULL : options->run.record, f) < 0)
    failed = -1;
  struct buf text = {0};
  struct fault unread = {0};
  if (d.recording.fd >= 0)
    runtime.settings.on_heard = recording_add;
  runtime.settings.heard_who = &d.recording;
  /* First: stdin may be what stdout is, a terminal or a socket. */
  bool refused = !failed && read_request(options, &text, &unread) < 0;
  if (!failed)
    failed = door_signals_open(&d.signals, runtime.loop, false, on_signal, &d, f);
  if (!failed && options->run.messages_fd) {
    d.messages = fd_reader_open(runtime.loop, (int)options->run.messages_fd,
                                LIMIT_BODY_BYTES, &messages, &d, f);
    failed = d.messages ? 0 : fault_prefix(f, "--messages-fd");
  }
  if (!failed) {
    d.writer = fd_writer_open(runtime.loop, 1, reader_drained, reader_gone, &d, f);
    failed = d.writer ? 0 : -1;
  }
  if (failed) {
    buf_free(&text);
    fd_reader_close(d.messages);
    recording_close(&d.recording);
    door_signals_close(&d.signals);
    runtime_close(&runtime);
    return -1;
  }
  if (refused)
    *f = unread;
  else
    refused = start(&d, &text, f) < 0;
  if (refused)
    refuse(&d, f);
  runtime_run(&runtime);
  recording_close(&d.recording);
  door_signals_close(&d.signals);
  runtime_close(&runtime);
  return exit_status(&d, refused);
}

const struct door stdin_door = {
    .name = "run",
    .arguments = "[FILE|-]",
    .summary = "one run from a JSON request on stdin or in FILE, events on stdout",
    .exit_status = "0 finished, 1 RUN_ERROR, 2 bad request or usage, 124 a "
                   "deadline passed,\n"
                   "128+n runlet was ended by signal n.",
    .options = OPTIONS_LOG | OPTIONS_AGENT | OPTIONS_RUN | OPTIONS_OUTPUT | OPTIONS_ONCE,
    .takes_file = true,
    .open = open_door,
};
