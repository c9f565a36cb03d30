/* SPDX-License-Identifier: MIT */
/* Whatever a host sends: it is refused in words, or it becomes a run with its callback,
 * its one tool and a prompt, and each of its callbacks is one JSON value.  And whatever a
 * host answers to a callback, it is read. */
#include "door/http/code_request.h"

#include "base/limits.h"
#include "door/http/code_output.h"
#include "door/http/code_program.h"

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

static void expect_json(struct span text)
{
  struct fault f = {0};
  struct json *doc = json_parse(text, NULL, &f);
  expect(doc);
  json_free(doc);
}

static void try_callbacks(const struct callback *c)
{
  for (int kind = CALLBACK_TOOL_CALL; kind <= CALLBACK_COMPLETE; kind++) {
    struct callback_post p;
    callback_post_make(c, (enum callback_kind)kind, SPAN_LITERAL("\"a\":1"), &p);
    expect_json(buf_span(&p.body));
    expect(!p.body.overflowed && !p.url.overflowed && !p.header.overflowed);
    callback_post_free(&p);
  }
}

static void try_run(const struct code_request *r)
{
  struct request_rules rules = {.is_harness = any_harness};
  struct fault f = {0};
  struct run_request *req = code_program_request(r, "command", 0, &rules, &f);
  expect(req != NULL);
  expect(req->messages[0].text.len == r->code.len + 1);
  expect(span_equal(req->callback.url, r->callback.url));
  expect(span_equal(req->callback.secret, r->callback.secret));
  expect(req->deadlines.run_ms == r->timeout_ms && r->timeout_ms > 0);
  run_request_free(req);
}

static void try_answer(struct span text)
{
  for (int shape = CALLBACK_BASE; shape <= CALLBACK_URL; shape++) {
    struct callback c = {.shape = (enum callback_shape)shape};
    struct buf got = buf_make(64 * (size_t)MIB);
    unsigned retry_ms = 0;
    enum callback_outcome outcome = callback_read(&c, 200, text, &got, &retry_ms);
    if (outcome == CALLBACK_VALUE)
      expect_json(buf_span(&got));
    expect(outcome != CALLBACK_PENDING || retry_ms >= LIMIT_TOOL_PENDING_MIN_MS);
    expect(outcome != CALLBACK_FAILED || got.len > 0);
    (void)callback_was_taken(&c, 200, text);
    struct code_output o = code_output_make(c.shape, 1);
    code_output_event(&o, text);
    buf_clear(&got);
    buf_add_char(&got, '{');
    code_output_put(&o, &got);
    buf_add_char(&got, '}');
    expect_json(buf_span(&got));
    code_output_free(&o);
    buf_free(&got);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span text = {(const char *)data, size};
  struct buf body = buf_make(size + 1);
  struct code_request r;
  struct fault f = {0};
  buf_add(&body, text);
  if (code_request_read(&body, &r, &f) == 0) {
    try_callbacks(&r.callback);
    try_run(&r);
  } else {
    expect(f.text[0] != 0);
  }
  code_request_free(&r);
  try_answer(text);
  return 0;
}
