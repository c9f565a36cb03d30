/* SPDX-License-Identifier: MIT */
#include "run/questions.h"

#include "base/limits.h"
#include "io/loop.h"
#include "traces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <uv.h>

struct test {
  struct uv_loop_s *loop;
  struct questions *q;
  struct buf log; /* what was told, in order */
  bool answers;   /* each question at once */
};

static void on_question(void *who, const struct run_question *question)
{
  struct test *t = who;
  buf_addf(&t->log, "ask %.*s;", SPAN_ARG(question->id));
  if (t->answers)
    assert_true(questions_take(t->q, question->id));
}

static void on_over(void *who, struct span id, enum run_question_end why)
{
  buf_addf(&((struct test *)who)->log, "over %.*s %d;", SPAN_ARG(id), (int)why);
}

static void on_timeout(void *who, struct span id)
{
  buf_addf(&((struct test *)who)->log, "no %.*s;", SPAN_ARG(id));
}

static void begin(struct test *t, unsigned ms)
{
  struct fault f = {0};
  *t = (struct test){.loop = loop_new(&f), .log = buf_make(64 * KIB)};
  const struct questions_setup setup = {.loop = t->loop,
                                        .dialogue = {.on_question = on_question,
                                                     .on_question_over = on_over,
                                                     .question_ms = ms,
                                                     .who = t},
                                        .on_timeout = on_timeout,
                                        .who = t};
  t->q = questions_new(&setup);
}

static void shut(struct test *t)
{
  questions_free(t->q);
  buf_free(&t->log);
  uv_run(t->loop, UV_RUN_DEFAULT);
  assert_true(loop_free(t->loop));
}

static bool ask(struct test *t, const char *id)
{
  return questions_ask(t->q, &(struct run_question){.id = span_of(id)});
}

static void test_questions__one_ends_by_its_answer_or_by_being_dropped(void **state)
{
  struct test t;
  (void)state;
  begin(&t, 0);
  assert_int_equal(questions_wait_ms(t.q), LIMIT_QUESTION_MS);
  assert_true(ask(&t, "a") && ask(&t, "b") && ask(&t, "c"));
  assert_int_equal(questions_open(t.q), 3);
  assert_true(questions_take(t.q, SPAN_LITERAL("b")));
  assert_false(questions_take(t.q, SPAN_LITERAL("b")));
  questions_drop(t.q, SPAN_LITERAL("b"), RUN_QUESTION_WITHDRAWN); /* it is not open */
  questions_drop(t.q, SPAN_LITERAL("a"), RUN_QUESTION_WITHDRAWN);
  questions_drop_all(t.q, RUN_QUESTION_RUN_ENDS);
  assert_int_equal(questions_open(t.q), 0);
  assert_string_equal(buf_cstring(&t.log), "ask a;ask b;ask c;over a 1;over c 2;");
  shut(&t);
}

static void test_questions__each_has_its_own_time_and_then_the_answer_is_no(void **state)
{
  struct test t;
  (void)state;
  begin(&t, 40);
  ask(&t, "a");
  traces_sleep_ms(25);
  ask(&t, "b");
  uv_run(t.loop, UV_RUN_ONCE);
  assert_string_equal(buf_cstring(&t.log), "ask a;ask b;over a 0;no a;");
  assert_int_equal(questions_open(t.q), 1);
  uv_run(t.loop, UV_RUN_DEFAULT);
  assert_string_equal(buf_cstring(&t.log), "ask a;ask b;over a 0;no a;over b 0;no b;");
  shut(&t);
}

static void test_questions__an_answer_may_come_from_inside(void **state)
{
  struct test t;
  (void)state;
  begin(&t, 10);
  t.answers = true;
  assert_true(ask(&t, "a") && ask(&t, "a"));
  assert_int_equal(questions_open(t.q), 0);
  uv_run(t.loop, UV_RUN_DEFAULT);
  assert_string_equal(buf_cstring(&t.log), "ask a;ask a;");
  shut(&t);
}

static void test_questions__no_more_than_so_many_wait(void **state)
{
  struct test t;
  char id[16];
  (void)state;
  begin(&t, 0);
  for (unsigned i = 0; i < LIMIT_OPEN_QUESTIONS; i++) {
    (void)snprintf(id, sizeof id, "q%u", i);
    assert_true(ask(&t, id));
  }
  assert_false(ask(&t, "one more"));
  shut(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_questions__one_ends_by_its_answer_or_by_being_dropped),
      cmocka_unit_test(test_questions__each_has_its_own_time_and_then_the_answer_is_no),
      cmocka_unit_test(test_questions__an_answer_may_come_from_inside),
      cmocka_unit_test(test_questions__no_more_than_so_many_wait),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
