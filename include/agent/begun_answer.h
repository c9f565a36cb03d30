/* SPDX-License-Identifier: MIT */
/* begun_answer.h - what an agent's model has said of an answer that is not whole yet.
 *
 * When the API fails in the middle the model is asked anew and says all of it again, so
 * the messages of the first try are named for clients to drop: CUSTOM
 * runlet.message-abandoned {"messageId"}.  A tool call, or the agent's word for it, makes
 * an answer whole.  A zeroed struct is empty and ready.  */
#ifndef AGENT_BEGUN_ANSWER_H
#define AGENT_BEGUN_ANSWER_H

#include "event/event.h"

struct begun_answer {
  struct buf ids; /* of its messages, as JSON, a line each */
};

/* The message that was opened last is a part of it. */
void begun_answer_add(struct begun_answer *b, struct events *events);
void begun_answer_is_whole(struct begun_answer *b);
void begun_answer_abandon(struct begun_answer *b, struct events *events);
void begun_answer_free(struct begun_answer *b);

#endif
