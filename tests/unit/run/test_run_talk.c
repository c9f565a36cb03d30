/* SPDX-License-Identifier: MIT */
/* An ACP agent that asks leave once a prompt, a Claude that is a shell script, and a
 * listener that answers or not. */
#include "run/run.h"

#include "base/limits.h"
#include "process/keeper.h"
#include "run_fixture.h"
#include "traces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <uv.h>

#define TELL(update)                                                                     \
  "echo '{\"method\":\"session/update\",\"params\":{\"update\":{" update "}}}'\n"

/* It says which option was chosen, and ends its turn. */
static const char agent[] =
    "#!/bin/sh\n"
    "while read -r line; do case \"$line\" in\n"
    "*'\"initialize\"'*) echo "
    "'{\"id\":1,\"result\":{\"protocolVersion\":1,\"agentCapabilities\":{}}}';;\n"
    "*session/new*) echo '{\"id\":5,\"result\":{\"sessionId\":\"s-1\"}}';;\n"
    "*session/prompt*)\n" TELL("\"sessionUpdate\":\"tool_call\",\"toolCallId\":\"c1\","
                               "\"title\":\"run "
                               "it\",\"kind\":\"execute\",\"rawInput\":{\"command\": "
                               "\"x\"}") "echo "
                                         "'{\"id\":\"p-1\",\"method\":\"session/"
                                         "request_permission\",\"params\":{"
                                         "\"toolCall\":{\"toolCallId\":\"c1\",\"kind\":"
                                         "\"execute\",\"title\":\"run it\","
                                         "\"rawInput\":{\"command\": "
                                         "\"x\"}},\"options\":[{\"kind\":\"allow_once\","
                                         "\"optionId\":\"once\"},{\"kind\":\"reject_"
                                         "once\",\"optionId\":\"never\"}]}}';;\n"
                                         "*once*|*never*) said=no; case \"$line\" in "
                                         "*once*) said=yes;; esac\n"
                                         "echo "
                                         "'{\"method\":\"session/"
                                         "update\",\"params\":{\"update\":{"
                                         "\"sessionUpdate\":"
                                         "\"agent_message_chunk\",\"content\":{\"type\":"
                                         "\"text\",\"text\":\"'$said'\"}}}}'"
                                         "\n"
                                         "echo "
                                         "'{\"id\":8,\"result\":{\"stopReason\":\"end_"
                                         "turn\"}}';;\n"
                                         "*session/cancel*) echo "
                                         "'{\"id\":8,\"result\":{\"stopReason\":"
                                         "\"cancelled\"}}';;\n"
                                         "esac; done\n";

struct test {
  struct run_fixture d;
  struct run *run;
  struct buf log; /* what the listener heard */
  enum { WAIT, YES, NO, CANCEL } does;
  bool gone; /* on_over came */
};

static void on_question(void *who, const struct run_question *q)
{
  struct test *t = who;
  buf_addf(&t->log, "%.*s %.*s %.*s %.*s;", SPAN_ARG(q->id), SPAN_ARG(q->tool_call_json),
           SPAN_ARG(q->tool), SPAN_ARG(q->input));
  if (t->does == YES || t->does == NO)
    assert_true(
        run_permit(t->run, q->id, t->does == YES, SPAN_LITERAL("not in this house")));
  if (t->does == CANCEL)
    run_cancel(t->run, "client", "cancelled", "enough", 0);
}

static void on_question_over(void *who, struct span id, enum run_question_end why)
{
  struct test *t = who;
  assert_false(t->gone);
  buf_addf(&t->log, "over %.*s %d;", SPAN_ARG(id), (int)why);
}

static void on_over(void *who, const struct run_outcome *outcome)
{
  struct test *t = who;
  t->gone = true;
  run_fixture_over(&t->d, outcome);
}

static void begin(struct test *t, const char *claude, const char *more,
                  unsigned question_ms, bool dialogue)
{
  struct fault f = {0};
  const struct run_dialogue d = {on_question, on_question_over, question_ms, t};
  t->gone = false;
  t->log = buf_make(64 * KIB);
  run_fixture_open(&t->d, claude);
  scratch_write(&t->d.scratch, "bin/asks", 0755, agent);
  t->run = run_new(&t->d.settings, run_fixture_request(more), &f);
  if (!t->run)
    fail_msg("%s", f.text);
  if (dialogue)
    run_talk(t->run, &d);
  run_start(t->run, &t->d.sink.sink, on_over, t);
}

static void start(struct test *t, unsigned question_ms, bool dialogue)
{
  begin(t, "",
        ",\"harness\":\"acp\",\"harnessOptions\":{\"command\":[\"asks\"]},"
        "\"modelOptions\":{\"permissionMode\":\"default\"},\"timeouts\":{\"idleMs\":"
        "200}",
        question_ms, dialogue);
}

/* `log`: what was heard after the question itself; `says`: what the stream contains. */
static void end(struct test *t, const char *log, const char *says)
{
  static const char asked[] = "\"p-1\" \"r1-c1\" execute {\"command\": \"x\"};";
  run_fixture_wait(&t->d, 1);
  if (log) {
    if (!span_starts(buf_span(&t->log), asked))
      fail_msg("%s", buf_cstring(&t->log));
    assert_string_equal(buf_cstring(&t->log) + sizeof asked - 1, log);
  }
  if (!run_fixture_says(&t->d, says))
    fail_msg("%s is not in %s", says, buf_cstring(&t->d.text));
  run_fixture_check(&t->d);
  run_fixture_close(&t->d);
  buf_free(&t->log);
}

