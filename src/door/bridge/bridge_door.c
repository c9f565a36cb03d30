/* SPDX-License-Identifier: MIT */
/* bridge_door.c - `runlet bridge`: the half of a vercel/ai HarnessV1 adapter that lives
 * in the sandbox.
 *
 * The host starts it, reads {"type":"bridge-ready","port"} from stdout or the port from
 * bridge-meta.json, and drives turns over a WebSocket.  One turn at a time: a start while
 * one runs ends that first, and what that would still say is dropped.  A turn goes on
 * when its host is gone.  TERM or INT is a destroy without a host.  */
#include "base/ids.h"
#include "base/json_slice.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "bridge_frame.h"
#include "bridge_hosts.h"
#include "bridge_log.h"
#include "bridge_settings.h"
#include "bridge_state.h"
#include "bridge_turn.h"
#include "door/door_signals.h"
#include "door/options.h"
#include "http/http_server.h"
#include "io/loop.h"
#include "io/signals.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct bridge_door {
  struct runtime runtime;
  struct door_signals signals;
  struct http_server *server;
  struct bridge_hosts *hosts;
  struct bridge_log *log;
  struct bridge_state state;
  struct run_tools tools;
  struct bridge_turn_setup turn_setup;
  struct bridge_turn *turn; /* NULL: none runs */
  struct loop_timer *later; /* the next turn, when the last one is gone */
  struct buf next;          /* the start that waits for the end of the turn */
  bool next_goes_on;        /* … and takes up the agent's session */
  bool next_is_aborted;     /* … and is ended before it has said a word */
  struct buf thread, thread_id;
  bool had_turn, ending;
};

/* -- frames to the host -- */

static size_t say(void *who, struct span object)
{
  struct bridge_door *d = who;
  return bridge_hosts_send(d->hosts, bridge_log_add(d->log, object));
}

/* {"type":"…","<key>":"…"}, to be freed. */
static struct buf make_words(const char *type, const char *key, const char *words)
{
  struct buf frame = buf_make(16 * KIB); /* of a fault */
  struct json_writer w = json_write_to(&frame);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", span_of(type));
  json_put_text(&w, key, span_of(words));
  json_close(&w, '}');
  return frame;
}

static void put_hello(void *who, struct buf *frame)
{
  const struct bridge_door *d = who;
  buf_addf(frame,
           "{\"type\":\"bridge-hello\",\"state\":\"%s\",\"lastSeq\":%llu,"
           "\"capabilities\":{\"experimental_userMessageResponses\":true}}",
           d->state.name, bridge_log_last(d->log));
}

static void on_drain(void *who)
{
  struct bridge_door *d = who;
  if (d->turn)
    bridge_turn_drained(d->turn);
}

/* -- turns -- */

static void begin_turn(struct bridge_door *d)
{
  struct fault f = {0};
  struct buf start = buf_take(&d->next);
  bridge_log_begin(d->log);
  bridge_state_put_start(&d->state, buf_span(&start));
  bridge_state_set(&d->state, "running");
  d->turn = bridge_turn_start(&d->turn_setup, buf_span(&start),
                              d->had_turn || d->next_goes_on, &f);
  d->had_turn = true;
  buf_wipe(&start);
  if (d->turn && d->next_is_aborted)
    bridge_turn_abort(d->turn, false);
  if (d->turn)
    return;
  struct buf error = make_words("error", "error", f.text);
  say(d, buf_span(&error));
  buf_free(&error);
  bridge_state_set(&d->state, "waiting");
}

/* A turn that is over goes here, outside its own callback. */
static void turn_is_gone(void *who)
{
  struct bridge_door *d = who;
  if (d->turn)
    bridge_turn_free(d->turn);
  d->turn = NULL;
  if (d->ending) {
    runtime_flush(&d->runtime);
    return;
  }
  if (d->next.len > 0)
    begin_turn(d);
  else
    bridge_state_set(&d->state, "waiting");
}

static void turn_over(void *who)
{
  struct bridge_door *d = who;
  loop_timer_start(d->later, 0);
}

static bool goes_on(struct span start)
{
  return span_is(json_slice(start, "continue"), "true");
}

/* Asking for a turn claims the stream. */
static void take_start(struct bridge_door *d, struct bridge_host *host, struct span start)
{
  bridge_hosts_own(d->hosts, host);
  buf_clear(&d->next);
  buf_add(&d->next, start);
  d->next_goes_on = goes_on(start);
  d->next_is_aborted = false;
  if (d->turn)
    bridge_turn_abort(d->turn, true);
  else
    begin_turn(d);
}

static void on_call(void *who, struct span id, struct span name, struct span args_json)
{
  struct bridge_door *d = who;
  bridge_turn_on_call(d->turn, id, name, args_json);
}

static void on_call_over(void *who, struct span id)
{
  struct bridge_door *d = who;
  bridge_turn_on_call_over(d->turn, id);
}

/* -- the end -- */

