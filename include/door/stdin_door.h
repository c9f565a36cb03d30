/* SPDX-License-Identifier: MIT */
/* stdin_door.h - `runlet run`: one request from a file or stdin, its events on stdout.
 *
 * stdout carries the protocol alone.  A refused request gives one RUN_ERROR line with
 * code "bad-request".  A reader that goes away cancels the run.  The exit status is 0 for
 * a finished run, 1 for RUN_ERROR, 2 for a refused request, 124 for a deadline, 128+n
 * when signal n ended us.  */
#ifndef DOOR_STDIN_DOOR_H
#define DOOR_STDIN_DOOR_H

#include "door/door.h"

extern const struct door stdin_door;

#endif
