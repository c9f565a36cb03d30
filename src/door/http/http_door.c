/* SPDX-License-Identifier: MIT */
/* http_door.c - the service as a whole: who gets in, the companion beside it, and the
 * order in which all of it ends.  What is answered stands in routes.c.  */
#include "door/http/http_door.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/version.h"
#include "door/auth.h"
#include "door/door_signals.h"
#include "door/http/answer.h"
#include "door/http/cors.h"
#include "door/http/routes.h"
#include "door/http/runs_door.h"
#include "door/options_read.h"
#include "door/runtime.h"
#include "door/token.h"
#include "http/http_server.h"
#include "io/address.h"
#include "io/files.h"
#include "io/loop.h"
#include "io/peer.h"
#include "io/signals.h"
#include "process/agent_user.h"
#include "process/companion.h"
#include "run/agents_found.h"

#include <signal.h>
#include <string.h>

#define FLUSH_LOOK_MS 5 /* between two looks at what still has to leave, at shutdown */

struct http_state {
  struct runtime *runtime;
  struct door_signals signals;
  struct auth auth;
  struct runs_door runs;
  struct http_server *server;
  struct loop_timer *flush;
  unsigned flush_left_ms;
  bool closing;
  bool blind;                  /* to whose a connection of this machine is */
  struct companion *companion; /* NULL: none, or it has exited */
  int status;                  /* of it; 0 without one */
};

/* -- routes -- */

#define BLIND "neither netlink nor /proc/net tells whose it is"

static bool is_agent(const struct http_state *d, const struct sockaddr *peer,
                     const struct sockaddr *local)
{
  const struct agent_user *agent = d->runtime->settings.agent;
  return agent && peer_may_be(agent->uid, peer, local);
}

/* Before a byte is read: an agent's connection costs nothing but its accept. */
static bool on_accept(void *who, const struct sockaddr *peer,
                      const struct sockaddr *local)
{
  const struct http_state *d = who;
  bool refused = is_agent(d, peer, local);
  if (refused && d->blind)
    log_line(LOG_WARN, (struct span){0}, "a call from this machine was refused: %s",
             BLIND);
  return !refused;
}

/* Somebody must be able to ask whether we live, however many there are. */
static bool is_spared(void *who, const struct http_request *r)
{
  (void)who;
  return routes_is_open(r);
}

static void on_head(void *who, struct http_exchange *x)
{
  struct http_state *d = who;
  const struct http_request *r = http_exchange_request(x);
  if (routes_is_open(r))
    return;
  bool answered;
  bool page = cors_admit(d->runtime->options->serve.allow_origin, x, &answered);
  if (answered)
    return;
  struct auth_facts facts = {
      .authorization = http_request_header(r, "authorization"),
      .authorizations = http_request_header_count(r, "authorization"),
      .host = http_request_header(r, "host"),
      .has_origin = !page && http_request_header_count(r, "origin") > 0,
      .from_here = address_is_ours(http_exchange_peer(x)),
      .from_agent = is_agent(d, http_exchange_peer(x), http_exchange_local(x))};
  struct fault f = {0};
  if (auth_check(&d->auth, &facts, &f) < 0)
    answer_fault(x, &f);
}

static void on_request(void *who, struct http_exchange *x)
{
  struct http_state *d = who;
  routes_answer(&d->runs, x);
}

/* -- the end -- */

static void close_door(struct http_state *d)
{
  if (d->closing)
    return;
  d->closing = true;
  loop_timer_free(d->flush);
  d->flush = NULL;
  if (!d->companion) /* one that takes its time still hears what comes */
    door_signals_close(&d->signals);
  runtime_flush(d->runtime);
  http_server_close(d->server, NULL, NULL); /* tells what still follows a run */
  runs_door_close(&d->runs);
}

/* The last lines get killGraceMs + 1 s to leave, then the sockets are reset. */
static void look_at_flush(void *who)
{
  struct http_state *d = who;
  bool flushed = d->runs.streams == 0 && http_server_unflushed(d->server) == 0;
  if (flushed || d->flush_left_ms < FLUSH_LOOK_MS) {
    close_door(d);
    return;
  }
  d->flush_left_ms -= FLUSH_LOOK_MS;
  loop_timer_start(d->flush, FLUSH_LOOK_MS);
}