static void hosts_closed(void *who)
{
  struct bridge_door *d = who;
  bridge_hosts_free(d->hosts);
  d->hosts = NULL;
  http_server_close(d->server, NULL, NULL);
  d->server = NULL;
}

/* The run ends beside the sockets; the process when both are gone. */
static void end_door(struct bridge_door *d, const char *farewell)
{
  if (d->ending)
    return;
  d->ending = true;
  bridge_state_set(&d->state, "done");
  buf_clear(&d->next);
  if (d->turn)
    bridge_turn_abort(d->turn, true);
  else
    runtime_flush(&d->runtime);
  door_signals_close(&d->signals);
  http_server_stop(d->server);
  bridge_hosts_close(d->hosts, 1000, farewell, hosts_closed);
}

static void on_signal(void *who, const struct signal_news *n)
{
  (void)n;
  end_door(who, "shutdown");
}

/* The answer to a stop: where the agent's session goes on. */
static void answer_stop(const struct bridge_door *d, struct bridge_host *host,
                        const char *type)
{
  struct buf frame = buf_make(KIB + d->thread.len);
  buf_addf(&frame, "{\"type\":\"%s\",\"data\":{", type);
  if (d->thread.len > 0)
    buf_addf(&frame, "\"threadId\":%.*s", SPAN_ARG(buf_span(&d->thread)));
  buf_add_text(&frame, "}}");
  bridge_host_send(host, buf_span(&frame));
  buf_free(&frame);
}

/* -- frames of the host -- */

static void take_message(struct bridge_door *d, struct bridge_host *host,
                         const struct bridge_frame *frame)
{
  bool running = d->turn && d->next.len == 0; /* else it only winds down */
  const char *why = !running ? "the bridge has no running turn"
                    : !bridge_hosts_is_owner(d->hosts, host)
                        ? "this connection does not own the running turn"
                        : NULL;
  if (!why) {
    bridge_turn_message(d->turn, frame);
    return;
  }
  struct buf answer = buf_make(LIMIT_EVENT_LINE_BYTES);
  bridge_turn_put_response(frame->id, span_of(why), &answer);
  bridge_host_send(host, buf_span(&answer));
  buf_free(&answer);
}

static void replay_one(void *who, struct span frame)
{
  bridge_host_send(who, frame);
}

static void take_frame(struct bridge_door *d, struct bridge_host *host,
                       const struct bridge_frame *frame)
{
  switch (frame->type) {
  case FRAME_START:
    take_start(d, host, frame->text);
    break;
  case FRAME_TOOL_RESULT:
    if (d->turn)
      bridge_turn_tool_result(d->turn, frame);
    break;
  case FRAME_APPROVAL:
    if (d->turn)
      bridge_turn_approval(d->turn, frame);
    break;
  case FRAME_USER_MESSAGE:
    take_message(d, host, frame);
    break;
  case FRAME_INTERRUPT:
    bridge_host_send(host, SPAN_LITERAL("{\"type\":\"bridge-interrupted\",\"ok\":true}"));
    /* fall through */
  case FRAME_ABORT:
    d->next_is_aborted = d->next.len > 0;
    if (d->turn)
      bridge_turn_abort(d->turn, false);
    break;
  case FRAME_RESUME:
    bridge_hosts_own(d->hosts, host);
    bridge_log_replay(d->log, frame->number, replay_one, host);
    break;
  case FRAME_STOP:
    answer_stop(d, host, "bridge-stop");
    end_door(d, "stop");
    break;
  case FRAME_DETACH:
    answer_stop(d, host, "bridge-detach");
    end_door(d, "detach");
    break;
  case FRAME_DESTROY:
    end_door(d, "destroy");
    break;
  case FRAME_SHUTDOWN:
    end_door(d, "shutdown");
    break;
  case FRAME_UNKNOWN:
    break;
  }
}

static void on_frame(void *who, struct bridge_host *host, struct span text)
{
  struct bridge_door *d = who;
  struct bridge_frame frame;
  struct fault f = {0};
  if (d->ending)
    return;
  if (bridge_frame_read(text, &frame, &f) == 0) {
    take_frame(d, host, &frame);
  } else {
    (void)fault_prefix(&f, "protocol parse error");
    struct buf answer = make_words("error", "error", f.text);
    bridge_host_send(host, buf_span(&answer));
    buf_free(&answer);
  }
  bridge_frame_free(&frame);
}

static void on_request(void *who, struct http_exchange *x)
{
  struct bridge_door *d = who;
  bridge_hosts_take(d->hosts, x);
}

/* -- the beginning -- */

