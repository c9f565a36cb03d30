/* SPDX-License-Identifier: MIT */
/* environment.c - see environment.h. */
#include "run/environment.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct strv secrets_environment(char *const *environ_now)
{
  struct strv env = {0};
  for (size_t i = 0; environ_now[i]; i++)
    if (strncmp(environ_now[i], "RUNLET_", strlen("RUNLET_")) != 0)
      strv_add(&env, span_of(environ_now[i]));
  return env;
}

int secrets_resolve(const struct strv *environment, const struct run_request *req,
                    struct strv *out, struct fault *f)
{
  for (size_t i = 0; i < req->secrets.count; i++) {
    char *name = span_copy(req->secrets.at[i]);
    const char *value = strv_env(environment, name);
    if (!value || !value[0])
      fault_set(
          f, FAULT_BAD_INPUT,
          "runInContainerHarness: secret \"%.100s\" is not set in the container env",
          name);
    free(name);
    if (!value || !value[0])
      return -1;
  }
  for (size_t i = 0; i < environment->count; i++)
    strv_add(out, span_of(environment->at[i]));
  for (size_t i = 0; i < req->env_count; i++) {
    char *name = span_copy(req->env[i].name);
    strv_set_env(out, name, req->env[i].value);
    free(name);
  }
  return 0;
}

static void spare(struct strv *env, const char *name)
{
  const char *old = strv_env(env, name);
  struct buf value = buf_make((size_t)1 << 20);
  if (old && old[0])
    buf_addf(&value, "%s,", old);
  buf_add_text(&value, "127.0.0.1,localhost,::1");
  strv_set_env(env, name, buf_span(&value));
  buf_free(&value);
}

void secrets_spare_loopback(struct strv *env)
{
  spare(env, "NO_PROXY");
  spare(env, "no_proxy");
}

void secrets_hide(const struct strv *env, const struct run_request *req, bool hide)
{
  void (*turn)(struct span) = hide ? log_hide : log_unhide;
  turn(req->tool_token);
  for (size_t i = 0; i < req->secrets.count; i++) {
    char *name = span_copy(req->secrets.at[i]);
    turn(span_of(strv_env(env, name)));
    free(name);
  }
}
