/* SPDX-License-Identifier: MIT */
/* run_words.c - a list in the order in which they came.  Each leaves it by exactly one
 * event, delivered or refused.  */
#include "run_words.h"

#include "base/ids.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

void run_take_messages(struct run *r)
{
  r->takes_messages = r->resources.words = true;
}

/* -- telling -- */

static void tell(struct run *r, struct span id, const char *state, struct span reason)
{
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_text(&w, "messageId", id);
  json_put_text(&w, "state", span_of(state));
  if (reason.len > 0)
    json_put_text(&w, "reason", reason);
  json_close(&w, '}');
  events_custom(r->events, "runlet.message", buf_span(&value));
  buf_free(&value);
}

void run_message_refused(struct run *r, struct span id, struct span reason)
{
  tell(r, id, "refused", reason);
}

/* -- the list -- */

static struct run_message take_out(struct run_words *m, size_t i)
{
  struct run_message taken = m->at[i];
  m->count--;
  m->bytes -= taken.text.len;
  for (; i < m->count; i++)
    m->at[i] = m->at[i + 1];
  return taken;
}

static void drop(struct run_words *m, size_t i)
{
  struct run_message gone = take_out(m, i);
  buf_free(&gone.id);
  buf_free(&gone.text);
}

static void refuse(struct run *r, size_t i, struct span reason)
{
  struct run_message gone = take_out(&r->messages, i);
  tell(r, buf_span(&gone.id), "refused", reason);
  buf_free(&gone.id);
  buf_free(&gone.text);
}

static void deliver(struct run *r, size_t i)
{
  struct run_message got = take_out(&r->messages, i);
  tell(r, buf_span(&got.id), "delivered", (struct span){0});
  events_user_message(r->events, buf_span(&got.id), buf_span(&got.text));
  buf_free(&got.id);
  buf_free(&got.text);
}

static void add(struct run_words *m, struct span id, struct span text)
{
  struct run_message new = {.id = buf_make(id.len + 1), .text = buf_make(text.len + 1)};
  buf_add(&new.id, id);
  buf_add(&new.text, text);
  m->at = mem_reserve(m->at, m->count, &m->capacity, sizeof *m->at);
  m->at[m->count++] = new;
  m->bytes += text.len;
}

/* Of the first that was given, or that has this id; `count`: there is none. */
static size_t find(const struct run_words *m, struct span id)
{
  size_t i = 0;
  while (i < m->count &&
         !(m->at[i].given && (id.len == 0 || span_equal(buf_span(&m->at[i].id), id))))
    i++;
  return i;
}

/* -- the agent's word -- */

static void heard(struct run *r, const struct agent_action_heard *h)
{
  struct span id = buf_span(&h->id);
  size_t i = find(&r->messages, id);
  if (i == r->messages.count)
    return;
  if (h->refused) {
    refuse(r, i, buf_span(&h->why));
    return;
  }
  size_t left = id.len > 0 ? i + 1 : r->messages.count,
         most = id.len > 0 ? left : h->most;
  for (size_t at = 0; left > 0 && most > 0; left--)
    if (r->messages.at[at].given) {
      deliver(r, at);
      most--;
    } else {
      at++; /* it waits for the end of the turn */
    }
}

void run_words_tell(struct run *r)
{
  struct agent_actions *o = &r->session.actions;
  struct agent_action_heard *all = o->heard;
  size_t count = o->heard_count;
  o->heard = NULL;
  o->heard_count = o->heard_capacity = 0;
  for (size_t i = 0; i < count; i++) {
    heard(r, &all[i]);
    buf_free(&all[i].id);
    buf_free(&all[i].why);
  }
  free(all);
}

/* -- to the agent -- */

static int give(struct run *r, struct run_message *m, bool next, struct fault *f)
{
  const struct agent_words words = {buf_span(&m->id), buf_span(&m->text), next};
  if (agent_session_say(&r->session, &words, f) < 0)
    return -1;
  if (r->session.actions.input.len > 0 && !child_takes_input(r->resources.child)) {
    buf_clear(&r->session.actions.input);
    return fault_set(f, FAULT_CONFLICT, "the agent's turn is over");
  }
  m->given = true;
  return 0;
}

