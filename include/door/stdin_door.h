/* SPDX-License-Identifier: MIT */
/* stdin_door.h - `runlet run`: one request from a file or stdin, its events on stdout.
 *
 * stdout carries the protocol alone.  A refused request gives one RUN_ERROR line with
 * code "bad-request". A reader that goes away cancels the run.  */
#ifndef DOOR_STDIN_DOOR_H
#define DOOR_STDIN_DOOR_H

#include "base/fault.h"
#include "door/options.h"

/* The exit status: 0 finished, 1 RUN_ERROR, 2 refused, 124 a deadline, 128+n ended by
 * signal n.  -1: fault. */
int stdin_door(const struct options *options, char *const *env, struct fault *f);

#endif
