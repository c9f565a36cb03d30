/* SPDX-License-Identifier: MIT */
/* acp_notes.c - "type" of a retry_state is `retrying` before each try; other types are
 * its end, of which the turn's answer tells.  */
#include "acp_notes.h"

#include "base/limits.h"

/* Of a sub-agent's session, too. */
static void on_answer(struct acp *a, json_at usage, bool own, struct spending *s)
{
  struct event_usage u = event_usage_none();
  u.prompt = agent_input_count(usage, "input_tokens");
  u.completion = agent_input_count(usage, "output_tokens");
  u.cached = agent_input_count(usage, "cache_read_input_tokens");
  u.cache_write = agent_input_count(usage, "cache_creation_input_tokens");
  u.cache_apart = true;
  spending_answer(s, &u, false);
  a->answering = a->answering && !own;
}

void acp_note(struct acp *a, const struct json *doc, struct agent_output *output)
{
  json_at params = json_get(json_root(doc), "params"),
          update = json_get(params, "update");
  struct span session = json_member_text(doc, params, "sessionId");
  unsigned long long most = 0;
  if (a->prompted &&
      span_is(json_member_text(doc, update, "sessionUpdate"), "response_completed"))
    on_answer(a, json_get(update, "usage"), span_equal(session, buf_span(&a->session)),
              &output->actions->spending);
  if (!a->open || !span_equal(session, buf_span(&a->session)) ||
      !span_is(json_member_text(doc, update, "sessionUpdate"), "retry_state") ||
      !span_is(json_member_text(doc, update, "type"), "retrying"))
    return;
  json_whole(json_get(update, "max_retries"), 1000000, &most);
  agent_retry(output, json_member_text(doc, update, "reason"), most);
  acp_abandon(a, output->events);
}

void acp_note_codex(struct acp *a, const struct json *doc, json_at codex,
                    struct agent_output *output)
{
  json_at error = json_get(codex, "error"), status = json_get(codex, "threadStatus");
  struct span message = json_member_text(doc, error, "message"),
              details = json_member_text(doc, error, "additionalDetails");
  if (json_kind(error) == JSON_OBJECT) {
    struct buf words = buf_make(2 * LIMIT_ERROR_MESSAGE_BYTES);
    buf_add(&words, span_cut_utf8(message, LIMIT_ERROR_MESSAGE_BYTES / 2));
    if (message.len > 0 && details.len > 0)
      buf_add_text(&words, ": ");
    buf_add(&words, span_cut_utf8(details, LIMIT_ERROR_MESSAGE_BYTES / 2));
    if (json_kind(json_get(error, "willRetry")) == JSON_TRUE) {
      agent_retry(output, buf_span(&words), 0);
      acp_abandon(a, output->events);
    } else {
      agent_keep(&a->trouble, buf_span(&words));
    }
    buf_free(&words);
  }
  if (json_kind(status) == JSON_OBJECT)
    a->broken = span_is(json_member_text(doc, status, "type"), "systemError");
}
