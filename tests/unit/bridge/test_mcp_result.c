/* SPDX-License-Identifier: MIT */
#include "bridge/mcp_result.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct mcp_result_wish structured = {.structured = true},
                                    text = {.links = true, .structure = true},
                                    both = {.structured = true, .links = true};

/* `mended` NULL: nothing is changed. */
static void expect(const struct mcp_result_wish *wish, const char *result,
                   const char *mended, bool kept_promise)
{
  struct buf out = buf_make(MIB);
  struct fault f = {0};
  assert_int_equal(mcp_result_mend(span_of(result), wish, &out), kept_promise);
  assert_string_equal(buf_cstring(&out), mended ? mended : "");
  struct json *doc = mended ? json_parse(buf_span(&out), NULL, &f) : NULL;
  assert_true(doc || !mended);
  json_free(doc);
  buf_free(&out);
}

#define TEXT(t) "{\"type\":\"text\",\"text\":\"" t "\"}"
#define BROKEN                                                                           \
  TEXT("The tool ran, but its result has no structuredContent, which its outputSchema "  \
       "asks for. What it gave instead follows.")

static void test_mcp_result__what_is_whole_keeps_its_bytes(void **state)
{
  (void)state;
  static const struct mcp_result_wish none = {0};
  expect(&none, "{\"content\":[]}", NULL, false);
  expect(&both, "{\"content\":[" TEXT("a") "],\"structuredContent\":{ }}", NULL, true);
  expect(&both, "{\"isError\":true,\"content\":[" TEXT("a") "]}", NULL, true);
  expect(&text, "{\"content\":[{\"type\":\"image\"},{\"type\":\"audio\"}]}", NULL, false);
  expect(&text, "{\"content\":[{\"type\":\"resource\"}]}", NULL, false);
  expect(&text, "{\"content\":[]}", NULL, false);
}

static void test_mcp_result__a_text_is_kept_from_being_the_structure(void **state)
{
  (void)state;
  static const struct mcp_result_wish some = {.some = true};
  expect(&some, "{\"content\":[" TEXT("[1]") "]}",
         "{\"content\":[" TEXT("[1]") "],\"structuredContent\":{}}", false);
  expect(&some, "{\"content\":[" TEXT("[1]") "],\"structuredContent\":{\"a\":1}}", NULL,
         true);
  expect(&some, "{\"content\":[" TEXT("[1]") "],\"isError\":true}", NULL, true);
}

static void test_mcp_result__a_text_that_is_an_object_is_the_structure_too(void **state)
{
  (void)state;
  expect(
      &structured, "{\"content\":[" TEXT("{\\\"n\\\": 1.0}") "],\"x\":1}",
      "{\"content\":[" TEXT("{\\\"n\\\": 1.0}") "],\"x\":1,\"structuredContent\":{\"n\": "
                                                "1.0}}",
      false);
  expect(&structured,
         "{\"structuredContent\":null,\"content\":[" TEXT("{}") "],\"isError\":false}",
         "{\"content\":[" TEXT("{}") "],\"isError\":false,\"structuredContent\":{}}",
         false);
}

static void test_mcp_result__without_any_it_is_an_error_with_all_its_content(void **state)
{
  (void)state;
  expect(&structured, "{\"content\":[" TEXT("[1]") "],\"isError\":false}",
         "{\"content\":[" BROKEN "," TEXT("[1]") "],\"isError\":true}", false);
  expect(&structured, "{\"content\":[ ]}", "{\"content\":[" BROKEN " ],\"isError\":true}",
         false);
  expect(&both, "{\"content\":[{\"type\":\"audio\"}]}",
         "{\"content\":[" BROKEN
         ",{\"type\":\"audio\"}," TEXT("Audio") "],\"isError\":true}",
         false);
  expect(&structured, "{\"content\":[" TEXT("{}") "," TEXT("{}") "]}",
         "{\"content\":[" BROKEN "," TEXT("{}") "," TEXT("{}") "],\"isError\":true}",
         false);
}

static void test_mcp_result__what_a_model_would_not_see_is_said(void **state)
{
  (void)state;
#define LINK                                                                             \
  "{\"type\":\"resource_link\",\"uri\":\"file:///x\",\"name\":\"N\\n\",\"description\":" \
  "\"D\"}"
#define AUDIO "{\"type\":\"audio\",\"data\":\"AAAA\",\"mimeType\":\"audio/wav\"}"
  expect(&text, "{\"content\":[" LINK "," AUDIO "]}",
         "{\"content\":[" LINK "," AUDIO
         "," TEXT("Resource link: N\\n file:///x (D)") "," TEXT("Audio audio/wav") "]}",
         false);
  expect(&text, "{\"content\":[],\"structuredContent\":{\"a\": \"b\"}}",
         "{\"content\":[" TEXT(
             "{\\\"a\\\": \\\"b\\\"}") "],\"structuredContent\":{\"a\": \"b\"}}",
         true);
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
      cmocka_unit_test(test_mcp_result__what_is_whole_keeps_its_bytes),
      cmocka_unit_test(test_mcp_result__a_text_is_kept_from_being_the_structure),
      cmocka_unit_test(test_mcp_result__a_text_that_is_an_object_is_the_structure_too),
      cmocka_unit_test(test_mcp_result__without_any_it_is_an_error_with_all_its_content),
      cmocka_unit_test(test_mcp_result__what_a_model_would_not_see_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
