/* SPDX-License-Identifier: MIT */
/* secrets.h - the secret words of a request, hidden from every log while it runs. */
#ifndef RUN_SECRETS_H
#define RUN_SECRETS_H

#include "base/process.h"
#include "request/run_request.h"

/* log_hide() for the tool token and the value of every declared secret, as `env` has it.
 * Counted: two runs may have the same secret, and each unhides it once. */
void secrets_hide(const struct strv *env, const struct run_request *req);
void secrets_unhide(const struct strv *env, const struct run_request *req);

#endif
