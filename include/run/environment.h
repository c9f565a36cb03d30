/* SPDX-License-Identifier: MIT */
/* environment.h - the agent's environment: the runner's own, the declared secrets, what
 * the request adds.
 *
 * A run that is a part of a trace (request/trace.h) has TRACEPARENT and TRACESTATE in it.
 *
 * The request names its secrets; their values come from the runner's environment and from
 * nowhere else.  Nothing of ours gets in: what steers runlet (RUNLET_*) or one of its
 * doors (PAPERCLIP_BRIDGE_*, PAPERCLIP_PROCESS_SESSION_*, BRIDGE_CHANNEL_TOKEN and its
 * like) is left out before a run sees the list.  All or nothing: one missing secret is
 * FAULT_BAD_INPUT in the words of TanStack's runner.  */
#ifndef RUN_ENVIRONMENT_H
#define RUN_ENVIRONMENT_H

#include "base/fault.h"
#include "base/process.h"
#include "request/run_request.h"

/* Is this entry "NAME=value" one that steers runlet or a door of it? */
bool environment_is_control(const char *entry);
/* A copy of the process's environment without those, and what was wiped. */
struct strv environment_of_runner(char *const *environ_now);
/* `out`: what the agent of this request gets, before its harness adds its own. */
int environment_resolve(const struct strv *runner, const struct run_request *req,
                        struct strv *out, struct fault *f);
/* Appends 127.0.0.1, localhost and ::1 to NO_PROXY and no_proxy, so that an agent behind
 * a proxy still finds the bridge. */
void environment_spare_loopback(struct strv *env);

#endif
