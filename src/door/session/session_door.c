/* SPDX-License-Identifier: MIT */
/* session_door.c - `runlet process-session`: Paperclip's wrapper around one process, that
 * its host talks with by files.
 *
 * What the host puts into <session>/stdin goes to the process; what the process prints
 * goes into <session>/events, or with --stream as lines to stdout.  The host starts it as
 * `node <…>/paperclip-process-session-remote.mjs` (or …-remote-stream.mjs): by that path
 * it is found too, where runlet stands in for node.
 *
 * It ends with its process, or ends that: told by the host, by TERM or INT, when nobody
 * reads stdout any more, or when the session's folders are not what they were.  The exit
 * event comes after all that the process printed.  */
#include "base/limits.h"
#include "base/log.h"
#include "door/door_signals.h"
#include "door/options.h"
#include "io/fd_writer.h"
#include "io/files.h"
#include "io/loop.h"
#include "io/signals.h"
#include "process/child.h"
#include "process/keeper.h"
#include "process/orphans.h"
#include "run/environment.h"
#include "session_inbox.h"
#include "session_settings.h"
#include "session_sink.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session {
  struct uv_loop_s *loop;
  struct session_settings settings;
  struct strv env; /* of the process */
  struct session_inbox inbox;
  struct session_sink sink;
  struct door_signals signals;
  struct loop_timer *look;
  struct child *child; /* NULL: not started */
  bool terminating;
  int status; /* the door's */
};

/* -- the end -- */

static void close_session(struct session *s)
{
  door_signals_close(&s->signals);
  loop_timer_free(s->look);
  s->look = NULL;
  if (s->sink.writer)
    fd_writer_end(s->sink.writer, LIMIT_SESSION_FLUSH_MS, NULL, NULL);
  s->sink.writer = NULL;
}

/* The only place that stops the process.  Again: nothing more. */
static void terminate(struct session *s)
{
  if (s->terminating)
    return;
  s->terminating = true;
  loop_timer_stop(s->look);
  child_end_input(s->child);
  child_stop(s->child, s->settings.grace_ms);
  session_sink_ack(&s->sink);
}

static void child_gone(void *who)
{
  close_session(who);
}

static void settled(void *who, const struct process_end *end)
{
  struct session *s = who;
  (void)end; /* what it left running by itself may stay */
  child_close(s->child, child_gone, s);
}

static void on_end(void *who, const struct process_end *end)
{
  struct session *s = who;
  bool was_stopped = s->terminating;
  const struct fault *f = child_spawn_fault(s->child);
  if (f)
    session_sink_error(&s->sink, span_of(f->text));
  session_sink_exit(&s->sink, end);
  s->status = end->signal ? 1 : end->status;
  terminate(s);
  child_settle(s->child, was_stopped, settled);
}

static void on_signal(void *who, const struct signal_news *n)
{
  if (n->number == SIGTERM || n->number == SIGINT)
    terminate(who);
}

/* -- what the process prints -- */

static void on_bytes(void *who, bool is_stderr, struct span bytes)
{
  struct session *s = who;
  session_sink_data(&s->sink, is_stderr, bytes);
  if (session_sink_is_high(&s->sink))
    child_pause(s->child);
}

static void stdout_drained(void *who)
{
  struct session *s = who;
  s->sink.backlog = 0;
  if (s->child)
    child_resume(s->child);
}

static void stdout_gone(void *who)
{
  struct session *s = who;
  s->sink.backlog = 0;
  if (s->child)
    terminate(s);
}

/* -- what the host says -- */

static void obey(struct session *s, enum session_message_kind kind, struct span bytes)
{
  if (kind == SESSION_STDIN)
    child_write(s->child, bytes);
  else if (kind == SESSION_STDIN_END)
    child_end_input(s->child);
  else if (kind == SESSION_SHUTDOWN)
    terminate(s);
}

/* Takes what is there, as long as the process reads it. */
static void look_for_messages(void *who)
{
  struct session *s = who;
  struct fault f = {0};
  if (session_inbox_check(&s->inbox, &f) < 0) {
    log_line(LOG_ERROR, (struct span){0},
             "Latching on a lost process session identity: %s. Terminating.", f.text);
    terminate(s);
    return;
  }
  enum session_inbox_news news = INBOX_MESSAGE;
  while (news != INBOX_NOTHING && !s->terminating &&
         child_unwritten(s->child) < LIMIT_SESSION_STDIN_BYTES) {
    enum session_message_kind kind = SESSION_OTHER;
    struct buf bytes = {0};
    news = session_inbox_next(&s->inbox, &kind, &bytes, &f);
    if (news == INBOX_MESSAGE)
      obey(s, kind, buf_span(&bytes));
    else if (news == INBOX_LOST)
      session_sink_error(&s->sink, span_of(f.text));
    buf_wipe(&bytes);
  }
  if (child_is_paused(s->child) && !session_sink_is_high(&s->sink))
    child_resume(s->child);
}

