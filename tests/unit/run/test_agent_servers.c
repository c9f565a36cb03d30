/* SPDX-License-Identifier: MIT */
#include "run/agent_servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct mcp_header headers[3];
static struct mcp_server servers[4];
static struct run_request request;
static struct strv runner;
static struct agent_servers got;
static struct fault fault;

static int setup(void **state)
{
  (void)state;
  headers[0] = (struct mcp_header){.name = SPAN_LITERAL("X-Plain"),
                                   .text = SPAN_LITERAL("as it is")};
  headers[1] =
      (struct mcp_header){.name = SPAN_LITERAL("X-Key"), .secret = SPAN_LITERAL("KEY")};
  headers[2] = (struct mcp_header){.name = SPAN_LITERAL("Authorization"),
                                   .secret = SPAN_LITERAL("KEY"),
                                   .bearer = true};
  for (size_t i = 0; i < 4; i++)
    servers[i] = (struct mcp_server){.name = SPAN_LITERAL("docs"),
                                     .url = SPAN_LITERAL("https://h/mcp")};
  servers[0].headers = headers;
  servers[0].header_count = 3;
  request = (struct run_request){.harness = SPAN_LITERAL("h"),
                                 .workspace = {.servers = servers, .server_count = 1}};
  fault = (struct fault){0};
  strv_set_env(&runner, "KEY", SPAN_LITERAL("s3cret\n"));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  agent_servers_free(&got);
  agent_servers_free(&got); /* twice is fine */
  strv_free(&runner);
  arena_forget_all();
  return 0;
}

static void resolved(bool taken)
{
  if (agent_servers_resolve(&runner, &request, taken, &got, &fault) < 0)
    fail_msg("%s", fault.text);
}

static void test_agent_servers__secrets_are_put_in(void **state)
{
  (void)state;
  resolved(true);
  assert_int_equal(got.list.count, 1);
  const struct mcp_server *s = &got.list.at[0];
  assert_string_equal(s->name.at, "docs");
  assert_string_equal(s->url.at, "https://h/mcp");
  assert_string_equal(s->headers[0].text.at, "as it is");
  assert_string_equal(s->headers[1].text.at, "s3cret");
  assert_string_equal(s->headers[2].name.at, "Authorization");
  assert_string_equal(s->headers[2].text.at, "Bearer s3cret");
  assert_int_equal(got.left_out.len, 0);
}

static void test_agent_servers__the_last_of_one_name_counts(void **state)
{
  (void)state;
  request.workspace.server_count = 2;
  servers[1].url = SPAN_LITERAL("https://other/");
  resolved(true);
  assert_int_equal(got.list.count, 1);
  assert_string_equal(got.list.at[0].url.at, "https://other/");
  assert_int_equal(got.list.at[0].header_count, 0);
}

static void test_agent_servers__what_cannot_be_given_is_named(void **state)
{
  (void)state;
  request.workspace.server_count = 3;
  servers[1].name = SPAN_LITERAL("a b");
  servers[2].name = SPAN_LITERAL("none");
  servers[2].url = (struct span){0};
  resolved(true);
  assert_int_equal(got.list.count, 1);
  assert_string_equal(
      buf_cstring(&got.left_out),
      "MCP server \"a b\" is left out: its name must be at most 64 letters, digits, '-' "
      "and '_'; MCP server \"none\" is left out: url: must begin with http:// or "
      "https://");
}

static void test_agent_servers__a_harness_that_takes_none_gets_none(void **state)
{
  (void)state;
  resolved(false);
  assert_int_equal(got.list.count, 0);
  assert_string_equal(buf_cstring(&got.left_out),
                      "MCP server \"docs\" is left out: this harness can be given none");
}

static void refused(const char *words)
{
  assert_int_equal(agent_servers_resolve(&runner, &request, true, &got, &fault), -1);
  assert_int_equal(fault.kind, FAULT_BAD_INPUT);
  if (!strstr(fault.text, words))
    fail_msg("%s does not say %s", fault.text, words);
}

static void test_agent_servers__our_name_is_refused(void **state)
{
  (void)state;
  servers[0].name = SPAN_LITERAL("tanstack");
  refused("must not be named \"tanstack\"");
}

static void test_agent_servers__a_header_that_cannot_be_sent_is_refused(void **state)
{
  (void)state;
  headers[0].text = SPAN_LITERAL("a\r\nb: c");
  refused("header \"X-Plain\" cannot be sent");
  agent_servers_free(&got);
  headers[0].text = SPAN_LITERAL("fine");
  headers[0].name = SPAN_LITERAL("a:b");
  refused("header \"a:b\" cannot be sent");
}

static void
test_agent_servers__a_direct_bridge_is_one_only_beside_host_tools(void **state)
{
  (void)state;
  struct json *doc = json_parse(SPAN_LITERAL("[{\"name\":\"a\"}]"), NULL, &fault);
  request.workspace.server_count = 0;
  request.bridge = (struct host_bridge){SPAN_LITERAL("acme"), SPAN_LITERAL("http://h/"),
                                        SPAN_LITERAL("t0ken"), true};
  resolved(true);
  assert_int_equal(got.list.count, 0);
  agent_servers_free(&got);
  request.tools = tools_read(doc, json_root(doc), &fault);
  resolved(true);
  assert_int_equal(got.list.count, 1);
  assert_string_equal(got.list.at[0].headers[0].text.at, "Bearer t0ken");
  agent_servers_free(&got);
  assert_int_equal(agent_servers_resolve(&runner, &request, false, &got, &fault), -1);
  assert_non_null(strstr(fault.text, "not supported by harness h"));
  agent_servers_free(&got);
  request.bridge.url = SPAN_LITERAL("notaurl");
  refused("bridge.url: ");
  tools_free(request.tools);
  json_free(doc);
}

int main(void)
{
#define TEST(name)                                                                       \
  cmocka_unit_test_setup_teardown(test_agent_servers__##name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(secrets_are_put_in),
      TEST(the_last_of_one_name_counts),
      TEST(what_cannot_be_given_is_named),
      TEST(a_harness_that_takes_none_gets_none),
      TEST(our_name_is_refused),
      TEST(a_header_that_cannot_be_sent_is_refused),
      TEST(a_direct_bridge_is_one_only_beside_host_tools),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
