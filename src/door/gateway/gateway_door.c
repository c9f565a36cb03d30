/* SPDX-License-Identifier: MIT */
/* gateway_door.c - `runlet gateway`: Paperclip's callback gateway (queue_v1).
 *
 * The agents in a sandbox call it over HTTP as if it were Paperclip's API; it hands each
 * request to the host as a file and waits for the file of the response.  The host starts
 * it as `<nodeCommand> <…>/paperclip-bridge-server.mjs`: by that path it is found too.
 * When it listens it writes <queue>/ready.json.  TERM or INT: no new requests, those
 * under way get a last look, exit 0.  */
#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/secret.h"
#include "door/door_signals.h"
#include "door/options.h"
#include "gateway_call.h"
#include "gateway_request.h"
#include "http/http_server.h"
#include "io/file_job.h"
#include "io/files.h"
#include "io/loop.h"
#include "io/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define END_LOOK_MS 5 /* between two looks for what still has to leave */

#define TOO_LONG "Bridge request body exceeded the configured size limit."

struct gateway {
  struct uv_loop_s *loop;
  struct gateway_settings settings;
  struct gateway_calls calls;
  struct door_signals signals;
  struct http_server *server;
  struct loop_timer *end; /* NULL: it is not ending */
  unsigned long long end_by_ms;
};

/* -- requests -- */

static bool is_let_in(const struct gateway *g, struct http_exchange *x)
{
  struct span said = http_request_header(http_exchange_request(x), "authorization");
  if (secret_is_bearer(said, span_of(g->settings.token)))
    return true;
  gateway_answer_error(x, 401, SPAN_LITERAL("Invalid bridge token."));
  return false;
}

static bool is_fit(const struct http_request *r)
{
  struct gateway_target target;
  struct fault f = {0}; /* a target that is no URL is told by the call */
  bool fit = gateway_target_read(r->target, &target, &f) < 0 ||
             gateway_request_is_fit(r, &target);
  gateway_target_free(&target);
  return fit;
}

/* Before the body: what must not be read, and what there is no memory for. */
static void on_head(void *who, struct http_exchange *x)
{
  struct gateway *g = who;
  const struct http_request *r = http_exchange_request(x);
  size_t bytes = http_request_announced(r, g->settings.max_body_bytes);
  struct fault f = {0};
  if (!is_let_in(g, x))
    return;
  if (!is_fit(r))
    gateway_answer_error(x, 415,
                         SPAN_LITERAL("Bridge only accepts JSON request bodies."));
  else if (gateway_calls_have_room(&g->calls,
                                   2 * (bytes + http_server_awaited(g->server)), &f) < 0)
    gateway_answer_error(x, 503, span_of(f.text));
}

static void on_request(void *who, struct http_exchange *x)
{
  struct gateway *g = who;
  gateway_call_start(&g->calls, x);
}

static void on_too_long(void *who, struct http_exchange *x)
{
  if (is_let_in(who, x))
    gateway_answer_error(x, 502, SPAN_LITERAL(TOO_LONG));
}

/* -- the end -- */

static void close_gateway(struct gateway *g)
{
  door_signals_close(&g->signals);
  gateway_calls_drop(&g->calls);
  http_server_close(g->server, NULL, NULL);
  g->server = NULL;
  loop_timer_free(g->end);
  g->end = NULL;
}

/* The last answers have until the end's deadline to leave. */
static void look_at_end(void *who)
{
  struct gateway *g = who;
  bool left = g->calls.count > 0 || http_server_unflushed(g->server) > 0;
  if (left && clock_ticks_ms() < g->end_by_ms)
    loop_timer_start(g->end, END_LOOK_MS);
  else
    close_gateway(g);
}

/* HUP is not ours: the host starts us with nohup. */
static void on_signal(void *who, const struct signal_news *n)
{
  struct gateway *g = who;
  if ((n->number != SIGTERM && n->number != SIGINT) || g->end)
    return;
  http_server_stop(g->server);
  g->end = loop_timer_new(g->loop, look_at_end, g);
  g->end_by_ms = clock_ticks_ms() + LIMIT_GATEWAY_END_MS;
  loop_timer_start(g->end, 0);
  gateway_calls_end(&g->calls);
}

/* -- the beginning -- */

