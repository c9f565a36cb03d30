/* SPDX-License-Identifier: MIT */
/* acp_turn.c - the outcome of a turn from all signals together: the agent's stopReason,
 * its tokens and cost, and how the process ended.
 *
 * An error that the agent tells wins over how its process ended, as it has the words.  A
 * success that it tells counts only when its process ends well, too.  */
#include "acp_turn.h"

#include "agent/harness_end.h"
#include "agent/structured.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "event/event_session.h"

#include <string.h>

static long long count_of(json_at usage, const char *key, const char *other)
{
  long long n = agent_input_count(usage, key);
  return n >= 0 ? n : agent_input_count(usage, other);
}

static void add(long long *sum, long long n)
{
  if (n >= 0)
    *sum = (*sum < 0 ? 0 : *sum) + n;
}

static void add_usage(struct event_usage *sum, const struct event_usage *earlier)
{
  add(&sum->prompt, earlier->prompt);
  add(&sum->completion, earlier->completion);
  add(&sum->total, earlier->total);
  add(&sum->cached, earlier->cached);
  add(&sum->cache_write, earlier->cache_write);
  add(&sum->reasoning, earlier->reasoning);
}

/* The protocol's `usage` (draft); grok has it in _meta, gemini in _meta.quota. */
static void keep_usage(struct acp *a, json_at result)
{
  json_at meta = json_get(result, "_meta"), usage = json_get(result, "usage");
  if (json_kind(usage) != JSON_OBJECT)
    usage = json_get(meta, "usage");
  if (json_kind(usage) != JSON_OBJECT)
    usage = json_get(json_get(meta, "quota"), "token_count");
  if (json_kind(usage) != JSON_OBJECT && a->adds_usage)
    return;
  a->has_usage = json_kind(usage) == JSON_OBJECT;
  a->usage = event_usage_none();
  a->usage.prompt = count_of(usage, "inputTokens", "input_tokens");
  a->usage.completion = count_of(usage, "outputTokens", "output_tokens");
  a->usage.total = count_of(usage, "totalTokens", "total_tokens");
  a->usage.cached = count_of(usage, "cachedReadTokens", "cached_tokens");
  a->usage.cache_write = count_of(usage, "cachedWriteTokens", "cacheCreationTokens");
  a->usage.reasoning = count_of(usage, "thoughtTokens", "reasoningTokens");
  if (a->turns)
    add_usage(&a->usage, &a->earlier);
  a->has_usage |= a->turns && a->earlier.prompt >= 0;
}

/* A turn of which no token was counted: each answer of the model broke off, or there was
 * none.  Gemini says end_turn of it all the same. */
static bool counted_none(const struct acp *a, json_at result)
{
  /* A command is answered by the agent itself. */
  if (a->req && a->req->harness_options.prompt_commands)
    return false;
  json_at quota = json_get(json_get(result, "_meta"), "quota"),
          models = json_get(quota, "model_usage");
  bool none = json_kind(models) == JSON_ARRAY && !json_first(models);
  return a->profile->counts_tokens && json_kind(quota) == JSON_OBJECT &&
         (none || (a->usage.prompt == 0 && a->usage.completion == 0));
}

/* What a session has cost is the run's only if it is the run's, too. */
static void tell_usage(const struct acp *a, struct events *events)
{
  struct event_usage usage = a->has_usage ? a->usage : event_usage_none();
  if (a->resumed)
    usage.session_cost_usd = buf_span(&a->cost);
  else
    usage.cost_usd = buf_span(&a->cost);
  if (a->has_usage || a->cost.len > 0)
    events_usage(events, &usage);
}

/* Is this all that was said an error of the model's API, in the words of an agent? */
static bool is_trouble(struct span said)
{
  static const char *const fronts[] = {"Error: ",
                                       "API Error",
                                       "Failed to authenticate",
                                       "Info: Request failed",
                                       "Execution failed",
                                       "Request failed"};
  said = span_trim(said);
  for (size_t i = 0; i < sizeof fronts / sizeof fronts[0]; i++)
    if (span_starts(said, fronts[i]))
      return true;
  return false;
}

void acp_turn_add_said(const struct acp *a, struct buf *text)
{
  struct span said = span_trim(buf_span(&a->said));
  struct buf words = buf_make(2 * LIMIT_ERROR_MESSAGE_BYTES);
  buf_add(&words, said);
  if (is_trouble(said) && !strstr(buf_cstring(text), buf_cstring(&words)))
    buf_addf(text, ": %.*s", SPAN_ARG(said));
  buf_free(&words);
}

