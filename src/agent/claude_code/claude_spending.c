/* SPDX-License-Identifier: MIT */
/* claude_spending.c - one answer at a time streams; others are known by their
 * ids.  */
#include "claude_spending.h"

#include "agent/agent_input.h"

static void read_usage(json_at usage, struct event_usage *u)
{
  const struct {
    const char *name;
    long long *count;
  } rows[] = {{"input_tokens", &u->prompt},
              {"output_tokens", &u->completion},
              {"cache_read_input_tokens", &u->cached},
              {"cache_creation_input_tokens", &u->cache_write}};
  u->cache_apart = true;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    long long n = agent_input_count(usage, rows[i].name);
    if (n > *rows[i].count)
      *rows[i].count = n;
  }
}

static void is_whole(struct claude_spending *c, bool goes_on, struct spending *s)
{
  if (c->streams)
    spending_answer(s, &c->answer, goes_on);
  c->streams = false;
}

void claude_spending_stream(struct claude_spending *c, const struct json *doc,
                            json_at root, struct spending *s)
{
  json_at event = json_get(root, "event");
  struct span type = json_member_text(doc, event, "type");
  if (span_is(type, "message_start")) {
    json_at message = json_get(event, "message");
    is_whole(c, false, s); /* the one before broke off */
    c->answer = event_usage_none();
    c->streams = true;
    agent_keep(&c->message, json_member_text(doc, message, "id"));
    read_usage(json_get(message, "usage"), &c->answer);
  } else if (span_is(type, "message_delta") && c->streams) {
    struct span reason = json_member_text(doc, json_get(event, "delta"), "stop_reason");
    read_usage(json_get(event, "usage"), &c->answer);
    if (reason.len > 0)
      is_whole(c, span_is(reason, "tool_use"), s);
  }
}

void claude_spending_whole(struct claude_spending *c, const struct json *doc,
                           json_at root, bool sub_agent, struct spending *s)
{
  json_at message = json_get(root, "message"), content = json_get(message, "content");
  struct span id = json_member_text(doc, message, "id");
  if (sub_agent && json_kind(content) == JSON_ARRAY)
    for (json_at block = json_first(content); block; block = json_next(block))
      if (span_is(json_member_text(doc, block, "type"), "tool_use"))
        spending_call(s);
  /* An error in its own words is no answer of its model. */
  if (span_is(json_member_text(doc, message, "model"), "<synthetic>") ||
      (!sub_agent && span_equal(id, buf_span(&c->message))) ||
      seen_ids_add(&c->ids, id) > 0)
    return;
  struct event_usage usage = event_usage_none();
  read_usage(json_get(message, "usage"), &usage);
  spending_answer(s, &usage, false);
}

void claude_spending_result(const struct claude_result *r, json_at root,
                            struct spending *s)
{
  struct event_usage usage = r->has_usage ? r->usage : event_usage_none();
  double told = json_number(json_get(root, "total_cost_usd"), 0);
  spending_total(s, BUDGET_TOKENS, (double)event_usage_whole(&usage).total);
  spending_total(s, BUDGET_USD, r->resumed ? r->own_cost : told);
}

void claude_spending_free(struct claude_spending *c)
{
  buf_free(&c->message);
  seen_ids_free(&c->ids);
}
