/* SPDX-License-Identifier: MIT */
/* agent_actions.h - how a harness speaks: to the orchestrator by events, to its agent by
 * actions.
 *
 * A harness has no descriptor, no loop and no socket.  What it wants done to its agent it
 * puts into the actions, and the run carries it out after the call (run/run.c): stdin by
 * process/child, HTTP by run/agent_http.  All texts are copied.  */
#ifndef AGENT_AGENT_ACTIONS_H
#define AGENT_AGENT_ACTIONS_H

#include "agent/agent_retries.h"
#include "agent/spending.h"
#include "base/buf.h"
#include "event/event.h"
#include "request/policy.h"

struct agent_call { /* one HTTP request to the agent's own server */
  const char *method;
  struct span url;           /* http://127.0.0.1:…, else the answer is a refusal */
  struct span authorization; /* the header's value; empty: none */
  struct span body;          /* JSON; empty: none */
};

struct agent_action_call { /* an agent_call that waits */
  int tag;
  bool stream;
  char *method, *url, *authorization; /* authorization may be NULL */
  struct buf body;
};

struct agent_question { /* what an agent asks leave for */
  struct span id;       /* no other that waits has it; harness.permit's */
  struct span call;     /* the agent's id of the tool call; empty: it does not tell */
  struct span tool;     /* its name, as events have it; empty likewise */
  struct span input;    /* its arguments, raw JSON; empty likewise */
  struct span command;  /* the command line of one that runs it; empty likewise */
};

struct agent_answer { /* somebody's, to such a question */
  bool yes;
  struct span reason; /* for the agent's model; empty: none */
  /* yes: raw JSON, what the tool is called with instead; empty: as it was asked. */
  struct span input;
};

struct agent_action_question { /* an agent_question that waits */
  struct buf id, call, tool, input;
  struct buf approval, title; /* by the request's policy; else empty */
};
void agent_action_question_free(struct agent_action_question *q);

struct agent_words { /* more words of the user, for harness.say */
  struct span id;    /* never empty */
  struct span text;
  bool next; /* a turn of their own, behind one that is over; else in the one at work */
};

struct agent_action_heard { /* agent_heard(), agent_not_heard() */
  struct buf id, why;       /* why: they were not */
  bool refused;
  size_t most;
};

struct agent_actions { /* filled by the calls below, emptied by the run */
  struct buf input;    /* bytes for the agent's stdin (INPUT_DIALOGUE only) */
  struct agent_action_call *calls;
  size_t call_count, call_capacity;
  bool ended;               /* a turn: agent_hang_up() came, whatever came then */
  bool hang_up;             /* the turn is done: stdin ends, and the ending may begin */
  bool dismissed;           /* … at once */
  unsigned open_tasks;      /* that go on in the background (agent_tasks()) */
  bool heartbeat;           /* the last input was no sign of life */
  bool does_without_bridge; /* and that was told */
  struct agent_retries retries;
  struct spending spending; /* what the agent tells of it */
  /* Set by the run when somebody answers questions; else the permission mode decides. */
  bool can_ask;
  const struct policy *policy; /* of the request, where it has one; else NULL */
  const char *provider;        /* in ids of approvals */
  struct agent_action_question *questions; /* that wait for harness.permit */
  size_t question_count, question_capacity;
  struct agent_action_heard *heard;
  size_t heard_count, heard_capacity;
  struct buf *withdrawn; /* ids of questions that need no answer any more */
  size_t withdrawn_count, withdrawn_capacity;
};
struct agent_actions agent_actions_make(void);
/* The input, the calls, the questions, what was withdrawn or heard; the rest stays. */
void agent_actions_clear(struct agent_actions *o);
void agent_actions_free(struct agent_actions *o);

struct agent_output {
  struct events *events;         /* to the orchestrator */
  struct agent_actions *actions; /* to the agent */
};
void agent_write(struct agent_output *e, struct span bytes);
/* One AGENT_ANSWER with this tag comes back, whatever happens. */
void agent_ask(struct agent_output *e, int tag, const struct agent_call *call);
/* An event stream (SSE): AGENT_STREAM with this tag and status 200 for each event, and
 * one with another status when it is over. */
void agent_follow(struct agent_output *e, int tag, const struct agent_call *call);
/* The agent has said how its turn ended.  From now on it has LIMIT_RESULT_GRACE_MS of
 * quiet to exit by itself, three times that in all; lines that still come are read as
 * usual.  While it has tasks open the time is backgroundMs. */
void agent_hang_up(struct agent_output *e);
/* So many tasks of the agent are open in the background, by its own list; at first none.
 * What is open when the agent ends is the warning "background-tasks-ended". */
void agent_tasks(struct agent_output *e, unsigned open);
/* A turn begins after agent_hang_up(): no grace runs until that is called anew. */
void agent_works_again(struct agent_output *e);
/* The same of an agent that is a server and would never exit: it is ended now, and that
 * says nothing against a success. */
void agent_dismiss(struct agent_output *e);
/* harness.say has begun the next turn: whatever was said of the end of the last. */
void agent_begins_turn(struct agent_output *e);
/* The agent's model gets the words of this id, or had them before, and with them all that
 * were said before them; with an empty id: the oldest `most` that it did not have yet. */
void agent_heard(struct agent_output *e, struct span id, size_t most);
/* The agent does not take the words of this id; empty: the oldest. */
void agent_not_heard(struct agent_output *e, struct span id, struct span why);
/* The agent has said that the API of its model failed, why, and that it tries again, at
 * most `own_most` times (0: it does not say): agent/agent_retries.h. */
void agent_retry(struct agent_output *e, struct span words, unsigned long long own_most);
/* May the agent do what it asks leave for?  ALLOW and DENY are the answer, which the
 * harness gives its agent now.  ASK: the question waits in the actions, the agent gets no
 * answer, and the run calls harness.permit with its id once somebody has decided. */
enum permission agent_permit(struct agent_output *e, const struct agent_question *q,
                             const struct permission_question *may);
/* The command line in the member `command` (or `cmd`) of a tool's arguments, raw JSON: a
 * text, or words; of `sh -c TEXT` that text.  Nothing if there is none. */
void agent_command(struct span input, struct buf *out);
/* What an agent is told that got DENY. */
struct span agent_refusal(const struct agent_output *e);
/* The agent has taken a question back. */
void agent_withdraw(struct agent_output *e, struct span id);
/* The agent cannot be given the bridge, which the harness has told. */
void agent_goes_without_bridge(struct agent_output *e);
/* The input of just now came from a clock: idleMs goes on counting. */
void agent_heartbeat(struct agent_output *e);

#endif
