/* SPDX-License-Identifier: MIT */
/* http_door.c - see http_door.h. */
#include "door/http/http_door.h"

#include "base/limits.h"
#include "base/log.h"
#include "door/auth.h"
#include "door/http/answer.h"
#include "door/http/ready.h"
#include "door/http/runs_door.h"
#include "door/runtime.h"
#include "http/http_server.h"
#include "io/address.h"
#include "io/files.h"
#include "io/loop.h"
#include "io/peer.h"
#include "io/signals.h"
#include "process/agent_user.h"
#include "process/companion.h"

#include <signal.h>
#include <string.h>

#define FLUSH_LOOK_MS 5 /* between two looks at what still has to leave, at shutdown */

struct door {
  struct runtime *runtime;
  struct auth auth;
  struct runs_door runs;
  struct http_server *server;
  struct loop_timer *flush;
  unsigned flush_left_ms;
  bool closing;
  struct companion *companion; /* NULL: none, or it has exited */
  int status;                  /* of it; 0 without one */
};

/* -- routes
 * ------------------------------------------------------------------------------------------
 */

static bool is_agent(const struct door *d, const struct sockaddr *peer,
                     const struct sockaddr *local)
{
  const struct agent_user *agent = d->runtime->settings.agent;
  return agent && peer_may_be(agent->uid, peer, local);
}

static bool on_accept(void *who, const struct sockaddr *peer,
                      const struct sockaddr *local)
{
  return !is_agent(who, peer, local);
}

static void on_head(void *who, struct http_exchange *x)
{
  struct door *d = who;
  const struct http_request *r = http_exchange_request(x);
  if (span_is(r->method, "GET") && span_is(r->target, "/health"))
    return;
  struct auth_facts facts = {
      .authorization = http_request_header(r, "authorization"),
      .host = http_request_header(r, "host"),
      .has_origin = http_request_header_count(r, "origin") > 0,
      .from_here = address_is_ours(http_exchange_peer(x)),
      .from_agent = is_agent(d, http_exchange_peer(x), http_exchange_local(x))};
  struct fault f = {0};
  if (auth_check(&d->auth, &facts, &f) < 0)
    answer_fault(x, &f);
}

static void answer_ready(const struct door *d, struct http_exchange *x)
{
  struct buf json = buf_make(64 * KIB);
  bool ready = ready_write(d->runtime, d->flush != NULL, &json);
  answer_text(x, ready ? 200 : 503, "application/json", buf_span(&json));
  buf_free(&json);
}

static void on_request(void *who, struct http_exchange *x)
{
  struct door *d = who;
  const struct http_request *r = http_exchange_request(x);
  struct route route;
  struct fault f = {0};
  if (route_read(r->method, r->target, &route, &f) < 0)
    answer_fault(x, &f);
  else if (route.name == ROUTE_NONE)
    answer_text(x, 404, NULL, SPAN_LITERAL("not found"));
  else if (route.name == ROUTE_HEALTH)
    answer_text(x, 200, NULL, SPAN_LITERAL("ok"));
  else if (route.name == ROUTE_READY)
    answer_ready(d, x);
  else
    runs_door_answer(&d->runs, x, &route);
  route_free(&route);
}

/* -- the end
 * --------------------------------------------------------------------------------------------
 */

static void close_door(struct door *d)
{
  if (d->closing)
    return;
  d->closing = true;
  loop_timer_free(d->flush);
  d->flush = NULL;
  if (!d->companion) /* one that takes its time still hears what comes */
    runtime_stop_signals(d->runtime);
  http_server_close(d->server, NULL, NULL); /* tells what still follows a run */
  runs_door_close(&d->runs);
}

/* The last lines get killGraceMs + 1 s to leave, then the sockets are reset. */
static void look_at_flush(void *who)
{
  struct door *d = who;
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
  struct door *d = who;
  d->flush_left_ms = (unsigned)d->runtime->options->kill_grace_ms + 1000;
  loop_timer_start(d->flush, 0);
}

static void shut_down(struct door *d)
{
  if (d->closing)
    return;
  bool again = d->flush != NULL;
  log_line(LOG_INFO, (struct span){0}, again ? "hastening" : "shutting down");
  if (!again)
    d->flush = loop_timer_new(d->runtime->loop, look_at_flush, d);
  http_server_stop(d->server);
  runs_shutdown(d->runtime->runs,
                again ? 1 : (unsigned)d->runtime->options->kill_grace_ms, runs_are_over,
                d);
}

