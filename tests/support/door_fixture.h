/* SPDX-License-Identifier: MIT */
/* door_fixture.h - the runs of a service over plain sockets, for tests: a run_fixture,
 * the records, and a server whose every request goes to routes_answer().  The test's
 * main() must be able to be the keeper (process/keeper.h). */
#ifndef SUPPORT_DOOR_FIXTURE_H
#define SUPPORT_DOOR_FIXTURE_H

#include "door/http/runs_door.h"
#include "http/http_server.h"
#include "loopback.h"
#include "run_fixture.h"

struct door_fixture {
  struct run_fixture run;
  struct options options;
  struct runtime runtime;
  struct runs_door door;
  struct http_server *server;
  struct loopback_client client;
};

void door_fixture_open(struct door_fixture *d, const char *script);
/* Sends a request (HTTP/1.0, so that the answer has no chunks; `headers`: lines with
 * their ends) on a connection of its own and leaves the answer in client.got as it comes;
 * the caller closes it. */
void door_fixture_ask(struct door_fixture *d, const char *method, const char *target,
                      const char *headers, const char *body);
/* The same, to the end of the answer; `client` is closed.  Malloc'd. */
char *door_fixture_whole(struct door_fixture *d, const char *method, const char *target,
                         const char *headers, const char *body);
/* Frees the answer; fails unless it has this status and this text. */
void door_fixture_expect(char *answer, const char *status, const char *text);
/* The body of a POST /run for the run of that id; malloc'd. */
char *door_fixture_request(const char *id, const char *more);
void door_fixture_wait_over(struct door_fixture *d, const char *id);
void door_fixture_close(struct door_fixture *d);

#endif
