/* SPDX-License-Identifier: MIT */
/* translate_door.h - `runlet translate`: a recorded native transcript to event lines.
 *
 * No process, no loop, no network: lines from a file or stdin go through the harness, as
 * they would from a running agent, and events come out.  For bug reports, golden tests,
 * fuzzing. How the agent ended is told by exit_status and signal; with timestamp_ms the
 * same transcript gives the same bytes.  There is no report: nothing ran.
 *
 * What an agent said by HTTP stands in the transcript as agent/agent_session.h has it.  A line
 * that cannot be understood gives CUSTOM runlet.warning "unparsable-line" once,
 * and how many there were at the end; one that is too long "line-too-long".  */
#ifndef DOOR_TRANSLATE_DOOR_H
#define DOOR_TRANSLATE_DOOR_H

#include "base/fault.h"
#include "event/event.h"

struct translate_setup {
  struct span harness;                  /* its id */
  struct span run_id, thread_id, model; /* empty: "run", "thread", "unknown" */
  const char *file;                     /* NULL or "-": stdin */
  int out;                              /* descriptor the lines go to, blocking */
  int exit_status, signal;
  enum events_format format;
  size_t max_chunk_bytes; /* 0: the default, as all below */
  size_t max_line_bytes;
  size_t read_bytes;      /* asked of one read(), at most LIMIT_READ_BYTES */
  long long timestamp_ms; /* of every event; -1: the clock's */
};

/* 0 when the transcript was read to its end, whatever it says.  -1: the harness is not
 * known (FAULT_UNKNOWN), or FAULT_SYSTEM: the file cannot be read, the output not be
 * written. */
int translate_run(const struct translate_setup *setup, struct fault *f);

#endif
