/* SPDX-License-Identifier: MIT */
/* Through a call: what the host is sent, and what is made of its answers. */
#include "tool/tool_callback.h"

#include "loopback.h"
#include "request/callback.h"
#include "tool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
  struct tool_fixture d;
  struct callback callback;
};

static void fixture_open(struct fixture *t, const char *body)
{
  tool_fixture_open(&t->d);
  t->d.host.body = body;
  t->callback = (struct callback){CALLBACK_URL, span_of(t->d.host.url),
                                  SPAN_LITERAL("secret"), SPAN_LITERAL("run")};
  t->d.source.callback = &t->callback;
  tool_fixture_use(&t->d, tool_callback_claim);
}

static void
test_tool_callback__posts_the_path_and_the_input_in_their_own_bytes(void **state)
{
  (void)state;
  struct fixture t;
  char call_id[40];
  fixture_open(&t, "{\"ok\":true,\"value\":[1.0]}");
  tool_fixture_start(&t.d, "{\"toolPath\":\"a.\\u0062\",\"input\":{ \"n\":1e2},\"x\":0}");
  tool_fixture_wait(&t.d);
  char *body = t.d.host.last_body.at;
  assert_int_equal(sscanf(body, "{\"runId\":\"run\",\"callId\":\"%39[^\"]", call_id), 1);
  assert_memory_equal(call_id, "call_", 5);
  assert_non_null(strstr(body, "\",\"toolPath\":\"a.\\u0062\",\"input\":{ \"n\":1e2}}"));
  assert_non_null(strstr(t.d.host.last_head.at, "x-internal-secret: secret\n"));
  assert_non_null(strstr(t.d.host.last_head.at, "content-type: application/json\n"));
  assert_string_equal(buf_cstring(&t.d.result), "{\"value\":[1.0]}");
  tool_fixture_close(&t.d);
}

static void test_tool_callback__pending_is_asked_again_under_the_same_id(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, "{\"ok\":false,\"kind\":\"pending\",\"retryAfterMs\":1}");
  tool_fixture_start(&t.d, "{\"toolPath\":\"a\"}");
  host_wait_requests(&t.d.host, 1);
  char *first = span_copy(buf_span(&t.d.host.last_body));
  host_wait_requests(&t.d.host, 3);
  assert_string_equal(buf_cstring(&t.d.host.last_body), first);
  t.d.host.body = "{\"ok\":false,\"kind\":\"denied\",\"error\":\"no\"}";
  tool_fixture_wait(&t.d);
  assert_string_equal(buf_cstring(&t.d.failure), "APPROVAL_DENIED:no");
  free(first);
  tool_fixture_close(&t.d);
}

static void test_tool_callback__what_may_have_arrived_is_never_sent_again(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, "{}");
  t.d.host.failures = 1;
  tool_fixture_start(&t.d, "{\"toolPath\":\"a\"}");
  tool_fixture_wait(&t.d);
  loopback_run_ms(&t.d.loop, 600);
  assert_int_equal(t.d.host.requests, 1);
  assert_true(span_starts(buf_span(&t.d.failure), "Tool callback failed: "));
  tool_fixture_close(&t.d);
}

static void test_tool_callback__a_cancel_ends_the_request(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, "{}");
  t.d.host.hold = true;
  struct tool_call *c = tool_fixture_start(&t.d, "{\"toolPath\":\"a\"}");
  host_wait_requests(&t.d.host, 1);
  tool_fixture_cancel(&t.d, c);
  tool_fixture_wait(&t.d);
  assert_true(t.d.cancelled);
  host_release(&t.d.host);
  tool_fixture_close(&t.d);
}

static void test_tool_callback__a_call_without_a_path_never_leaves(void **state)
{
  (void)state;
  static const char *const bad[] = {"{}", "{\"toolPath\":\"\"}", "{\"toolPath\":1}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct fixture t;
    fixture_open(&t, "{}");
    tool_fixture_start(&t.d, bad[i]);
    tool_fixture_wait(&t.d);
    assert_string_equal(buf_cstring(&t.d.failure),
                        "Tool execution failed: toolPath must be the dotted name of a "
                        "tool");
    assert_int_equal(t.d.host.requests, 0);
    tool_fixture_close(&t.d);
  }
}

static void
test_tool_callback__claims_only_runs_with_a_callback_and_checks_its_url(void **state)
{
  (void)state;
  struct callback c = {.shape = CALLBACK_NONE};
  struct tool_source source = {0};
  struct tool_executor out;
  struct fault f = {0};
  assert_int_equal(tool_callback_claim(&source, &out, &f), 0);
  source.callback = &c;
  assert_int_equal(tool_callback_claim(&source, &out, &f), 0);
  c.shape = CALLBACK_BASE;
  c.url = SPAN_LITERAL("ftp://h/");
  assert_int_equal(tool_callback_claim(&source, &out, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, "callback"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_tool_callback__posts_the_path_and_the_input_in_their_own_bytes),
      cmocka_unit_test(test_tool_callback__pending_is_asked_again_under_the_same_id),
      cmocka_unit_test(test_tool_callback__what_may_have_arrived_is_never_sent_again),
      cmocka_unit_test(test_tool_callback__a_cancel_ends_the_request),
      cmocka_unit_test(test_tool_callback__a_call_without_a_path_never_leaves),
      cmocka_unit_test(
          test_tool_callback__claims_only_runs_with_a_callback_and_checks_its_url),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
