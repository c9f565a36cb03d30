/* SPDX-License-Identifier: MIT */
/* One event a boundary, told when its summary is there or cannot come any more. */
#include "claude_compaction.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <limits.h>

void claude_compaction_begin(struct claude_compaction *c, const struct json *doc,
                             json_at root)
{
  json_at facts = json_get(root, "compact_metadata");
  *c = (struct claude_compaction){.open = true};
  c->manual = span_is(json_member_text(doc, facts, "trigger"), "manual");
  (void)json_whole(json_get(facts, "pre_tokens"), LLONG_MAX, &c->tokens);
}

void claude_compaction_tell(struct claude_compaction *c, struct span summary,
                            struct events *events)
{
  if (!c->open)
    return;
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  c->open = false;
  json_open(&w, NULL, '{');
  json_put_text(&w, "trigger", span_of(c->manual ? "manual" : "auto"));
  json_put_text(&w, "summary", summary);
  if (c->tokens > 0)
    json_put_int(&w, "tokensBefore", (long long)c->tokens);
  json_close(&w, '}');
  events_custom(events, "runlet.compaction", buf_span(&value));
  buf_free(&value);
}