static int listen_at(struct bridge_door *d, unsigned port, struct fault *f)
{
  struct http_server_setup setup = {
      .limits = {LIMIT_HEADER_BYTES, LIMIT_HEADER_COUNT, KIB},
      .connections = LIMIT_CONNECTIONS,
      .first_ms = LIMIT_FIRST_BYTE_MS,
      .head_ms = LIMIT_HEAD_MS,
      .body_ms = LIMIT_BODY_MS,
      .idle_ms = LIMIT_IDLE_MS,
      .write_stall_ms = LIMIT_WRITE_STALL_MS,
      .on_request = on_request,
      .who = d};
  d->server = http_server_open(d->runtime.loop, "0.0.0.0", port, &setup, f);
  if (!d->server)
    return -1;
  d->state.port = http_server_port(d->server);
  return 0;
}

/* On stdout, where the host waits for it. */
static void announce(const char *json)
{
  printf("%s\n", json);
  fflush(stdout);
}

static int open_bridge(struct bridge_door *d, const struct options *o,
                       const struct bridge_settings *told, struct fault *f)
{
  struct uv_loop_s *loop = d->runtime.loop;
  d->state = (struct bridge_state){.folder = o->bridge.state_dir,
                                   .type = o->bridge.type ? o->bridge.type : o->harness};
  d->tools = (struct run_tools){on_call, on_call_over, d};
  d->runtime.settings.tools = &d->tools;
  d->thread = buf_make(LIMIT_NAME_BYTES * 6);
  d->thread_id = buf_make(KIB);
  d->next = buf_make(LIMIT_BRIDGE_FRAME_BYTES + 1);
  d->later = loop_timer_new(loop, turn_is_gone, d);
  d->turn_setup = (struct bridge_turn_setup){.runtime = &d->runtime,
                                             .harness = span_of(o->harness),
                                             .thread = &d->thread,
                                             .say = say,
                                             .over = turn_over,
                                             .who = d};
  const struct bridge_hosts_setup hosts = {loop,     told->token, put_hello,
                                           on_frame, on_drain,    d};
  d->hosts = bridge_hosts_new(&hosts);
  if (ids_fresh(&d->thread_id, "thread", f) < 0 || bridge_state_open(&d->state, f) < 0 ||
      door_signals_open(&d->signals, loop, false, on_signal, d, f) < 0)
    return -1;
  d->turn_setup.thread_id = buf_span(&d->thread_id);
  d->log = bridge_log_open(loop, o->bridge.state_dir, told->replay);
  return listen_at(d, told->port, f);
}

static void close_bridge(struct bridge_door *d)
{
  if (d->turn)
    bridge_turn_free(d->turn);
  bridge_hosts_free(d->hosts);
  if (d->log)
    bridge_log_close(d->log);
  if (d->server)
    http_server_close(d->server, NULL, NULL);
  door_signals_close(&d->signals);
  loop_timer_free(d->later);
  buf_free(&d->thread);
  buf_free(&d->thread_id);
  buf_wipe(&d->next);
}

static int check_options(const struct options *o, struct fault *f)
{
  if (!o->bridge.state_dir)
    return fault_set(f, FAULT_BAD_INPUT, "--bridge-state-dir must be given");
  if (!run_is_harness(span_of(o->harness)))
    return fault_set(f, FAULT_BAD_INPUT, "--harness must be a known harness id, not %s",
                     o->harness);
  return 0;
}

static void announce_fatal(const struct fault *f)
{
  struct buf line = make_words("bridge-fatal", "message", f->text);
  announce(buf_cstring(&line));
  buf_free(&line);
}

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  struct bridge_door d = {0};
  struct options o = *options;
  struct bridge_settings told;
  int failed = bridge_settings_read(env, &told, f);
  if (!failed)
    failed = check_options(&o, f);
  if (o.bridge.workdir)
    o.run.settings.workspace = o.bridge.workdir;
  if (!failed) {
    log_hide(told.token);
    failed = runtime_open(&d.runtime, &o, env, f);
    if (!failed)
      failed = open_bridge(&d, &o, &told, f);
  }
  if (failed) {
    announce_fatal(f);
  } else {
    char line[64];
    bridge_state_set(&d.state, "waiting");
    snprintf(line, sizeof line, "{\"type\":\"bridge-ready\",\"port\":%u}", d.state.port);
    announce(line);
    runtime_run(&d.runtime);
  }
  close_bridge(&d);
  runtime_close(&d.runtime);
  log_unhide(told.token);
  return failed;
}

/* Of the package's own adapters, for the bridges that they bring along. */
static const char *const passed_over[] = {"implementation-dir", "cli-shim-dir",
                                          "bootstrap-dir", "skills-dir", NULL};

const struct door bridge_door = {
    .name = "bridge",
    .arguments = "--bridge-state-dir DIR",
    .summary = "the sandbox's half of a vercel/ai harness (HarnessV1): turns over a "
               "WebSocket; port and token by BRIDGE_WS_PORT and BRIDGE_CHANNEL_TOKEN",
    .exit_status = "0 after stop, destroy, TERM or INT, 1 cannot listen, 2 usage.",
    .options = OPTIONS_LOG | OPTIONS_AGENT | OPTIONS_RUN | OPTIONS_BRIDGE,
    .passed_over = passed_over,
    .open = open_door,
};
