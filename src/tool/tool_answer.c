/* SPDX-License-Identifier: MIT */
/* tool_answer.c - one HTTP answer read as the header's table has it, row by row. */
#include "tool/tool_answer.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"

/* A name as it may stand in a text: the request's, so it may be of any length. */
static struct span shown(struct span name)
{
  return span_cut_utf8(name, LIMIT_BRIDGE_ECHO_BYTES);
}

void tool_answer_fail(struct tool_answer *answer, struct buf *text, const char *why)
{
  buf_clear(text);
  buf_addf(text, "Tool execution failed: %s", why);
  answer->failure = buf_span(text);
}

static enum tool_outcome fail_with(const struct tool_reply *reply,
                                   struct tool_answer *answer, struct buf *text,
                                   const char *why)
{
  buf_clear(text);
  struct span tool = shown(reply->tool);
  buf_addf(text, "Tool execution failed: remote tool \"%.*s\": %s", (int)tool.len,
           tool.at, why);
  answer->failure = buf_span(text);
  return TOOL_FAILED;
}

/* The failed answer's own words, cut: the agent may do something about them. */
static enum tool_outcome fail_with_status(const struct tool_reply *reply,
                                          struct span body, struct tool_answer *answer,
                                          struct buf *text)
{
  struct span tool = shown(reply->tool);
  struct buf line = buf_make(64 * KIB);
  buf_addf(&line, "Tool execution failed: remote tool \"%.*s\" failed: %d ",
           (int)tool.len, tool.at, reply->status);
  buf_add(&line, utf8_first(body, LIMIT_TOOL_ERROR_CHARS));
  buf_free(text); /* `body` may live there: only now */
  *text = buf_take(&line);
  answer->failure = buf_span(text);
  return TOOL_FAILED;
}

/* Whether to ask again, and when: the body's word goes before the header's. */
static bool is_pending(const struct tool_reply *reply, json_at root, unsigned *retry_ms)
{
  bool says_so = json_kind(json_get(root, "pending")) == JSON_TRUE;
  if (reply->status != 202 && !says_so)
    return false;
  unsigned long long ms = 0;
  *retry_ms = reply->retry_after_ms ? reply->retry_after_ms : LIMIT_TOOL_PENDING_MS;
  if (json_whole(json_get(root, "retryAfterMs"), LIMIT_TOOL_MS, &ms))
    *retry_ms = (unsigned)ms;
  /* else asking again were a busy loop */
  if (*retry_ms < LIMIT_TOOL_PENDING_MIN_MS)
    *retry_ms = LIMIT_TOOL_PENDING_MIN_MS;
  return true;
}

/* Whether it may go out as a JSON-RPC error: {"code": integer, "message": text, ...}. */
static bool is_error(json_at error)
{
  struct span raw = json_raw(error), code = json_slice(raw, "code");
  unsigned long long ignored;
  if (json_kind(error) != JSON_OBJECT ||
      json_slice_kind(json_slice(raw, "message")) != JSON_STRING || code.len == 0)
    return false;
  return span_to_number(code.at[0] == '-' ? span_after(code, 1) : code, 0, 99999,
                        &ignored);
}

enum tool_outcome tool_answer_read(const struct tool_reply *reply,
                                   struct tool_answer *answer, struct buf *text,
                                   unsigned *retry_ms)
{
  static const char *const raw[] = {"result", "error", NULL};
  const struct json_rules rules = {.raw = raw};
  struct span body = reply->body;
  *answer = (struct tool_answer){0};
  buf_clear(text);
  if (!utf8_valid(body)) {
    utf8_repair(body, text);
    body = buf_span(text);
  }
  bool good = reply->status >= 200 && reply->status < 300;
  struct fault f = {0};
  struct json *doc = json_parse(body, &rules, &f);
  json_at root = json_root(doc);
  json_at result = json_get(root, "result"), error = json_get(root, "error");
  enum tool_outcome outcome = TOOL_FAILED;
  if (good && is_pending(reply, root, retry_ms)) {
    outcome = TOOL_PENDING;
  } else if (good && result) {
    answer->result = json_raw(result);
    outcome = TOOL_RESULT;
  } else if (reply->takes_mcp && reply->status < 500 && is_error(error)) {
    answer->error = json_raw(error);
    outcome = TOOL_ERROR;
  } else if (!good) {
    outcome = fail_with_status(reply, body, answer, text);
  } else if (doc) {
    outcome = fail_with(reply, answer, text, "malformed orchestrator response");
  } else {
    struct buf why = buf_make(KIB);
    buf_addf(&why, "the orchestrator's answer is not JSON: %s",
             body.len ? f.text : "it is empty");
    outcome = fail_with(reply, answer, text, buf_cstring(&why));
    buf_free(&why);
  }
  json_free(doc);
  return outcome;
}
