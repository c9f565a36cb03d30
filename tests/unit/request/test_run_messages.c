/* SPDX-License-Identifier: MIT */
#include "request/run_messages.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void span_text_is(struct span s, const char *text)
{
  if (!span_is(s, text))
    fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.at != NULL ? s.at : "", text);
}

static struct arena *arena;
static struct fault fault;

static struct run_request *read_messages(const char *text)
{
  static struct run_request req;
  arena = arena_take();
  req = (struct run_request){0};
  req.doc = json_parse(span_of(text), NULL, &fault);
  assert_non_null(req.doc);
  struct fields r = {.doc = req.doc, .arena = arena, .f = &fault};
  return run_messages_read(&r, json_root(req.doc), &req) == 0 ? &req : NULL;
}

static void messages_free(struct run_request *req)
{
  json_free(req->doc);
  arena_give(arena);
}

static void test_run_messages__joins_text_parts_and_takes_any_content(void **state)
{
  (void)state;
  struct run_request *req =
      read_messages("[{\"role\":\"system\",\"content\":\"s\"},{\"role\":"
                    "\"assistant\",\"content\":null},"
                    "{\"role\":\"user\",\"content\":[{\"type\":\"text\","
                    "\"content\":\"a\\n\"},{\"type\":\"image\","
                    "\"content\":\"no\"},{\"type\":\"text\",\"text\":\"no\"},{"
                    "\"type\":\"text\",\"content\":\"b\"}]},"
                    "{\"role\":\"user\",\"content\":7},{\"role\":\"user\","
                    "\"content\":[{\"type\":\"text\","
                    "\"content\":\"one\"}]},{\"role\":\"user\",\"content\":[]}]");
  static const char *const texts[] = {"s", "", "a\nb", "", "one", ""};
  assert_int_equal(req->message_count, 6);
  for (size_t i = 0; i < 6; i++)
    span_text_is(req->messages[i].text, texts[i]);
  assert_int_equal(req->messages[0].role, ROLE_OTHER);
  assert_int_equal(req->messages[1].role, ROLE_ASSISTANT);
  messages_free(req);
}

static void
test_run_messages__leaves_out_turns_recorded_from_another_harness(void **state)
{
  (void)state;
  struct run_request *req = read_messages(
      "[{\"role\":\"user\",\"content\":\"q\"},"
      "{\"role\":\"assistant\",\"content\":\"x\",\"toolCalls\":[{\"id\":"
      "\"c1\",\"metadata\":{\"sandboxObserved\":true}}]},"
      "{\"role\":\"tool\",\"toolCallId\":\"c1\",\"content\":\"r\"},"
      "{\"role\":\"tool\",\"toolCallId\":\"c2\",\"content\":\"kept\"},"
      "{\"role\":\"assistant\",\"content\":\"kept "
      "too\",\"toolCalls\":[{\"id\":\"c3\",\"metadata\":{\"sandboxObserved\":"
      "true}},{\"id\":\"c4\"}]},"
      "{\"role\":\"assistant\",\"content\":\"and this\",\"toolCalls\":[]}]");
  assert_int_equal(req->message_count, 4);
  span_text_is(req->messages[0].text, "q");
  span_text_is(req->messages[1].text, "kept");
  span_text_is(req->messages[2].text, "kept too");
  span_text_is(req->messages[3].text, "and this");
  messages_free(req);
}

static void test_run_messages__a_recorded_turn_alone_leaves_none(void **state)
{
  (void)state;
  struct run_request *req = read_messages(
      "[{\"role\":\"assistant\",\"content\":null,\"toolCalls\":[{\"metadata\":{"
      "\"sandboxObserved\":true}}]}]");
  assert_non_null(req);
  assert_int_equal(req->message_count, 0);
  messages_free(req);
}

static int forget(void **state)
{
  (void)state;
  arena_forget_all();
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_messages__joins_text_parts_and_takes_any_content),
      cmocka_unit_test(test_run_messages__leaves_out_turns_recorded_from_another_harness),
      cmocka_unit_test(test_run_messages__a_recorded_turn_alone_leaves_none),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
