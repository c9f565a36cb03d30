/* SPDX-License-Identifier: MIT */
/* environment.h - the agent's environment: the runner's own, the declared secrets, what
 * request and harness add.
 *
 * The request names its secrets; their values come from the runner's environment and from
 * nowhere else.  Nothing of ours gets in: every RUNLET_* variable is left out before this
 * room sees the list.  All or nothing: one missing secret is FAULT_BAD_INPUT with the
 * reference's text.  */
#ifndef RUN_ENVIRONMENT_H
#define RUN_ENVIRONMENT_H

#include "base/fault.h"
#include "base/process.h"
#include "request/run_request.h"

/* A copy of the process's environment without RUNLET_*. */
struct strv secrets_environment(char *const *environ_now);
/* `out`: what the agent of this request gets, before its harness adds its own. */
int secrets_resolve(const struct strv *environment, const struct run_request *req,
                    struct strv *out, struct fault *f);
/* Appends 127.0.0.1, localhost and ::1 to NO_PROXY and no_proxy, so that an agent behind
 * a proxy still finds the bridge. */
void secrets_spare_loopback(struct strv *env);
/* log_hide() (or back) for every secret value and the tool token of the request. */
void secrets_hide(const struct strv *env, const struct run_request *req, bool hide);

#endif
