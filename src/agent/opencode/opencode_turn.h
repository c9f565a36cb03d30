/* SPDX-License-Identifier: MIT */
/* opencode_turn.h - one turn with OpenCode's server: what it is asked, what it answers,
 * and when the turn is over: when its answer and the last of its events are there, for
 * the answer overtakes them.  opencode.c reads the events.  */
#ifndef AGENT_OPENCODE_TURN_H
#define AGENT_OPENCODE_TURN_H

#include "opencode_parts.h"
#include "opencode_plan.h"

enum opencode_tag {
  OPENCODE_EVENTS = 1,
  OPENCODE_BRIDGE,
  OPENCODE_SESSION,
  OPENCODE_PROMPT,
  OPENCODE_REPLY,
  OPENCODE_ABORT,
  OPENCODE_WORDS
};

struct opencode {
  const struct run_request *req; /* the run's; NULL: a transcript */
  struct opencode_order order;
  struct opencode_parts parts;
  /* More words of the user: the turn is over only when the last of them are answered. */
  unsigned says, unheard;  /* all; those of which no message is in the session yet */
  unsigned fresh;          /* those in the session to which the model said nothing yet */
  struct seen_ids users;   /* ids of the user's messages */
  struct buf last_user;    /* the last of them … */
  bool last_user_answered; /* … is one to which the model says something */
  struct buf url, session;
  size_t told;    /* of order.servers, how many it has taken, or not */
  unsigned tries; /* of the next */
  bool connected, resuming, asked, answered, idle, over;
  bool lost;          /* the stream, before the answer */
  struct buf answer;  /* the whole of it, until the turn is over */
  struct buf failure; /* why the turn is no success; empty: none known */
  bool vague;         /* `failure` is an HTTP error, and `words` know better */
  struct buf words;   /* of session.error */
  struct buf value;   /* what was answered to outputSchema */
  struct buf said;    /* the text of the last message, if that is wanted */
  bool no_value;      /* OpenCode's own word: the model did not heed the schema */
  bool finished, length;
};

struct opencode_input { /* one piece of its output, and what it is read with */
  struct opencode *c;
  struct json *doc;
  struct agent_output *output;
};

enum { OPENCODE_SHOWN_BYTES = 1000 }; /* of OpenCode's words in an error of ours */

extern const char *const opencode_raw[]; /* members passed on as they are */

/* The words of an error object {"name","data":{"message"}}; empty: it is none. */
struct span opencode_words_of(const struct opencode_input *in, json_at error);
/* Nothing before the server's address is known. */
void opencode_ask(struct opencode *c, struct agent_output *output, enum opencode_tag tag,
                  const char *path, struct span body);
/* The path with an id of OpenCode's in it; an id that is none asks nothing. */
void opencode_ask_of(struct opencode *c, struct agent_output *output,
                     enum opencode_tag tag, const char *thing, struct span id,
                     const char *rest, struct span body);
/* The next of the MCP servers, or else the session. */
void opencode_go_on(struct opencode *c, struct agent_output *output);
void opencode_abort(struct opencode *c, struct agent_output *output);
void opencode_fail(struct opencode *c, struct agent_output *output, const char *what,
                   int status, struct span words);
/* The last message as the answer has it: what the stream did not bring any more. */
void opencode_catch_up(struct opencode *c, struct agent_output *output);
/* message.updated: whose words are heard and answered. */
void opencode_heard(struct opencode *c, const struct json *doc, json_at info,
                    struct agent_output *output);
/* The next prompt is asked: nothing of the turn before holds. */
void opencode_begin_turn(struct opencode *c, struct agent_output *output);
/* Words that were said wait to be answered. */
bool opencode_words_wait(const struct opencode *c);
void opencode_maybe_over(struct opencode *c, struct agent_output *output);
/* AGENT_ANSWER; `in->doc` NULL: it is no JSON. */
void opencode_answer(const struct opencode_input *in, const struct agent_input *input);

#endif