bool run_words_turn_over(struct run *r)
{
  struct run_words *m = &r->messages;
  bool well = !r->code[0] && !r->polite && agent_session_succeeded(&r->session);
  if (well && find(m, (struct span){0}) < m->count)
    return !r->session.actions.dismissed;
  while (well && m->count > 0) {
    struct fault f = {0};
    if (give(r, &m->at[0], true, &f) == 0) {
      run_carry_out(r);
      return true;
    }
    if (f.kind == FAULT_CONFLICT) /* not now */
      return false;
    refuse(r, 0, span_of(f.text));
  }
  return false;
}

void run_words_end(struct run *r)
{
  struct span why = r->code[0] ? SPAN_LITERAL("the run is ending")
                               : SPAN_LITERAL("the run ended before the agent took it");
  while (r->messages.count > 0)
    refuse(r, 0, why);
}

/* -- the user's -- */

/* Is its stdin at its end, or its server told to go? */
static bool has_left(const struct run *r)
{
  return r->session.actions.dismissed || r->polite ||
         (r->resources.child && r->resources.reads_on &&
          !child_takes_input(r->resources.child));
}

static int check(const struct run *r, struct span text, bool next, struct fault *f)
{
  bool begun = r->phase == SPEAKING;
  if (!r->takes_messages)
    return fault_set(f, FAULT_CONFLICT, "the run was not started to take messages");
  if (agent_session_takes_words(&r->session, r->req, f) < 0)
    return -1;
  if (text.len > LIMIT_WORDS_BYTES)
    return fault_set(f, FAULT_TOO_BIG, "text is longer than %zu bytes",
                     LIMIT_WORDS_BYTES);
  if (span_trim(text).len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "text is blank");
  if (r->phase > SPEAKING || r->code[0])
    return fault_set(f, FAULT_CONFLICT, "the run is ending");
  if (r->hold.held)
    return fault_set(f, FAULT_CONFLICT,
                     "the run waits for its client: the next request brings the message");
  if (!begun && !next)
    return fault_set(f, FAULT_CONFLICT, "the agent is not started yet");
  if (begun && has_left(r))
    return fault_set(f, FAULT_CONFLICT, "the agent's turn is over");
  if (r->messages.count >= LIMIT_WAITING_MESSAGES ||
      r->messages.bytes + text.len > LIMIT_WAITING_BYTES)
    return fault_set(f, FAULT_CONFLICT,
                     "%zu messages wait for the agent: that is as many as may",
                     r->messages.count);
  if (!next && child_input_waiting(r->resources.child) > LIMIT_SINK_HIGH_BYTES)
    return fault_set(f, FAULT_BUSY, "the agent does not read what was said before");
  return 0;
}

int run_message(struct run *r, struct span id, struct span text, enum run_when when,
                struct fault *f)
{
  struct run_words *m = &r->messages;
  char fresh[37];
  bool next = when == RUN_NEXT;
  if (id.len > 0 && seen_ids_has(&r->said, id))
    return 0;
  if (check(r, text, next, f) < 0 || (id.len == 0 && ids_uuid(fresh, f) < 0))
    return -1;
  id = id.len > 0 ? id : span_of(fresh);
  add(m, id, text);
  if (!next && give(r, &m->at[m->count - 1], false, f) < 0) {
    drop(m, m->count - 1);
    return -1;
  }
  (void)seen_ids_add(&r->said, id);
  tell(r, id, "queued", (struct span){0});
  if (!next || r->session.actions.hang_up) /* the turn is over already */
    run_carry_out(r);
  return 0;
}

void run_words_free(struct run *r)
{
  struct run_words *m = &r->messages;
  while (m->count > 0)
    drop(m, m->count - 1);
  free(m->at);
}
