/* SPDX-License-Identifier: MIT */
/* host_bridge_read.h - reads `bridge` (request/host_bridge.h); for request_read.c and its
 * neighbours only.  */
#ifndef REQUEST_HOST_BRIDGE_READ_H
#define REQUEST_HOST_BRIDGE_READ_H

#include "request/run_request.h"
#include "request_fields.h"

/* After workspace and toolDescriptors: its name is none of theirs. */
int host_bridge_read(const struct fields *r, json_at root, struct run_request *req);

#endif
