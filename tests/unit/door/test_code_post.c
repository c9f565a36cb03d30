/* SPDX-License-Identifier: MIT */
#include "door/http/code_post.h"

#include "door_fixture.h"
#include "process/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CODE(code)                                                                       \
  "{\"taskId\":\"a\",\"code\":\"" code                                                   \
  "\",\"callback\":{\"baseUrl\":\"http://127.0.0.1:1\",\"authToken\":\"s\"}}"
#define GOOD CODE("")

static void expect(struct door_fixture *d, const char *body, const char *status,
                   const char *text)
{
  door_fixture_expect(door_fixture_whole(d, "POST", "/v1/runs", "", body), status, text);
}

static void test_code_post__without_a_token_the_door_is_shut(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "");
  expect(&d, GOOD, "503",
         "\r\n\r\n{\"error\":\"Runtime authentication secret is not configured\"}");
  expect(&d, "", "503", "not configured");
  assert_null(records_newest(d.door.records));
  door_fixture_close(&d);
}

static void test_code_post__refuses_in_json_before_anything_has_begun(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "");
  d.door.has_token = true;
  expect(&d, "", "400", "\r\n\r\n{\"error\":\"Invalid JSON body");
  expect(&d, "{\"code\":\"\\\"\"}", "400", "{\"error\":\"Missing required fields: callb");
  expect(&d,
         "{\"runId\":\"a\",\"taskId\":\"a\",\"code\":\"\",\"callback\":{\"url\":\"http://"
         "h\"}}",
         "503", "{\"error\":\"Runtime callback secret is not configured\"}");
  expect(&d,
         "{\"taskId\":\"a\",\"code\":\"\",\"callback\":{\"baseUrl\":\"http://u:p@h\","
         "\"authToken\":\"s\"}}",
         "400", "callback");
  scratch_write(&d.run.scratch, "bin/node", 0644, "not a program");
  strv_set_env(&d.run.env, "PATH", span_of(d.run.bin));
  expect(&d, GOOD, "400", "harness command cannot run here");
  assert_null(records_newest(d.door.records));
  door_fixture_close(&d);
}

static void test_code_post__another_body_under_the_same_id_is_a_conflict(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "");
  d.door.has_token = true;
  scratch_write(&d.run.scratch, "bin/node", 0755, "#!/bin/sh\nexit 0\n");
  expect(&d, GOOD, "200", "completed");
  expect(&d, GOOD " ", "409", "{\"error\":\"run a is known already");
  expect(&d, GOOD, "200", "completed");
  door_fixture_close(&d);
}

static void test_code_post__the_harness_is_the_option_s(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "INIT; SAY; GOOD");
  d.door.has_token = true;
  d.options.serve.runs_harness = "claude-code";
  expect(&d, CODE("Do it."), "200", "{\"status\":\"completed\",\"stdout\":\"hello\"");
  expect(&d, CODE(" "), "409", "known already");
  door_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_code_post__without_a_token_the_door_is_shut),
      cmocka_unit_test(test_code_post__refuses_in_json_before_anything_has_begun),
      cmocka_unit_test(test_code_post__another_body_under_the_same_id_is_a_conflict),
      cmocka_unit_test(test_code_post__the_harness_is_the_option_s),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