static void test_run_talk__somebody_is_asked_and_answers(void **state)
{
  struct test t = {.does = YES};
  (void)state;
  start(&t, 0, true);
  end(&t, "", "\"delta\":\"yes\"");
  t.does = NO;
  start(&t, 0, true);
  end(&t, "", "\"delta\":\"no\"");
}

static void test_run_talk__a_question_waits_longer_than_idle_ms(void **state)
{
  struct test t = {.does = WAIT};
  (void)state;
  start(&t, 0, true);
  run_fixture_wait_for(&t.d, "TOOL_CALL_END");
  uint64_t until = uv_hrtime() + 600000000u;
  while (uv_hrtime() < until) {
    uv_run(t.d.settings.loop, UV_RUN_NOWAIT);
    traces_sleep_ms(5);
  }
  struct span id = SPAN_LITERAL("\"p-1\"");
  assert_false(run_permit(t.run, SPAN_LITERAL("p-1"), true, (struct span){0}));
  assert_true(run_permit_input(t.run, id, SPAN_LITERAL("{\"a\":1}")));
  assert_false(run_permit(t.run, id, true, (struct span){0})); /* once */
  end(&t, "", "\"delta\":\"yes\"");
}

static void test_run_talk__without_an_answer_in_time_it_is_no(void **state)
{
  struct test t = {.does = WAIT};
  (void)state;
  start(&t, 50, true);
  end(&t, "over \"p-1\" 0;", "\"delta\":\"no\"");
}

static void test_run_talk__the_end_of_the_run_ends_its_questions(void **state)
{
  struct test t = {.does = WAIT};
  (void)state;
  start(&t, 0, true);
  run_fixture_wait_for(&t.d, "TOOL_CALL_END");
  run_cancel(t.run, "client", "cancelled", "enough", 0);
  assert_false(run_permit(t.run, SPAN_LITERAL("\"p-1\""), true, (struct span){0}));
  end(&t, "over \"p-1\" 2;", "\"code\":\"cancelled\"");
  t.does = CANCEL; /* from inside */
  start(&t, 0, true);
  end(&t, "over \"p-1\" 2;", "\"code\":\"cancelled\"");
}

static void test_run_talk__without_a_dialogue_nobody_is_asked_or_heard(void **state)
{
  struct test t = {.does = YES};
  struct fault f = {0};
  (void)state;
  start(&t, 0, false);
  assert_int_equal(run_message(t.run, SPAN_LITERAL("u"), SPAN_LITERAL("hi"), RUN_NOW, &f),
                   -1);
  assert_int_equal(f.kind, FAULT_CONFLICT);
  assert_string_equal(f.text, "the run was not started to take messages");
  assert_false(run_permit(t.run, SPAN_LITERAL("\"p-1\""), true, (struct span){0}));
  run_fixture_wait(&t.d, 1);
  assert_int_equal(t.log.len, 0);
  end(&t, NULL, "\"delta\":\"no\"");
}

/* What Claude has read is the file "got" of its folder. */
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

static void test_run_talk__claude_is_interrupted_before_it_is_signalled(void **state)
{
  struct test t = {.does = WAIT};
  (void)state;
  begin(&t,
        "trap 'echo signalled > got; exit 143' TERM; INIT; read -r p; SAY; read -r line; "
        "echo \"$line\" > got; echo '{\"type\":\"result\",\"subtype\":\"error_during_"
        "execution\",\"is_error\":true}'; exit 1",
        "", 0, true);
  run_fixture_wait_for(&t.d, "\"hello\"");
  run_cancel(t.run, "client", "cancelled", "enough", 0);
  run_fixture_wait(&t.d, 1);
  expect_got(&t, "\"subtype\":\"interrupt\"", true);
  end(&t, NULL, "\"code\":\"cancelled\"");
}

#define TASKS(list)                                                                      \
  "echo '{\"type\":\"system\",\"subtype\":\"background_tasks_changed\",\"tasks\":[" list \
  "]}';"

static void test_run_talk__a_model_that_a_task_has_woken_can_still_ask(void **state)
{
  struct test t = {.does = YES};
  (void)state;
  begin(&t,
        "INIT; read -r p; " TASKS("{\"task_id\":\"a\"}") "GOOD; sleep 0.2; " TASKS(
            "") "sleep 0.05; INIT; echo "
                "'{\"type\":\"control_request\",\"request_id\":\"r\",\"request\":{"
                "\"subtype\":\"can_use_tool\",\"tool_name\":\"Bash\",\"input\":{}}}'; "
                "read -r answer; echo \"$answer\" > got; SAY; GOOD; cat >> got",
        ",\"modelOptions\":{\"permissionMode\":\"default\"},\"timeouts\":{"
        "\"backgroundMs\":5000}",
        0, true);
  run_fixture_wait(&t.d, 1);
  expect_got(&t, "\"behavior\":\"allow\"", true);
  assert_string_equal(buf_cstring(&t.log), "r  Bash {};");
  end(&t, NULL, "RUN_FINISHED");
}

int main(int argc, char **argv)
{
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_talk__somebody_is_asked_and_answers),
      cmocka_unit_test(test_run_talk__a_question_waits_longer_than_idle_ms),
      cmocka_unit_test(test_run_talk__without_an_answer_in_time_it_is_no),
      cmocka_unit_test(test_run_talk__the_end_of_the_run_ends_its_questions),
      cmocka_unit_test(test_run_talk__without_a_dialogue_nobody_is_asked_or_heard),
      cmocka_unit_test(test_run_talk__claude_is_interrupted_before_it_is_signalled),
      cmocka_unit_test(test_run_talk__a_model_that_a_task_has_woken_can_still_ask),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
