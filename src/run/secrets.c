/* SPDX-License-Identifier: MIT */
/* secrets.c - which words of a request are secret; the hiding itself is base/log.c's. */
#include "secrets.h"

#include "base/log.h"

#include <stdlib.h>

/* A secret that the environment does not have is the empty word, which log.c ignores. */
static void for_each(const struct strv *env, const struct run_request *req,
                     void (*act)(struct span word))
{
  act(req->tool_token);
  act(req->callback.secret);
  act(req->bridge.token);
  act(req->session.token);
  act(req->workspace.git.token);
  for (size_t i = 0; i < req->secrets.count; i++) {
    char *name = span_copy(req->secrets.at[i]);
    act(span_of(strv_env(env, name)));
    free(name);
  }
}

void secrets_hide(const struct strv *env, const struct run_request *req)
{
  for_each(env, req, log_hide);
}

void secrets_unhide(const struct strv *env, const struct run_request *req)
{
  for_each(env, req, log_unhide);
}
