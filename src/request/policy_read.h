/* SPDX-License-Identifier: MIT */
/* policy_read.h - `policy` and `approvals` of a request (request/policy.h).
 *
 * A member that is not known is refused here, as a rule that is misspelt would be a rule
 * that nobody keeps.  What decides beside it (modelOptions.permissionMode and
 * allowedTools, harnessOptions.mode and sandbox) cannot be given with a policy; the
 * permission mode becomes "default" where it restricts anything, else bypassPermissions,
 * which asks about nothing.  */
#ifndef REQUEST_POLICY_READ_H
#define REQUEST_POLICY_READ_H

#include "request/run_request.h"
#include "request_fields.h"

/* After the options beside which it stands. */
int policy_read(const struct fields *r, json_at root, struct run_request *req);

#endif
