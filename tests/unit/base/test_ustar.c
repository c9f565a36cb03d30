/* SPDX-License-Identifier: MIT */
#include "base/ustar.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct buf archive_of_two(void)
{
  struct buf b = buf_make(MIB);
  char nul[] = {'a', 0, 'b'};
  assert_true(ustar_add(&b, SPAN_LITERAL("one"), SPAN_LITERAL("")));
  assert_true(ustar_add(&b, SPAN_LITERAL("folder/two"), (struct span){nul, sizeof nul}));
  ustar_end(&b);
  return b;
}

static void test_ustar__what_was_written_comes_back(void **state)
{
  (void)state;
  struct buf b = archive_of_two(), again = archive_of_two();
  struct span rest = buf_span(&b);
  struct ustar_file file;
  struct fault f = {0};
  assert_int_equal(b.len, 5 * 512);
  assert_true(span_equal(rest, buf_span(&again))); /* no time, no owner */
  assert_int_equal(ustar_next(&rest, &file, &f), 1);
  assert_string_equal(file.text, "one");
  assert_int_equal(file.content.len, 0);
  assert_int_equal(ustar_next(&rest, &file, &f), 1);
  assert_string_equal(file.text, "folder/two");
  assert_int_equal(file.content.len, 3);
  assert_int_equal(ustar_next(&rest, &file, &f), 0);
  buf_free(&b);
  buf_free(&again);
}

static void test_ustar__a_long_name_is_cut_at_a_slash_and_joined_again(void **state)
{
  (void)state;
  const size_t lengths[] = {99, 100, 101, 140, 255, 256};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    char name[300];
    struct buf b = buf_make(MIB);
    struct ustar_file file;
    struct fault f = {0};
    memset(name, 'n', sizeof name);
    name[50] = name[155] = '/';
    bool fits = ustar_add(&b, (struct span){name, lengths[i]}, SPAN_LITERAL("x"));
    assert_int_equal(fits, lengths[i] < 256);
    assert_int_equal(b.len, fits ? 1024 : 0);
    ustar_end(&b);
    struct span rest = buf_span(&b);
    assert_int_equal(ustar_next(&rest, &file, &f), fits);
    if (fits)
      assert_true(span_equal(file.name, (struct span){name, lengths[i]}));
    buf_free(&b);
  }
  char whole[120]; /* no slash to cut it at */
  memset(whole, 'n', sizeof whole);
  struct buf none = buf_make(MIB);
  assert_false(ustar_add(&none, (struct span){whole, sizeof whole}, SPAN_LITERAL("")));
  buf_free(&none);
}

/* The archive of two with one byte that is another; its checksum made right again. */
static void refuses(size_t at, char byte, bool right, const char *why)
{
  struct buf b = archive_of_two();
  struct span rest = buf_span(&b);
  struct ustar_file file;
  struct fault f = {0};
  b.at[at] = byte;
  if (right) {
    unsigned sum = 0;
    memset(b.at + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
      sum += (unsigned char)b.at[i];
    (void)snprintf(b.at + 148, 8, "%06o", sum);
  }
  assert_int_equal(ustar_next(&rest, &file, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  if (!strstr(f.text, why))
    fail_msg("%s", f.text);
  buf_free(&b);
}

static void test_ustar__what_is_no_plain_file_or_damaged_is_refused(void **state)
{
  (void)state;
  refuses(0, 'O', false, "checksum");
  refuses(156, '1', true, "\"one\" in the archive is no plain file"); /* a hard link */
  refuses(156, '2', true, "no plain file");
  refuses(156, '5', true, "no plain file");
  refuses(156, 'x', true, "no plain file"); /* headers of others */
  refuses(156, 'L', true, "no plain file");
  refuses(156, 0, true, "no plain file"); /* of old tar */
  refuses(257, 'U', true, "ustar");
  refuses(124, '7', true, "longer than what is there");
  refuses(124, '8', true, "longer than what is there");
}

static void test_ustar__what_is_cut_off_is_refused_at_each_byte(void **state)
{
  (void)state;
  struct buf b = archive_of_two();
  for (size_t n = 0; n < b.len; n++) {
    struct span rest = {b.at, n};
    struct ustar_file file;
    struct fault f = {0};
    int more;
    while ((more = ustar_next(&rest, &file, &f)) > 0)
      assert_true(file.content.at + file.content.len <= b.at + n);
    assert_int_equal(more, -1);
  }
  buf_add_text(&b, "more");
  struct span rest = span_after(buf_span(&b), 3 * 512);
  struct ustar_file file;
  struct fault f = {0};
  assert_int_equal(ustar_next(&rest, &file, &f), -1); /* behind the end */
  buf_free(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ustar__what_was_written_comes_back),
      cmocka_unit_test(test_ustar__a_long_name_is_cut_at_a_slash_and_joined_again),
      cmocka_unit_test(test_ustar__what_is_no_plain_file_or_damaged_is_refused),
      cmocka_unit_test(test_ustar__what_is_cut_off_is_refused_at_each_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
