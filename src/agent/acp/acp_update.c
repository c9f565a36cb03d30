/* SPDX-License-Identifier: MIT */
/* acp_update.c - what an ACP agent tells as it works.
 *
 *   sessionUpdate            event
 *   agent_message_chunk      text; other content: CUSTOM <id>.message-content {"content"}
 *   agent_thought_chunk      reasoning
 *   tool_call, …_update      acp_calls.c
 *   plan                     CUSTOM <id>.plan {"entries"}
 *   usage_update             its cost and how full the context is, for the end; after
 *                            words or a call: an answer of the model is whole
 *   session_info_update      the session's title, for the end; codex-acp: acp_notes.c
 *   notice                   runlet.warning agent-notice
 *   user_message_chunk       nothing: it is our own prompt, or a loaded session's past
 *   available_commands_update, current_mode_update, config_option_update,
 *   compaction_update, anything else: nothing
 * An empty chunk may carry what one answer of the model used (_meta.usage).  */
#include "acp_update.h"

#include "acp_notes.h"
#include "base/json_write.h"
#include "base/limits.h"

static void custom(const struct acp *a, const char *what, const char *key,
                   struct span json, struct events *events)
{
  struct buf name = buf_make(KIB), value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  buf_addf(&name, "%s.%s", a->profile->id, what);
  json_open(&w, NULL, '{');
  json_put_raw(&w, key, json);
  json_close(&w, '}');
  events_custom(events, buf_cstring(&name), buf_span(&value));
  buf_free(&name);
  buf_free(&value);
}

/* A new message id: what streamed before is over. */
static void turn_page(struct acp *a, const struct json *doc, json_at update,
                      struct events *events)
{
  struct span id = json_member_text(doc, update, "messageId");
  if (span_equal(id, buf_span(&a->message)))
    return;
  agent_keep(&a->message, id);
  a->speaking = ACP_SILENT;
  events_text_close(events);
  events_reasoning_close(events);
}

/* A piece of a message went out, perhaps its first. */
static void remember(struct acp *a, enum acp_speaking what, struct events *events)
{
  if (a->speaking != what)
    begun_answer_add(&a->begun, events);
  a->speaking = what;
}

static void keep_said(struct acp *a, struct span text)
{
  if (a->said.ceiling == 0)
    agent_keep(&a->said, (struct span){0});
  buf_add(&a->said, span_cut_utf8(text, LIMIT_ERROR_MESSAGE_BYTES));
}

static void add_count(long long *sum, json_at usage, const char *name)
{
  long long n = agent_input_count(usage, name);
  if (n >= 0)
    *sum = (*sum < 0 ? 0 : *sum) + n;
}

static void add_usage(struct event_usage *sum, json_at usage)
{
  add_count(&sum->prompt, usage, "inputTokens");
  add_count(&sum->completion, usage, "outputTokens");
  add_count(&sum->total, usage, "totalTokens");
  add_count(&sum->cached, usage, "cachedReadTokens");
  add_count(&sum->reasoning, usage, "thoughtTokens");
}

static void on_usage(struct acp *a, json_at usage, struct agent_output *output)
{
  struct event_usage answer = event_usage_none();
  if (json_kind(usage) != JSON_OBJECT)
    return;
  if (!a->adds_usage)
    a->usage = event_usage_none();
  a->adds_usage = a->has_usage = true;
  add_usage(&a->usage, usage);
  add_usage(&answer, usage);
  spending_answer(&output->actions->spending, &answer, false);
  a->answering = false;
}

