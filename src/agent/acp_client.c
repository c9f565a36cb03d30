/* SPDX-License-Identifier: MIT */
/* We offer the agent no files and no terminals: it has the machine itself.  What it may
 * ask is permission.  modelOptions.permissionMode decides, as nobody is there to be
 * asked: none, bypassPermissions   everything is allowed acceptEdits reading, editing,
 * moving, deleting; tools of the bridge any other                 tools of the bridge; in
 * plan mode not even those  */
#include "acp_state.h"

#include "base/json_write.h"
#include "base/limits.h"

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
               struct ear *ear)
{
  struct buf out = buf_make(LIMIT_BRIDGE_REPLY_BYTES);
  struct json_writer w = json_write_to(&out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "jsonrpc", SPAN_LITERAL("2.0"));
  json_put_raw(&w, "id", json_raw(json_get(root, "id")));
  if (span_is(method, "session/request_permission")) {
    answer_permission(a, doc, json_get(root, "params"), &w, ear->events);
  } else {
    json_open(&w, "error", '{');
    json_put_int(&w, "code", -32601);
    json_put_text(&w, "message", SPAN_LITERAL("Method not found"));
    json_close(&w, '}');
  }
  json_close(&w, '}');
  buf_add_char(&out, '\n');
  ear_write(ear, buf_span(&out));
  buf_free(&out);
}
