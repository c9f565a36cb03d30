/* SPDX-License-Identifier: MIT */
/* health_door.c - `runlet health` and `runlet ready`: whether a service is well, whether
 * it takes runs, for an image's HEALTHCHECK and a pod's probes, where no curl is.  The
 * exit status is the answer.  */
#include "base/limits.h"
#include "door/options.h"
#include "door/token.h"
#include "http/http_client.h"
#include "io/loop.h"

#include <stdio.h>

#define USUAL_SERVICE "http://127.0.0.1:8080"

struct question {
  struct http_client *client;
  int status; /* of HTTP */
  struct fault *fault;
};

static void answered(void *who, struct http_client_answer *answer)
{
  struct question *q = who;
  q->status = answer->status;
  if (answer->fault)
    *q->fault = *answer->fault;
  else if (answer->status != 200)
    fault_set(q->fault, FAULT_UPSTREAM, "the answer is %d %.300s", answer->status,
              buf_cstring(answer->body));
  http_client_close(q->client, NULL, NULL);
}

/* `header` may be NULL. */
static int ask(const char *url, const char *header, struct fault *f)
{
  struct question q = {.fault = f};
  const char *const headers[] = {header, NULL};
  struct uv_loop_s *loop = loop_new(f);
  if (!loop)
    return -1;
  struct http_client_setup setup = {.loop = loop};
  struct http_call call = {.method = "GET",
                           .url = url,
                           .headers = headers,
                           .total_ms = LIMIT_HEALTH_MS,
                           .answer_ceiling = LIMIT_READ_BYTES};
  q.client = http_client_open(&setup, f);
  if (q.client && !http_client_start(q.client, &call, answered, &q, f))
    http_client_close(q.client, NULL, NULL);
  if (q.client)
    loop_run(loop);
  (void)loop_free(loop);
  return q.status == 200 ? 0 : fault_prefix(f, "%.200s", url);
}

static int open_health(const struct options *options, char *const *env, struct fault *f)
{
  const char *url = options->health_url;
  token_wipe(env);
  int failed = ask(url ? url : USUAL_SERVICE "/health", NULL, f);
  if (failed)
    f->kind = FAULT_UPSTREAM; /* 1, whatever it is: Docker keeps 2 for itself */
  return failed;
}

static int open_ready(const struct options *options, char *const *env, struct fault *f)
{
  struct buf token, header = buf_make(8 * KIB);
  const char *url = options->health_url;
  int failed = token_read(options->serve.token_file, env, &token, f);
  if (!failed) {
    buf_addf(&header, "Authorization: Bearer %s", buf_cstring(&token));
    failed = ask(url ? url : USUAL_SERVICE "/ready", token.len ? header.at : NULL, f);
  }
  buf_wipe(&token);
  buf_wipe(&header);
  if (failed)
    f->kind = FAULT_UPSTREAM;
  return failed;
}

const struct door health_door = {
    .name = "health",
    .arguments = "[--url URL]",
    .summary = "asks a service whether it is well, as for an image's HEALTHCHECK",
    .exit_status = "0 it is (200), 1 it is not, or does not answer within 5 s.",
    .options = OPTIONS_LOG | OPTIONS_HEALTH,
    .open = open_health,
};

const struct door ready_door = {
    .name = "ready",
    .arguments = "[--url URL]",
    .summary = "asks a service whether it takes runs now, with its token",
    .exit_status =
        "0 it does (200), 1 it does not (its reasons are told), or no answer within 5 s.",
    .options = OPTIONS_LOG | OPTIONS_HEALTH | OPTIONS_TOKEN,
    .open = open_ready,
};
