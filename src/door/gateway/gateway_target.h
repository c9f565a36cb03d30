/* SPDX-License-Identifier: MIT */
/* gateway_target.h - a request's target as the host's allow list of routes shall see it.
 * Pure.
 *
 * The host compares the path with its list and then puts the text into a URL of its own.
 * Both must mean the same address, so the target is read as a URL is (WHATWG, http):
 * "." and ".." are resolved in each of their spellings, "\\" is "/", an authority and a
 * fragment are dropped, and what may not stand in a path or query is percent-encoded.  */
#ifndef DOOR_GATEWAY_TARGET_H
#define DOOR_GATEWAY_TARGET_H

#include "base/buf.h"
#include "base/fault.h"

struct gateway_target {
  struct buf path;  /* begins with "/" */
  struct buf query; /* empty, or begins with "?" */
};

/* FAULT_BAD_INPUT: it names no path ("//").  Free it in each case. */
int gateway_target_read(struct span target, struct gateway_target *out, struct fault *f);
void gateway_target_free(struct gateway_target *t);

#endif
