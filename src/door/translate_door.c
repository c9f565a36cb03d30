/* SPDX-License-Identifier: MIT */
/* translate_door.c - a line is read, the harness is told, its events are written.  It
 * blocks, as nothing else goes on.  */
#include "door/translate_door.h"

#include "agent/agent_session.h"
#include "agent/harnesses.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "door/transcript.h"
#include "event/formats.h"
#include "io/files.h"
#include "io/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct out {        /* the sink: lines to a descriptor, some at a time */
  struct sink sink; /* first */
  int fd;
  int error; /* negative errno of the first write that failed: nothing more is written */
  struct buf held;
};

static void flush(struct out *o)
{
  struct span rest = buf_span(&o->held);
  while (rest.len > 0 && o->error == 0) {
    ssize_t n = write(o->fd, rest.at, rest.len);
    if (n >= 0)
      rest = span_after(rest, (size_t)n);
    else if (errno != EINTR)
      o->error = -errno;
  }
  buf_clear(&o->held);
}

static size_t put(struct sink *self, struct span line)
{
  struct out *o = (struct out *)self;
  buf_add(&o->held, line);
  if (o->held.len >= LIMIT_READ_BYTES)
    flush(o);
  return 0;
}

static void end(struct sink *self)
{
  flush((struct out *)self);
}

static void on_line(void *who, struct span text)
{
  struct agent_session *h = who;
  agent_session_recorded(h, text);
  agent_actions_clear(&h->actions); /* there is nobody to say it to */
}

static void on_too_long(void *who, size_t ceiling)
{
  agent_session_too_long(who, ceiling);
}

/* Everything from `fd` through the harness. */
static int read_all(struct agent_session *h, int fd, const struct translate_options *o,
                    const struct out *out, struct fault *f)
{
  static const struct lines_calls calls = {on_line, on_too_long, NULL};
  size_t ask = o->read_bytes > 0 ? o->read_bytes : LIMIT_READ_BYTES;
  struct lines lines =
      lines_make(o->max_line_bytes > 0 ? o->max_line_bytes : LIMIT_LINE_BYTES);
  char *piece = mem_new(LIMIT_READ_BYTES);
  int rc = 0;
  while (out->error == 0) {
    ssize_t n =
        files_read_some(fd, piece, ask < LIMIT_READ_BYTES ? ask : LIMIT_READ_BYTES);
    if (n < 0)
      rc = fault_system(f, (int)n, "cannot read %s", o->file ? o->file : "stdin");
    if (n <= 0)
      break;
    lines_add(&lines, (struct span){piece, (size_t)n}, &calls, h);
  }
  if (rc == 0) {
    lines_end(&lines, &calls, h);
    agent_session_sum_up(h, lines.repaired);
  }
  lines_free(&lines);
  free(piece);
  return rc;
}

static struct span otherwise(const char *value, const char *name)
{
  return span_of(value ? value : name);
}

static int translate(const struct translate_options *o, const struct harness *harness,
                     int fd, struct fault *f)
{
  struct out out = {.sink = {.put = put, .end = end},
                    .fd = o->out,
                    .held = buf_make(LIMIT_EVENT_LINE_BYTES)};
  struct events_setup events = {.run_id = otherwise(o->run_id, "run"),
                                .thread_id = otherwise(o->thread_id, "thread"),
                                .model = otherwise(o->model, "unknown"),
                                .format = o->format,
                                .max_chunk_bytes = o->max_chunk_bytes,
                                .sink = &out.sink};
  struct process_end ended = {.status = o->exit_status, .signal = o->signal};
  struct agent_session session = agent_session_make(harness);
  session.events = events_new(&events);
  events_start(session.events);
  int rc = read_all(&session, fd, o, &out, f);
  if (rc == 0)
    agent_session_finish(&session, &ended);
  events_free(session.events); /* after a read error this says `internal` */
  agent_session_free(&session);
  if (rc == 0 && out.error != 0)
    rc = fault_system(f, out.error, "cannot write the events");
  buf_free(&out.held);
  return rc;
}

int translate_run(const struct translate_options *o, struct fault *f)
{
  const struct harness *harness = harness_find(span_of(o->harness));
  bool from_stdin = !o->file || !strcmp(o->file, "-");
  if (!harness)
    return fault_set(f, FAULT_UNKNOWN, "--harness: \"%.*s\" is not known",
                     (int)span_cut_utf8(span_of(o->harness), 100).len, o->harness);
  int fd = from_stdin ? STDIN_FILENO : open(o->file, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fault_system(f, -errno, "cannot open %s", o->file);
  if (o->timestamp_ms >= 0)
    clock_freeze(o->timestamp_ms);
  int rc = translate(o, harness, fd, f);
  if (o->timestamp_ms >= 0)
    clock_freeze(-1);
  /* only read from: nothing to lose */
  if (!from_stdin)
    (void)close(fd);
  return rc;
}

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  struct translate_options o = options->translate;
  (void)env;
  o.harness = options->harness;
  o.file = options->file;
  o.out = STDOUT_FILENO;
  o.max_line_bytes = options->max_line_bytes;
  const char *shown = transcript_format(options->run.output, options->run.full);
  if (o.events && options->run.output && strcmp(options->run.output, "pretty") == 0)
    return fault_set(f, FAULT_BAD_INPUT, "--events and --output exclude each other");
  o.format = formats_find(span_of(o.events ? o.events : shown));
  if (!o.format)
    return fault_set(f, FAULT_BAD_INPUT,
                     "--events must be tanstack, ag-ui, pretty or harness, not \"%.60s\"",
                     o.events);
  return translate_run(&o, f);
}

const struct door translate_door = {
    .name = "translate",
    .arguments = "[FILE|-]",
    .summary = "an agent's recorded output to events; starts nothing",
    .options = OPTIONS_LOG | OPTIONS_AGENT | OPTIONS_OUTPUT | OPTIONS_RECORDING,
    .takes_file = true,
    .open = open_door,
};
