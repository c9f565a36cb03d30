/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_arena__pieces_are_aligned_and_do_not_overlap(void **state)
{
  (void)state;
  struct arena *a = arena_take();
  unsigned char *at[500];
  for (size_t i = 0; i < 500; i++) {
    at[i] = arena_new(a, i * 7);
    assert_int_equal((uintptr_t)at[i] % alignof(max_align_t), 0);
    memset(at[i], (int)(i & 0xff), i * 7);
  }
  for (size_t i = 0; i < 500; i++) {
    for (size_t k = 0; k < i * 7; k++)
      assert_int_equal(at[i][k], i & 0xff);
  }
  arena_give(a);
  arena_give(NULL);
}

static void test_arena__copy_is_nul_ended(void **state)
{
  (void)state;
  struct arena *a = arena_take();
  assert_string_equal(arena_copy(a, (struct span){"abcdef", 3}), "abc");
  assert_string_equal(arena_copy(a, (struct span){NULL, 0}), "");
  arena_give(a);
}

static void test_arena__is_used_again(void **state)
{
  (void)state;
  struct arena *a = arena_take();
  void *first = arena_new(a, 10);
  arena_give(a);
  struct arena *b = arena_take();
  assert_ptr_equal(a, b);
  assert_ptr_equal(arena_new(b, 10), first);
  struct arena *c = arena_take();
  assert_ptr_not_equal(b, c);
  arena_give(b);
  arena_give(c);
}

static size_t resident_kib(void)
{
  size_t pages = 0, resident = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  assert_non_null(f);
  assert_int_equal(fscanf(f, "%zu %zu", &pages, &resident), 2);
  (void)fclose(f); /* read only */
  return resident * 4;
}

static void test_arena__gives_big_memory_back_to_the_system(void **state)
{
  (void)state;
  size_t before = resident_kib();
  struct arena *a = arena_take();
  for (int i = 0; i < 64; i++)
    memset(arena_new(a, 1 << 20), 1, 1 << 20);
  assert_true(resident_kib() > before + 60 * 1024);
  arena_give(a);
  assert_true(resident_kib() < before + 16 * 1024); /* ASan's shadow stays */
}

static void test_arena__wipe_zeroes_every_block(void **state)
{
  (void)state;
  struct arena *a = arena_take();
  char *small = arena_copy(a, SPAN_LITERAL("secret"));
  char *big = arena_new(a, 100000);
  memset(big, 'x', 100000);
  char *last = arena_copy(a, SPAN_LITERAL("token"));
  arena_wipe(a);
  assert_int_equal(small[0], 0);
  assert_int_equal(big[99999], 0);
  assert_int_equal(last[4], 0);
  arena_give(a);
}

static void test_arena__the_free_list_is_bounded(void **state)
{
  (void)state;
  struct arena *many[100];
  for (size_t i = 0; i < 100; i++)
    many[i] = arena_take();
  /* LeakSanitizer tells if what was not kept were lost */
  for (size_t i = 0; i < 100; i++)
    arena_give(many[i]);
  arena_forget_all();
  arena_forget_all();
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
      cmocka_unit_test(test_arena__pieces_are_aligned_and_do_not_overlap),
      cmocka_unit_test(test_arena__copy_is_nul_ended),
      cmocka_unit_test(test_arena__is_used_again),
      cmocka_unit_test(test_arena__gives_big_memory_back_to_the_system),
      cmocka_unit_test(test_arena__wipe_zeroes_every_block),
      cmocka_unit_test(test_arena__the_free_list_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