static void runs_are_over(void *who)
{
  struct http_state *d = who;
  d->flush_left_ms = d->runtime->settings.deadlines.kill_grace_ms + 1000;
  loop_timer_start(d->flush, 0);
}

/* Once: no new runs, and the running ones end.  Again: they end at once. */
static void shut_down(struct http_state *d)
{
  if (d->closing)
    return;
  bool again = d->runs.shutting_down;
  d->runs.shutting_down = true;
  log_line(LOG_INFO, (struct span){0}, again ? "hastening" : "shutting down");
  if (!again)
    d->flush = loop_timer_new(d->runtime->loop, look_at_flush, d);
  http_server_stop(d->server);
  runs_shutdown(d->runtime->runs,
                again ? 1 : d->runtime->settings.deadlines.kill_grace_ms, runs_are_over,
                d);
}

static void on_signal(void *who, const struct signal_news *n)
{
  struct http_state *d = who;
  bool ends = n->number == SIGTERM || n->number == SIGINT || n->number == SIGQUIT ||
              (n->number == SIGHUP && !d->runtime->options->companion);
  log_line(LOG_INFO, (struct span){0}, "signal %d", n->number);
  if (d->companion && !n->terminal)
    companion_signal(d->companion, n->number);
  if (d->companion && ends)
    companion_kill_after(d->companion, d->runtime->settings.deadlines.kill_grace_ms);
  if (ends)
    shut_down(d);
}

/* -- the companion -- */

static void companion_exited(void *who, int status)
{
  struct http_state *d = who;
  d->companion = NULL;
  d->status = status;
  log_line(LOG_INFO, (struct span){0}, "the companion has exited with status %d", status);
  if (d->closing)
    door_signals_close(&d->signals);
  else if (!d->flush)
    shut_down(d);
}

static int find_companion(const struct http_state *d, struct buf *program,
                          struct fault *f)
{
  char *const *words = d->runtime->options->companion;
  if (!words || files_find_program(words[0], strv_env(&d->runtime->environment, "PATH"),
                                   ".", program, f) == 0)
    return 0;
  f->kind = FAULT_BAD_INPUT;
  return fault_prefix(f, "companion");
}

static int start_companion(struct http_state *d, const struct buf *program,
                           struct fault *f)
{
  const struct runtime *g = d->runtime;
  static char *no_env[] = {NULL};
  if (!g->options->companion)
    return 0;
  d->companion = companion_start(g->loop, program->at, g->options->companion,
                                 g->environment.at ? g->environment.at : no_env,
                                 companion_exited, d, f);
  return d->companion ? 0 : -1;
}

/* -- the beginning -- */

static int listen_address(const struct runtime *g, struct buf *host, unsigned *port,
                          struct fault *f)
{
  if (g->options->serve.listen)
    return options_listen(g->options->serve.listen, host, port, f);
  /* TanStack's runner reads it */
  const char *runner_port = strv_env(&g->environment, "RUNNER_PORT");
  unsigned long long number = 8080;
  if (runner_port && !span_to_number(span_of(runner_port), 0, 65535, &number))
    return fault_set(f, FAULT_BAD_INPUT,
                     "RUNNER_PORT must be a port from 0 to 65535, not \"%.60s\"",
                     runner_port);
  buf_add_text(host, "127.0.0.1");
  *port = (unsigned)number;
  return 0;
}

