/* SPDX-License-Identifier: MIT */
/* acp_input.c - JSON-RPC, as far as a client of one session needs it: a message with a
 * method and an id is a request of the agent, with a method alone a notification, with an
 * id alone an answer.  */
#include "acp_input.h"

#include "acp_notes.h"
#include "acp_requests.h"
#include "acp_session.h"
#include "acp_update.h"
#include "acp_words.h"

#include <stdio.h>

/* Kept as the agent's own bytes: ids to repeat, what is passed on, what is bulky. */
static const char *const raw_members[] = {
    "id",   "rawInput", "rawOutput", "amount", "entries", "availableCommands",
    "used", "size",     "requestId", NULL};

/* Which of our requests an id belongs to; ACP_BEFORE: none. */
static enum acp_step step_of(const struct acp *a, struct span id)
{
  char waiting[16];
  (void)snprintf(waiting, sizeof waiting, "%u", a->rpc_id);
  if (a->req)
    return span_is(id, waiting) ? a->waiting : ACP_BEFORE;
  return id.len == 1 && id.at[0] > '0' + ACP_BEFORE && id.at[0] < '0' + ACP_AFTER
             ? (enum acp_step)(id.at[0] - '0')
             : ACP_BEFORE;
}

static void read_object(struct acp *a, const struct json *doc, struct span line,
                        struct agent_output *output)
{
  json_at root = json_root(doc), id = json_get(root, "id");
  struct span method = json_member_text(doc, root, "method");
  bool has_id = json_kind(id) != JSON_ABSENT && json_kind(id) != JSON_NULL;
  if (method.len > 0 && has_id) {
    acp_asked(a, doc, root, method, output);
  } else if (span_is(method, "session/update")) {
    acp_update(a, doc, line, output);
  } else if (span_is(method, "$/cancel_request")) {
    acp_question_cancelled(a, json_get(json_get(root, "params"), "requestId"), output);
  } else if (span_is(method, "_x.ai/session_notification")) {
    acp_note(a, doc, output);
  } else if (method.len == 0 && span_starts(json_raw(id), "\"" ACP_SAY)) {
    acp_words_answered(doc, line, output);
  } else if (method.len == 0 && has_id) {
    enum acp_step step = step_of(a, json_raw(id));
    /* Without a request of ours a transcript is read: it may hold any step. */
    if (step != ACP_BEFORE && step != ACP_AFTER)
      acp_answered(a, doc, line, step, output);
  }
}

int acp_on_input(struct acp *a, struct span line, struct agent_output *output,
                 struct fault *f)
{
  static const struct json_rules rules = {.raw = raw_members};
  struct json *doc = agent_input_json(line, &rules, output->events, f);
  if (!doc)
    return -1;
  read_object(a, doc, line, output);
  json_free(doc);
  return 0;
}
