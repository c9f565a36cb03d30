/* SPDX-License-Identifier: MIT */
#include "acp_talk.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

void acp_talk_open(struct acp_talk *t, const struct harness *harness)
{
  static struct span command[] = {SPAN_LITERAL("some-agent")};
  *t = (struct acp_talk){.plan = process_plan_make()};
  talk_open(&t->talk, harness);
  t->messages[0] = (struct message){ROLE_USER, SPAN_LITERAL("hi")};
  t->req = (struct run_request){.model = SPAN_LITERAL("default"),
                                .messages = t->messages,
                                .message_count = 1,
                                .harness_options.command = {command, 1}};
}

void acp_talk_begin(struct acp_talk *t, const struct bridge_address *bridge)
{
  struct plan_place place = {.folder = SPAN_LITERAL("/f"),
                             .workspace = SPAN_LITERAL("/w"),
                             .servers = &t->servers};
  struct fault f = {0};
  assert_int_equal(
      t->talk.harness->plan(t->talk.state, &t->req, bridge, &place, &t->plan, &f), 0);
}

void acp_talk_hear(struct acp_talk *t, const char *line, const char *answer)
{
  struct buf *said = &t->talk.actions.input;
  assert_int_equal(talk_say(&t->talk, line), 0);
  if (answer == NULL && said->len > 0)
    fail_msg("it was told %s", buf_cstring(said));
  if (answer != NULL && strstr(buf_cstring(said), answer) == NULL)
    fail_msg("%s is not in what it was told: %s", answer, buf_cstring(said));
  buf_clear(said);
}

void acp_talk_told(const struct acp_talk *t, const char *text, bool wanted)
{
  struct buf *all = (struct buf *)&t->talk.stream.text;
  if ((strstr(buf_cstring(all), text) != NULL) != wanted)
    fail_msg("%s is %sin %s", text, wanted ? "not " : "", buf_cstring(all));
}

void acp_talk_close(struct acp_talk *t)
{
  if (!t->talk.stream.sink.ended)
    talk_end(&t->talk, (struct process_end){0});
  process_plan_free(&t->plan);
  talk_close(&t->talk);
}
