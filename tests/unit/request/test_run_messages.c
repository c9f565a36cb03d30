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
static struct run_request request;

static struct run_request *read_messages(const char *text)
{
  arena = arena_take();
  request = (struct run_request){0};
  request.doc = json_parse(span_of(text), NULL, &fault);
  assert_non_null(request.doc);
  struct fields r = {.doc = request.doc, .arena = arena, .f = &fault};
  return run_messages_read(&r, json_root(request.doc), &request) == 0 ? &request : NULL;
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
      read_messages("[{\"role\":\"tool\",\"content\":\"s\"},{\"role\":"
                    "\"assistant\",\"content\":null},{\"role\":\"assistant\"},"
                    "{\"role\":\"user\",\"content\":[{\"type\":\"text\","
                    "\"content\":\"a\\n\"},{\"type\":\"image\","
                    "\"content\":\"no\"},{\"type\":\"text\",\"text\":\"b\"},{"
                    "\"type\":\"text\",\"content\":\"c\"}]},"
                    "{\"role\":\"user\",\"content\":7},{\"role\":\"user\","
                    "\"content\":[{\"type\":\"text\","
                    "\"text\":\"one\"}]},{\"role\":\"user\",\"content\":[]}]");
  static const char *const texts[] = {"s", "", "", "a\nbc", "", "one", ""};
  assert_int_equal(req->message_count, 7);
  for (size_t i = 0; i < 7; i++)
    span_text_is(req->messages[i].text, texts[i]);
  assert_int_equal(req->messages[0].role, ROLE_OTHER);
  assert_int_equal(req->messages[1].role, ROLE_ASSISTANT);
  messages_free(req);
}

static void test_run_messages__system_and_developer_go_to_the_system_prompts(void **state)
{
  (void)state;
  struct run_request *req = read_messages(
      "[{\"role\":\"system\",\"content\":\"one\"},{\"role\":\"user\",\"content\":\"q\"},"
      "{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"two\"}]}]");
  assert_int_equal(req->message_count, 1);
  assert_int_equal(req->system_prompts.count, 2);
  span_text_is(req->system_prompts.at[0], "one");
  span_text_is(req->system_prompts.at[1], "two");
  messages_free(req);
}

static void test_run_messages__only_an_assistant_may_have_no_content(void **state)
{
  static const char *const roles[] = {"user", "system", "tool"};
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    char text[64];
    (void)snprintf(text, sizeof text, "[{\"role\":\"%s\"}]", roles[i]);
    assert_null(read_messages(text));
    span_text_is(span_of(fault.text),
                 "run request: messages must be a non-empty ModelMessage[]: "
                 "messages[0].content must be a text or parts, and is missing");
    messages_free(&request);
  }
}

static void test_run_messages__parts_that_are_no_text_are_listed(void **state)
{
  (void)state;
  struct run_request *req = read_messages(
      "[{\"role\":\"tool\",\"content\":[{\"type\":\"image\"}]},"
      "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"q\"},"
      "{\"type\":\"image\",\"source\":{\"type\":\"data\",\"value\":\"QQ==\","
      "\"mimeType\":\"image/png\"}},"
      "{\"type\":\"image\",\"data\":\"Qg==\",\"mimeType\":\"image/gif\"},"
      "{\"type\":\"binary\",\"data\":\"Qw==\",\"mimeType\":\"image/webp\"},"
      "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"value\":\"http://x/y\","
      "\"mimeType\":\"image/png\"}},"
      "{\"type\":\"image\",\"source\":{\"type\":\"data\",\"value\":\"QQ==\"}},"
      "{\"type\":\"audio\",\"source\":{\"type\":\"data\",\"value\":\"QQ==\","
      "\"mimeType\":\"audio/wav\"}},7]}]");
  static const struct {
    bool image;
    const char *mime, *data;
  } wanted[] = {{true, "image/png", "QQ=="},
                {true, "image/gif", "Qg=="},
                {true, "image/webp", "Qw=="},
                {true, "", ""},
                {true, "", ""},
                {false, "", ""},
                {false, "", ""}};
  assert_int_equal(req->part_count, 7);
  for (size_t i = 0; i < 7; i++) {
    assert_int_equal(req->parts[i].message, 1);
    assert_int_equal(req->parts[i].image, wanted[i].image);
    span_text_is(req->parts[i].mime_type, wanted[i].mime);
    span_text_is(req->parts[i].data, wanted[i].data);
  }
  messages_free(req);
}

static void
test_run_messages__images_that_are_no_users_are_listed_without_data(void **state)
{
  (void)state;
#define IMAGE "[{\"type\":\"image\",\"data\":\"QQ==\",\"mimeType\":\"image/png\"}]"
  struct run_request *req =
      read_messages("[{\"role\":\"developer\",\"content\":" IMAGE "},"
                    "{\"role\":\"assistant\",\"content\":" IMAGE "},"
                    "{\"role\":\"user\",\"content\":\"q\"}]");
  assert_int_equal(req->part_count, 2);
  assert_int_equal(req->parts[0].role, ROLE_SYSTEM);
  assert_int_equal(req->parts[1].role, ROLE_ASSISTANT);
  for (size_t i = 0; i < 2; i++) {
    assert_true(req->parts[i].image);
    assert_int_equal(req->parts[i].data.len, 0);
  }
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
      cmocka_unit_test(test_run_messages__system_and_developer_go_to_the_system_prompts),
      cmocka_unit_test(test_run_messages__only_an_assistant_may_have_no_content),
      cmocka_unit_test(test_run_messages__parts_that_are_no_text_are_listed),
      cmocka_unit_test(
          test_run_messages__images_that_are_no_users_are_listed_without_data),
      cmocka_unit_test(test_run_messages__leaves_out_turns_recorded_from_another_harness),
      cmocka_unit_test(test_run_messages__a_recorded_turn_alone_leaves_none),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
