/* SPDX-License-Identifier: MIT */
#include "base/json_skeleton.h"

#include "base/limits.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_json_skeleton__is_the_text_itself_when_nothing_is_cut(void **state)
{
  (void)state;
  struct arena *arena = arena_take();
  struct span text = SPAN_LITERAL("{\"a\":1}"), whole;
  struct json_skeleton k = json_skeleton_of(text, arena);
  struct fault f = {0};
  assert_int_equal(json_skeleton_end(&k, &whole, &f), 0);
  assert_ptr_equal(whole.at, text.at);
  assert_int_equal(whole.len, text.len);
  assert_int_equal(k.cut_count, 0);
  arena_give(arena);
}

static void test_json_skeleton__keeps_the_cuts_in_their_order(void **state)
{
  (void)state;
  struct arena *arena = arena_take();
  struct span text = SPAN_LITERAL("[11,22,33,44,55,66,77,88,99]"), whole;
  struct json_skeleton k = json_skeleton_of(text, arena);
  struct fault f = {0};
  for (int i = 0; i < 9; i++) /* one more than the first array has room for */
    assert_int_equal(
        json_skeleton_cut(&k, text.at + 1 + 3 * i, text.at + 3 + 3 * i, i == 4, &f), 0);
  assert_int_equal(json_skeleton_end(&k, &whole, &f), 0);
  assert_true(span_starts(whole, "[\"\xff\",\"\xff\","));
  assert_int_equal(whole.len, text.len + 9);
  assert_int_equal(k.cut_count, 9);
  assert_true(span_is(k.cuts[0].raw, "11"));
  assert_true(span_is(k.cuts[8].raw, "99"));
  assert_true(k.cuts[4].by_name && !k.cuts[5].by_name);
  arena_give(arena);
}

static void test_json_skeleton__replaces_a_piece_by_a_shorter_one(void **state)
{
  (void)state;
  struct arena *arena = arena_take();
  struct span text = SPAN_LITERAL("\"a\\ud83db\""), whole;
  struct json_skeleton k = json_skeleton_of(text, arena);
  struct fault f = {0};
  assert_int_equal(json_skeleton_replace(&k, text.at + 2, text.at + 8,
                                         SPAN_LITERAL("\xed\xa0\xbd"), &f),
                   0);
  assert_int_equal(json_skeleton_end(&k, &whole, &f), 0);
  assert_true(span_is(whole, "\"a\xed\xa0\xbd"
                             "b\""));
  arena_give(arena);
}

static void test_json_skeleton__has_a_ceiling(void **state)
{
  (void)state;
  struct arena *arena = arena_take();
  size_t len = LIMIT_JSON_TREE_BYTES + 2;
  char *text = mem_new(len);
  memset(text, ' ', len);
  struct span whole;
  struct fault f = {0};
  struct json_skeleton k = json_skeleton_of((struct span){text, len}, arena);
  assert_int_equal(json_skeleton_end(&k, &whole, &f), -1);
  assert_int_equal(f.kind, FAULT_TOO_BIG);
  f = (struct fault){0};
  assert_int_equal(json_skeleton_cut(&k, text, text + 1, false, &f), 0);
  assert_int_equal(json_skeleton_end(&k, &whole, &f), -1);
  assert_int_equal(f.kind, FAULT_TOO_BIG);
  free(text);
  arena_give(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json_skeleton__is_the_text_itself_when_nothing_is_cut),
      cmocka_unit_test(test_json_skeleton__keeps_the_cuts_in_their_order),
      cmocka_unit_test(test_json_skeleton__replaces_a_piece_by_a_shorter_one),
      cmocka_unit_test(test_json_skeleton__has_a_ceiling),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  arena_forget_all();
  return failed;
}
