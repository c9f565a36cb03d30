/* SPDX-License-Identifier: MIT */
/* The handshake with a server on the loop.  It answers every request by the same bytes:
 * events, of which each request finds its own by the id. */
#include "tool/server_tools.h"

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
  struct buf list, fault;
};

static void listed(void *who, struct buf *list, const struct fault *fault)
{
  struct fixture *d = who;
  assert_false(d->tool.inside);
  d->tool.answers++;
  buf_add(&d->list, buf_span(list));
  buf_add_text(&d->fault, fault ? fault->text : "");
}

static struct server_tools *begin(struct fixture *d, const char *body)
{
  struct fault f = {0};
  *d = (struct fixture){.list = buf_make(MIB), .fault = buf_make(MIB)};
  tool_fixture_open(&d->tool);
  d->tool.host.body = body;
  d->server =
      (struct tool_server){.url = d->tool.source.url, .token = SPAN_LITERAL("s3cret")};
  d->tool.source.server = &d->server;
  d->tool.inside = true;
  struct server_tools *t = server_tools_start(&d->tool.source, listed, d, &f);
  assert_non_null(t);
  d->tool.inside = false;
  return t;
}

static void end(struct fixture *d)
{
  tool_fixture_close(&d->tool);
  buf_free(&d->server.session);
  buf_free(&d->server.version);
  buf_free(&d->list);
  buf_free(&d->fault);
}

#define HELLO "data: {\"id\":1,\"result\":{\"protocolVersion\":\"2025-03-26\"}}\n\n"

static void test_server_tools__are_asked_for_page_by_page(void **state)
{
  (void)state;
  struct fixture d;
  begin(&d, HELLO "data: {\"id\":2,\"result\":{\"tools\":[{\"name\":\"a\"}],"
                  "\"nextCursor\":\"n\"}}\n\n"
                  "data: {\"id\":3,\"result\":{\"tools\":[{\"name\":\"b\"}]}}\n\n");
  tool_fixture_wait(&d.tool);
  assert_string_equal(buf_cstring(&d.fault), "");
  assert_string_equal(buf_cstring(&d.list), "[{\"name\":\"a\"},{\"name\":\"b\"}]");
  assert_int_equal(d.tool.host.requests, 4); /* with notifications/initialized */
  assert_string_equal(buf_cstring(&d.server.version), "2025-03-26");
  assert_non_null(strstr(d.tool.host.last_body.at, "\"cursor\":\"n\""));
  end(&d);
}

static void test_server_tools__a_cursor_that_comes_twice_is_a_fault(void **state)
{
  (void)state;
  struct fixture d;
  begin(&d, HELLO "data: {\"id\":2,\"result\":{\"tools\":[],\"nextCursor\":\"n\"}}\n\n"
                  "data: {\"id\":3,\"result\":{\"tools\":[],\"nextCursor\":\"n\"}}\n\n");
  tool_fixture_wait(&d.tool);
  assert_string_equal(buf_cstring(&d.fault), "tools/list gives one nextCursor twice");
  end(&d);
}

static void test_server_tools__what_is_no_answer_is_named_with_its_request(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"{\"id\":1,\"error\":{\"code\":-1,\"message\":\"no\"}}",
       "initialize: {\"code\":-1,\"message\":\"no\"}"},
      {"data: {\"id\":9,\"result\":{}}\n\n", "initialize: its answer holds no message"},
      {HELLO "data: {\"id\":2,\"error\":{\"code\":-1}}\n\n", "tools/list: {\"code\":-1}"},
      {HELLO "data: {\"id\":2,\"result\":{}}\n\n", "tools/list has no list of tools"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct fixture d;
    begin(&d, rows[i][0]);
    tool_fixture_wait(&d.tool);
    assert_string_equal(buf_cstring(&d.fault), rows[i][1]);
    end(&d);
  }
}

static void test_server_tools__another_status_is_told_with_its_words(void **state)
{
  (void)state;
  struct fixture d;
  begin(&d, "who are you?");
  d.tool.host.status = 401;
  tool_fixture_wait(&d.tool);
  assert_string_equal(buf_cstring(&d.fault), "initialize: 401 who are you?");
  end(&d);
}

static void test_server_tools__a_cancel_is_told_once(void **state)
{
  (void)state;
  struct fixture d;
  struct server_tools *t = begin(&d, HELLO);
  d.tool.host.hold = true;
  host_wait_requests(&d.tool.host, 1);
  d.tool.inside = true;
  server_tools_cancel(t);
  server_tools_cancel(t);
  d.tool.inside = false;
  tool_fixture_wait(&d.tool);
  assert_string_equal(buf_cstring(&d.fault), "initialize: cancelled");
  end(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_server_tools__are_asked_for_page_by_page),
      cmocka_unit_test(test_server_tools__a_cursor_that_comes_twice_is_a_fault),
      cmocka_unit_test(test_server_tools__what_is_no_answer_is_named_with_its_request),
      cmocka_unit_test(test_server_tools__another_status_is_told_with_its_words),
      cmocka_unit_test(test_server_tools__a_cancel_is_told_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
