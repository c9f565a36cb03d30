/* SPDX-License-Identifier: MIT */
/* http_door.h - `runlet serve`: the container's service.  What it answers is in
 * door/http/routes.h.
 *
 * Who may call (door/auth.h) is decided before a byte of the body is read.  A request
 * that cannot start gets a status and one line of text/plain; one that starts gets 200,
 * its head at once, and NDJSON until its terminal event.  TERM, INT, HUP or QUIT: no new
 * runs, running ones end with `runner-shutdown`, their lines are flushed, exit 0.
 *
 * With a companion (process/companion.h; options.companion) the service and it live and
 * end together.  It is started once we listen.  Every signal is passed on to it, but for
 * a terminal's, which it has got itself; TERM, INT and QUIT shut the service down as
 * well, HUP, USR1, USR2 and WINCH are its own business.  Told to end it has killGraceMs,
 * then KILL.  When it exits, for whatever reason, the service shuts down, with its
 * status. */
#ifndef DOOR_HTTP_DOOR_H
#define DOOR_HTTP_DOOR_H

#include "door/door.h"

/* Its exit status is 0, or the companion's; it is a fault when it cannot listen or the
 * companion cannot be started. */
extern const struct door http_door;

#endif