static void heard_signal(void *who, const struct signal_news *n)
{
  struct door *d = who;
  bool ends = n->number == SIGTERM || n->number == SIGINT || n->number == SIGQUIT ||
              (n->number == SIGHUP && !d->runtime->options->companion);
  log_line(LOG_INFO, (struct span){0}, "signal %d", n->number);
  if (d->companion && !n->terminal)
    companion_signal(d->companion, n->number);
  if (d->companion && ends)
    companion_kill_after(d->companion, (unsigned)d->runtime->options->kill_grace_ms);
  if (ends)
    shut_down(d);
}

/* -- the companion -- */

static void companion_exited(void *who, int status)
{
  struct door *d = who;
  d->companion = NULL;
  d->status = status;
  log_line(LOG_INFO, (struct span){0}, "the companion has exited with status %d", status);
  if (d->closing)
    runtime_stop_signals(d->runtime);
  else if (!d->flush)
    shut_down(d);
}

static int find_companion(const struct door *d, struct buf *program, struct fault *f)
{
  char *const *words = d->runtime->options->companion;
  if (!words || files_find_program(words[0], strv_env(&d->runtime->environment, "PATH"),
                                   ".", program, f) == 0)
    return 0;
  f->kind = FAULT_BAD_INPUT;
  return fault_prefix(f, "companion");
}

static int start_companion(struct door *d, const struct buf *program, struct fault *f)
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

/* -- the beginning
 * ----------------------------------------------------------------------------------------
 */

static int listen_address(const struct runtime *g, struct buf *host, unsigned *port,
                          struct fault *f)
{
  if (g->options->listen)
    return options_listen(g->options->listen, host, port, f);
  const char *runner_port =
      strv_env(&g->environment, "RUNNER_PORT"); /* the reference's variable */
  unsigned long long number = 8080;
  if (runner_port && !span_to_number(span_of(runner_port), 0, 65535, &number))
    return fault_set(f, FAULT_BAD_INPUT,
                     "RUNNER_PORT must be a port from 0 to 65535, not \"%.60s\"",
                     runner_port);
  buf_add_text(host, "127.0.0.1");
  *port = (unsigned)number;
  return 0;
}

static int open_door(struct door *d, char *const *env, struct fault *f)
{
  const struct options *o = d->runtime->options;
  struct buf host = buf_make(KIB);
  unsigned port = 0;
  int failed = listen_address(d->runtime, &host, &port, f);
  if (!failed)
    failed = auth_open(&d->auth, o->token_file, env, buf_cstring(&host),
                       o->allow_unauthenticated, f);
  struct http_server_setup setup = {
      .limits = {LIMIT_HEADER_BYTES, LIMIT_HEADER_COUNT, (size_t)o->max_body_bytes},
      .connections = (size_t)o->max_connections,
      .head_ms = LIMIT_HEAD_MS,
      .body_ms = LIMIT_BODY_MS,
      .idle_ms = LIMIT_IDLE_MS,
      .write_stall_ms = (unsigned)o->write_stall_ms,
      .on_accept = on_accept,
      .on_head = on_head,
      .on_request = on_request,
      .who = d};
  if (!failed) {
    d->server = http_server_open(d->runtime->loop, buf_cstring(&host), port, &setup, f);
    failed = d->server ? 0 : -1;
  }
  if (!failed)
    log_line(LOG_INFO, (struct span){0},
             strchr(host.at, ':') ? "listening on [%s]:%u" : "listening on %s:%u",
             host.at, http_server_port(d->server));
  buf_free(&host);
  return failed;
}

int http_door(const struct options *options, char *const *env, struct fault *f)
{
  struct runtime runtime;
  struct door d = {.runtime = &runtime};
  struct buf companion = buf_make(8 * KIB);
  int failed = runtime_open(&runtime, options, env, f);
  if (!failed)
    failed = find_companion(&d, &companion, f);
  if (!failed)
    failed = runtime_start_signals(&runtime, heard_signal, &d, f);
  if (!failed) {
    runs_door_open(&d.runs, &runtime);
    failed = open_door(&d, env, f);
  }
  if (!failed && start_companion(&d, &companion, f) < 0) {
    failed = -1;
    close_door(&d);
  }
  if (!failed)
    runtime_run(&runtime);
  runs_door_close(&d.runs);
  auth_close(&d.auth);
  runtime_close(&runtime);
  buf_free(&companion);
  return failed ? failed : d.status;
}
