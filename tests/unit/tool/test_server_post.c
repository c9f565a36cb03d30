/* SPDX-License-Identifier: MIT */
/* One message to a server on the loop, and what is made of its answers. */
#include "tool/server_post.h"

#include "base/limits.h"
#include "loopback.h"
#include "tool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
  struct tool_fixture tool; /* its host is the server; no call is made */
  struct tool_server server;
  struct buf value, text, fault;
  enum server_message_kind kind;
  bool maybe_sent;
  int status;
};

static void replied(void *who, const struct server_reply *r)
{
  struct fixture *d = who;
  assert_false(d->tool.inside);
  d->tool.answers++;
  d->kind = r->kind;
  d->status = r->status;
  d->maybe_sent = r->maybe_sent;
  buf_add(&d->value, r->fault ? (struct span){0} : r->value);
  buf_add(&d->text, r->text);
  buf_add_text(&d->fault, r->fault ? r->fault->text : "");
}

static void open_fixture(struct fixture *d)
{
  *d = (struct fixture){
      .value = buf_make(MIB), .text = buf_make(MIB), .fault = buf_make(MIB)};
  tool_fixture_open(&d->tool);
  d->server = (struct tool_server){.url = d->tool.source.url,
                                   .token = SPAN_LITERAL("s3cret"),
                                   .session = buf_make(KIB),
                                   .version = buf_make(KIB)};
  d->tool.source.server = &d->server;
}

static struct server_post *post(struct fixture *d, unsigned left_ms)
{
  struct fault f = {0};
  d->tool.inside = true;
  struct server_post *p = server_post_start(&d->tool.source, 7, SPAN_LITERAL("{\"x\":1}"),
                                            (struct span){0}, left_ms, replied, d, &f);
  assert_non_null(p);
  d->tool.inside = false;
  return p;
}

static void close_fixture(struct fixture *d)
{
  tool_fixture_close(&d->tool);
  buf_free(&d->server.session);
  buf_free(&d->server.version);
  buf_free(&d->value);
  buf_free(&d->text);
  buf_free(&d->fault);
}

static void has_header(const struct fixture *d, const char *line)
{
  if (!strstr(d->tool.host.last_head.at, line))
    fail_msg("no header %s in\n%s", line, d->tool.host.last_head.at);
}

static void test_server_post__sends_the_message_with_its_headers(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  buf_add_text(&d.server.session, "sess");
  buf_add_text(&d.server.version, "2025-06-18");
  d.tool.host.body = "{\"id\":7,\"result\":{\"a\": 1.0}}";
  post(&d, 5000);
  tool_fixture_wait(&d.tool);
  assert_string_equal(buf_cstring(&d.tool.host.last_body), "{\"x\":1}");
  has_header(&d, "content-type: application/json\n");
  has_header(&d, "accept: application/json, text/event-stream\n");
  has_header(&d, "authorization: Bearer s3cret\n");
  has_header(&d, "mcp-session-id: sess\n");
  has_header(&d, "mcp-protocol-version: 2025-06-18\n");
  has_header(&d, "traceparent: 00-aa-bb-01\n");
  assert_int_equal(d.kind, SERVER_RESULT);
  assert_string_equal(buf_cstring(&d.value), "{\"a\": 1.0}");
  close_fixture(&d);
}

static void test_server_post__an_event_stream_is_read_up_to_the_answer(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.tool.host.body = ": hi\n\ndata: {\"method\":\"a\"}\n\ndata: {\"id\":6,\"result\":{}}"
                     "\n\ndata: no JSON\n\nevent: message\ndata: "
                     "{\"id\":7,\ndata: \"result\":{\"b\":2}}\n\ndata: rest";
  post(&d, 5000);
  tool_fixture_wait(&d.tool);
  assert_int_equal(d.kind, SERVER_RESULT);
  assert_string_equal(buf_cstring(&d.value), "{\"b\":2}");
  close_fixture(&d);
}

static void test_server_post__another_status_has_its_words(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.tool.host.status = 403;
  d.tool.host.body = "not you";
  post(&d, 5000);
  tool_fixture_wait(&d.tool);
  assert_int_equal(d.status, 403);
  assert_string_equal(buf_cstring(&d.text), "not you");
  assert_string_equal(buf_cstring(&d.fault), "");
  close_fixture(&d);
}

static void test_server_post__too_much_is_a_fault(void **state)
{
  (void)state;
  static const char *const bodies[] = {
      "{\"id\":7,\"result\":{\"a\":\"0123456789\"}}",
      "data: {\"id\":7,\"result\":{\"a\":\"01234\"}}\n\n"};
  for (size_t i = 0; i < 2; i++) {
    struct fixture d;
    open_fixture(&d);
    d.tool.source.answer_ceiling = 16;
    d.tool.host.body = bodies[i];
    post(&d, 5000);
    tool_fixture_wait(&d.tool);
    assert_string_equal(buf_cstring(&d.fault), "its answer is longer than 16 bytes");
    assert_true(d.maybe_sent);
    close_fixture(&d);
  }
}

static void
test_server_post__nobody_there_a_deadline_and_a_cancel_are_told_apart(void **s)
{
  (void)s;
  struct fixture d;
  open_fixture(&d);
  d.server.url = SPAN_LITERAL("http://127.0.0.1:1/none");
  post(&d, 5000);
  tool_fixture_wait(&d.tool);
  assert_false(d.maybe_sent);
  d.tool.answers = 0;
  d.server.url = d.tool.source.url;
  d.tool.host.hold = true;
  post(&d, 100);
  tool_fixture_wait(&d.tool);
  assert_true(d.maybe_sent);
  assert_non_null(strstr(buf_cstring(&d.fault), "100 ms"));
  d.tool.answers = 0;
  buf_clear(&d.fault);
  struct server_post *p = post(&d, 5000);
  host_wait_requests(&d.tool.host, 2);
  d.tool.inside = true;
  server_post_cancel(p);
  server_post_cancel(p);
  d.tool.inside = false;
  tool_fixture_wait(&d.tool);
  assert_string_equal(buf_cstring(&d.fault), "cancelled");
  close_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_server_post__sends_the_message_with_its_headers),
      cmocka_unit_test(test_server_post__an_event_stream_is_read_up_to_the_answer),
      cmocka_unit_test(test_server_post__another_status_has_its_words),
      cmocka_unit_test(test_server_post__too_much_is_a_fault),
      cmocka_unit_test(
          test_server_post__nobody_there_a_deadline_and_a_cancel_are_told_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
