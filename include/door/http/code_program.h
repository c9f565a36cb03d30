/* SPDX-License-Identifier: MIT */
/* code_program.h - how code becomes a run: the harness that has it as its prompt, the one
 * tool by which it reaches its host, its deadlines.  Pure.
 *
 * With harness `command` the code is JavaScript, the body of an async function with the
 * parameters `tools` and `console`, and node runs it behind a small program of ours
 * (code_program.c).  `await tools.a.b(input)` is a call of the host's tool "a.b".  What
 * the console writes, what the code returns and what it throws are told as CUSTOM events
 * and the run's end (code_output.h).  Any other harness gets the code as it is, as words
 * for its model, and the tool beside it.  */
#ifndef DOOR_CODE_PROGRAM_H
#define DOOR_CODE_PROGRAM_H

#include "door/http/code_request.h"
#include "request/request_read.h"

#define CODE_OUTPUT "code.output" /* CUSTOM {"stream":"stdout"|"stderr","line":text} */
#define CODE_RESULT "code.result" /* CUSTOM: what it returned */

/* `rules`: the door's; `most_ms`: --max-run-ms, 0: none.  NULL: FAULT_BAD_INPUT. */
struct run_request *code_program_request(const struct code_request *code,
                                         const char *harness, unsigned most_ms,
                                         const struct request_rules *rules,
                                         struct fault *f);
/* How long the code may run. */
unsigned code_program_ms(const struct code_request *code, unsigned most_ms);

#endif
