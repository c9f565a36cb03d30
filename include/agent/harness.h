/* SPDX-License-Identifier: MIT */
/* harness.h - the interface of one kind of agent: how it is started, what its output
 * means, and how its run ended.
 *
 * A harness is pure: it includes no uv.h and does no I/O.  It answers three questions:
 * how is this agent started for this request (plan), what does this piece of its output
 * mean (on_input), and, when the process is gone, how did the run end (finish).
 * Everything else - pipes, HTTP, the kill ladder, private files, back-pressure - is the
 * run's, written once.  agent/harnesses.h says how to add one.
 *
 * Invariants: the same lines give the same events, however they were split into reads.
 * Line types that are not known are ignored.  The bridge's token never stands in argv.
 * After `finish` the events are over.  One run, one state; no globals.  */
#ifndef AGENT_HARNESS_H
#define AGENT_HARNESS_H

#include "agent/agent_actions.h"
#include "agent/agent_input.h"
#include "agent/prompt.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/process.h"
#include "request/bridge_address.h"
#include "request/run_request.h"
#include "request/session_store.h"
#include "request/tool_offer.h"

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
  TAKES_SANDBOX = 1 << 9,
  TAKES_SETTING_SOURCES = 1 << 10,
  TAKES_AGENT = 1 << 11, /* harnessOptions.agent in place of command */
  TAKES_CONFIG = 1 << 12,
  TAKES_POLICY = 1 << 13,     /* policy, where it restricts anything */
  TAKES_MCP_SERVERS = 1 << 14 /* plan_place.servers; else they are left out */
};

struct plan_place {
  struct span folder;    /* the run's private folder: plan files land there */
  struct span workspace; /* the agent's current folder */
  struct span secret;    /* 64 hex digits, fresh for the run, struck out of every log */
  /* MCP servers that are not ours, for the agent as they are; their texts are NUL-ended.
   * NULL: none. */
  const struct mcp_servers *servers;
  /* Somebody answers the agent's questions and may speak while it works: an agent that
   * can be started so is (agent_actions.can_ask is set, too). */
  bool dialogue;
  /* More words of the user may come; an agent that has to be started for them is. */
  bool words;
};

struct harness {
  const char *id; /* "claude-code", as in the request */
  /* What it needs on PATH; NULL: harnessOptions.command, which no other harness takes. */
  const char *program;
  /* What it needs on PATH where the request names an agent instead of a command
   * (TAKES_AGENT); NULL: it does not.  May be NULL. */
  const char *(*program_for)(const struct run_request *req);
  /* Native programs that do without the wrapper found on PATH, as paths from its real
   * folder; the first that is there is taken.  NULL-ended; may be NULL. */
  const char *const *native_programs;
  /* Folders of the workspace in whose `skills` it looks for skills, by blanks: ours go
   * into the first.  NULL: as `skills_for` says, and none if that is NULL, too. */
  const char *skills;
  const char *(*skills_for)(const struct run_request *req);
  /* Where it keeps its sessions, for a request's `session`; NULL: as `sessions_for` says,
   * and if that is NULL or says so, its sessions cannot be taken along. */
  const struct session_store *sessions;
  const struct session_store *(*sessions_for)(const struct run_request *req);
  bool plugins; /* `program plugin install NAME` is how it gets a plugin */
  /* For an agent that does not exit by itself at the end of its turn: how long it may
   * take after agent_hang_up().  0: as long as --result-grace-ms says. */
  unsigned farewell_ms;
  /* Of an agent that may speak on after agent_hang_up(): its stdin ends when it was
   * silent for so long, but at the latest after LIMIT_WORDS_MOST_MS.  0: at once. */
  unsigned last_words_ms;
  bool blank_lines; /* are told too; else they are passed over */
  bool structured;  /* takes outputSchema; else it is refused */
  bool parts;       /* says itself which parts of messages it does not pass on */
  unsigned takes;   /* TAKES_…; what is given and not taken is refused */
  /* NEEDS_…: how it is offered the host tools (request/tool_offer.h). */
  unsigned needs;
  /* What of a budget its output tells (1 << BUDGET_…), of this request's agent where
   * `counts_for` is there: admission refuses the rest. */
  unsigned counts;
  unsigned (*counts_for)(const struct run_request *req);
  size_t memory; /* bytes of zeroed per-run state handed to the calls */
  /* How its prompts are written, where that alone can refuse a request; may be NULL. */
  const struct prompt_rules *prompt;
  /* `req` outlives the state.  `bridge` is NULL when the request has no tools.
   * FAULT_BAD_INPUT when the messages give no prompt; the door answers prompt-invalid. */
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
  /* The answer to an agent_permit() that was PERMISSION_ASK, with its id; what the
   * agent's protocol has no place for is left out.  False: no such question waits.  NULL:
   * this agent never asks. */
  bool (*permit)(void *state, struct span id, const struct agent_answer *answer,
                 struct agent_output *output);
  /* More words of the user, of a run with plan_place.words: its model gets them with its
   * next request, or in a turn of their own (agent_begins_turn()).  That it has them it
   * says by agent_heard().  FAULT_CONFLICT: not now, or not by this agent.  NULL: this
   * agent has no way for it. */
  int (*say)(void *state, const struct agent_words *words, struct agent_output *output,
             struct fault *f);
  /* With this request it reads one prompt all the same; may be NULL. */
  bool (*one_prompt)(const struct run_request *req);
  /* The process is gone.  Decides from all signals together: what the agent
   * said last, exit status, signal, stderr tail.  Each single one was seen to lie. */
  void (*finish)(void *state, const struct process_end *end, struct agent_output *output);
  void (*free)(void *state); /* frees what the state points at; may be NULL */
  /* False while startMs still counts though the agent has spoken.  NULL: its first line
   * is the end of that. */
  bool (*started)(const void *state);
  /* True once the agent has said that its turn ended well: a kill is forgiven then. */
  bool (*succeeded)(const void *state);
};

const struct session_store *harness_sessions(const struct harness *h,
                                             const struct run_request *req);
unsigned harness_counts(const struct harness *h, const struct run_request *req);
/* Can this harness do what the request asks of it?  FAULT_BAD_INPUT naming the field, or
 * what its plan would refuse but for the messages (FAULT_TOO_BIG too). */
int harness_admit(const struct harness *h, const struct run_request *req,
                  struct fault *f);

#endif