static int make_folders(const struct gateway *g, struct fault *f)
{
  static const char *const names[] = {"requests", "responses", "logs"};
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  int failed = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names && !failed; i++) {
    buf_clear(&path);
    buf_addf(&path, "%s/%s", g->settings.queue, names[i]);
    failed = files_make_path(buf_cstring(&path), f);
  }
  buf_free(&path);
  return failed;
}

static const char *error_name(int os)
{
  switch (-os) {
  case EADDRINUSE:
    return "EADDRINUSE";
  case EADDRNOTAVAIL:
    return "EADDRNOTAVAIL";
  case EACCES:
    return "EACCES";
  default:
    return "error";
  }
}

static int listen_at(struct gateway *g, struct fault *f)
{
  const struct gateway_settings *s = &g->settings;
  struct http_server_setup setup = {
      .limits = {LIMIT_HEADER_BYTES, LIMIT_HEADER_COUNT, s->max_body_bytes},
      .connections = (size_t)s->depth + LIMIT_CONNECTIONS,
      .head_ms = LIMIT_HEAD_MS,
      .body_ms = LIMIT_BODY_MS,
      .idle_ms = LIMIT_IDLE_MS,
      .write_stall_ms = LIMIT_WRITE_STALL_MS,
      .on_head = on_head,
      .on_request = on_request,
      .on_too_long = on_too_long,
      .who = g};
  g->server = http_server_open(g->loop, s->host, s->port, &setup, f);
  if (g->server)
    return 0;
  return fault_prefix(f, "[paperclip-bridge] server error: %s", error_name(f->os));
}

static int write_ready(const struct gateway *g, struct fault *f)
{
  struct buf url = buf_make(KIB), now = buf_make(64);
  struct file_job job = {
      .kind = FILE_PUT, .path = buf_make(LIMIT_PATH_BYTES), .bytes = buf_make(4 * KIB)};
  unsigned port = http_server_port(g->server);
  buf_addf(&url, strchr(g->settings.host, ':') ? "http://[%s]:%u" : "http://%s:%u",
           g->settings.host, port);
  clock_put(clock_now_ms(), &now);
  buf_addf(&job.path, "%s/ready.json", g->settings.queue);
  struct json_writer w = json_write_to(&job.bytes);
  json_open(&w, NULL, '{');
  json_put_int(&w, "pid", getpid());
  json_put_text(&w, "host", span_of(g->settings.host));
  json_put_int(&w, "port", port);
  json_put_text(&w, "baseUrl", buf_span(&url));
  json_put_text(&w, "startedAt", buf_span(&now));
  json_close(&w, '}');
  int failed = file_job_run(&job);
  if (failed)
    *f = job.fault;
  log_line(LOG_INFO, (struct span){0}, "listening at %s", buf_cstring(&url));
  file_job_free(&job);
  buf_free(&url);
  buf_free(&now);
  return failed;
}

static int open_gateway(struct gateway *g, struct fault *f)
{
  gateway_calls_open(&g->calls, g->loop, &g->settings);
  if (make_folders(g, f) < 0 ||
      door_signals_open(&g->signals, g->loop, false, on_signal, g, f) < 0 ||
      listen_at(g, f) < 0)
    return -1;
  return write_ready(g, f);
}

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  struct gateway g = {0};
  (void)options;
  if (gateway_settings_read(env, &g.settings, f) < 0)
    return -1;
  g.loop = loop_new(f);
  if (!g.loop)
    return -1;
  int failed = open_gateway(&g, f);
  if (failed)
    close_gateway(&g);
  loop_run(g.loop);
  gateway_calls_close(&g.calls);
  return loop_free(g.loop) ? failed : 1;
}

static const struct door_script scripts[] = {{"paperclip-bridge-server.mjs", NULL}, {0}};

const struct door gateway_door = {
    .name = "gateway",
    .arguments = "[…/paperclip-bridge-server.mjs]",
    .summary =
        "Paperclip's callback gateway in a sandbox (queue_v1): an agent's calls to "
        "files and back; told all by PAPERCLIP_BRIDGE_*",
    .exit_status = "0 after TERM or INT, 1 cannot listen, 2 usage.",
    .options = OPTIONS_LOG,
    .scripts = scripts,
    .open = open_door,
};
