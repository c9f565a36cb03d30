/* SPDX-License-Identifier: MIT */
#include "request/run_workspace.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static struct fault fault;
static struct run_request request;

static struct run_request *read_workspace(const char *workspace, bool optional)
{
  struct buf text = buf_make(SIZE_MAX);
  buf_addf(&text, "{\"workspace\":%s}", workspace);
  arena = arena_take();
  fault = (struct fault){0};
  request = (struct run_request){.text = text};
  request.doc = json_parse(buf_span(&request.text), NULL, &fault);
  assert_non_null(request.doc);
  struct fields r = {.doc = request.doc, .arena = arena, .f = &fault};
  int failed = run_workspace_read(&r, json_root(request.doc), optional, &request);
  return failed ? NULL : &request;
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

#define NONE "{\"source\":{\"type\":\"none\"},"

static void test_run_workspace__reads_all_that_is_asked_for(void **state)
{
  (void)state;
  const struct run_request *req = read_workspace(
      "{\"source\":{\"type\":\"git\",\"url\":\"https://h/r\",\"ref\":\"main\",\"depth\":"
      "\"full\",\"auth\":{\"username\":\"u\",\"token\":\"t\"}},\"root\":\"/w\","
      "\"packageManager\":\"auto\",\"setup\":[\"a\",\"\"],\"scripts\":{\"b\":\"2\",\"a\":"
      "\"1\",\"ab\":\"3\"},\"skills\":[null,{\"kind\":\"file\",\"path\":\"x/y\","
      "\"content\":\"\"}],\"instructions\":\"i\",\"plugins\":[],\"secrets\":{\"K\":{}}}",
      false);
  if (!req)
    fail_msg("%s", fault.text);
  const struct workspace_plan *p = &req->workspace;
  span_text_is(p->git.url, "https://h/r");
  span_text_is(p->git.ref, "main");
  span_text_is(p->git.username, "u");
  span_text_is(p->git.token, "t");
  assert_int_equal(p->git.depth, 0);
  assert_int_equal(p->setup_count, 2);
  span_text_is(p->setup[0], "a");
  assert_int_equal(p->script_count, 3);
  span_text_is(p->scripts[0].name, "a");
  span_text_is(p->scripts[1].name, "ab");
  span_text_is(p->scripts[2].command, "2");
  assert_int_equal(p->file_count, 1);
  span_text_is(p->files[0].path, "x/y");
  span_text_is(p->instructions, "i");
  span_text_is(req->root, "/w");
  span_text_is(req->secrets.at[0], "K");
  assert_true(workspace_plan_asks(p));
  done();
}

static void test_run_workspace__nothing_is_asked_for_by_nothing(void **state)
{
  (void)state;
  static const char *const rows[] = {
      NONE "\"setup\":[],\"scripts\":{},\"skills\":[null],\"instructions\":\"\"}",
      NONE "\"setup\":null,\"scripts\":null,\"skills\":null,\"instructions\":null}",
      "{\"source\":{\"type\":\"other\"}}",
      "{\"source\":{\"type\":\"local\",\"path\":\"/\"}}"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct run_request *req = read_workspace(rows[i], false);
    if (!req)
      fail_msg("%s: %s", rows[i], fault.text);
    assert_false(workspace_plan_asks(&req->workspace));
    done();
  }
  assert_non_null(read_workspace("null", true));
  done();
}

static void refused(const char *workspace, const char *why)
{
  if (read_workspace(workspace, false))
    fail_msg("%s was taken", workspace);
  assert_int_equal(fault.kind, FAULT_BAD_INPUT);
  if (strncmp(fault.text, "run request: workspace", 22) != 0 || !strstr(fault.text, why))
    fail_msg("%s: %s", workspace, fault.text);
  done();
}

static void test_run_workspace__what_is_wrong_is_named(void **state)
{
  (void)state;
#define GIT(members) "{\"source\":{\"type\":\"git\"" members "}}"
  refused("null", "must be a WorkspaceDefinition");
  refused("{}", "must be a WorkspaceDefinition");
  refused(GIT(""), "source.url must be a non-empty string");
  refused(GIT(",\"url\":\"-x\""), "source.url must be a string that does not begin");
  refused(GIT(",\"url\":\"u\",\"ref\":\"-x\""), "source.ref must be");
  refused(GIT(",\"url\":\"u\",\"depth\":0"), "source.depth must be");
  refused(GIT(",\"url\":\"u\",\"depth\":\"all\""), "source.depth must be");
  refused(GIT(",\"url\":\"u\",\"auth\":{}"), "source.auth.token must be");
  refused(GIT(",\"url\":\"u\",\"auth\":7"), "source.auth must be an object");
  refused("{\"source\":{\"type\":\"local\"}}", "source.path must be");
  refused(NONE "\"setup\":\"a\"}", "setup must be an array of strings");
  refused(NONE "\"setup\":[1]}", "setup[0] must be a string, not 1");
  refused(NONE "\"scripts\":[]}", "scripts must be an object");
  refused(NONE "\"scripts\":{\"a\":1}}", "scripts must be an object of names");
  refused(NONE "\"scripts\":{\"a\":\"b\\nc\"}}", "each one line");
  refused(NONE "\"skills\":{}}", "skills must be an array");
  refused(NONE "\"skills\":[null,{\"kind\":\"other\"}]}", "skills[1].kind must be");
  refused(NONE "\"skills\":[{\"kind\":\"file\",\"path\":\"\",\"content\":\"\"}]}",
          "skills[0] must have a path");
  refused(NONE "\"skills\":[{\"kind\":\"file\",\"path\":\"x\"}]}", "and a content");
  refused(NONE "\"instructions\":7}", "instructions must be");
  refused(NONE "\"plugins\":[\"-x\"]}", "plugins[0] must be a non-empty string that");
  refused(NONE "\"plugins\":\"x\"}", "plugins must be an array of strings");
  refused(NONE "\"root\":\"\"}", "root must be");
  refused(NONE "\"secrets\":7}", "secrets must be an object");
}

static void test_run_workspace__setup_has_its_bounds(void **state)
{
  (void)state;
  struct buf many = buf_make(SIZE_MAX), big = buf_make(SIZE_MAX);
  buf_add_text(&many, NONE "\"setup\":[\"a\"");
  for (unsigned i = 0; i < LIMIT_SETUP_STEPS; i++)
    buf_add_text(&many, ",\"a\"");
  buf_add_text(&many, "]}");
  refused(buf_cstring(&many), "setup holds more than 256 steps");
  buf_add_text(&big, NONE "\"setup\":[\"");
  for (unsigned i = 0; i < LIMIT_ARGUMENT_BYTES / 8 + 1; i++)
    buf_add_text(&big, "aaaaaaaa");
  buf_add_text(&big, "\"]}");
  refused(buf_cstring(&big), "setup[0] is longer than");
  buf_free(&many);
  buf_free(&big);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_workspace__reads_all_that_is_asked_for),
      cmocka_unit_test(test_run_workspace__nothing_is_asked_for_by_nothing),
      cmocka_unit_test(test_run_workspace__what_is_wrong_is_named),
      cmocka_unit_test(test_run_workspace__setup_has_its_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
