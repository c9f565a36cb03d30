/* SPDX-License-Identifier: MIT */
/* loop.h - the event loop for rooms that may not see libuv: timers, later, and an orderly
 * end.
 *
 * A timer is one heap object: loop_timer_free() stops it at once (it never fires again)
 * and its memory goes on a later turn.  `fire` comes from the loop, never from inside
 * these calls.  Time is in milliseconds and monotonic.  */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/fault.h"

#include <stdbool.h>

struct uv_loop_s;
struct loop_timer;

struct uv_loop_s *loop_new(struct fault *f);
/* Runs until nothing is left to wait for. */
void loop_run(struct uv_loop_s *loop);
/* Runs what is closing to its end and closes the loop.  False: something was left open (a
 * defect; tests assert it). */
bool loop_free(struct uv_loop_s *loop);

struct loop_timer *loop_timer_new(struct uv_loop_s *loop, void (*fire)(void *who),
                                  void *who);
void loop_timer_start(struct loop_timer *t,
                      unsigned ms); /* once; starting again moves the deadline */
void loop_timer_repeat(struct loop_timer *t, unsigned ms); /* every `ms` until stopped */
void loop_timer_stop(struct loop_timer *t);
bool loop_timer_is_set(const struct loop_timer *t);
void loop_timer_free(struct loop_timer *t); /* NULL is fine */

#endif
