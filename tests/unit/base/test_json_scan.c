/* SPDX-License-Identifier: MIT */
#include "base/json_scan.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const raw_names[] = {"input", "", NULL};

static struct json_node *scanned(struct arena *arena, struct span text)
{
  struct fault f = {0};
  struct json_node *root = json_scan_read(text, raw_names, arena, &f);
  if (root == NULL)
    fail_msg("%s", f.text);
  return root;
}

static void test_json_scan__every_value_is_a_slice_of_the_text(void **state)
{
  (void)state;
  struct arena *arena = arena_take();
  struct span text = SPAN_LITERAL(" {\"a\" :[1, -2.5e1,\"x\\n\"] ,\"b\":null}");
  struct json_node *root = scanned(arena, text), *a = root->child, *b = a->next;
  assert_int_equal(root->kind, JSON_OBJECT);
  assert_ptr_equal(root->value.at, text.at + 1);
  assert_int_equal(root->value.len, text.len - 1);
  assert_true(span_is(a->key, "a") && span_is(b->key, "b"));
  assert_ptr_equal(a->key.at, text.at + 3);
  assert_true(span_is(a->value, "[1, -2.5e1,\"x\\n\"]"));
  assert_true(span_is(a->child->value, "1"));
  assert_true(span_is(a->child->next->value, "-2.5e1"));
  struct json_node *string = a->child->next->next;
  assert_true(span_is(string->value, "\"x\\n\"") && string->escaped);
  assert_null(string->next);
  assert_null(b->next);
  arena_give(arena);
}

static void test_json_scan__a_raw_member_has_no_nodes_inside(void **state)
{
  (void)state;
  struct arena *arena = arena_take();
  struct json_node *root = scanned(
      arena, SPAN_LITERAL("{\"\\u0069nput\":{\"x\":\"\\u0000\"},\"b\":{\"input\":[ 1]},"
                          "\"\":\"\"}"));
  struct json_node *input = root->child, *b = input->next, *empty = b->next;
  assert_true(span_is(input->key, "input") && input->raw);
  assert_true(span_is(input->value, "{\"x\":\"\\u0000\"}"));
  assert_null(input->child);
  assert_true(!b->raw && b->child->raw);
  assert_true(span_is(b->child->value, "[ 1]"));
  assert_null(b->child->child);
  assert_true(empty->raw && empty->kind == JSON_STRING && empty->value.len == 2);
  arena_give(arena);
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
  size_t count = 0;
  for (struct json_node *m = scanned(arena, buf_span(&text))->child; m; m = m->next)
    count += m->raw && span_is(m->value, "1");
  assert_int_equal(count, 5000);
  arena_give(arena);
  buf_free(&text);
}

static void
test_json_scan__names_are_unescaped_with_their_unpaired_surrogates(void **state)
{
  (void)state;
  struct arena *arena = arena_take();
  struct json_node *root =
      scanned(arena, SPAN_LITERAL("{\"a\\ud83d\\n\\ude00\\ud83d\\ude00\\\\\":1}"));
  assert_true(span_is(root->child->key, "a\xed\xa0\xbd\n\xed\xb8\x80\xf0\x9f\x98\x80\\"));
  arena_give(arena);
}

static void test_json_scan__the_mark_is_no_part_of_a_value(void **state)
{
  (void)state;
  struct arena *arena = arena_take();
  assert_true(span_is(scanned(arena, SPAN_LITERAL("\xef\xbb\xbf [] "))->value, "[]"));
  arena_give(arena);
}

/* A tree of its limit in text is taken, and what is raw or long besides is not of it. */
static void test_json_scan__the_limit_of_the_tree_is_exact(void **state)
{
  (void)state;
  static const char front[] = "{\"input\":\"0123456789\",\"n\":1234567890123456,\"s\":\"";
  enum { RAW = 12, NUMBER = 16 };
  for (size_t more = 0; more < 2; more++) {
    struct buf text = buf_make(2 * LIMIT_JSON_TREE_BYTES);
    struct arena *arena = arena_take();
    struct fault f = {0};
    buf_add_text(&text, front);
    for (size_t i = 0; i <= LIMIT_JSON_LONG_BYTES; i++)
      buf_add_char(&text, 'x');
    buf_add_text(&text, "\",\"t\":\"");
    for (size_t i = 0; i < LIMIT_JSON_LONG_BYTES; i++)
      buf_add_char(&text, 'y');
    buf_add_text(&text, "\"}");
    size_t sliced = RAW + NUMBER + LIMIT_JSON_LONG_BYTES + 3;
    while (text.len - sliced < LIMIT_JSON_TREE_BYTES + more)
      buf_add_char(&text, ' ');
    struct json_node *root = json_scan_read(buf_span(&text), raw_names, arena, &f);
    assert_int_equal(root == NULL, more);
    assert_int_equal(f.kind, more ? FAULT_TOO_BIG : FAULT_NONE);
    arena_give(arena);
    buf_free(&text);
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
      cmocka_unit_test(test_json_scan__every_value_is_a_slice_of_the_text),
      cmocka_unit_test(test_json_scan__a_raw_member_has_no_nodes_inside),
      cmocka_unit_test(test_json_scan__many_tiny_raw_members_fit),
      cmocka_unit_test(
          test_json_scan__names_are_unescaped_with_their_unpaired_surrogates),
      cmocka_unit_test(test_json_scan__the_mark_is_no_part_of_a_value),
      cmocka_unit_test(test_json_scan__the_limit_of_the_tree_is_exact),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
