/* SPDX-License-Identifier: MIT */
/* claude_code_result.c - one result after the other is taken in; the end decides.  */
#include "claude_code_result.h"

#include "agent/harness_end.h"
#include "agent/structured.h"
#include "base/limits.h"

static bool is_noise(const struct json *doc, json_at root)
{
  struct span kind = json_member_text(doc, json_get(root, "origin"), "kind");
  unsigned long long turns;
  if (span_is(kind, "task-notification"))
    return true;
  return span_is(json_member_text(doc, root, "subtype"), "success") &&
         json_kind(json_get(root, "is_error")) != JSON_TRUE &&
         json_whole(json_get(root, "num_turns"), 1, &turns) && turns == 0 &&
         json_member_text(doc, root, "stop_reason").len == 0 &&
         json_member_text(doc, root, "result").len == 0 &&
         json_kind(json_get(root, "local_command")) == JSON_ABSENT;
}

/* -- tokens and costs -- */

static void add_count(long long *sum, json_at usage, const char *name)
{
  long long n = agent_input_count(usage, name);
  if (n >= 0)
    *sum = *sum < 0 ? n : *sum + n;
}

/* Adds what the run itself has cost; a result that does not say leaves that unknown. */
static void add_own_cost(struct claude_result *r, json_at root)
{
  json_at models = json_get(root, "model_usage_since_last_result");
  if (json_kind(models) != JSON_OBJECT)
    r->own_unknown = true;
  for (json_at v = json_first(models); v; v = json_next(v)) {
    double cost = json_number(json_get(v, "costUSD"), -1);
    if (cost >= 0)
      r->own_cost += cost;
    else
      r->own_unknown = true;
  }
}

static void add_usage(struct claude_result *r, json_at root)
{
  json_at usage = json_get(root, "usage"), cost = json_get(root, "total_cost_usd");
  if (json_kind(usage) != JSON_OBJECT)
    return;
  if (!r->has_usage)
    r->usage = event_usage_none();
  r->has_usage = true;
  r->usage.cache_apart = true;
  add_count(&r->usage.prompt, usage, "input_tokens");
  add_count(&r->usage.completion, usage, "output_tokens");
  add_count(&r->usage.cached, usage, "cache_read_input_tokens");
  add_count(&r->usage.cache_write, usage, "cache_creation_input_tokens");
  add_own_cost(r, root);
  if (json_kind(cost) == JSON_NUMBER)
    agent_keep(&r->cost, json_raw(cost));
}

static void tell_usage(const struct claude_result *r, struct events *events)
{
  struct event_usage usage = r->usage;
  struct buf own = buf_make(64);
  if (!r->has_usage)
    return;
  usage.cost_usd = buf_span(&r->cost);
  if (r->resumed && r->cost.len > 0) {
    usage.session_cost_usd = usage.cost_usd;
    if (!r->own_unknown)
      buf_addf(&own, "%.10g", r->own_cost);
    usage.cost_usd = buf_span(&own);
  }
  events_usage(events, &usage);
  buf_free(&own);
}

/* -- what it says -- */

/* The errors joined, else "Claude Code run failed: <subtype>". */
static void keep_errors(struct claude_result *r, const struct json *doc, json_at root,
                        struct span subtype)
{
  json_at errors = json_get(root, "errors");
  struct buf *text = &r->text;
  agent_keep(text, (struct span){0});
  if (json_kind(errors) == JSON_ARRAY)
    for (json_at v = json_first(errors); v; v = json_next(v)) {
      struct span error = json_text(doc, v, (struct span){0});
      if (text->len > 0 && error.len > 0)
        buf_add_text(text, "; ");
      buf_add(text, error);
    }
  if (text->len > 0)
    return;
  buf_add_text(text, "Claude Code run failed: ");
  buf_add(text, subtype.len > 0 ? subtype : SPAN_LITERAL("no subtype"));
}

static void keep_reason(struct claude_result *r, struct span stop)
{
  static const struct {
    const char *native, *said;
  } rows[] = {{"", "stop"},
              {"end_turn", "stop"},
              {"stop_sequence", "stop"},
              {"tool_use", "stop"},
              {"max_tokens", "length"},
              {"model_context_window_exceeded", "length"},
              {"refusal", "content_filter"}};
  agent_keep(&r->reason, span_cut_utf8(stop, 100));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (span_is(stop, rows[i].native))
      agent_keep(&r->reason, span_of(rows[i].said));
}

/* An error of the model's API comes as subtype "success" with is_error and exit status 1
 * (seen: 400, 404, 500, connection refused, no key); an interrupted run as
 * error_during_execution with exit status 0; too many turns with 1. */
static enum claude_outcome outcome_of(const struct json *doc, json_at root)
{
  struct span subtype = json_member_text(doc, root, "subtype");
  if (span_is(subtype, "error_max_turns"))
    return OUTCOME_LENGTH;
  bool good =
      span_is(subtype, "success") && json_kind(json_get(root, "is_error")) != JSON_TRUE;
  return good ? OUTCOME_SUCCESS : OUTCOME_ERROR;
}

