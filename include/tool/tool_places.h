/* SPDX-License-Identifier: MIT */
/* tool_places.h - how many tool calls are in flight at the same time.
 *
 * Each call in flight costs descriptors and memory, and an agent may ask for thousands.
 * So a call takes a place before its first attempt and gives it back with its answer; in
 * between it keeps it, also while it waits to be tried again.  A run has so many places,
 * the process has so many, and a call that gets none waits in its run's queue, in order.
 * A place that comes free goes to the runs in turn, so that one with a long queue cannot
 * starve the others.  What the queue has no room for gets none.
 *
 * What is in flight in the process is known to tool_places.c (base/log.h lists such).  */
#ifndef TOOL_TOOL_PLACES_H
#define TOOL_TOOL_PLACES_H

#include <stdbool.h>

struct tool_wait;

struct tool_line { /* one run's; zeroed but for the limits; outlives its calls */
  unsigned run_most, process_most; /* calls in flight; 0: any number */
  unsigned waiting_most;
  unsigned in_flight, waiting;
  struct tool_wait *first, *last;
  struct tool_line *next, *before; /* in the ring of lines in which calls wait */
};

enum tool_place { TOOL_PLACE_NONE, TOOL_PLACE_WAITING, TOOL_PLACE_TAKEN };

struct tool_wait { /* one call's */
  struct tool_line *line;
  enum tool_place place;
  struct tool_wait *next;
  /* Once, if it had to wait and was not given back before: the place is its own now.
   * Comes from inside another call's tool_place_give_back(). */
  void (*on_place)(void *who);
  void *who;
};

/* `line` NULL: places without end. */
enum tool_place tool_place_take(struct tool_wait *w, struct tool_line *line,
                                void (*on_place)(void *who), void *who);
/* Also what still waits, or never got one; any number of times. */
void tool_place_give_back(struct tool_wait *w);

#endif
