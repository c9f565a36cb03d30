/* SPDX-License-Identifier: MIT */
/* waiting.c - an open call is waited for, else a step of the setup, else the model.  */
#include "waiting.h"

#include "base/json.h"
#include "base/keyed_hash.h"

#include <string.h>

static void keep_name(struct waiting *w, struct span name)
{
  struct span cut = span_cut_utf8(name, sizeof w->name - 1);
  if (cut.len > 0)
    memcpy(w->name, cut.at, cut.len);
  w->name[cut.len] = 0;
}

/* runlet.setup {step, state}: "started" and then how it ended. */
static void note_setup(struct waiting *w, struct span value)
{
  struct fault ignored = {0};
  struct json *doc = json_parse(value, NULL, &ignored);
  json_at root = json_root(doc);
  w->setup = doc && span_is(json_member_text(doc, root, "state"), "started");
  keep_name(w, doc && w->setup ? json_member_text(doc, root, "step") : (struct span){0});
  json_free(doc);
}

void waiting_note(struct waiting *w, const struct event *e)
{
  switch (e->kind) {
  case EVENT_TOOL_START:
    w->calls++;
    w->call = keyed_hash(e->call);
    keep_name(w, e->name);
    break;
  case EVENT_TOOL_RESULT:
    w->calls -= w->calls > 0;
    if (w->call == keyed_hash(e->call))
      keep_name(w, (struct span){0});
    break;
  case EVENT_WARNING:
    w->again = w->again || span_is(e->code, "agent-retries");
    return;
  case EVENT_CUSTOM:
    if (!span_is(e->name, "runlet.setup"))
      return;
    note_setup(w, e->json);
    break;
  case EVENT_TEXT:
  case EVENT_REASONING:
    w->started = true;
    break;
  default:
    break;
  }
  if (e->kind != EVENT_CUSTOM)
    w->setup = false;
  w->started = w->started || e->kind == EVENT_TOOL_START;
  w->again = false;
  w->since_ms = e->at_ms;
}

void waiting_put(const struct waiting *w, struct span model, long long now_ms,
                 struct buf *out)
{
  buf_add_text(out, "… waiting for ");
  if (w->calls > 1)
    buf_addf(out, "%u tools", w->calls);
  else if (w->calls == 1 || w->setup)
    buf_add_text(out, w->name[0] ? w->name : "a tool");
  else if (!w->started)
    buf_add_text(out, "the agent");
  else if (model.len > 0)
    buf_add(out, span_cut_utf8(model, WAITING_NAME_BYTES));
  else
    buf_add_text(out, "the model");
  buf_addf(out, ", %lld s", (now_ms - w->since_ms + 500) / 1000);
  if (w->again)
    buf_add_text(out, ": it failed, and the agent tries again");
}
