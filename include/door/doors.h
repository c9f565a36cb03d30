/* SPDX-License-Identifier: MIT */
/* doors.h - the table of doors.  */
#ifndef DOOR_DOORS_H
#define DOOR_DOORS_H

#include "door/door.h"

/* In the order of --help, NULL-ended. */
extern const struct door *const doors[];

#endif