/* The code and the words of an error; none of anything else. */
static void keep_words(struct claude_result *r, const struct json *doc, json_at root)
{
  struct span subtype = json_member_text(doc, root, "subtype");
  struct span words = json_member_text(doc, root, "result");
  bool told = subtype.len == 0 || span_is(subtype, "success");
  agent_keep(&r->code, (struct span){0});
  if (outcome_of(doc, root) != OUTCOME_ERROR)
    return;
  if (told)
    agent_keep(&r->code, SPAN_LITERAL("agent-error"));
  else if (r->limited && span_is(subtype, "error_max_budget_usd"))
    agent_keep(&r->code, SPAN_LITERAL("budget-exceeded"));
  else
    agent_keep_code(&r->code, subtype);
  keep_errors(r, doc, root, subtype);
  if (told && words.len > 0)
    agent_keep(&r->text, words);
}

/* A later result may tell again what an earlier one told. */
static void keep_denials(struct claude_result *r, const struct json *doc, json_at root)
{
  json_at denials = json_get(root, "permission_denials");
  if (json_kind(denials) != JSON_ARRAY)
    return;
  for (json_at v = json_first(denials); v; v = json_next(v)) {
    struct span name = json_member_text(doc, v, "tool_name");
    struct span call = json_member_text(doc, v, "tool_use_id");
    struct claude_denied *d = r->denied, *last = d + CLAUDE_DENIED_TOOLS - 1;
    if (call.len > 0 && seen_ids_add(&r->denied_calls, call) > 0)
      continue;
    while (d < last && d->times > 0 && !span_equal(buf_span(&d->name), name))
      d++;
    if (d->times++ == 0)
      agent_keep(&d->name, d < last ? span_cut_utf8(name, 200) : SPAN_LITERAL("others"));
  }
}

bool claude_result_read(struct claude_result *r, const struct json *doc, json_at root,
                        struct events *events)
{
  add_usage(r, root);
  tell_usage(r, events);
  keep_denials(r, doc, root);
  bool noise = is_noise(doc, root);
  if (!noise || r->outcome != OUTCOME_ERROR)
    keep_words(r, doc, root);
  if (noise)
    return false;
  if (r->wants_value) {
    json_at value = json_get(root, "structured_output");
    if (json_kind(value) == JSON_OBJECT || json_kind(value) == JSON_ARRAY)
      agent_keep(&r->value, json_raw(value));
    else if (!r->value_called) /* what an earlier result had is not this one's */
      agent_keep(&r->value, (struct span){0});
    r->value_called = false;
    agent_keep(&r->answer, json_member_text(doc, root, "result"));
  }
  keep_reason(r, json_member_text(doc, root, "stop_reason"));
  r->outcome = outcome_of(doc, root);
  return true;
}

/* -- the end -- */

static void warn_denials(const struct claude_result *r, struct events *events)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  if (r->denied[0].times == 0)
    return;
  buf_add_text(&text, "The agent was not permitted to use:");
  for (size_t i = 0; i < CLAUDE_DENIED_TOOLS && r->denied[i].times > 0; i++)
    buf_addf(&text, "%s %.*s (%u)", i > 0 ? "," : "", (int)r->denied[i].name.len,
             r->denied[i].name.at, r->denied[i].times);
  events_warn(events, "permission-denials", buf_span(&text));
  buf_free(&text);
}

/* A model that did not heed the schema leaves its text, in which a value may stand. */
static bool say_value(struct claude_result *r, struct events *events)
{
  struct span answer = buf_span(&r->answer), value = buf_span(&r->value);
  if (value.len == 0)
    value = structured_find(answer);
  if (value.len == 0)
    structured_fail(events, answer);
  else
    structured_say(events, value, answer.len > 0 ? answer : value);
  return value.len > 0;
}

static void finish_well(struct claude_result *r, struct events *events)
{
  if (span_is(buf_span(&r->reason), "pause_turn"))
    events_warn(events, "pause-turn",
                SPAN_LITERAL("The model paused its turn (stop_reason pause_turn): the "
                             "answer may not be whole."));
  if (r->wants_value && !say_value(r, events))
    return;
  if (!r->wants_value)
    agent_warn_if_silent(events);
  events_finish(events, buf_cstring(&r->reason), NULL);
}

void claude_result_finish(struct claude_result *r, const struct process_end *end,
                          struct events *events)
{
  bool well = process_end_is_clean(end);
  warn_denials(r, events);
  if (r->outcome == OUTCOME_LENGTH) { /* its exit status is 1 then */
    if (r->wants_value)
      structured_say_if_any(events, buf_span(r->value.len > 0 ? &r->value : &r->answer));
    events_finish(events, "length", NULL);
  } else if (r->outcome == OUTCOME_ERROR || (!well && r->code.len > 0))
    events_fail(events, buf_span(&r->code), buf_span(&r->text));
  else if (r->outcome != OUTCOME_SUCCESS || !well)
    harness_fail_by_end(events, end);
  else
    finish_well(r, events);
}

bool claude_result_is_good(const struct claude_result *r)
{
  return r->outcome == OUTCOME_SUCCESS || r->outcome == OUTCOME_LENGTH;
}

void claude_result_free(struct claude_result *r)
{
  struct buf *const bufs[] = {&r->code, &r->text,  &r->reason,
                              &r->cost, &r->value, &r->answer};
  for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
    buf_free(bufs[i]);
  for (size_t i = 0; i < CLAUDE_DENIED_TOOLS; i++)
    buf_free(&r->denied[i].name);
  seen_ids_free(&r->denied_calls);
}
