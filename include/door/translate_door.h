/* SPDX-License-Identifier: MIT */
/* translate_door.h - `runlet translate`: a recorded native transcript to event lines.
 *
 * No process, no loop, no network: lines from a file or stdin go through the harness, as
 * they would from a running agent, and events come out.  For bug reports, golden tests,
 * fuzzing. How the agent ended is told by exit_status and signal; with timestamp_ms the
 * same transcript gives the same bytes.  There is no report: nothing ran.
 *
 * What an agent said by HTTP stands in the transcript as agent/agent_session.h has it.  A
 * line that cannot be understood gives CUSTOM runlet.warning "unparsable-line" once, and
 * how many there were at the end; one that is too long "line-too-long".  */
#ifndef DOOR_TRANSLATE_DOOR_H
#define DOOR_TRANSLATE_DOOR_H

#include "door/options.h"

extern const struct door translate_door;

/* 0 when the transcript was read to its end, whatever it says.  -1: the harness is not
 * known (FAULT_UNKNOWN), or FAULT_SYSTEM: the file cannot be read, the output not be
 * written. */
int translate_run(const struct translate_options *o, struct fault *f);

#endif
