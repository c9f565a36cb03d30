/* SPDX-License-Identifier: MIT */
/* harness.h - one kind of agent CLI: how it is started, and what it means by what it
 * says.
 *
 * A harness is pure: it includes no uv.h and does no I/O.  It answers three questions:
 * how is this agent started for this request (plan), what does this line mean (hear),
 * and, when the process is gone, how did it end (leave).  Everything else - pipes, HTTP,
 * the kill ladder, private files, back-pressure - is the run's, written once.
 *
 * To add a harness: write src/agent/<name>.c with one `const struct harness`, add its row
 * to the table in src/agent/harness.c, and a folder tests/golden/<id>/.  Nothing else.
 *
 * Invariants: the same lines give the same events, however they were split into reads.
 * Unknown line types are ignored.  The token never stands in argv.  `leave` always leaves
 * the events over.  One run, one state; no globals.  */
#ifndef AGENT_HARNESS_H
#define AGENT_HARNESS_H

#include "agent/agent_actions.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/process.h"
#include "request/run_request.h"

enum agent_input_kind {
  AGENT_LINE,   /* one line of the agent's stdout, without its newline */
  AGENT_ANSWER, /* what came of an agent_ask() */
  AGENT_STREAM  /* one event of an agent_follow(), or its end */
};
struct agent_input {
  enum agent_input_kind kind;
  struct span text; /* lent for the call, valid UTF-8 */
  int tag;          /* of the call */
  /* HTTP.  0: no answer came, or the stream has ended; `text` says why.  A stream that
   * was refused ends with the status and the words of that. */
  int status;
};

/* What a request may ask for and not every harness can do: admission refuses the rest. */
enum {
  TAKES_SESSION = 1 << 0,         /* modelOptions.sessionId */
  TAKES_PERMISSION_MODE = 1 << 1, /* modelOptions.permissionMode */
  TAKES_MAX_TURNS = 1 << 2,       /* modelOptions.maxTurns */
  TAKES_TOOL_LISTS = 1 << 3,      /* modelOptions.allowedTools, disallowedTools */
  TAKES_EFFORT = 1 << 4,          /* modelOptions.effort */
  TAKES_OUTPUT = 1 << 5,          /* harnessOptions.output, and so on */
  TAKES_PROTOCOL = 1 << 6,
  TAKES_MODE = 1 << 7,
  TAKES_AUTH_METHOD = 1 << 8,
  TAKES_SANDBOX = 1 << 9
};

struct plan_place {
  struct span folder;    /* the run's private folder: plan files land there */
  struct span workspace; /* the agent's current folder */
  struct span secret;    /* 64 hex digits, fresh for the run, struck out of every log */
};

struct harness {
  const char *id;      /* "claude-code", as in the request */
  const char *program; /* what it needs on PATH; NULL: harnessOptions.command, which no
                          other harness takes */
  /* Native programs that do without the wrapper found on PATH, as paths from its real
   * folder; the first that is there is taken.  NULL-ended; may be NULL. */
  const char *const *native_programs;
  /* For an agent that does not exit by itself at the end of its turn: how long it may
   * take after agent_hang_up().  0: as long as --result-grace-ms says. */
  unsigned farewell_ms;
  bool blank_lines; /* are told too; else they are passed over */
  bool structured;  /* takes outputSchema; else it is refused */
  unsigned takes;   /* TAKES_…; what is given and not taken is refused */
  size_t memory;    /* bytes of zeroed per-run state handed to the calls */
  /* `req` outlives the state.  `bridge` is NULL when the request has no tools.
   * FAULT_BAD_INPUT with code prompt-invalid semantics when the messages give no prompt.
   */
  int (*plan)(void *state, const struct run_request *req,
              const struct bridge_address *bridge, const struct plan_place *place,
              struct process_plan *out, struct fault *f);
  /* -1: the line could not be understood (the run warns, and goes on). */
  int (*on_input)(void *state, const struct agent_input *h, struct agent_output *output,
                  struct fault *f);
  /* The run is to be ended: a polite word by the actions, as the agent's protocol has it.
   * True: something was said, and the kill ladder waits for agent_hang_up(), at most
   * LIMIT_POLITE_MS.  May be NULL; called once at most. */
  bool (*cancel)(void *state, struct agent_output *output);
  /* The process is gone.  Decides from all signals together: its last record, is_error,
   * exit status, signal, stderr tail.  Each single one was seen to lie. */
  void (*finish)(void *state, const struct process_end *end, struct agent_output *output);
  void (*free)(void *state); /* frees what the state points at; may be NULL */
  /* True once a record that ends the turn well was heard (the run forgives a kill then).
   */
  bool (*succeeded)(const void *state);
};

const struct harness *harness_find(struct span id); /* NULL: not known */
const struct harness *harness_at(size_t index);     /* NULL: past the last */

/* Can this harness do what the request asks of it?  FAULT_BAD_INPUT naming the field. */
int harness_admit(const struct harness *h, const struct run_request *req,
                  struct fault *f);

/* What a text of the state is from now on: the state begins as zeros, and a zeroed buf
 * takes nothing.  At most LIMIT_LINE_BYTES. */
void harness_keep(struct buf *b, struct span text);

/* The error every harness reports when the process ended without a record of its own:
 * codes agent-exit, agent-signal, out-of-memory, no-result; message "Agent process exited
 * with code 7: <stderr>" as the reference words it. */
void harness_fail_by_end(struct events *events, const struct process_end *end);

#endif
