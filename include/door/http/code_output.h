/* SPDX-License-Identifier: MIT */
/* code_output.h - what became of code, heard from the events of its run (in the format
 * tanstack).  Pure.
 *
 * Lines come as CODE_OUTPUT (code_program.h), or are the words of an agent; what an agent
 * thinks, its tool calls and runlet's own events are left out, but for the warning that
 * something could not be read: a line of stderr.  Of each stream LIMIT_CODE_OUTPUT_BYTES
 * are kept, and then a line says how many bytes are missing.
 * What the code returned is `result` in the answer of CALLBACK_URL (an agent's words,
 * where it returned nothing; else null), and the line "result: …" of stdout in the
 * others, as their hosts have it.
 *
 *   RUN_FINISHED           completed, exitCode 0
 *   RUN_ERROR of a denied  denied: its message begins with CALLBACK_DENIED
 *   … of runMs, startMs    timed_out
 *   … of anything else     failed, with the agent's exit code where it had one  */
#ifndef DOOR_CODE_OUTPUT_H
#define DOOR_CODE_OUTPUT_H

#include "request/callback.h"

struct code_stream {
  struct buf kept; /* its lines, joined by line ends */
  size_t lines;
  unsigned long long missing; /* bytes */
};

struct code_output {
  /* Each line of either stream, as it comes; lent. */
  void (*on_line)(void *who, const char *stream, struct span line);
  void *who;
  enum callback_shape shape;
  unsigned timeout_ms; /* what a timed_out run says */

  struct code_stream out, err;
  struct buf words;    /* of an agent, not yet a line … */
  bool spoken;         /* … and it has said some */
  struct buf result;   /* raw JSON; empty: none */
  const char *status;  /* NULL: not over yet */
  struct buf error;    /* empty: none */
  long long exit_code; /* negative: none */
  bool result_is_lost; /* it was too long */
};

struct code_output code_output_make(enum callback_shape shape, unsigned timeout_ms);
void code_output_free(struct code_output *o);
void code_output_event(struct code_output *o, struct span line);
/* The answer, or what completeRun is told: members without braces. */
void code_output_put(const struct code_output *o, struct buf *out);

#endif
