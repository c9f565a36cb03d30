/* SPDX-License-Identifier: MIT */
/* door_desk.h - the runs of a service over plain sockets, for tests: a run_desk, the
 * records, and a server whose every request goes to runs_door_answer().  The test's
 * main() must be able to be the keeper (io/keeper.h).  */
#ifndef SUPPORT_DOOR_DESK_H
#define SUPPORT_DOOR_DESK_H

#include "door/http/runs_door.h"
#include "http/http_server.h"
#include "loopback.h"
#include "run_fixture.h"

struct door_desk {
  struct run_desk run;
  struct options options;
  struct ground ground;
  struct runs_door door;
  struct http_server *server;
  struct loopback_client client;
};

void door_desk_open(struct door_desk *d, const char *script);
/* Sends a request (HTTP/1.0, so that the answer has no chunks) on a connection of its own
 * (`headers`: lines with their ends) and
 * leaves the answer in client.got as it comes; the caller closes it. */
void door_desk_ask(struct door_desk *d, const char *method, const char *target,
                   const char *headers, const char *body);
/* The same, to the end of the answer; `client` is closed.  Malloc'd. */
char *door_desk_whole(struct door_desk *d, const char *method, const char *target,
                      const char *headers, const char *body);
/* The body of a POST /run for the run of that id; malloc'd. */
char *door_desk_request(const char *id, const char *more);
void door_desk_wait_over(struct door_desk *d, const char *id);
void door_desk_close(struct door_desk *d);

#endif
