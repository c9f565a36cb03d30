/* SPDX-License-Identifier: MIT */
#include "run/run_files.h"

#include "process/keeper.h"
#include "run_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_run_files__they_are_told_under_the_workspaces_name(void **state)
{
  (void)state;
  run_fixture_expect("INIT; GOOD; echo x >made", "", NULL,
                     "\"value\":{\"type\":\"create\",\"path\":\"/workspace/made\",");
  run_fixture_expect("INIT; GOOD; echo x >made",
                     ",\"workspace\":{\"source\":{\"type\":\"none\"},\"root\":\"/a/\"}",
                     NULL, "\"path\":\"/a/made\"");
  run_fixture_expect("INIT; echo x >made; exit 3", "", "agent-exit",
                     "\"files\":{\"told\":1,");
}

static void test_run_files__who_does_not_want_them_has_none(void **state)
{
  (void)state;
  struct run_fixture d;
  run_fixture_open(&d, "INIT; GOOD; echo x >made");
  run_fixture_go(&d, ",\"fileEvents\":false");
  run_fixture_wait(&d, 1);
  assert_false(run_fixture_says(&d, "sandbox.file"));
  assert_false(run_fixture_says(&d, "\"files\""));
  run_fixture_check(&d);
  run_fixture_close(&d);
}

static void test_run_files__they_come_before_the_last_event(void **state)
{
  (void)state;
  struct run_fixture d;
  run_fixture_open(&d, "INIT; GOOD; echo x >made");
  run_fixture_go(&d, "");
  run_fixture_wait(&d, 1);
  const char *text = buf_cstring(&d.text);
  assert_true(strstr(text, "sandbox.file") < strstr(text, "RUN_FINISHED"));
  run_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_files__they_are_told_under_the_workspaces_name),
      cmocka_unit_test(test_run_files__who_does_not_want_them_has_none),
      cmocka_unit_test(test_run_files__they_come_before_the_last_event),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
