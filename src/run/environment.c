/* SPDX-License-Identifier: MIT */
/* environment.c - which variables an agent gets, from whom, and which never. */
#include "run/environment.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* The control token is among RUNLET_*; what else begins so is no agent's business, and no
 * more are the tokens by which a host steers a door of ours. */
bool environment_is_control(const char *entry)
{
  static const char *const control[] = {"RUNLET_",
                                        "PAPERCLIP_BRIDGE_",
                                        "PAPERCLIP_PROCESS_SESSION_",
                                        "BRIDGE_CHANNEL_TOKEN=",
                                        "BRIDGE_WS_PORT=",
                                        "BRIDGE_REPLAY_FROM_DISK="};
  for (size_t i = 0; i < sizeof control / sizeof *control; i++)
    if (!strncmp(entry, control[i], strlen(control[i])))
      return true;
  return false;
}

struct strv environment_of_runner(char *const *environ_now)
{
  struct strv env = {0};
  for (size_t i = 0; environ_now[i]; i++)
    if (environ_now[i][0] && !environment_is_control(environ_now[i]))
      strv_add(&env, span_of(environ_now[i]));
  return env;
}

int environment_resolve(const struct strv *runner, const struct run_request *req,
                        struct strv *out, struct fault *f)
{
  /* All or nothing: look at each before `out` gets anything. */
  for (size_t i = 0; i < req->secrets.count; i++) {
    char *name = span_copy(req->secrets.at[i]);
    const char *value = strv_env(runner, name);
    if (!value || !value[0])
      fault_set(
          f, FAULT_BAD_INPUT,
          "runInContainerHarness: secret \"%.100s\" is not set in the container env",
          name);
    free(name);
    if (!value || !value[0])
      return -1;
  }
  for (size_t i = 0; i < runner->count; i++)
    strv_add(out, span_of(runner->at[i]));
  if (req->traceparent.len > 0) { /* of both, or one would be another's */
    strv_set_env(out, "TRACEPARENT", req->traceparent);
    strv_set_env(out, "TRACESTATE", req->tracestate);
  }
  for (size_t i = 0; i < req->env_count; i++) {
    char *name = span_copy(req->env[i].name);
    strv_set_env(out, name, req->env[i].value);
    free(name);
  }
  return 0;
}

/* Both spellings are in use, and each client reads its own. */
static void spare(struct strv *env, const char *name)
{
  const char *old = strv_env(env, name);
  struct buf value = buf_make(MIB);
  if (old && old[0])
    buf_addf(&value, "%s,", old);
  buf_add_text(&value, "127.0.0.1,localhost,::1");
  strv_set_env(env, name, buf_span(&value));
  buf_free(&value);
}

void environment_spare_loopback(struct strv *env)
{
  spare(env, "NO_PROXY");
  spare(env, "no_proxy");
}
