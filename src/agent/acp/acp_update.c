/* SPDX-License-Identifier: MIT */
/*   sessionUpdate            event
 *   agent_message_chunk      text; other content: CUSTOM <id>.message-content {"content"}
 *   agent_thought_chunk      reasoning
 *   tool_call, …_update      acp_calls.c
 *   plan                     CUSTOM <id>.plan {"entries"}
 *   usage_update             its cost, for the end
 *   user_message_chunk       nothing: it is our own prompt, or a loaded session's past
 *   available_commands_update, current_mode_update, config_option_update,
 *   session_info_update, anything else: nothing  */
#include "acp_update.h"

#include "agent/harness.h"
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
static void turn_page(struct acp *a, struct json *doc, json_at update,
                      struct events *events)
{
  struct span id = acp_text(doc, update, "messageId");
  if (span_equal(id, buf_span(&a->message)))
    return;
  harness_keep(&a->message, id);
  events_text_close(events);
  events_reasoning_close(events);
}

static void hear_chunk(struct acp *a, struct json *doc, json_at update, struct span line,
                       struct events *events)
{
  bool thought = span_is(acp_text(doc, update, "sessionUpdate"), "agent_thought_chunk");
  json_at content = json_get(update, "content");
  struct span type = acp_text(doc, content, "type"),
              text = acp_text(doc, content, "text");
  turn_page(a, doc, update, events);
  if (!span_is(type, "text")) {
    custom(a, "message-content", "content", json_slice(line, "params.update.content"),
           events);
  } else if (text.len > 0 && thought) {
    events_reasoning(events, text);
  } else if (text.len > 0) {
    events_text(events, text);
    if (a->req && a->req->output_schema.len > 0)
      buf_add(&a->answer, text);
  }
}

static void hear_cost(struct acp *a, struct json *doc, json_at update)
{
  json_at cost = json_get(update, "cost"), amount = json_get(cost, "amount");
  if (json_kind(amount) == JSON_NUMBER && span_is(acp_text(doc, cost, "currency"), "USD"))
    harness_keep(&a->cost, json_raw(amount));
}

void acp_update(struct acp *a, struct json *doc, struct span line, struct events *events)
{
  json_at params = json_get(json_root(doc), "params"),
          update = json_get(params, "update");
  struct span kind = acp_text(doc, update, "sessionUpdate");
  struct span session = acp_text(doc, params, "sessionId");
  /* What a loaded session says before our prompt is its past; another session's words
   * are a sub-agent's. */
  if (!a->open || (a->req && !a->prompted) ||
      (session.len > 0 && !span_equal(session, buf_span(&a->session))))
    return;
  if (span_is(kind, "agent_message_chunk") || span_is(kind, "agent_thought_chunk")) {
    hear_chunk(a, doc, update, line, events);
  } else if (span_is(kind, "tool_call") || span_is(kind, "tool_call_update")) {
    harness_keep(&a->answer, (struct span){0});
    acp_calls_hear(&a->calls, doc, update, events);
  } else if (span_is(kind, "plan")) {
    custom(a, "plan", "entries", json_raw(json_get(update, "entries")), events);
  } else if (span_is(kind, "usage_update")) {
    hear_cost(a, doc, update);
  }
}

/* We offer the agent no files and no terminals: it has the machine itself.  What it may
 * ask is permission.  modelOptions.permissionMode decides, as nobody is there to be
 * asked: none, bypassPermissions   everything is allowed acceptEdits reading, editing,
 * moving, deleting; tools of the bridge any other                 tools of the bridge; in
 * plan mode not even those  */
static bool may(const struct acp *a, struct span kind, bool bridged)
{
  static const char *const harmless[] = {"read",   "search", "think", "edit",
                                         "delete", "move",   NULL};
  struct span mode = a->req ? a->req->permission_mode : (struct span){0};
  if (a->cancelled)
    return false;
  if (mode.len == 0 || span_is(mode, "bypassPermissions"))
    return true;
  if (bridged)
    return !span_is(mode, "plan");
  if (span_is(mode, "acceptEdits"))
    for (size_t i = 0; harmless[i]; i++)
      if (span_is(kind, harmless[i]))
        return true;
  return false;
}

/* The option of a kind: "allow_once" before "allow_always", which some agents write into
 * the user's own settings. */
static struct span option_for(struct json *doc, json_at options, bool allowed)
{
  static const char *const kinds[2][2] = {{"reject_once", "reject_always"},
                                          {"allow_once", "allow_always"}};
  for (size_t i = 0; i < 2; i++)
    for (json_at o = json_first(options); o != NULL; o = json_next(o))
      if (span_is(acp_text(doc, o, "kind"), kinds[allowed][i]))
        return acp_text(doc, o, "optionId");
  return (struct span){0};
}

static void answer_permission(struct acp *a, struct json *doc, json_at params,
                              struct json_writer *w, struct events *events)
{
  json_at call = json_get(params, "toolCall"), options = json_get(params, "options");
  bool bridged = acp_calls_ask(&a->calls, doc, call, events);
  bool allowed = may(a, acp_text(doc, call, "kind"), bridged);
  struct span option = {0};
  if (!a->cancelled && json_kind(options) == JSON_ARRAY)
    option = option_for(doc, options, allowed);
  json_open(w, "result", '{');
  json_open(w, "outcome", '{');
  json_put_text(w, "outcome",
                option.len > 0 ? SPAN_LITERAL("selected") : SPAN_LITERAL("cancelled"));
  if (option.len > 0)
    json_put_text(w, "optionId", option);
  json_close(w, '}');
  json_close(w, '}');
}

void acp_asked(struct acp *a, struct json *doc, json_at root, struct span method,
               struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_BRIDGE_REPLY_BYTES);
  struct json_writer w = json_write_to(&out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "jsonrpc", SPAN_LITERAL("2.0"));
  json_put_raw(&w, "id", json_raw(json_get(root, "id")));
  if (span_is(method, "session/request_permission")) {
    answer_permission(a, doc, json_get(root, "params"), &w, output->events);
  } else {
    json_open(&w, "error", '{');
    json_put_int(&w, "code", -32601);
    json_put_text(&w, "message", SPAN_LITERAL("Method not found"));
    json_close(&w, '}');
  }
  json_close(&w, '}');
  buf_add_char(&out, '\n');
  agent_write(output, buf_span(&out));
  buf_free(&out);
}
