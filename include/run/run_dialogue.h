/* SPDX-License-Identifier: MIT */
/* run_dialogue.h - somebody who talks with a run's agent while it works: answers what it
 * asks leave for, and says more to it.
 *
 * A run has nobody unless its door names one by run_talk(), before its start.  Without:
 * agents are started as ever, nothing is asked, modelOptions.permissionMode alone
 * decides.  With: an agent that has a dialogue is started so, and
 * what the mode would deny is asked (request/permission.h: in "default" all but the
 * host's tools, in "acceptEdits" what is neither reading nor editing; in
 * "bypassPermissions" and "plan" nothing).  Tools of the host are never asked about: the
 * host is who runs them.  A tool of the agent that itself asks a person (Claude Code's
 * AskUserQuestion and ExitPlanMode) is asked about in every mode.
 *
 *   agent         asks                          more words               polite cancel
 *   claude-code   yes; a reason, other input    now, next                interrupt
 *   acp, gemini,  yes, no reason                next; now where it       session/cancel
 *     grok-build                                offers _meta.steering
 *   opencode      as its own configuration      now, next                abort
 *                 says ("ask"); a reason
 *   codex         no (`codex exec` cannot)      no                       none: signals
 *   command       no                            no                       none
 *
 * A question is open from on_question() until run_permit() takes the answer or
 * on_question_over() says that none is wanted any more.  Every question ends by one of
 * the two, before on_over.  When its time is over the agent is told no, with a reason.
 * idleMs stands still while one is open; runMs does not.
 *
 * The calls of run.h may be made from inside these callbacks.  */
#ifndef RUN_RUN_DIALOGUE_H
#define RUN_RUN_DIALOGUE_H

#include "base/buf.h"
#include "base/fault.h"

struct run;

struct run_question { /* lent for the call */
  struct span id;     /* any bytes; no other open question of the run has it */
  /* The tool call it is about, as the events name it: the toolCallId of its
   * TOOL_CALL_START, as a JSON string with its quotes.  The call went out before.  Empty:
   * it is not in the stream (a sub-agent's, or the agent does not tell which). */
  struct span tool_call_json;
  struct span tool; /* as the events have it; empty: not known */
  /* Its arguments as the agent has told them, raw JSON; may be empty. */
  struct span input;
  /* Asked by the request's policy: the id of its approval, which CUSTOM
   * "approval-requested" has told; else empty. */
  struct span approval;
};

enum run_question_end {
  RUN_QUESTION_TIMEOUT,   /* nobody answered in time */
  RUN_QUESTION_WITHDRAWN, /* the agent took it back */
  RUN_QUESTION_RUN_ENDS   /* the run was cancelled, or the agent is gone */
};

struct run_dialogue {
  void (*on_question)(void *who, const struct run_question *q); /* any number */
  /* Once for a question that got no answer; may be NULL. */
  void (*on_question_over)(void *who, struct span id, enum run_question_end why);
  unsigned question_ms; /* how long each may wait; 0: LIMIT_QUESTION_MS */
  void *who;
};

/* Before run_start(): who answers the agent's questions and may speak to it while it
 * works.  Copied; its `who` outlives the run. */
void run_talk(struct run *r, const struct run_dialogue *dialogue);
/* The answer to an open question.  `reason` is for the agent's model, where its protocol
 * has a place for it; empty: none.  False: no such question is open (any more). */
bool run_permit(struct run *r, struct span id, bool yes, struct span reason);
/* Yes, with other arguments: a raw JSON object.  Only Claude Code has a place for them;
 * with any other agent it is a plain yes.  Claude's own questions are answered so:
 * AskUserQuestion's arguments with "answers" {"<question>":"<answer>"} added. */
bool run_permit_input(struct run *r, struct span id, struct span input_json);
/* -- more words of the user -- */

/* Before run_start(); run_talk() does it, too.  Claude Code is then started to read more
 * than its prompt; without it run_message() refuses. */
void run_take_messages(struct run *r);
enum run_when {
  RUN_NOW, /* into the turn at work: the model gets them with its next request */
  RUN_NEXT /* a turn of their own when this one has ended, in the same run and session */
};
/* More words of the user.  They obey the prompt guard (agent/prompt_guard.h).  `id` is
 * the caller's, empty: a fresh one; words whose id was said before are not said again,
 * and that is no fault.  0: they are taken, which CUSTOM runlet.message {messageId,
 * state} tells: "queued" at once; "delivered" when the agent's model gets them, and then
 * they stand in the stream as a message of the user's; or "refused" with a reason, at the
 * latest before the terminal event.  Words for the turn at work that come with its last
 * ones get a turn more.  -1, and nothing is told:
 *   FAULT_BAD_INPUT   the text is blank
 *   FAULT_CONFLICT    not by this agent, not of this run, or not at this time: the agent
 *                     is not started yet, its turn is over, the run is ending, or
 *                     LIMIT_WAITING_MESSAGES wait
 *   FAULT_TOO_BIG     more than the agent takes (LIMIT_WORDS_BYTES, Claude Code 10 MiB)
 *   FAULT_BUSY        the agent does not read, and much waits for it  */
int run_message(struct run *r, struct span id, struct span text, enum run_when when,
                struct fault *f);
/* Tells that words never became a message of the run. */
void run_message_refused(struct run *r, struct span id, struct span reason);

/* -- approvals -- */

/* What the request's policy asks about (request/policy.h) is told by CUSTOM
 * "approval-requested" {approvalId, title, provider, toolName, toolCallId, input,
 * approval:{id, needsApproval:true}, heldMs}.  Where somebody can answer while the run
 * goes on it is held for timeouts.approvalMs; a door says so before the start, by
 * run_hold_approvals() or by run_talk(), which is told of them, too, as of other
 * questions.  Else, and with approvalMs 0, heldMs is 0, the agent is told no at once, and
 * the next request answers by its `approvals`. */
void run_hold_approvals(struct run *r);
/* FAULT_UNKNOWN: the run has not asked for it.  FAULT_CONFLICT: it is not open any
 * more. */
int run_approve(struct run *r, struct span approval_id, bool yes, struct span reason,
                struct fault *f);

#endif
