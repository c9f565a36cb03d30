/* SPDX-License-Identifier: MIT */
/* Whatever a page sends: it is refused in words, or it becomes a run request that is
 * refused in words, or a good one with its ids, and none of the server's members is the
 * page's. */
#include "door/http/agui_input.h"

#include "base/limits.h"
#include "door/http/agui_request.h"

#include <stdint.h>
#include <stdlib.h>

static void expect(bool so)
{
  if (!so)
    abort();
}

static bool any_harness(struct span id)
{
  (void)id;
  return true;
}

static void try_request(const struct agui_input *in)
{
  static const struct agui_setup setup = {
      .harness = "claude-code",
      .tool_url = "http://127.0.0.1:1/",
      .tool_token = SPAN_LITERAL("tok"),
      .defaults = SPAN_LITERAL("{\"env\":{\"A\":\"b\"},\"systemPrompts\":[\"s\"]}")};
  const struct request_rules rules = {.is_harness = any_harness};
  struct fault f = {0};
  struct run_request *req =
      agui_request_make(in, &setup, SPAN_LITERAL("session"), &rules, &f);
  if (!req) {
    expect(f.text[0] != 0);
    return;
  }
  expect(span_equal(req->run_id, in->run_id) &&
         span_equal(req->thread_id, in->thread_id));
  expect(span_is(req->harness, "claude-code") && span_is(req->tool_token, "tok"));
  expect(req->env_count == 1 && req->secrets.count == 0 && !req->detach);
  expect(span_is(req->system_prompts.at[0], "s"));
  run_request_free(req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct buf body = buf_make(size + 1);
  struct agui_input in;
  struct fault f = {0};
  buf_add(&body, (struct span){(const char *)data, size});
  if (agui_input_read(&body, &in, &f) == 0)
    try_request(&in);
  else
    expect(f.text[0] != 0);
  agui_input_free(&in);
  return 0;
}
