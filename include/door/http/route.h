/* SPDX-License-Identifier: MIT */
/* route.h - which row of a table of addresses a request line names.  Pure.
 *
 * A pattern is a path, in which {id} stands for one segment that is not empty, at most
 * twice.  What comes behind a '?' is the query, unless the route is exact: then the whole
 * target must be the pattern.  */
#ifndef DOOR_ROUTE_H
#define DOOR_ROUTE_H

#include "base/buf.h"
#include "base/fault.h"

struct runs_door;
struct http_exchange;

struct route_target {  /* of one request */
  struct span segment; /* what stands for {id}, percent-encoded */
  struct span second;  /* … for the second */
  struct span query;
  struct buf id; /* the segment decoded, for the answer */
  struct buf second_id;
};

struct route {
  char method[8], pattern[40]; /* no method: the end of a table */
  bool exact;
  bool is_open;   /* who may call is not asked */
  bool for_pages; /* web pages of --allow-origin may call */
  /* Answers the exchange, or keeps it to answer later. */
  void (*answer)(struct runs_door *d, struct http_exchange *x,
                 const struct route_target *target);
};

/* `table` ends with a row without a method.  NULL: there is no such address. */
const struct route *route_find(const struct route *table, struct span method,
                               struct span target, struct route_target *out);

/* Percent-decoding; FAULT_BAD_INPUT. */
int route_decode(struct span segment, struct buf *out, struct fault *f);
/* Takes the next parameter off a query, as it stands there; false: there is none left. */
/* "GET, POST": what the address is there for; nothing if it is not there. */
void route_methods(const struct route *table, struct span target, struct buf *out);
bool route_next_parameter(struct span *query, struct span *name, struct span *value);

#endif
