/* SPDX-License-Identifier: MIT */
/* agent_session.c - the calls to a harness, and what is counted beside them.
 *
 * A line that is not understood never ends a run: agents print what their libraries
 * print. The first of a kind is told at once, as it may explain what follows; the rest
 * only as a number, as there may be thousands.  */
#include "agent/agent_session.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct agent_session agent_session_make(const struct harness *harness)
{
  struct agent_session h = {.harness = harness,
                            .state = mem_new(harness->memory > 0 ? harness->memory : 1),
                            .actions = agent_actions_make()};
  h.actions.retries.most = LIMIT_AGENT_RETRIES;
  return h;
}

void agent_session_put_recorded(const struct agent_input *input, struct buf *out)
{
  if (input->kind == AGENT_LINE) {
    buf_add(out, input->text);
  } else {
    struct json_writer w = json_write_to(out);
    json_open(&w, NULL, '{');
    json_put_text(&w, "heard",
                  input->kind == AGENT_ANSWER ? SPAN_LITERAL("answer")
                                              : SPAN_LITERAL("stream"));
    json_put_int(&w, "tag", input->tag);
    json_put_int(&w, "status", input->status);
    json_put_text(&w, "text", input->text);
    json_close(&w, '}');
  }
  buf_add_char(out, '\n');
}

static void tell_heard(struct agent_session *h, const struct agent_input *input)
{
  struct buf line = buf_make(2 * LIMIT_EVENT_LINE_BYTES);
  agent_session_put_recorded(input, &line);
  if (!line.overflowed)
    h->on_heard(h->heard_who, buf_span(&line));
  buf_wipe(&line);
}

bool agent_session_input(struct agent_session *h, const struct agent_input *input)
{
  struct agent_output output = {.events = h->events, .actions = &h->actions};
  struct fault f = {0};
  h->actions.heartbeat = false;
  if (h->on_heard)
    tell_heard(h, input);
  struct budget *before = budget_enter(h->budget);
  int understood = h->harness->on_input(h->state, input, &output, &f);
  budget_enter(before);
  if (understood == 0)
    return !h->actions.heartbeat;
  h->not_understood++;
  if (h->warned & 1u << f.kind)
    return false;
  h->warned |= 1u << f.kind;
  fault_prefix(&f, "A line could not be understood");
  events_warn(h->events, "unparsable-line", span_of(f.text));
  return false;
}

bool agent_session_line(struct agent_session *h, struct span line)
{
  struct agent_input input = {.kind = AGENT_LINE, .text = line};
  return (h->harness->blank_lines || span_trim(line).len > 0) &&
         agent_session_input(h, &input);
}

static bool read_recorded(struct json *doc, struct agent_input *input)
{
  json_at root = json_root(doc), text = json_get(root, "text");
  struct span kind = json_member_text(doc, root, "heard");
  unsigned long long tag = 0, status = 0;
  if (!json_whole(json_get(root, "tag"), 9999, &tag) ||
      !json_whole(json_get(root, "status"), 999, &status) ||
      !(span_is(kind, "answer") || span_is(kind, "stream")))
    return false;
  input->kind = span_is(kind, "answer") ? AGENT_ANSWER : AGENT_STREAM;
  input->tag = (int)tag;
  input->status = (int)status;
  input->text = json_kind(text) == JSON_STRING ? json_text(doc, text, (struct span){0})
                                               : json_raw(text);
  return true;
}

void agent_session_recorded(struct agent_session *h, struct span line)
{
  static const char *const raw[] = {"text", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct fault ignored = {0};
  struct agent_input input = {0};
  struct json *doc =
      span_starts(line, "{\"heard\":") ? json_parse(line, &rules, &ignored) : NULL;
  if (doc && read_recorded(doc, &input))
    agent_session_input(h, &input);
  else
    agent_session_line(h, line);
  json_free(doc);
}

void agent_session_too_long(struct agent_session *h, size_t ceiling)
{
  if (h->too_long++ > 0)
    return;
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "A line is longer than %zu bytes (--max-line-bytes) and was left out.",
           ceiling);
  events_warn(h->events, "line-too-long", buf_span(&text));
  buf_free(&text);
}