static int listen_at(struct http_state *d, char *const *env, struct fault *f)
{
  const struct options *o = d->runtime->options;
  struct buf host = buf_make(KIB), token = {0};
  unsigned port = 0;
  int failed = listen_address(d->runtime, &host, &port, f);
  if (!failed)
    failed = token_read(o->serve.token_file, env, &token, f);
  if (!failed)
    failed = auth_open(&d->auth, &token, buf_cstring(&host),
                       o->serve.allow_unauthenticated, f);
  buf_wipe(&token);
  d->runs.has_token = d->auth.token.len > 0;
  if (!failed)
    failed = cors_check(o->serve.allow_origin, d->runs.has_token, f);
  struct http_server_setup setup = o->serve.http;
  setup.limits = (struct http_parse_limits){LIMIT_HEADER_BYTES, LIMIT_HEADER_COUNT,
                                            o->run.max_body_bytes};
  setup.first_ms = LIMIT_FIRST_BYTE_MS;
  setup.head_ms = LIMIT_HEAD_MS;
  setup.body_ms = LIMIT_BODY_MS;
  setup.idle_ms = LIMIT_IDLE_MS;
  setup.is_spared = is_spared;
  setup.on_accept = on_accept;
  setup.on_head = on_head;
  setup.on_request = on_request;
  setup.who = d;
  if (!failed) {
    d->server = http_server_open(d->runtime->loop, buf_cstring(&host), port, &setup, f);
    failed = d->server ? 0 : -1;
  }
  d->blind = d->runtime->settings.agent && !peer_can_be_known();
  if (!failed && d->blind)
    log_line(LOG_WARN, (struct span){0},
             "--agent-user: every call from this machine will be refused: %s", BLIND);
  if (!failed)
    d->runtime->settings.own_port = http_server_port(d->server);
  if (!failed)
    log_line(LOG_INFO, (struct span){0},
             strchr(host.at, ':') ? "listening on [%s]:%u" : "listening on %s:%u",
             host.at, http_server_port(d->server));
  buf_free(&host);
  return failed;
}

/* What somebody who looks at the log after a failure wants to know first. */
static void say_what_is_here(const struct http_state *d)
{
  const struct runtime *g = d->runtime;
  struct buf found = buf_make(16 * KIB);
  agents_found_put(&g->agent_environment, true, &found);
  log_line(LOG_INFO, (struct span){0}, "runlet " RUNLET_VERSION ", workspace %s%s, %s",
           g->folders.workspace.at, g->settings.workspace_per_thread ? "/<thread>" : "",
           d->runs.has_token ? "callers need the token" : "no token is asked for");
  log_line(LOG_INFO, (struct span){0}, "agents found: %s", buf_cstring(&found));
  buf_free(&found);
}

static int check_runs_harness(const struct options *o, struct fault *f)
{
  struct span id = span_of(o->serve.runs_harness);
  if (run_is_harness(id))
    return 0;
  return fault_set(f, FAULT_BAD_INPUT, "--runs-harness: \"%.*s\" is not known",
                   SPAN_ARG(span_cut_utf8(id, 100)));
}

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  struct runtime runtime;
  struct http_state d = {.runtime = &runtime};
  struct buf companion = buf_make(8 * KIB);
  int failed = runtime_open(&runtime, options, env, f);
  if (!failed)
    failed = check_runs_harness(options, f);
  if (!failed)
    failed = find_companion(&d, &companion, f);
  if (!failed)
    failed = door_signals_open(&d.signals, runtime.loop, options->companion != NULL,
                               on_signal, &d, f);
  if (!failed) {
    runs_door_open(&d.runs, &runtime);
    failed = agui_settings_open(&d.runs.agui, options, f);
  }
  if (!failed) {
    failed = listen_at(&d, env, f);
  }
  if (!failed && start_companion(&d, &companion, f) < 0) {
    failed = -1;
    close_door(&d);
  }
  if (!failed) {
    say_what_is_here(&d);
    runtime_run(&runtime);
  }
  runs_door_close(&d.runs);
  auth_close(&d.auth);
  door_signals_close(&d.signals);
  runtime_close(&runtime);
  buf_free(&companion);
  return failed ? failed : d.status;
}

const struct door http_door = {
    .name = "serve",
    .arguments = "[-- COMMAND [ARG…]]",
    .summary = "the container's service: POST /run, POST /v1/runs, POST /agui, GET "
               "/runs, /health, "
               "/ready, /metrics; COMMAND "
               "(the image's former entrypoint) runs beside it",
    .exit_status = "COMMAND's, if there is one (128+n: ended by signal n); "
                   "else 0 after TERM, INT,\n"
                   "HUP or QUIT, 1 cannot listen, 2 usage.",
    .options = OPTIONS_LOG | OPTIONS_AGENT | OPTIONS_RUN | OPTIONS_SERVICE,
    .takes_companion = true,
    .open = open_door,
};
