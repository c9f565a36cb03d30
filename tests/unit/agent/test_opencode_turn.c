/* SPDX-License-Identifier: MIT */
/* Asking and the end of the turn; the whole dialogue is in test_opencode.c. */
#include "agent/opencode/opencode_turn.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct desk {
  struct stream stream;
  struct outbox outbox;
  struct ear ear;
  struct opencode c;
};

static void desk_open(struct desk *d)
{
  memset(d, 0, sizeof *d);
  stream_open(&d->stream, EVENTS_TANSTACK, 0);
  d->outbox = outbox_make();
  d->ear = (struct ear){.events = d->stream.events, .outbox = &d->outbox};
  d->c.parts.order = &d->c.order;
}

static void desk_close(struct desk *d)
{
  buf_free(&d->c.url);
  buf_free(&d->c.session);
  buf_free(&d->c.answer);
  buf_free(&d->c.failure);
  buf_free(&d->c.said);
  opencode_parts_free(&d->c.parts);
  outbox_free(&d->outbox);
  stream_close(&d->stream);
}

static void test_turn__asks_nothing_before_it_knows_whom_or_by_what_is_no_id(void **state)
{
  (void)state;
  struct desk d;
  desk_open(&d);
  opencode_ask(&d.c, &d.ear, OPENCODE_SESSION, "/session", SPAN_LITERAL("{}"));
  assert_int_equal(d.outbox.call_count, 0);
  harness_keep(&d.c.url, SPAN_LITERAL("http://127.0.0.1:1"));
  opencode_ask_of(&d.c, &d.ear, OPENCODE_REPLY, "permission", SPAN_LITERAL("../x"),
                  "/reply", SPAN_LITERAL("{}"));
  assert_int_equal(d.outbox.call_count, 0);
  opencode_ask_of(&d.c, &d.ear, OPENCODE_REPLY, "permission", SPAN_LITERAL("per_1"),
                  "/reply", SPAN_LITERAL("{}"));
  assert_int_equal(d.outbox.call_count, 1);
  desk_close(&d);
}

static void answer(struct desk *d, enum opencode_tag tag, int status)
{
  struct heard heard = {.kind = HEARD_ANSWER, .tag = (int)tag, .status = status};
  struct opencode_hall h = {&d->c, NULL, &d->ear};
  opencode_answer(&h, &heard);
}

static void test_turn__is_over_with_its_answer_and_the_last_event(void **state)
{
  (void)state;
  struct desk d;
  desk_open(&d);
  d.c.asked = true;
  d.c.idle = true;
  opencode_maybe_over(&d.c, &d.ear);
  assert_false(d.c.over); /* the answer is missing */
  answer(&d, OPENCODE_PROMPT, 200);
  assert_true(d.c.over);
  assert_true(d.outbox.dismissed);
  desk_close(&d);
}

static void test_turn__without_an_answer_has_failed(void **state)
{
  (void)state;
  struct desk d;
  desk_open(&d);
  d.c.asked = true;
  answer(&d, OPENCODE_PROMPT, 0);
  assert_true(d.c.over);
  assert_true(d.outbox.dismissed);
  assert_non_null(strstr(buf_cstring(&d.c.failure), "did not answer the prompt"));
  answer(&d, OPENCODE_PROMPT, 200); /* once is enough */
  assert_false(d.c.finished);
  desk_close(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_turn__asks_nothing_before_it_knows_whom_or_by_what_is_no_id),
      cmocka_unit_test(test_turn__is_over_with_its_answer_and_the_last_event),
      cmocka_unit_test(test_turn__without_an_answer_has_failed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