/* -- the beginning -- */

/* The command's own variables over ours; what steers us is in neither. */
static void make_environment(struct session *s, char *const *env)
{
  s->env = environment_of_runner(env);
  for (size_t i = 0; i < s->settings.command.env.count; i++) {
    const char *entry = s->settings.command.env.at[i], *equals = strchr(entry, '=');
    char *name = span_copy((struct span){entry, (size_t)(equals - entry)});
    if (strncmp(entry, "PAPERCLIP_PROCESS_SESSION_", 26) != 0)
      strv_set_env(&s->env, name, span_of(equals + 1));
    free(name);
  }
}

static int start_child(struct session *s, struct fault *f)
{
  static const struct child_calls calls = {.on_end = on_end};
  const struct session_command *c = &s->settings.command;
  struct buf program = buf_make(LIMIT_PATH_BYTES);
  const char *cwd = c->cwd.len > 0 ? c->cwd.at : ".";
  if (files_find_program(c->argv.at[0], strv_env(&s->env, "PATH"), cwd, &program, f) ==
      0) {
    struct child_setup setup = {.program = program.at,
                                .argv = &c->argv,
                                .env = &s->env,
                                .cwd = cwd,
                                .dialogue = true,
                                .line_ceiling = LIMIT_LINE_BYTES,
                                .drain_ms = LIMIT_DRAIN_MS,
                                .on_bytes = on_bytes};
    s->child = child_spawn(s->loop, &setup, &calls, s, f);
  }
  buf_free(&program);
  return s->child ? 0 : -1;
}

static int open_sink(struct session *s, const struct options *o, struct fault *f)
{
  s->sink.folder.fd = -1;
  if (!o->session_stream)
    return 0;
  s->sink.writer =
      fd_writer_open(s->loop, STDOUT_FILENO, stdout_drained, stdout_gone, s, f);
  return s->sink.writer ? 0 : -1;
}

/* With files they come beside the messages. */
static int open_events(struct session *s, struct fault *f)
{
  if (s->sink.writer)
    return 0;
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  buf_addf(&path, "%s/events", s->inbox.session.path.at);
  int failed = latched_folder_open(&s->sink.folder, buf_cstring(&path), f);
  buf_free(&path);
  return failed;
}

static int open_session(struct session *s, struct fault *f)
{
  int failed = files_make_path(s->settings.folder, f);
  if (!failed)
    failed = session_inbox_open(&s->inbox, s->settings.folder, s->settings.retries, f);
  if (!failed)
    failed = open_events(s, f);
  if (!failed)
    failed = keeper_prepare(f);
  if (!failed)
    failed = orphans_open(s->loop, f);
  if (!failed)
    failed = door_signals_open(&s->signals, s->loop, false, on_signal, s, f);
  s->look = loop_timer_new(s->loop, look_for_messages, s);
  return failed ? failed : start_child(s, f);
}

/* It does not begin: the host is told, too, and waits for nothing. */
static void tell_no_start(struct session *s, const struct fault *f)
{
  const struct process_end end = {.status = 127};
  struct fault unheard = {0};
  if (s->inbox.session.fd >= 0 && s->sink.folder.fd < 0)
    (void)open_events(s, &unheard);
  session_sink_error(&s->sink, span_of(f->text));
  session_sink_exit(&s->sink, &end);
  close_session(s);
}

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  struct session s = {.inbox = {.session.fd = -1, .folder.fd = -1}, .sink.folder.fd = -1};
  int failed = session_settings_read(env, &s.settings, f);
  if (!failed)
    failed = (s.loop = loop_new(f)) ? open_sink(&s, options, f) : -1;
  if (!failed) {
    make_environment(&s, env);
    failed = open_session(&s, f);
    if (failed)
      tell_no_start(&s, f);
    else
      loop_timer_repeat(s.look, LIMIT_SESSION_LOOK_MS);
    loop_run(s.loop);
    orphans_close(s.loop);
  }
  session_inbox_close(&s.inbox);
  latched_folder_close(&s.sink.folder);
  session_settings_free(&s.settings);
  strv_free(&s.env);
  if (s.loop && !loop_free(s.loop))
    return 1;
  return failed ? failed : s.status;
}

static const struct door_script scripts[] = {
    {"paperclip-process-session-remote.mjs", NULL},
    {"paperclip-process-session-remote-stream.mjs", "stream"},
    {0}};

const struct door session_door = {
    .name = "process-session",
    .arguments = "[…/paperclip-process-session-remote.mjs]",
    .summary = "one process that Paperclip's host talks with by files; told all by "
               "PAPERCLIP_PROCESS_SESSION_*",
    .exit_status = "that of the process (1: ended by a signal), 1 it did not begin, 2 "
                   "usage.",
    .options = OPTIONS_LOG | OPTIONS_SESSION,
    .scripts = scripts,
    .open = open_door,
};
