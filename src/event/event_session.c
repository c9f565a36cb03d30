/* SPDX-License-Identifier: MIT */
/* event_session.c - one shape of the session event for all harnesses: a reader of the
 * stream finds the id under the same member, whoever the agent is.  */
#include "event/event_session.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "event_state.h"

void events_session(struct events *e, const char *harness,
                    const struct event_session *session)
{
  struct buf name = buf_make(KIB), value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  buf_addf(&name, "%s.session-id", harness);
  buf_clear(&e->session);
  buf_add(&e->session, session->id);
  json_open(&w, NULL, '{');
  if (session->id.at)
    json_put_text(&w, "sessionId", session->id);
  if (session->model.at)
    json_put_text(&w, "model", session->model);
  if (session->tools_json.at)
    json_put_raw(&w, "tools", session->tools_json);
  if (session->skills_json.at)
    json_put_raw(&w, "skills", session->skills_json);
  if (session->agent_json.at)
    json_put_raw(&w, "agent", session->agent_json);
  if (session->title.at)
    json_put_text(&w, "title", session->title);
  if (session->context_json.at)
    json_put_raw(&w, "context", session->context_json);
  json_close(&w, '}');
  events_custom(e, buf_cstring(&name), buf_span(&value));
  buf_free(&name);
  buf_free(&value);
}

struct span events_session_id(const struct events *e)
{
  return buf_span(&e->session);
}
