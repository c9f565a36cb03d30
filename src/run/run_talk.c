/* SPDX-License-Identifier: MIT */
/* run_talk.c - between the agent's questions and whoever answers them.
 *
 * A harness leaves its questions in the actions; here they get their tool call's id, a
 * place in the list and a deadline, and are told.  An answer goes the same way back:
 * harness.permit, then what it wants done.  */
#include "run_talk.h"
#include "run_words.h"

#include "base/limits.h"

#include <stdlib.h>

static struct span const nobody = SPAN_LITERAL("Nobody answered in time.");
static struct span const later =
    SPAN_LITERAL("Awaiting client approval. Approve in the UI and re-run to continue.");

void run_talk(struct run *r, const struct run_dialogue *dialogue)
{
  r->dialogue = *dialogue;
  r->resources.dialogue = r->session.actions.can_ask = r->holds_approvals = true;
  run_take_messages(r);
}

void run_hold_approvals(struct run *r)
{
  r->holds_approvals = true;
}

/* Tells the agent, which did as it was told: no sign of life of its own. */
static bool answer(struct run *r, struct span id, const struct agent_answer *answer)
{
  if (r->phase != SPEAKING || !agent_session_permit(&r->session, id, answer))
    return false;
  run_carry_out(r);
  return true;
}

static void count_questions(struct run *r)
{
  if (r->watch)
    watch_questions(r->watch, questions_open(r->questions));
}

static void question_timed_out(void *who, struct span id)
{
  struct run *r = who;
  const struct agent_answer no = {.reason = nobody};
  approvals_close(&r->approvals, id);
  count_questions(r);
  answer(r, id, &no);
}

/* The approval's event has told it. */
static void told_already(void *who, const struct run_question *q)
{
  (void)who;
  (void)q;
}

void run_talk_begin(struct run *r)
{
  if (!r->dialogue.on_question && r->session.actions.policy)
    r->dialogue = (struct run_dialogue){.on_question = told_already,
                                        .question_ms = r->deadlines.approval_ms};
  if (!r->dialogue.on_question)
    return;
  const struct questions_setup setup = {.loop = r->settings->loop,
                                        .dialogue = r->dialogue,
                                        .on_timeout = question_timed_out,
                                        .who = r};
  r->questions = questions_new(&setup);
}

/* False: it is not held. */
static bool tell_approval(struct run *r, const struct agent_action_question *asked,
                          struct run_question *q)
{
  bool held = r->holds_approvals && r->deadlines.approval_ms > 0;
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  q->approval = approvals_open(&r->approvals, buf_span(&asked->approval), q->id);
  if (!held)
    approvals_close(&r->approvals, q->id);
  approvals_put(asked, q, r->session.actions.provider,
                held ? questions_wait_ms(r->questions) : 0, &value);
  events_custom(r->events, "approval-requested", buf_span(&value));
  buf_free(&value);
  return held;
}

static void tell(struct run *r, const struct agent_action_question *asked)
{
  struct agent_answer no = {.reason = SPAN_LITERAL("Too many questions wait.")};
  struct run_question q = {.id = buf_span(&asked->id),
                           .tool = buf_span(&asked->tool),
                           .input = buf_span(&asked->input)};
  struct span name = {0};
  if (asked->call.len > 0 &&
      events_open_call(r->events, buf_span(&asked->call), &q.tool_call_json, &name))
    q.tool = name.len > 0 ? name : q.tool;
  bool full = questions_open(r->questions) >= LIMIT_OPEN_QUESTIONS;
  if (!full && asked->approval.len > 0 && !tell_approval(r, asked, &q)) {
    full = true;
    no.reason = later;
  }
  if (full || !questions_ask(r->questions, &q))
    answer(r, q.id, &no);
  count_questions(r);
}

/* What is told may lead back here at once: the lists are taken first. */
void run_talk_tell(struct run *r)
{
  struct agent_actions *o = &r->session.actions;
  struct agent_action_question *asked = o->questions;
  struct buf *withdrawn = o->withdrawn;
  size_t questions = o->question_count, taken_back = o->withdrawn_count;
  o->questions = NULL;
  o->withdrawn = NULL;
  o->question_count = o->question_capacity = 0;
  o->withdrawn_count = o->withdrawn_capacity = 0;
  for (size_t i = 0; i < questions; i++) {
    if (r->questions && !r->code[0])
      tell(r, &asked[i]);
    agent_action_question_free(&asked[i]);
  }
  for (size_t i = 0; i < taken_back; i++) {
    approvals_close(&r->approvals, buf_span(&withdrawn[i]));
    if (r->questions)
      questions_drop(r->questions, buf_span(&withdrawn[i]), RUN_QUESTION_WITHDRAWN);
    buf_free(&withdrawn[i]);
  }
  free(asked);
  free(withdrawn);
  if (taken_back > 0 && r->questions)
    count_questions(r);
}

void run_talk_end(struct run *r)
{
  run_words_end(r);
  if (!r->questions)
    return;
  questions_drop_all(r->questions, RUN_QUESTION_RUN_ENDS);
  approvals_end(&r->approvals);
  count_questions(r);
}

void run_talk_free(struct run *r)
{
  questions_free(r->questions);
  approvals_free(&r->approvals);
  run_words_free(r);
  seen_ids_free(&r->said);
}

/* -- the other way -- */

static bool permit(struct run *r, struct span id, const struct agent_answer *said)
{
  if (!r->questions || !questions_take(r->questions, id))
    return false;
  approvals_close(&r->approvals, id);
  count_questions(r);
  return answer(r, id, said);
}

bool run_permit(struct run *r, struct span id, bool yes, struct span reason)
{
  const struct agent_answer said = {.yes = yes, .reason = reason};
  return permit(r, id, &said);
}

int run_approve(struct run *r, struct span approval_id, bool yes, struct span reason,
                struct fault *f)
{
  const struct approval *a = approvals_find(&r->approvals, approval_id, f);
  if (!a)
    return -1;
  (void)run_permit(r, buf_span(&a->question), yes, reason);
  return 0;
}

bool run_permit_input(struct run *r, struct span id, struct span input_json)
{
  const struct agent_answer said = {.yes = true, .input = input_json};
  return permit(r, id, &said);
}
