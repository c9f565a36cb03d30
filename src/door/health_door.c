/* SPDX-License-Identifier: MIT */
/* health_door.c - `runlet health`: asks a service whether it is well, for the HEALTHCHECK
 * line of an image that has no curl.  The exit status is the answer.  */
#include "base/limits.h"
#include "door/options.h"
#include "http/http_client.h"
#include "io/loop.h"

#include <stdio.h>

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
    fault_set(q->fault, FAULT_UPSTREAM, "the answer is %d", answer->status);
  http_client_close(q->client, NULL, NULL);
}

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  (void)env;
  struct question q = {.fault = f};
  struct uv_loop_s *loop = loop_new(f);
  if (!loop)
    return -1;
  struct http_client_setup setup = {.loop = loop};
  struct http_call call = {.method = "GET",
                           .url = options->health_url,
                           .total_ms = LIMIT_HEALTH_MS,
                           .answer_ceiling = LIMIT_READ_BYTES};
  q.client = http_client_open(&setup, f);
  if (q.client && !http_client_start(q.client, &call, answered, &q, f))
    http_client_close(q.client, NULL, NULL);
  if (q.client)
    loop_run(loop);
  (void)loop_free(loop);
  if (q.status == 200)
    return 0;
  f->kind = FAULT_UPSTREAM; /* 1, whatever it is: Docker keeps 2 for itself */
  return fault_prefix(f, "%.200s", options->health_url);
}

const struct door health_door = {
    .name = "health",
    .arguments = "[--url URL]",
    .summary = "asks a service whether it is well, as for an image's HEALTHCHECK",
    .exit_status = "0 it is (200), 1 it is not, or does not answer within 5 s.",
    .options = OPTIONS_LOG | OPTIONS_HEALTH,
    .open = open_door,
};
