/* SPDX-License-Identifier: MIT */
/* loopback.h - for tests of what speaks TCP: a plain client on the loop, and waiting with
 * a deadline. */
#ifndef SUPPORT_LOOPBACK_H
#define SUPPORT_LOOPBACK_H

#include "base/buf.h"

#include <uv.h>

struct loopback_client {
  uv_loop_t *loop;
  uv_tcp_t tcp;
  uv_connect_t connect;
  struct buf got; /* all that came */
  bool ended;     /* the other side's end of stream, or an error */
  int error;      /* negative errno: how it broke; 0: it did not */
  bool closed;
};

/* Connected when it returns; reads from then on. */
void loopback_connect(struct loopback_client *c, uv_loop_t *loop, unsigned port);
/* Sends all of it; `step` bytes a turn of the loop, 0: at once. */
void loopback_send(struct loopback_client *c, const char *text, size_t step);
void loopback_half_close(struct loopback_client *c);
void loopback_pause(struct loopback_client *c); /* stops reading */
void loopback_resume(struct loopback_client *c);
/* Closes (with `reset`: by RST), frees `got` and runs the loop until the handle is
 * closed. */
void loopback_close(struct loopback_client *c, bool reset);

/* Run the loop until it is so; after 10 s the test fails. */
void loopback_wait_text(struct loopback_client *c, const char *text);
void loopback_wait_end(struct loopback_client *c);
void loopback_wait(uv_loop_t *loop, bool (*is_so)(void *who), void *who);
/* Runs the loop for that long. */
void loopback_run_ms(uv_loop_t *loop, unsigned ms);
/* Runs out what is left and asserts that the loop is dry. */
void loopback_loop_close(uv_loop_t *loop);
/* How often `text` stands in what came. */
size_t loopback_count(const struct loopback_client *c, const char *text);

#endif
