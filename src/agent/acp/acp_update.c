/* SPDX-License-Identifier: MIT */
/* acp_update.c - what an ACP agent tells as it works.
 *
 *   sessionUpdate            event
 *   agent_message_chunk      text; other content: CUSTOM <id>.message-content {"content"}
 *   agent_thought_chunk      reasoning
 *   tool_call, …_update      acp_calls.c
 *   plan                     CUSTOM <id>.plan {"entries"}
 *   usage_update             its cost, for the end
 *   user_message_chunk       nothing: it is our own prompt, or a loaded session's past
 *   available_commands_update, current_mode_update, config_option_update,
 *   session_info_update, anything else: nothing  */
#include "acp_update.h"

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

static void forget(struct acp *a)
{
  a->speaking = ACP_SILENT;
  a->worded = false;
  begun_answer_is_whole(&a->begun);
  agent_keep(&a->answer, (struct span){0});
}

void acp_abandon(struct acp *a, struct events *events)
{
  begun_answer_abandon(&a->begun, events);
  forget(a);
}

static void on_chunk(struct acp *a, const struct json *doc, json_at update,
                     struct span line, struct events *events)
{
  bool thought =
      span_is(json_member_text(doc, update, "sessionUpdate"), "agent_thought_chunk");
  json_at content = json_get(update, "content");
  struct span type = json_member_text(doc, content, "type"),
              text = json_member_text(doc, content, "text");
  turn_page(a, doc, update, events);
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
    if (a->req && a->req->output_schema.len > 0)
      buf_add(&a->answer, text);
  }
}

static void on_cost(struct acp *a, const struct json *doc, json_at update)
{
  json_at cost = json_get(update, "cost"), amount = json_get(cost, "amount");
  if (json_kind(amount) == JSON_NUMBER &&
      span_is(json_member_text(doc, cost, "currency"), "USD"))
    agent_keep(&a->cost, json_raw(amount));
}

void acp_update(struct acp *a, const struct json *doc, struct span line,
                struct events *events)
{
  json_at params = json_get(json_root(doc), "params"),
          update = json_get(params, "update");
  struct span kind = json_member_text(doc, update, "sessionUpdate");
  struct span session = json_member_text(doc, params, "sessionId");
  /* What a loaded session says before our prompt is its past; another session's words
   * are a sub-agent's. */
  if (!a->open || (a->req && !a->prompted) ||
      (session.len > 0 && !span_equal(session, buf_span(&a->session))))
    return;
  if (span_is(kind, "agent_message_chunk") || span_is(kind, "agent_thought_chunk")) {
    on_chunk(a, doc, update, line, events);
  } else if (span_is(kind, "tool_call") || span_is(kind, "tool_call_update")) {
    forget(a);
    acp_calls_update(&a->calls, doc, update, events);
  } else if (span_is(kind, "plan")) {
    custom(a, "plan", "entries", json_raw(json_get(update, "entries")), events);
  } else if (span_is(kind, "usage_update")) {
    on_cost(a, doc, update);
  }
}
