/* SPDX-License-Identifier: MIT */
#include "request/host_bridge_read.h"

#include "request/run_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct fault fault;
static struct run_request request;
static struct mcp_server docs = {.name = {"docs", 4}};

/* A request with one MCP server of its own, and what `text` has. */
static int read_bridge(const char *text)
{
  struct arena *arena = arena_take();
  fault = (struct fault){0};
  request = (struct run_request){.workspace = {.servers = &docs, .server_count = 1}};
  request.doc = json_parse(span_of(text), NULL, &fault);
  assert_non_null(request.doc);
  struct fields r = {.doc = request.doc, .arena = arena, .f = &fault};
  json_at root = json_root(request.doc);
  request.tools = tools_read(request.doc, json_get(root, "toolDescriptors"), &fault);
  int rc = host_bridge_read(&r, root, &request);
  tools_free(request.tools);
  arena_give(arena);
  return rc;
}

static void test_host_bridge__is_read(void **state)
{
  (void)state;
  assert_int_equal(read_bridge("{\"bridge\":null}"), 0);
  assert_int_equal(request.bridge.url.len, 0);
  json_free(request.doc);
  assert_int_equal(
      read_bridge("{\"bridge\":{\"url\":\"http://h/x?a=b\",\"token\":\"t\"}}"), 0);
  assert_true(span_is(request.bridge.name, "tanstack"));
  assert_true(span_is(request.bridge.url, "http://h/x?a=b"));
  assert_true(span_is(request.bridge.token, "t"));
  assert_false(request.bridge.direct);
  json_free(request.doc);
  assert_int_equal(read_bridge("{\"toolDescriptors\":[{\"name\":\"a\"}],\"bridge\":{"
                               "\"name\":\"acme\",\"url\":\"http://h\",\"token\":\"t\","
                               "\"direct\":true}}"),
                   0);
  assert_true(request.bridge.direct);
  json_free(request.doc);
}

#define WHERE "\"url\":\"http://h\",\"token\":\"t\""

static void test_host_bridge__names_what_is_wrong(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"{\"bridge\":[]}", "bridge must be an object"},
      {"{\"bridge\":{}}", "bridge.url must be a non-empty string"},
      {"{\"bridge\":{\"url\":\"http://h\"}}", "bridge.token must be a non-empty string"},
      {"{\"bridge\":{\"url\":\"http://h\",\"token\":\"a\\nb\"}}",
       "bridge.token must be a non-empty string that can be sent in a header"},
      {"{\"bridge\":{" WHERE ",\"direct\":\"yes\"}}",
       "bridge.direct must be true or false"},
      {"{\"bridge\":{" WHERE ",\"name\":\"a.b\"}}",
       "bridge.name must be at most 64 letters, digits, '-' and '_'"},
      {"{\"bridge\":{" WHERE ",\"name\":\"docs\"}}",
       "bridge.name is the name of an MCP server of workspace.skills, too"},
      {"{\"toolDescriptors\":[{\"name\":\"a\"}],\"bridge\":{" WHERE ",\"direct\":true}}",
       "bridge.name must not be \"tanstack\" beside toolDescriptors"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(read_bridge(rows[i][0]), -1);
    assert_int_equal(fault.kind, FAULT_BAD_INPUT);
    if (!strstr(fault.text, rows[i][1]))
      fail_msg("%s does not say %s", fault.text, rows[i][1]);
    json_free(request.doc);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_host_bridge__is_read),
      cmocka_unit_test(test_host_bridge__names_what_is_wrong),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  arena_forget_all();
  return failed;
}
