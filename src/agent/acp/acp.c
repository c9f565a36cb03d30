/* SPDX-License-Identifier: MIT */
#include "acp.h"

#include "acp_plan.h"
#include "acp_session.h"
#include "acp_update.h"
#include "agent/structured.h"
#include "base/limits.h"

/* Kept as the agent's own bytes: ids to repeat, what is passed on, what is bulky. */
static const char *const raw_members[] = {
    "id", "rawInput", "rawOutput", "amount", "entries", "availableCommands", NULL};

#define NAME_OF(r) (int)(r).len, (r).at

static const struct span nothing = {0};

void acp_fail(struct acp *a, struct agent_output *output, const char *code,
              struct span message)
{
  if (a->record == ACP_NO_RECORD) {
    a->record = ACP_ERROR;
    harness_keep(&a->code, span_of(code));
    harness_keep(&a->text, message);
  }
  agent_hang_up(output);
}

void acp_add_error(struct json *doc, struct span line, struct buf *out)
{
  static const char *const members[] = {"details", "message", "error"};
  json_at error = json_get(json_root(doc), "error"), data = json_get(error, "data");
  struct span words = json_text(doc, data, nothing);
  for (size_t i = 0; i < 3 && words.len == 0; i++)
    words = acp_text(doc, data, members[i]);
  if (words.len == 0 && json_kind(data) != JSON_NULL)
    words = json_slice(line, "error.data");
  buf_add(out, span_cut_utf8(acp_text(doc, error, "message"), LIMIT_ERROR_MESSAGE_BYTES));
  if (words.len > 0 && out->len > 0)
    buf_add_text(out, ": ");
  buf_add(out, span_cut_utf8(words, LIMIT_ERROR_MESSAGE_BYTES));
  if (out->len == 0)
    buf_add_text(out, "no reason was given");
}

static long long count_of(json_at usage, const char *key, const char *other)
{
  unsigned long long n;
  if (json_whole(json_get(usage, key), 1ull << 53, &n) ||
      json_whole(json_get(usage, other), 1ull << 53, &n))
    return (long long)n;
  return -1;
}

/* The protocol's `usage` (draft); grok has it in _meta, gemini in _meta.quota. */
static void keep_usage(struct acp *a, json_at result)
{
  json_at meta = json_get(result, "_meta"), usage = json_get(result, "usage");
  if (json_kind(usage) != JSON_OBJECT)
    usage = json_get(meta, "usage");
  if (json_kind(usage) != JSON_OBJECT)
    usage = json_get(json_get(meta, "quota"), "token_count");
  a->has_usage = json_kind(usage) == JSON_OBJECT;
  a->usage = event_usage_none();
  a->usage.prompt = count_of(usage, "inputTokens", "input_tokens");
  a->usage.completion = count_of(usage, "outputTokens", "output_tokens");
  a->usage.total = count_of(usage, "totalTokens", "total_tokens");
  a->usage.cached = count_of(usage, "cachedReadTokens", "cached_tokens");
  a->usage.cache_write = count_of(usage, "cachedWriteTokens", "cacheCreationTokens");
  a->usage.reasoning = count_of(usage, "thoughtTokens", "reasoningTokens");
}

void acp_turn_ended(struct acp *a, struct json *doc, json_at result,
                    struct agent_output *output)
{
  struct span reason = acp_text(doc, result, "stopReason");
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  keep_usage(a, result);
  if (span_is(reason, "end_turn")) {
    a->record = ACP_SUCCESS;
  } else if (span_is(reason, "max_tokens") || span_is(reason, "max_turn_requests")) {
    a->record = ACP_LENGTH;
  } else if (span_is(reason, "refusal")) {
    buf_addf(&text, "%s refused the request.", a->profile->name);
    acp_fail(a, output, "refusal", buf_span(&text));
  } else {
    buf_addf(&text, "The agent ended its turn with stopReason \"%.*s\".",
             NAME_OF(span_cut_utf8(reason, 100)));
    acp_fail(a, output, "agent-error", buf_span(&text));
  }
  agent_hang_up(output);
  buf_free(&text);
}

/* Which of our requests an id belongs to; ACP_BEFORE: none. */
static enum acp_step step_of(struct span id)
{
  return id.len == 1 && id.at[0] > '0' + ACP_BEFORE && id.at[0] < '0' + ACP_AFTER
             ? (enum acp_step)(id.at[0] - '0')
             : ACP_BEFORE;
}

static void hear_object(struct acp *a, struct json *doc, struct span line,
                        struct agent_output *output)
{
  json_at root = json_root(doc), id = json_get(root, "id");
  struct span method = json_text(doc, json_get(root, "method"), (struct span){0});
  bool has_id = json_kind(id) != JSON_ABSENT && json_kind(id) != JSON_NULL;
  if (method.len > 0 && has_id) {
    acp_asked(a, doc, root, method, output);
  } else if (span_is(method, "session/update")) {
    acp_update(a, doc, line, output->events);
  } else if (method.len == 0 && has_id) {
    enum acp_step step = step_of(json_raw(id));
    /* Without a request of ours a transcript is read: it may hold any step. */
    if (step != ACP_BEFORE && (step == a->waiting || a->req == NULL))
      acp_answered(a, doc, line, step, output);
  }
}

