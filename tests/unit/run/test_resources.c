/* SPDX-License-Identifier: MIT */
#include "run/resources.h"

#include "process/keeper.h"
#include "run_fixture.h"
#include "traces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void closed(void *who)
{
  ((struct run_fixture *)who)->over++;
}

static void ended(void *who, const struct process_end *end)
{
  (void)who, (void)end;
}

static void open_and_close(const char *script, const char *more, bool has_bridge)
{
  struct run_fixture d;
  struct resources s;
  struct fault f = {0};
  const char *code = NULL;
  run_fixture_open(&d, script);
  d.settings.tool_command = "cat";
  struct run_request *req = run_fixture_request(more);
  assert_int_equal(resources_admit(&s, &d.settings, req, NULL, &f), 0);
  assert_int_equal(scratch_count(&d.scratch, "state"),
                   0); /* no trace before they are opened */
  struct deadlines deadlines = deadlines_resolve(&d.settings, req);
  struct resources_calls calls = {.child = {.on_end = ended}};
  void *state = calloc(1, s.harness->memory);
  assert_int_equal(resources_prepare(&s, &deadlines, &calls, &d, &code, &f), 0);
  assert_int_equal(resources_open(&s, state, &deadlines, &calls, &d, &code, &f), 0);
  assert_true((s.bridge != NULL) == has_bridge);
  assert_non_null(s.child);
  struct stat st;
  assert_int_equal(stat(s.folder.at, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
  resources_close(&s, closed, &d);
  assert_int_equal(d.over, 0);
  run_fixture_wait(&d, 1);
  assert_int_equal(scratch_count(&d.scratch, "state"), 0);
  if (s.harness->free)
    s.harness->free(state);
  free(state);
  resources_free(&s);
  run_request_free(req);
  run_fixture_close(&d);
}

static void test_resources__are_closed_with_all_that_was_opened(void **state)
{
  (void)state;
  open_and_close("setsid sleep 60 & sleep 60", "", false);
  open_and_close("sleep 60", ",\"toolDescriptors\":[{\"name\":\"t\"}]", true);
}

static void test_resources__that_failed_to_open_are_closed_like_whole_ones(void **state)
{
  (void)state;
  struct run_fixture d;
  struct resources s;
  struct fault f = {0};
  const char *code = NULL;
  run_fixture_open(&d, "exit 0");
  struct run_request *req = run_fixture_request("");
  req->messages[0].text = SPAN_LITERAL("");
  assert_int_equal(resources_admit(&s, &d.settings, req, NULL, &f), 0);
  struct deadlines deadlines = deadlines_resolve(&d.settings, req);
  struct resources_calls calls = {.child = {.on_end = ended}};
  void *memory = calloc(1, s.harness->memory);
  assert_int_equal(resources_prepare(&s, &deadlines, &calls, &d, &code, &f), 0);
  assert_int_equal(resources_open(&s, memory, &deadlines, &calls, &d, &code, &f), -1);
  assert_string_equal(code, "prompt-invalid");
  assert_null(s.child);
  resources_close(&s, closed, &d);
  run_fixture_wait(&d, 1);
  free(memory);
  resources_free(&s);
  run_request_free(req);
  run_fixture_close(&d);
}

static void test_resources__a_bad_tool_url_is_refused_by_its_field(void **state)
{
  (void)state;
  struct run_fixture d;
  struct resources s;
  struct fault f = {0};
  run_fixture_open(&d, "exit 0");
  struct run_request *req =
      run_fixture_request(",\"toolDescriptors\":[{\"name\":\"t\"}]");
  static const char *const urls[] = {"ftp://x/", "http://user:pw@x/", "notaurl"};
  for (size_t i = 0; i < 3; i++) {
    req->tool_url = span_of(urls[i]);
    assert_int_equal(resources_admit(&s, &d.settings, req, NULL, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_non_null(strstr(f.text, "run request: toolExecUrl"));
    resources_free(&s);
  }
  run_request_free(req);
  run_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_resources__are_closed_with_all_that_was_opened),
      cmocka_unit_test(test_resources__that_failed_to_open_are_closed_like_whole_ones),
      cmocka_unit_test(test_resources__a_bad_tool_url_is_refused_by_its_field),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
