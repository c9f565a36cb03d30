/* SPDX-License-Identifier: MIT */
#include "request/workspace_skills.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct fault fault;
static struct run_request request;
static struct span secrets[] = {{"KEY", 3}};

static bool read_skills(const char *skills)
{
  struct buf text = buf_make(SIZE_MAX);
  buf_addf(&text, "{\"skills\":%s}", skills);
  arena = arena_take();
  fault = (struct fault){0};
  request = (struct run_request){.text = text, .secrets = {secrets, 1}};
  request.doc = json_parse(buf_span(&request.text), NULL, &fault);
  assert_non_null(request.doc);
  struct fields r = {.doc = request.doc, .arena = arena, .f = &fault};
  return workspace_skills_read(&r, json_root(request.doc), &request) == 0;
}

static void done(void)
{
  json_free(request.doc);
  buf_free(&request.text);
  arena_give(arena);
}

static void span_text_is(struct span s, const char *text)
{
  if (!span_is(s, text))
    fail_msg("\"%.*s\" is not \"%s\"", SPAN_ARG(s), text);
}

#define BEARER "{\"__bearerRef\":{\"__secretName\":\"KEY\"}}"

static void test_workspace_skills__reads_all_kinds(void **state)
{
  (void)state;
  if (!read_skills(
          "[null,{\"kind\":\"file\",\"path\":\"x/y\",\"content\":\"\"},"
          "{\"kind\":\"git\",\"repo\":\"a/b\"},"
          "{\"kind\":\"git\",\"repo\":\"https://h/r\",\"secret\":{"
          "\"__secretName\":\"KEY\"},\"into\":\"/workspace/x\"},"
          "{\"kind\":\"agent-skill\",\"name\":\"pdf\"},"
          "{\"kind\":\"mcp\",\"name\":\"m\",\"config\":{\"url\":\"http://h/m\","
          "\"type\":\"http\",\"headers\":{\"A\":\"text\",\"B\":{\"__secretName\":"
          "\"KEY\"},\"C\":" BEARER "}}},"
          "{\"kind\":\"mcp\",\"name\":\"n\",\"config\":{}}]"))
    fail_msg("%s", fault.text);
  const struct workspace_plan *p = &request.workspace;
  assert_int_equal(p->file_count, 1);
  span_text_is(p->files[0].path, "x/y");
  assert_int_equal(p->git_skill_count, 2);
  span_text_is(p->git_skills[0].repo, "a/b");
  assert_int_equal(p->git_skills[0].secret.len, 0);
  span_text_is(p->git_skills[1].secret, "KEY");
  span_text_is(p->git_skills[1].into, "/workspace/x");
  assert_int_equal(p->agent_skill_count, 1);
  span_text_is(p->agent_skills[0], "pdf");
  assert_int_equal(p->server_count, 2);
  span_text_is(p->servers[0].name, "m");
  span_text_is(p->servers[0].url, "http://h/m");
  assert_int_equal(p->servers[0].header_count, 3);
  span_text_is(p->servers[0].headers[0].name, "A");
  span_text_is(p->servers[0].headers[0].text, "text");
  assert_int_equal(p->servers[0].headers[0].secret.len, 0);
  span_text_is(p->servers[0].headers[1].secret, "KEY");
  assert_false(p->servers[0].headers[1].bearer);
  span_text_is(p->servers[0].headers[2].secret, "KEY");
  assert_true(p->servers[0].headers[2].bearer);
  assert_int_equal(p->servers[1].url.len, 0);
  done();
}

static void refused(const char *skill, const char *why)
{
  struct buf list = buf_make(1000);
  buf_addf(&list, "[null,%s]", skill);
  if (read_skills(buf_cstring(&list)))
    fail_msg("%s was taken", skill);
  assert_int_equal(fault.kind, FAULT_BAD_INPUT);
  if (strncmp(fault.text, "run request: workspace.skills[1]", 32) != 0 ||
      !strstr(fault.text, why))
    fail_msg("%s: %s", skill, fault.text);
  buf_free(&list);
  done();
}

static void test_workspace_skills__what_is_wrong_is_named(void **state)
{
  (void)state;
#define GIT(members) "{\"kind\":\"git\"," members "}"
#define MCP(config)  "{\"kind\":\"mcp\",\"name\":\"m\",\"config\":" config "}"
  refused("7", "kind must be \"file\", \"git\", \"mcp\" or \"agent-skill\"");
  refused("{}", "kind must be");
  refused("{\"kind\":\"other\"}", "kind must be");
  refused("{\"kind\":\"file\",\"path\":\"\",\"content\":\"\"}", "must have a path and");
  refused("{\"kind\":\"file\",\"path\":\"a\\u0000b\",\"content\":\"\"}", "have a path");
  refused("{\"kind\":\"file\",\"path\":\"x\"}", "and a content");
  refused("{\"kind\":\"git\"}", ".repo must be a non-empty string");
  refused(GIT("\"repo\":\"\""), ".repo must be a non-empty string");
  refused(GIT("\"repo\":\"-x\""), ".repo must be a string that does not begin");
  refused(GIT("\"repo\":\"a/b\",\"into\":7"), ".into must be a non-empty string");
  refused(GIT("\"repo\":\"a/b\",\"secret\":\"KEY\""),
          ".secret must be {\"__secretName\"");
  refused(GIT("\"repo\":\"a/b\",\"secret\":{\"__secretName\":\"NO\"}"),
          ": resolveSecret: unknown secret \"NO\"");
  refused("{\"kind\":\"agent-skill\"}", ".name must be a non-empty string");
  refused("{\"kind\":\"mcp\",\"config\":{}}", ".name must be a non-empty string");
  refused(MCP("[]"), ".config must be an object");
  refused(MCP("{\"url\":7}"), ".config.url must be a non-empty string");
  refused(MCP("{\"headers\":[]}"), ".config.headers must be an object");
  refused(MCP("{\"headers\":{\"A\":7}}"), "config.headers must be texts and references");
  refused(MCP("{\"headers\":{\"A\":{}}}"), "secret must be {\"__secretName\"");
  refused(MCP("{\"headers\":{\"A\":{\"__bearerRef\":{\"__secretName\":\"NO\"}}}}"),
          "unknown secret \"NO\"");
}

static void test_workspace_skills__no_list_is_nothing_and_no_array_is_named(void **state)
{
  (void)state;
  assert_true(read_skills("null"));
  done();
  assert_false(read_skills("{}"));
  assert_string_equal(fault.text, "run request: workspace.skills must be an array");
  done();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_workspace_skills__reads_all_kinds),
      cmocka_unit_test(test_workspace_skills__what_is_wrong_is_named),
      cmocka_unit_test(test_workspace_skills__no_list_is_nothing_and_no_array_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
