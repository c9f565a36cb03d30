/* SPDX-License-Identifier: MIT */
/* acp_words.c - the next turn begins with nothing of the outcome of the one before but
 * its tokens.  */
#include "acp_words.h"

#include "acp_messages.h"
#include "agent/prompt_guard.h"
#include "agent/structured.h"
#include "base/limits.h"
#include "event/event_usage.h"

static const char *name_of(const struct acp *a)
{
  return a->agent ? a->agent->name : a->profile->id;
}

static int check(const struct acp *a, const struct agent_words *words, struct fault *f)
{
  struct span steers = json_slice(buf_span(&a->init), "_meta.steering.supported");
  if (a->init.len > 0 && !words->next && json_slice_kind(steers) != JSON_TRUE)
    return fault_set(f, FAULT_CONFLICT,
                     "%s cannot be steered (it offers no _meta.steering): send the "
                     "message as its next turn",
                     name_of(a));
  if (!a->prompted || !a->req)
    return fault_set(f, FAULT_CONFLICT, "the agent has not begun yet");
  if (a->cancelled || (a->waiting == ACP_PROMPT) == words->next)
    return fault_set(f, FAULT_CONFLICT, "%s",
                     words->next ? "the agent's turn goes on"
                                 : "the agent's turn is over");
  if (span_trim(words->text).len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "text is blank");
  return 0;
}

static void begin_turn(struct acp *a, struct agent_output *output)
{
  if (!a->turns)
    a->earlier = event_usage_none();
  if (!a->adds_usage && a->has_usage && !(a->agent && a->agent->counts_session))
    a->earlier = a->usage;
  a->turns = true;
  a->outcome = ACP_NO_OUTCOME;
  a->broken = false;
  buf_clear(&a->trouble);
  acp_forget(a);
  agent_begins_turn(output);
}

int acp_words_say(struct acp *a, const struct agent_words *words,
                  struct agent_output *output, struct fault *f)
{
  struct buf text = buf_make(LIMIT_PROMPT_BYTES);
  if (check(a, words, f) < 0)
    return -1;
  buf_add(&text, words->text);
  prompt_guard_apply(a->guard, a->req, &text);
  if (words->next && a->req->output_schema.len > 0)
    structured_ask(a->req->output_schema, &text);
  if (words->next) {
    begin_turn(a, output);
    acp_say_text(a, (struct span){0}, buf_span(&text), output);
    agent_heard(output, words->id, 1);
  } else {
    acp_say_text(a, words->id, buf_span(&text), output);
  }
  buf_free(&text);
  return 0;
}

void acp_words_answered(const struct json *doc, struct span line,
                        struct agent_output *output)
{
  json_at root = json_root(doc);
  struct span outcome = json_member_text(doc, json_get(root, "result"), "outcome");
  struct buf id = buf_make(LIMIT_LINE_BYTES), why = buf_make(64 * KIB);
  json_unescape(json_raw(json_get(root, "id")), &id);
  struct span own = span_after(buf_span(&id), sizeof ACP_SAY - 1);
  if (json_kind(json_get(root, "error")) == JSON_OBJECT)
    acp_add_error(doc, line, &why);
  else if (span_is(outcome, "promptRequired"))
    buf_add_text(&why, "the agent's turn is over");
  if (why.len > 0)
    agent_not_heard(output, own, buf_span(&why));
  else
    agent_heard(output, own, 1);
  buf_free(&id);
  buf_free(&why);
}
