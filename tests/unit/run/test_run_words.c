/* SPDX-License-Identifier: MIT */
/* A Claude that is a shell script, and somebody who says more to it. */
#include "run/run.h"

#include "base/limits.h"
#include "process/keeper.h"
#include "run_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct test {
  struct run_fixture d;
  struct run *run;
};

static void begin(struct test *t, const char *claude, const char *more, bool takes)
{
  struct fault f = {0};
  run_fixture_open(&t->d, claude);
  t->run = run_new(&t->d.settings, run_fixture_request(more), &f);
  if (!t->run)
    fail_msg("%s", f.text);
  if (takes)
    run_take_messages(t->run);
  run_start(t->run, &t->d.sink.sink, run_fixture_over, &t->d);
}

static void end(struct test *t, const char *says)
{
  run_fixture_wait(&t->d, 1);
  if (!run_fixture_says(&t->d, says))
    fail_msg("%s is not in %s", says, buf_cstring(&t->d.text));
  run_fixture_check(&t->d);
  run_fixture_close(&t->d);
}

static void expect_got(struct test *t, const char *text, bool is_there)
{
  char got[4096] = "", path[256];
  (void)snprintf(path, sizeof path, "%s/got", t->d.work);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  got[fread(got, 1, sizeof got - 1, file)] = 0;
  (void)fclose(file);
  if ((strstr(got, text) != NULL) != is_there)
    fail_msg("%s: %s", text, got);
}

static void refuses(struct test *t, enum run_when when, struct span text,
                    enum fault_kind kind, const char *why)
{
  struct fault f = {0};
  assert_int_equal(run_message(t->run, (struct span){0}, text, when, &f), -1);
  assert_int_equal(f.kind, kind);
  assert_string_equal(f.text, why);
}

static void takes(struct test *t, const char *id, const char *text, enum run_when when)
{
  struct fault f = {0};
  if (run_message(t->run, span_of(id), span_of(text), when, &f) < 0)
    fail_msg("%s", f.text);
}

#define HI SPAN_LITERAL("hi")

static void test_run_words__are_refused_with_the_reason(void **state)
{
  struct test t;
  (void)state;
  begin(&t, "read -r p; INIT; SAY; read -r more; GOOD", "", true);
  refuses(&t, RUN_NOW, HI, FAULT_CONFLICT, "the agent is not started yet");
  run_fixture_wait_for(&t.d, "\"hello\"");
  refuses(&t, RUN_NEXT, SPAN_LITERAL(" \n"), FAULT_BAD_INPUT, "text is blank");
  refuses(&t, RUN_NOW, (struct span){"", LIMIT_WORDS_BYTES + 1}, FAULT_TOO_BIG,
          "text is longer than 16777216 bytes");
  run_cancel(t.run, "client", "cancelled", "enough", 0);
  refuses(&t, RUN_NEXT, HI, FAULT_CONFLICT, "the run is ending");
  end(&t, "\"code\":\"cancelled\"");
  begin(&t, "INIT; SAY; sleep 0.3; GOOD", "", false);
  refuses(&t, RUN_NEXT, HI, FAULT_CONFLICT, "the run was not started to take messages");
  end(&t, "RUN_FINISHED");
  begin(&t, "",
        ",\"harness\":\"command\",\"harnessOptions\":{\"command\":[\"sleep\",\"0.3\"]}",
        true);
  refuses(&t, RUN_NEXT, HI, FAULT_CONFLICT,
          "command takes no messages: it reads one prompt a run");
  end(&t, "RUN_FINISHED");
}

static void test_run_words__steer_claude_in_mid_turn_and_not_after_it(void **state)
{
  struct test t;
  (void)state;
  begin(&t,
        "INIT; read -r p; SAY; read -r more; printf %s \"$more\" > got; GOOD; cat >> got",
        "", true);
  run_fixture_wait_for(&t.d, "\"hello\"");
  takes(&t, "u-1", "/now this", RUN_NOW);
  takes(&t, "u-1", "not again", RUN_NOW);
  run_fixture_wait(&t.d, 1);
  expect_got(&t, "\"text\":\"\xe2\x81\xa0/now this\"}]},\"uuid\":\"u-1\"", true);
  expect_got(&t, "not again", false);
  assert_true(run_fixture_says(
      &t.d, "\"runlet.message\",\"value\":{\"messageId\":\"u-1\",\"state\":\"queued\"}"));
  assert_true(run_fixture_says(&t.d, "\"state\":\"delivered\"}"));
  end(&t, "\"role\":\"user\"");
  begin(&t, "INIT; read -r p; GOOD; SAY; sleep 5", "", true);
  run_fixture_wait_for(&t.d, "\"hello\"");
  refuses(&t, RUN_NOW, HI, FAULT_CONFLICT, "the agent's turn is over");
  refuses(&t, RUN_NEXT, HI, FAULT_CONFLICT, "the agent's turn is over");
  end(&t, "RUN_FINISHED");
}

static void test_run_words__the_next_turn_begins_when_one_has_ended_well(void **state)
{
  struct test t;
  (void)state;
  begin(&t,
        "read -r p; INIT; sleep 0.2; GOOD; read -r two; echo \"$two\" > got; SAY; GOOD",
        "", true);
  takes(&t, "n-1", "and two", RUN_NEXT); /* before there is an agent */
  run_fixture_wait(&t.d, 1);
  expect_got(&t, "and two", true);
  assert_true(run_fixture_says(&t.d, "\"hello\""));
  end(&t, "\"state\":\"delivered\"}");
  begin(
      &t,
      "read -r p; INIT; echo '{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":"
      "true,\"result\":\"bad\"}'; read -r two; echo \"$two\" > got",
      "", true);
  takes(&t, "n-1", "and two", RUN_NEXT);
  run_fixture_wait(&t.d, 1);
  expect_got(&t, "and two", false);
  end(&t, "\"state\":\"refused\",\"reason\":\"the run ended before the agent took it\"}");
}

/* It has words that it does not begin with, and does not exit: it is not waited for. */
static void test_run_words__that_nobody_takes_up_are_refused_in_time(void **state)
{
  struct test t;
  (void)state;
  begin(&t,
        "read -r p; INIT; echo '{\"type\":\"command_lifecycle\",\"state\":\"queued\"}'; "
        "SAY; read -r more; GOOD; sleep 60",
        "", true);
  t.d.settings.result_grace_ms = 200;
  run_fixture_wait_for(&t.d, "\"hello\"");
  takes(&t, "u-1", "in vain", RUN_NOW);
  end(&t, "\"state\":\"refused\"");
}

int main(int argc, char **argv)
{
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_words__are_refused_with_the_reason),
      cmocka_unit_test(test_run_words__steer_claude_in_mid_turn_and_not_after_it),
      cmocka_unit_test(test_run_words__the_next_turn_begins_when_one_has_ended_well),
      cmocka_unit_test(test_run_words__that_nobody_takes_up_are_refused_in_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