static void on_chunk(struct acp *a, const struct json *doc, json_at update,
                     struct span line, struct agent_output *output)
{
  struct events *events = output->events;
  bool thought =
      span_is(json_member_text(doc, update, "sessionUpdate"), "agent_thought_chunk");
  json_at content = json_get(update, "content");
  struct span type = json_member_text(doc, content, "type"),
              text = json_member_text(doc, content, "text");
  a->answering = a->answering || text.len > 0;
  on_usage(a, json_get(json_get(update, "_meta"), "usage"), output);
  turn_page(a, doc, update, events);
  if (!span_is(type, "text") || text.len > 0)
    acp_calls_message(&a->calls, events);
  if (!span_is(type, "text")) {
    a->worded = true;
    custom(a, "message-content", "content", json_slice(line, "params.update.content"),
           events);
  } else if (text.len > 0 && thought) {
    events_reasoning(events, text);
    remember(a, ACP_THINKING, events);
  } else if (text.len > 0) {
    events_text(events, text);
    remember(a, ACP_SAYING, events);
    a->worded = a->worded || span_trim(text).len > 0;
    if (a->said.len < LIMIT_ERROR_MESSAGE_BYTES)
      keep_said(a, text);
    if (a->req && a->req->output_schema.len > 0)
      buf_add(&a->answer, text);
  }
}

/* Some tell at the beginning of an answer, too, before its words. */
static void on_cost(struct acp *a, const struct json *doc, json_at update,
                    struct agent_output *output)
{
  json_at cost = json_get(update, "cost"), amount = json_get(cost, "amount");
  if (json_kind(amount) == JSON_NUMBER &&
      span_is(json_member_text(doc, cost, "currency"), "USD"))
    agent_keep(&a->cost, json_raw(amount));
  if (a->cost.len > 0 && !a->resumed)
    spending_total(&output->actions->spending, BUDGET_USD, json_number(amount, 0));
  json_at used = json_get(update, "used"), size = json_get(update, "size");
  if (json_kind(used) == JSON_NUMBER)
    agent_keep(&a->used, json_raw(used));
  if (a->answering && !a->adds_usage)
    spending_turn(&output->actions->spending, (long long)json_number(used, 0));
  a->answering = false;
  if (json_kind(size) == JSON_NUMBER)
    agent_keep(&a->size, json_raw(size));
}

static void on_notice(const struct json *doc, json_at update, struct events *events)
{
  struct span title = json_member_text(doc, update, "title"),
              more = json_member_text(doc, update, "description");
  struct buf text = buf_make(LIMIT_LINE_BYTES);
  buf_add(&text, title);
  if (title.len > 0 && more.len > 0)
    buf_add_text(&text, ": ");
  buf_add(&text, more);
  if (text.len > 0)
    events_warn(events, "agent-notice", buf_span(&text));
  buf_free(&text);
}

/* It comes before the prompt, too. */
static void on_title(struct acp *a, const struct json *doc, json_at update)
{
  struct span title = json_member_text(doc, update, "title");
  if (title.len > 0)
    agent_keep(&a->title, span_cut_utf8(title, LIMIT_NAME_BYTES));
}

void acp_update(struct acp *a, const struct json *doc, struct span line,
                struct agent_output *output)
{
  struct events *events = output->events;
  json_at params = json_get(json_root(doc), "params"),
          update = json_get(params, "update");
  struct span kind = json_member_text(doc, update, "sessionUpdate");
  struct span session = json_member_text(doc, params, "sessionId");
  /* What a loaded session says before our prompt is its past; another session's words
   * are a sub-agent's. */
  if (span_is(kind, "notice")) {
    on_notice(doc, update, events);
    return;
  }
  if (!a->open || (a->req && !a->prompted) ||
      (session.len > 0 && !span_equal(session, buf_span(&a->session))))
    return;
  acp_calls_rest(&a->calls, json_member_text(doc, update, "toolCallId"), events);
  if (span_is(kind, "agent_message_chunk") || span_is(kind, "agent_thought_chunk")) {
    on_chunk(a, doc, update, line, output);
  } else if (span_is(kind, "tool_call") || span_is(kind, "tool_call_update")) {
    acp_forget(a);
    a->answering = a->answering || span_is(kind, "tool_call");
    acp_calls_update(&a->calls, doc, update, events);
  } else if (span_is(kind, "plan")) {
    custom(a, "plan", "entries", json_raw(json_get(update, "entries")), events);
  } else if (span_is(kind, "usage_update")) {
    on_cost(a, doc, update, output);
  } else if (span_is(kind, "session_info_update")) {
    on_title(a, doc, update);
    acp_note_codex(a, doc, json_get(json_get(update, "_meta"), "codex"), output);
  }
}
