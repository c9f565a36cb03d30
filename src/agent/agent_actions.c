/* SPDX-License-Identifier: MIT */
/* agent_actions.c - the copies that wait in a harness's actions.  The HTTP calls hold the
 * agent's password and bodies with the bridge's token, so they are wiped when freed.  */
#include "agent/agent_actions.h"

#include "base/json_slice.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct agent_actions agent_actions_make(void)
{
  return (struct agent_actions){.input = buf_make(LIMIT_PROMPT_BYTES)};
}

static void free_secret(char *text)
{
  if (text)
    mem_wipe(text, span_of(text).len);
  free(text);
}

void agent_action_question_free(struct agent_action_question *q)
{
  buf_free(&q->id);
  buf_free(&q->call);
  buf_free(&q->tool);
  buf_free(&q->input);
  buf_free(&q->approval);
  buf_free(&q->title);
}

void agent_actions_clear(struct agent_actions *o)
{
  buf_clear(&o->input);
  for (size_t i = 0; i < o->call_count; i++) {
    struct agent_action_call *c = &o->calls[i];
    free(c->method);
    free(c->url);
    free_secret(c->authorization);
    buf_wipe(&c->body);
  }
  free(o->calls);
  o->calls = NULL;
  o->call_count = o->call_capacity = 0;
  for (size_t i = 0; i < o->question_count; i++)
    agent_action_question_free(&o->questions[i]);
  free(o->questions);
  o->questions = NULL;
  o->question_count = o->question_capacity = 0;
  for (size_t i = 0; i < o->withdrawn_count; i++)
    buf_free(&o->withdrawn[i]);
  free(o->withdrawn);
  o->withdrawn = NULL;
  o->withdrawn_count = o->withdrawn_capacity = 0;
  for (size_t i = 0; i < o->heard_count; i++) {
    buf_free(&o->heard[i].id);
    buf_free(&o->heard[i].why);
  }
  free(o->heard);
  o->heard = NULL;
  o->heard_count = o->heard_capacity = 0;
}

void agent_actions_free(struct agent_actions *o)
{
  agent_actions_clear(o);
  buf_free(&o->input);
  agent_retries_free(&o->retries);
  o->ended = o->hang_up = o->dismissed = o->heartbeat = false;
}

void agent_write(struct agent_output *e, struct span bytes)
{
  buf_add(&e->actions->input, bytes);
}

static void add_call(struct agent_actions *o, int tag, bool stream,
                     const struct agent_call *call)
{
  struct agent_action_call c = {.tag = tag,
                                .stream = stream,
                                .method = span_copy(span_of(call->method)),
                                .url = span_copy(call->url),
                                .body = buf_make(call->body.len + 1)};
  if (call->authorization.len > 0)
    c.authorization = span_copy(call->authorization);
  buf_add(&c.body, call->body);
  o->calls = mem_reserve(o->calls, o->call_count, &o->call_capacity, sizeof *o->calls);
  o->calls[o->call_count++] = c;
}

void agent_ask(struct agent_output *e, int tag, const struct agent_call *call)
{
  add_call(e->actions, tag, false, call);
}

void agent_follow(struct agent_output *e, int tag, const struct agent_call *call)
{
  add_call(e->actions, tag, true, call);
}

void agent_hang_up(struct agent_output *e)
{
  e->actions->ended = e->actions->hang_up = true;
}

void agent_tasks(struct agent_output *e, unsigned open)
{
  e->actions->open_tasks = open;
}

void agent_goes_without_bridge(struct agent_output *e)
{
  e->actions->does_without_bridge = true;
}

void agent_works_again(struct agent_output *e)
{
  e->actions->hang_up = e->actions->dismissed;
}

void agent_dismiss(struct agent_output *e)
{
  e->actions->ended = e->actions->hang_up = e->actions->dismissed = true;
}

void agent_retry(struct agent_output *e, struct span words, unsigned long long own_most)
{
  agent_retries_add(&e->actions->retries, e->events, words, own_most);
}

static struct buf copy_of(struct span text, size_t most)
{
  struct buf copy = buf_make(most);
  buf_add(&copy, text);
  return copy;
}

