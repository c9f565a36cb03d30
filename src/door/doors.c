/* SPDX-License-Identifier: MIT */
/* doors.c - one row a door.  The parser, --help and the man page follow from it. */
#include "door/doors.h"

#include <stddef.h>

/* In the order of --help.  A row stands for <name>_door, which <name>_door.c defines
 * (ready_door: health_door.c). */
#define DOOR_ROWS(ROW)                                                                   \
  ROW(stdin)                                                                             \
  ROW(http)                                                                              \
  ROW(translate)                                                                         \
  ROW(check)                                                                             \
  ROW(health)                                                                            \
  ROW(ready)                                                                             \
  ROW(gateway)                                                                           \
  ROW(session)                                                                           \
  ROW(exec)                                                                              \
  ROW(bridge)                                                                            \
  ROW(version)

#define DOOR_DECLARED(name) extern const struct door name##_door;
#define DOOR_LISTED(name)   &name##_door,
DOOR_ROWS(DOOR_DECLARED)
const struct door *const doors[] = {DOOR_ROWS(DOOR_LISTED) NULL};