static void count(struct agent_session *h, const char *code, unsigned long long n,
                  const char *what)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "%llu %s", n, what);
  events_warn(h->events, code, buf_span(&text));
  buf_free(&text);
}

void agent_session_cut(struct agent_session *h)
{
  if (h->tasks_cut < h->actions.open_tasks)
    h->tasks_cut = h->actions.open_tasks;
}

void agent_session_sum_up(struct agent_session *h, unsigned long long repaired)
{
  if (h->not_understood > 1)
    count(h, "unparsable-line", h->not_understood, "lines could not be understood.");
  if (h->too_long > 1)
    count(h, "line-too-long", h->too_long, "lines were too long.");
  if (repaired > 0)
    count(h, "invalid-utf8", repaired,
          "invalid UTF-8 sequences were replaced by U+FFFD.");
  agent_session_cut(h);
  if (h->tasks_cut > 0)
    count(h, "background-tasks-ended", h->tasks_cut,
          "of the agent's background tasks were open when it ended.");
}

bool agent_session_cancel(struct agent_session *h)
{
  struct agent_output output = {.events = h->events, .actions = &h->actions};
  return h->harness->cancel && h->harness->cancel(h->state, &output);
}

bool agent_session_permit(struct agent_session *h, struct span id,
                          const struct agent_answer *answer)
{
  struct agent_output output = {.events = h->events, .actions = &h->actions};
  return h->harness->permit && h->harness->permit(h->state, id, answer, &output);
}

int agent_session_takes_words(const struct agent_session *h,
                              const struct run_request *req, struct fault *f)
{
  const struct harness *a = h->harness;
  return a->say && !(a->one_prompt && a->one_prompt(req))
             ? 0
             : fault_set(f, FAULT_CONFLICT,
                         "%s takes no messages: it reads one prompt a run", a->id);
}

int agent_session_say(struct agent_session *h, const struct agent_words *words,
                      struct fault *f)
{
  struct agent_output output = {.events = h->events, .actions = &h->actions};
  return h->harness->say(h->state, words, &output, f);
}

bool agent_session_gave_up(const struct agent_session *h)
{
  return h->actions.retries.given_up && !agent_session_succeeded(h);
}

void agent_session_put_reason(const struct agent_session *h, struct buf *out)
{
  struct span reason = agent_retries_reason(&h->actions.retries, h->events);
  if (agent_session_gave_up(h)) {
    agent_retries_put_end(&h->actions.retries, out);
  } else if (reason.len > 0) {
    buf_add_text(out, "; it was trying again: ");
    buf_add(out, reason);
  }
}

void agent_session_note_success(struct agent_session *h)
{
  if (h->actions.ended && h->harness->succeeded(h->state))
    events_succeeded(h->events);
}

void agent_session_finish(struct agent_session *h, const struct process_end *end)
{
  struct agent_output output = {.events = h->events, .actions = &h->actions};
  struct buf why = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  if (!process_end_is_clean(end))
    agent_session_note_success(h);
  if (agent_session_gave_up(h)) {
    agent_session_put_reason(h, &why);
    events_fail(h->events, SPAN_LITERAL("agent-error"), buf_span(&why));
  } else {
    h->harness->finish(h->state, end, &output);
  }
  buf_free(&why);
}

bool agent_session_succeeded(const struct agent_session *h)
{
  return h->harness->succeeded(h->state);
}

void agent_session_free(struct agent_session *h)
{
  if (!h->state)
    return;
  if (h->harness->free)
    h->harness->free(h->state);
  mem_wipe(h->state, h->harness->memory);
  free(h->state);
  h->state = NULL;
  agent_actions_free(&h->actions);
}
