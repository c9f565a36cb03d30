/* SPDX-License-Identifier: MIT */
/* Whatever an orchestrator answers: exactly one of result, failure and error comes out of
 * it, results and errors are JSON, texts are UTF-8.  First two bytes: status and what the
 * tool takes; the rest: the body. */
#include "tool/tool_answer.h"

#include "base/json.h"
#include "base/limits.h"

#include <stdint.h>
#include <stdlib.h>

static void expect(bool so)
{
  if (!so)
    abort();
}

static void expect_json(struct span text)
{
  static const char *const raw[] = {"it", NULL}; /* in a name even NUL may pass */
  const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  struct buf wrapped = buf_make(text.len + 64);
  buf_add_text(&wrapped, "{\"it\":");
  buf_add(&wrapped, text);
  buf_add_char(&wrapped, '}');
  struct json *doc = json_parse(buf_span(&wrapped), &rules, &f);
  expect((doc != NULL && json_count(json_root(doc)) == 1) || f.kind == FAULT_TOO_BIG);
  json_free(doc);
  buf_free(&wrapped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const int statuses[] = {200, 200, 202, 204, 301, 400, 404, 500};
  if (size < 2)
    return 0;
  struct tool_reply reply = {.tool = SPAN_LITERAL("tool"),
                             .takes_mcp = data[1] & 1,
                             .status = statuses[data[0] & 7],
                             .body = {(const char *)data + 2, size - 2},
                             .retry_after_ms = data[1] & 2 ? 2000 : 0};
  struct tool_answer answer;
  struct buf text = buf_make(4 * size + 4 * KIB);
  unsigned retry_ms = 0;
  enum tool_outcome outcome = tool_answer_read(&reply, &answer, &text, &retry_ms);
  expect((outcome == TOOL_RESULT) == (answer.result.len > 0));
  expect((outcome == TOOL_FAILED) == (answer.failure.len > 0));
  expect((outcome == TOOL_ERROR) == (answer.error.len > 0));
  expect((outcome == TOOL_PENDING) == (retry_ms > 0));
  expect(outcome != TOOL_ERROR || (reply.takes_mcp && reply.status < 500));
  expect(utf8_valid(answer.failure));
  if (outcome == TOOL_RESULT)
    expect_json(answer.result);
  if (outcome == TOOL_ERROR)
    expect_json(answer.error);
  buf_free(&text);
  return 0;
}
