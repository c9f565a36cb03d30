/* SPDX-License-Identifier: MIT */
/* code_reports.h - what the host of code hears while it runs and at its end, by callbacks
 * (request/callback.h); a host that takes neither hears nothing.
 *
 * Output is told as well as it can be, and never holds the code up: lines of
 * LIMIT_CODE_GATHER_MS and of one stream go out together, joined by line ends, one
 * callback at a time.  Beyond LIMIT_CODE_UNTOLD_BYTES that wait lines are left out, which
 * a line of stderr says.  An output that fails is not sent again.
 *
 * The end is told after the last output, three times at most, 200 and 400 ms between
 * them: the host takes it once.  After it nothing is sent.  */
#ifndef DOOR_CODE_REPORTS_H
#define DOOR_CODE_REPORTS_H

#include "request/callback.h"

struct uv_loop_s;
struct http_client;
struct code_reports;

/* `callback` outlives it. */
struct code_reports *code_reports_new(struct uv_loop_s *loop, struct http_client *client,
                                      const struct callback *callback);
void code_reports_line(struct code_reports *r, const char *stream, struct span line);
/* Once: no more lines; `members` (raw JSON without braces) is the end.  `over` comes
 * once, on a later turn; then it is gone. */
void code_reports_end(struct code_reports *r, struct span members,
                      void (*over)(void *who), void *who);
/* Nothing more is sent, and `over` does not come.  NULL is fine. */
void code_reports_drop(struct code_reports *r);

#endif
