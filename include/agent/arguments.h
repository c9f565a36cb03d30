/* SPDX-License-Identifier: MIT */
/* arguments.h - command lines: what every harness's plan adds to argv, checked.
 *
 * argv is not a place for secrets, prompts or anything long: every process of the machine
 * can read it, and Linux takes no single argument above 128 KiB.  Those go by stdin or by
 * a file in the run's private folder.  */
#ifndef AGENT_ARGUMENTS_H
#define AGENT_ARGUMENTS_H

#include "agent/harness.h"

/* May `value`, the request's `field`, stand in the command line of `harness`?  Not when
 * it is empty, begins with '-' (CLIs take it for an option of their own; seen: claude,
 * "error: unknown option '-x'"), holds a NUL or is longer than LIMIT_ARGUMENT_BYTES. */
int arguments_check(struct span value, const char *field, const char *harness,
                    struct fault *f);
/* `option`, then such a value. */
int arguments_add(struct strv *argv, const char *option, struct span value,
                  const char *field, const char *harness, struct fault *f);
/* `option`, then the path of a private file of that name, which the plan gets.
 * `content` is taken. */
void arguments_add_file(struct process_plan *plan, const struct plan_place *place,
                        const char *option, const char *name, struct buf *content);
/* The bridge as one server among others: `header` is its only one, `text` (to be wiped)
 * holds that. */
struct mcp_server arguments_bridge_server(const struct bridge_address *bridge,
                                          struct mcp_header *header, struct buf *text);
/* An agent's own deadline for a tool call: half a minute behind ours, so that ours says
 * what happened.  At most INT32_MAX. */
unsigned arguments_tool_deadline_ms(const struct run_request *req);

#endif
