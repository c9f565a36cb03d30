/* SPDX-License-Identifier: MIT */
#include "talk.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void talk_open(struct talk *t, const struct harness *harness)
{
  t->harness = harness;
  stream_open(&t->stream, &event_format_tanstack, 0);
  t->actions = agent_actions_make();
  t->output = (struct agent_output){.events = t->stream.events, .actions = &t->actions};
  t->state = mem_new(harness->memory);
}

void talk_plan(struct talk *t, struct run_request req,
               const struct bridge_address *bridge)
{
  struct message message = {ROLE_USER, SPAN_LITERAL("hi")};
  struct plan_place place = {.folder = SPAN_LITERAL("/f"),
                             .workspace = SPAN_LITERAL("/w")};
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  req.model = SPAN_LITERAL("m");
  req.messages = &message;
  req.message_count = 1;
  assert_int_equal(t->harness->plan(t->state, &req, bridge, &place, &plan, &f), 0);
  process_plan_free(&plan);
}

int talk_say(struct talk *t, const char *line)
{
  struct agent_input input = {.kind = AGENT_LINE, .text = span_of(line)};
  struct fault f = {0};
  int rc = t->harness->on_input(t->state, &input, &t->output, &f);
  assert_true((rc == 0) == (f.kind == FAULT_NONE));
  return rc;
}

void talk_end(struct talk *t, struct process_end end)
{
  t->harness->finish(t->state, &end, &t->output);
  assert_true(t->stream.sink.ended);
}

void talk_expect(const struct harness *harness, const char *const *lines,
                 struct process_end end, const char *wanted)
{
  struct talk t;
  talk_open(&t, harness);
  for (; *lines != NULL; lines++)
    assert_int_equal(talk_say(&t, *lines), 0);
  talk_end(&t, end);
  struct span last = stream_line(&t.stream, stream_count(&t.stream) - 1);
  if (strstr(last.at, wanted) == NULL)
    fail_msg("%s is not in %s", wanted, last.at);
  talk_close(&t);
}

void talk_close(struct talk *t)
{
  if (t->harness->free != NULL)
    t->harness->free(t->state);
  stream_close(&t->stream);
  agent_actions_free(&t->actions);
  free(t->state);
}