/* By the policy; what it asks about has an id, by which it may be answered already. */
static enum permission judge(const struct agent_actions *o,
                             const struct agent_question *q, enum permission_kind kind,
                             struct buf *id, struct buf *title)
{
  const struct policy_act act = {kind, q->tool, q->command};
  enum permission answer = policy_decide(o->policy, &act);
  if (answer != PERMISSION_ASK)
    return answer;
  policy_put_id(o->provider, &act, id);
  buf_add_text(title, "Approve ");
  buf_add(title, q->tool);
  if (kind == PERMISSION_KIND_COMMAND) {
    buf_add_text(title, ": ");
    struct span shown = span_cut_utf8(q->command, POLICY_TARGET_BYTES);
    buf_add(title, shown);
    buf_add_text(title, shown.len < q->command.len ? "..." : "");
  }
  return policy_answered(o->policy, buf_span(id));
}

enum permission agent_permit(struct agent_output *e, const struct agent_question *q,
                             const struct permission_question *may)
{
  struct agent_actions *o = e->actions;
  struct buf id = buf_make(LIMIT_LINE_BYTES), title = buf_make(LIMIT_LINE_BYTES);
  enum permission answer = o->policy && !may->host_tool && !may->person
                               ? judge(o, q, may->kind, &id, &title)
                               : permission_decide(may, o->can_ask);
  if (answer != PERMISSION_ASK) {
    buf_free(&id);
    buf_free(&title);
    return answer;
  }
  o->questions = mem_reserve(o->questions, o->question_count, &o->question_capacity,
                             sizeof *o->questions);
  o->questions[o->question_count++] =
      (struct agent_action_question){.id = copy_of(q->id, LIMIT_LINE_BYTES),
                                     .call = copy_of(q->call, LIMIT_LINE_BYTES),
                                     .tool = copy_of(q->tool, LIMIT_LINE_BYTES),
                                     .input = copy_of(q->input, LIMIT_LINE_BYTES),
                                     .approval = id,
                                     .title = title};
  return answer;
}

void agent_command(struct span input, struct buf *out)
{
  struct span raw = json_slice(input, "command");
  if (raw.len == 0)
    raw = json_slice(input, "cmd");
  if (json_slice_kind(raw) == JSON_STRING)
    json_unescape(raw, out);
  if (json_slice_kind(raw) != JSON_ARRAY)
    return;
  struct json_walk words = json_slice_walk(raw);
  bool shell = false;
  for (unsigned i = 0; json_slice_next(&words); i++) {
    if (i == 2 && shell)
      buf_clear(out);
    shell = i == 1 && out->len > 1 && !memcmp(out->at + out->len - 2, "sh", 2) &&
            (json_slice_says(words.value, SPAN_LITERAL("-c")) ||
             json_slice_says(words.value, SPAN_LITERAL("-lc")));
    if (out->len > 0)
      buf_add_char(out, ' ');
    if (json_slice_kind(words.value) == JSON_STRING)
      json_unescape(words.value, out);
  }
}

struct span agent_refusal(const struct agent_output *e)
{
  return e->actions->policy ? SPAN_LITERAL("Denied by sandbox policy.")
                            : SPAN_LITERAL("This run does not allow it.");
}

void agent_withdraw(struct agent_output *e, struct span id)
{
  struct agent_actions *o = e->actions;
  o->withdrawn = mem_reserve(o->withdrawn, o->withdrawn_count, &o->withdrawn_capacity,
                             sizeof *o->withdrawn);
  o->withdrawn[o->withdrawn_count++] = copy_of(id, LIMIT_LINE_BYTES);
}

void agent_begins_turn(struct agent_output *e)
{
  e->actions->hang_up = e->actions->dismissed = false;
}

static void add_heard(struct agent_actions *o, struct agent_action_heard heard)
{
  o->heard = mem_reserve(o->heard, o->heard_count, &o->heard_capacity, sizeof *o->heard);
  o->heard[o->heard_count++] = heard;
}

void agent_heard(struct agent_output *e, struct span id, size_t most)
{
  add_heard(e->actions, (struct agent_action_heard){.id = copy_of(id, LIMIT_LINE_BYTES),
                                                    .most = most});
}

void agent_not_heard(struct agent_output *e, struct span id, struct span why)
{
  add_heard(e->actions,
            (struct agent_action_heard){
                .id = copy_of(id, LIMIT_LINE_BYTES),
                .why = copy_of(span_cut_utf8(why, LIMIT_ERROR_MESSAGE_BYTES), KIB * 64),
                .refused = true,
                .most = 1});
}

void agent_heartbeat(struct agent_output *e)
{
  e->actions->heartbeat = true;
}