/* The agent says that it ended well, and did not.  True: the turn has failed. */
static bool is_no_answer(struct acp *a, struct agent_output *output)
{
  struct span said = span_trim(buf_span(&a->said)),
              trouble = a->trouble.len > 0 ? buf_span(&a->trouble) : said;
  bool uncounted = !a->has_usage && is_trouble(said);
  bool fails = a->broken || (uncounted && a->agent && a->agent->always_counts);
  if (fails)
    acp_fail(a, output, "agent-error",
             uncounted         ? said
             : trouble.len > 0 ? trouble
                               : SPAN_LITERAL("The agent could not go on."));
  else if (uncounted)
    events_warn(output->events, "answer-may-be-an-error",
                SPAN_LITERAL("All that the agent said reads like an error of its model's "
                             "API, and it counted no tokens."));
  return fails;
}

/* What was learned of the session since it was opened. */
static void tell_session(const struct acp *a, struct events *events)
{
  struct buf context = buf_make(KIB);
  struct event_session session = {.id = buf_span(&a->session)};
  if (a->title.len > 0)
    session.title = buf_span(&a->title);
  if (a->used.len > 0) {
    struct json_writer w = json_write_to(&context);
    json_open(&w, NULL, '{');
    json_put_raw(&w, "used", buf_span(&a->used));
    if (a->size.len > 0)
      json_put_raw(&w, "size", buf_span(&a->size));
    json_close(&w, '}');
    session.context_json = buf_span(&context);
  }
  if (session.id.len > 0 && (session.title.at || session.context_json.at))
    events_session(events, a->profile->id, &session);
  buf_free(&context);
}

void acp_turn_ended(struct acp *a, const struct json *doc, json_at result,
                    struct agent_output *output)
{
  struct span reason = json_member_text(doc, result, "stopReason");
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  if (a->answering && !a->cancelled) /* the last answer was not told to be whole */
    spending_turn(&output->actions->spending, 0);
  a->answering = false;
  keep_usage(a, result);
  tell_usage(a, output->events);
  if (span_is(reason, "end_turn") && counted_none(a, result)) {
    buf_addf(
        &text,
        "%s ended its turn without a whole answer of its model: it counted no token. "
        "What it said, if anything, is the beginning of one.",
        a->profile->name);
    acp_abandon(a, output->events);
    acp_fail(a, output, "no-result", buf_span(&text));
  } else if (span_is(reason, "end_turn")) {
    if (!is_no_answer(a, output))
      a->outcome = ACP_SUCCESS;
  } else if (span_is(reason, "max_turn_requests") && acp_has_spent_usd(a, output)) {
    acp_fail(a, output, "agent-error",
             SPAN_LITERAL("The agent has reached its limit in US dollars (budget.usd)."));
  } else if (span_is(reason, "max_tokens") || span_is(reason, "max_turn_requests")) {
    a->outcome = ACP_LENGTH;
  } else if (span_is(reason, "refusal")) {
    buf_addf(&text, "%s refused the request.", a->profile->name);
    acp_fail(a, output, "refusal", buf_span(&text));
  } else {
    buf_addf(&text, "The agent ended its turn with stopReason \"%.*s\".",
             SPAN_ARG(span_cut_utf8(reason, 100)));
    acp_fail(a, output, "agent-error", buf_span(&text));
  }
  agent_hang_up(output);
  buf_free(&text);
}

/* Gemini says end_turn too where its model said nothing to a tool's result. */
static void warn_of_silence(const struct acp *a, struct events *events)
{
  if (a->profile->counts_tokens && !events_are_silent(events))
    events_warn(events, "empty-answer",
                SPAN_LITERAL("The agent answered without a word after its last tool "
                             "call."));
  else
    agent_warn_if_silent(events);
}

void acp_turn_finished(struct acp *a, const struct event_usage *usage,
                       struct events *events)
{
  struct span text = buf_span(&a->answer);
  if (a->req && a->req->output_schema.len > 0) {
    struct span value = structured_find(text);
    if (value.len == 0) {
      structured_fail(events, text);
      return;
    }
    structured_say(events, value, text);
  } else if (!a->worded) {
    warn_of_silence(a, events);
  }
  events_finish(events, "stop", usage);
}

void acp_turn_cut_short(struct acp *a, const struct event_usage *usage,
                        struct events *events)
{
  if (a->req && a->req->output_schema.len > 0)
    structured_say_if_any(events, buf_span(&a->answer));
  events_finish(events, "length", usage);
}

void acp_finish(struct acp *a, const struct process_end *end, struct agent_output *output)
{
  bool well = process_end_is_clean(end);
  tell_usage(a, output->events);
  tell_session(a, output->events);
  acp_calls_tell_all(&a->calls, output->events);
  if (a->outcome == ACP_ERROR)
    events_fail(output->events, buf_span(&a->code), buf_span(&a->text));
  else if (a->outcome == ACP_LENGTH && well)
    acp_turn_cut_short(a, NULL, output->events);
  else if (a->outcome == ACP_SUCCESS && well)
    acp_turn_finished(a, NULL, output->events);
  else
    harness_fail_by_end(output->events, end);
}

bool acp_succeeded(const struct acp *a)
{
  return a->outcome == ACP_SUCCESS || a->outcome == ACP_LENGTH;
}