int acp_on_input(struct acp *a, struct span line, struct agent_output *output,
                 struct fault *f)
{
  static const struct json_rules rules = {.raw = raw_members};
  events_start(output->events);
  struct json *doc = json_parse(line, &rules, f);
  if (doc == NULL)
    return -1;
  int rc = 0;
  if (json_kind(json_root(doc)) == JSON_OBJECT)
    hear_object(a, doc, line, output);
  else
    rc = fault_set(f, FAULT_AGENT, "the line is JSON but not an object");
  json_free(doc);
  return rc;
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
  }
  events_finish(events, "stop", usage);
}

void acp_finish(struct acp *a, const struct process_end *end, struct agent_output *output)
{
  bool well = end->forced || (end->signal == 0 && end->status == 0);
  if (!a->has_usage)
    a->usage = event_usage_none();
  a->usage.cost_usd = buf_span(&a->cost);
  const struct event_usage *usage = a->has_usage || a->cost.len > 0 ? &a->usage : NULL;
  acp_calls_tell_all(&a->calls, output->events);
  if (a->record == ACP_ERROR)
    events_fail(output->events, buf_span(&a->code), buf_span(&a->text));
  else if (a->record == ACP_LENGTH && well)
    events_finish(output->events, "length", usage);
  else if (a->record == ACP_SUCCESS && well)
    acp_turn_finished(a, usage, output->events);
  else
    harness_fail_by_end(output->events, end);
}

void acp_free(struct acp *a)
{
  struct buf *const bufs[] = {&a->workspace, &a->init,    &a->offer,
                              &a->session,   &a->message, &a->answer,
                              &a->code,      &a->text,    &a->cost};
  for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
    buf_free(bufs[i]);
  buf_wipe(&a->servers);
  acp_calls_free(&a->calls);
}

bool acp_succeeded(const struct acp *a)
{
  return a->record == ACP_SUCCESS || a->record == ACP_LENGTH;
}

/* -- the harnesses -- */

static const struct acp_profile any_agent = {.id = "acp", .name = "ACP"};
static const struct acp_profile grok = {.id = "grok-build",
                                        .name = "Grok Build",
                                        .auth = "xai.api_key",
                                        .model_by_option = true};

static int any_plan(void *state, const struct run_request *req,
                    const struct bridge_address *bridge, const struct plan_place *place,
                    struct process_plan *out, struct fault *f)
{
  return acp_plan_command(out, req, f) < 0
             ? -1
             : acp_plan(state, &any_agent, req, bridge, place, out, f);
}

static int grok_plan(void *state, const struct run_request *req,
                     const struct bridge_address *bridge, const struct plan_place *place,
                     struct process_plan *out, struct fault *f)
{
  return acp_plan_grok(out, req, f) < 0
             ? -1
             : acp_plan(state, &grok, req, bridge, place, out, f);
}

static int any_hear(void *state, const struct agent_input *h, struct agent_output *output,
                    struct fault *f)
{
  struct acp *a = state;
  if (a->profile == NULL)
    a->profile = &any_agent;
  return acp_on_input(a, h->text, output, f);
}

static int grok_on_input(void *state, const struct agent_input *h,
                         struct agent_output *output, struct fault *f)
{
  struct acp *a = state;
  if (a->profile == NULL)
    a->profile = &grok;
  return acp_on_input(a, h->text, output, f);
}

static bool state_cancel(void *state, struct agent_output *output)
{
  return acp_cancel_turn(state, output);
}

static void state_finish(void *state, const struct process_end *end,
                         struct agent_output *output)
{
  acp_finish(state, end, output);
}

static void state_free(void *state)
{
  acp_free(state);
}

static bool state_succeeded(const void *state)
{
  return acp_succeeded(state);
}

const struct harness acp_harness = {
    .id = "acp",
    .farewell_ms = LIMIT_FAREWELL_MS,
    .structured = true,
    .takes = TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_MODE | TAKES_AUTH_METHOD,
    .memory = sizeof(struct acp),
    .plan = any_plan,
    .on_input = any_hear,
    .cancel = state_cancel,
    .finish = state_finish,
    .free = state_free,
    .succeeded = state_succeeded,
};

const struct harness grok_build_harness = {
    .id = "grok-build",
    .program = "grok",
    .farewell_ms = LIMIT_FAREWELL_MS,
    .structured = true,
    .takes = TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_EFFORT | TAKES_AUTH_METHOD,
    .memory = sizeof(struct acp),
    .plan = grok_plan,
    .on_input = grok_on_input,
    .cancel = state_cancel,
    .finish = state_finish,
    .free = state_free,
    .succeeded = state_succeeded,
};
