/* SPDX-License-Identifier: MIT */
#include "base/json_scan.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const raw_names[] = {"input", "", NULL};

static void skeleton_is(const char *text, const char *skeleton, const char *const *cuts)
{
  struct arena *arena = arena_take();
  struct json_scan scan;
  struct fault f = {0};
  assert_int_equal(json_scan_read(span_of(text), raw_names, arena, &scan, &f), 0);
  assert_int_equal(scan.skeleton.len, strlen(skeleton));
  assert_memory_equal(scan.skeleton.at, skeleton, scan.skeleton.len);
  size_t count = 0;
  for (; cuts[count] != NULL; count++) {
    assert_true(count < scan.cut_count);
    assert_true(span_is(scan.cuts[count].raw, cuts[count]));
  }
  assert_int_equal(scan.cut_count, count);
  arena_give(arena);
}

static void
test_json_scan__text_without_anything_special_is_its_own_skeleton(void **state)
{
  (void)state;
  static const char text[] = "{\"a\":[1, 2.5,\"x\\n\",true]}";
  struct arena *arena = arena_take();
  struct json_scan scan;
  struct fault f = {0};
  assert_int_equal(json_scan_read(span_of(text), NULL, arena, &scan, &f), 0);
  assert_ptr_equal(scan.skeleton.at, text);
  assert_int_equal(scan.skeleton.len, sizeof text - 1);
  assert_int_equal(scan.cut_count, 0);
  arena_give(arena);
}

static void test_json_scan__cuts_stand_in_document_order(void **state)
{
  (void)state;
  skeleton_is("{\"input\":{\"x\":\"\\u0000\"},\"b\":[\"\\u0000\",1234567890123456],\"c\":"
              "{\"input\":1}}",
              "{\"input\":\"\xff\",\"b\":[\"\xff\",\"\xff\"],\"c\":{\"input\":\"\xff\"}}",
              (const char *const[]){"{\"x\":\"\\u0000\"}", "\"\\u0000\"",
                                    "1234567890123456", "1", NULL});
}

static void test_json_scan__many_tiny_raw_members_fit(void **state)
{
  (void)state;
  struct buf text = buf_make(100000);
  buf_add_char(&text, '{');
  for (int i = 0; i < 5000; i++)
    buf_add_text(&text, i > 0 ? ",\"\":1" : "\"\":1");
  buf_add_char(&text, '}');
  struct arena *arena = arena_take();
  struct json_scan scan;
  struct fault f = {0};
  assert_int_equal(json_scan_read(buf_span(&text), raw_names, arena, &scan, &f), 0);
  assert_int_equal(scan.cut_count, 5000);
  arena_give(arena);
  buf_free(&text);
}

static void test_json_scan__unpaired_surrogates_become_wtf8(void **state)
{
  (void)state;
  skeleton_is("[\"a\\ud83d\\n\\ude00\\ud83d\\ude00\\\\ud83d\"]",
              "[\"a\xed\xa0\xbd\\n\xed\xb8\x80\\ud83d\\ude00\\\\ud83d\"]",
              (const char *const[]){NULL});
  skeleton_is("{\"\\uDC00\":1}", "{\"\xed\xb0\x80\":1}", (const char *const[]){NULL});
  skeleton_is("{\"input\":\"\\ud83d\"}", "{\"input\":\"\xff\"}",
              (const char *const[]){"\"\\ud83d\"", NULL});
}

static void test_json_scan__the_mark_is_no_part_of_the_skeleton(void **state)
{
  (void)state;
  skeleton_is("\xef\xbb\xbf {\"input\": 1 }", " {\"input\": \"\xff\" }",
              (const char *const[]){"1", NULL});
  skeleton_is("\xef\xbb\xbf[]", "[]", (const char *const[]){NULL});
}

static void
test_json_scan__a_string_of_the_long_limit_stays_and_one_more_is_cut(void **state)
{
  (void)state;
  for (size_t more = 0; more < 2; more++) {
    char text[LIMIT_JSON_LONG_BYTES + 3];
    struct span s = {text, LIMIT_JSON_LONG_BYTES + 2 + more};
    memset(text, 'x', sizeof text);
    text[0] = text[s.len - 1] = '"';
    struct arena *arena = arena_take();
    struct json_scan scan;
    struct fault f = {0};
    assert_int_equal(json_scan_read(s, NULL, arena, &scan, &f), 0);
    assert_int_equal(scan.cut_count, more);
    arena_give(arena);
  }
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
      cmocka_unit_test(test_json_scan__text_without_anything_special_is_its_own_skeleton),
      cmocka_unit_test(test_json_scan__cuts_stand_in_document_order),
      cmocka_unit_test(test_json_scan__many_tiny_raw_members_fit),
      cmocka_unit_test(test_json_scan__unpaired_surrogates_become_wtf8),
      cmocka_unit_test(test_json_scan__the_mark_is_no_part_of_the_skeleton),
      cmocka_unit_test(
          test_json_scan__a_string_of_the_long_limit_stays_and_one_more_is_cut),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
