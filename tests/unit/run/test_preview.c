/* SPDX-License-Identifier: MIT */
#include "run/preview.h"

#include "request/request_read.h"
#include "run/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct run_request *request(const char *tool)
{
  struct buf text = buf_make(4096);
  struct fault f = {0};
  const struct request_rules rules = {.is_harness = run_is_harness,
                                      .local_tools = true,
                                      .lenient = true,
                                      .run_id = SPAN_LITERAL("r"),
                                      .thread_id = SPAN_LITERAL("t")};
  buf_addf(
      &text,
      "{\"harness\":\"claude-code\",\"messages\":[{\"role\":\"user\",\"content\":"
      "\"x\"}],\"systemPrompts\":[\"first\"],\"toolDescriptors\":[{\"name\":\"%s\"}]}",
      tool);
  struct run_request *req = run_request_read(&text, &rules, &f);
  if (!req)
    fail_msg("%s", f.text);
  buf_free(&text);
  return req;
}

static void expect(unsigned own_port, const char *ports)
{
  struct run_request *req = request("exposePreview");
  preview_guide(req, own_port);
  assert_int_equal(req->system_prompts.count, 2);
  assert_true(span_is(req->system_prompts.at[0], "first"));
  char *said = span_copy(req->system_prompts.at[1]);
  assert_non_null(strstr(said, "0.0.0.0"));
  assert_non_null(strstr(said, "exposePreview"));
  if (!strstr(said, ports))
    fail_msg("%s", said);
  free(said);
  run_request_free(req);
}

static void test_preview__guidance_comes_with_the_tool(void **state)
{
  (void)state;
  expect(8080, "not on port 3000 or 8080.");
  expect(3000, "not on port 3000.");
  expect(0, "not on port 3000.");
}

static void test_preview__and_not_without_it(void **state)
{
  (void)state;
  struct run_request *req = request("expose");
  preview_guide(req, 8080);
  assert_int_equal(req->system_prompts.count, 1);
  run_request_free(req);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_preview__guidance_comes_with_the_tool),
      cmocka_unit_test(test_preview__and_not_without_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
