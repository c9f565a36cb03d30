/* SPDX-License-Identifier: MIT */
/* acp_notes.c - "type" of a retry_state is `retrying` before each try; other types are
 * its end, of which the turn's answer tells.  */
#include "acp_notes.h"

#include "acp_update.h"

void acp_note(struct acp *a, const struct json *doc, struct agent_output *output)
{
  json_at params = json_get(json_root(doc), "params"),
          update = json_get(params, "update");
  struct span session = json_member_text(doc, params, "sessionId");
  unsigned long long most = 0;
  if (!a->open || !span_equal(session, buf_span(&a->session)) ||
      !span_is(json_member_text(doc, update, "sessionUpdate"), "retry_state") ||
      !span_is(json_member_text(doc, update, "type"), "retrying"))
    return;
  json_whole(json_get(update, "max_retries"), 1000000, &most);
  agent_retry(output, json_member_text(doc, update, "reason"), most);
  acp_abandon(a, output->events);
}
