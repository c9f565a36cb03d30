/* SPDX-License-Identifier: MIT */
/* run_options.h - the fields of a request that TanStack's runner does not know.
 *
 * All optional.  What is understood is filled in, the rest is ignored.  For
 * request_read.c only.  */
#ifndef REQUEST_RUN_OPTIONS_H
#define REQUEST_RUN_OPTIONS_H

#include "request/run_request.h"
#include "request_fields.h"

int run_options_read(const struct fields *r, json_at root, struct run_request *req);

#endif
