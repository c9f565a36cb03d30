/* SPDX-License-Identifier: MIT */
#include "acp_state.h"

#include "base/limits.h"

#define NAME_OF(r) (int)(r).len, (r).at

static const struct span nothing = {0};

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

void acp_turn_ended(struct acp *a, struct json *doc, json_at result, struct ear *ear)
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
    acp_fail(a, ear, "refusal", buf_span(&text));
  } else {
    buf_addf(&text, "The agent ended its turn with stopReason \"%.*s\".",
             NAME_OF(span_cut_utf8(reason, 100)));
    acp_fail(a, ear, "agent-error", buf_span(&text));
  }
  ear_hang_up(ear);
  buf_free(&text);
}
