/* SPDX-License-Identifier: MIT */
/* event_session.h - CUSTOM <harness>.session-id: how a later run finds the session.
 *
 * Every harness tells it once the agent has named its session; the orchestrator hands
 * the id back as modelOptions.sessionId.  What is learned of the session later (its
 * title, how full its context is) is told in a further one with the same id.  */
#ifndef EVENT_EVENT_SESSION_H
#define EVENT_EVENT_SESSION_H

#include "event/event.h"

struct event_session { /* what has no address (`at` NULL) is left out */
  struct span id, model;
  struct span tools_json, skills_json; /* raw JSON: what the agent says it has */
  struct span agent_json;              /* its name and version, as it tells them */
  struct span title;
  struct span context_json; /* {"used","size"}: tokens in the model's context */
};
/* `harness`: its id, the front of the event's name. */
void events_session(struct events *e, const char *harness,
                    const struct event_session *session);
/* The id that was told last; empty: none, or one above LIMIT_NAME_BYTES. */
struct span events_session_id(const struct events *e);

#endif
