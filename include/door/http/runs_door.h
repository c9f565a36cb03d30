/* SPDX-License-Identifier: MIT */
/* runs_door.h - the runs of the service over HTTP, who looks at them, follows them, ends
 * them; and what all answers of the service share.
 *
 *   GET /runs               {"runs":[…]}, the newest first
 *   GET /runs/{id}          one: its facts, and its report when it is over
 *   GET /runs/{id}/events   its events after `after`: NDJSON, or SSE if Accept says so;
 *                           there Last-Event-ID beats `after`, and a client that has all
 *                           of a run that is over gets 204, so that it stops coming back
 *   POST /runs/{id}/cancel  202 {"runId","state":"ending"}, 200 if it is over
 * An id nobody knows is 404.  Who may ask was decided before (door/auth.h).  */
#ifndef DOOR_RUNS_DOOR_H
#define DOOR_RUNS_DOOR_H

#include "door/http/agui_settings.h"
#include "door/http/route.h"
#include "door/runtime.h"
#include "service/records.h"

struct http_exchange;

/* An answer that is more than a stream of events.  It takes itself out of the list. */
struct runs_door_follower {
  struct runs_door_follower *next;
  void (*close)(struct runs_door_follower *self); /* the door closes: lets go of all */
};

struct runs_door {
  struct runtime *runtime;
  struct records *records;
  struct runs_door_follower *followers;
  unsigned streams; /* open ones, and followers */
  bool has_token;   /* nobody without it gets in (door/auth.h) */
  struct agui_settings agui;
  bool shutting_down;
};

void runs_door_open(struct runs_door *d, struct runtime *runtime);
/* When the last run is over. */
void runs_door_close(struct runs_door *d);

/* Answers of routes (door/http/routes.h). */
void runs_door_list(struct runs_door *d, struct http_exchange *x,
                    const struct route_target *target);
void runs_door_record(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target);
void runs_door_events(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target);
void runs_door_session(struct runs_door *d, struct http_exchange *x,
                       const struct route_target *target);
void runs_door_cancel(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target);

/* The run that the address names; NULL: 404 was answered. */
struct record *runs_door_find(const struct runs_door *d, struct http_exchange *x,
                              const struct route_target *target);

/* Into the list of followers, and out of it. */
void runs_door_follow_up(struct runs_door *d, struct runs_door_follower *follower,
                         void (*close)(struct runs_door_follower *self));
void runs_door_unfollow(struct runs_door *d, struct runs_door_follower *follower);

/* What the client says about the form in which it takes a stream. */
struct runs_door_form {
  bool sse;
  unsigned long long after; /* Last-Event-ID, with SSE only; 0: none */
};
/* `form->after` is left alone where there is no Last-Event-ID.  False: it was answered,
 * with 406 for an Accept that takes neither form, or 400. */
bool runs_door_read_form(struct http_exchange *x, struct runs_door_form *form);
/* Answers with the events of `r` after that number, as they come.  `posted`: this client
 * stands behind the run (service/records.h). */
void runs_door_stream(struct runs_door *d, struct http_exchange *x, struct record *r,
                      unsigned long long after, bool posted, bool sse);
/* The same for who has posted it. */
void runs_door_follow(struct runs_door *d, struct http_exchange *x, struct record *r,
                      const struct runs_door_form *form);

#endif
