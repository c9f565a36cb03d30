/* SPDX-License-Identifier: MIT */
#include "event/changed.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void note(struct changed *c, const char *name, const char *member,
                 const char *kind, const char *path)
{
  char json[400];
  snprintf(json, sizeof json, "{\"%s\":\"%s\",\"path\":\"%s\"}", member, kind, path);
  struct event e = {.kind = EVENT_CUSTOM, .name = span_of(name), .json = span_of(json)};
  changed_note(c, &e);
}

static void seen(struct changed *c, const char *type, const char *path)
{
  note(c, "sandbox.file", "type", type, path);
}

static void expect(const struct changed *c, const char *wanted)
{
  struct buf words = buf_make(16 * KIB);
  changed_put(c, &words);
  assert_string_equal(buf_cstring(&words), wanted);
  buf_free(&words);
}

static void test_changed__each_file_is_named_once_with_what_became_of_it(void **state)
{
  (void)state;
  struct changed c = {0};
  expect(&c, "");
  seen(&c, "create", "/w/new.txt");
  seen(&c, "change", "/w/new.txt");
  seen(&c, "change", "/w/old.txt");
  seen(&c, "create", "/w/passing");
  seen(&c, "change", "/w/gone.txt");
  seen(&c, "delete", "/w/passing");
  seen(&c, "delete", "/w/gone.txt");
  seen(&c, "delete", "/w/back.txt");
  seen(&c, "create", "/w/back.txt");
  expect(&c, "/w/new.txt (new), /w/old.txt, /w/gone.txt (deleted), /w/back.txt");
}

static void test_changed__the_watch_goes_before_the_agents_own_word(void **state)
{
  (void)state;
  struct changed c = {0};
  note(&c, "file.changed", "kind", "add", "a.txt");
  note(&c, "file.changed", "kind", "update", "b.txt");
  expect(&c, "a.txt (new), b.txt");
  seen(&c, "create", "/w/a.txt");
  note(&c, "file.changed", "kind", "update", "b.txt");
  expect(&c, "/w/a.txt (new)");
}

static void test_changed__what_has_no_room_is_counted(void **state)
{
  (void)state;
  struct changed c = {0};
  char path[101];
  memset(path, 'x', 100);
  path[100] = 0;
  for (char digit = 'a'; digit < 'a' + 20; digit++) {
    path[0] = digit;
    seen(&c, "change", path);
  }
  struct buf words = buf_make(16 * KIB);
  changed_put(&c, &words);
  assert_non_null(strstr(buf_cstring(&words), "x and 9 more"));
  buf_free(&words);
}

static void test_changed__what_is_no_such_event_changes_nothing(void **state)
{
  (void)state;
  struct changed c = {0};
  struct event e = {.kind = EVENT_CUSTOM,
                    .name = SPAN_LITERAL("sandbox.file"),
                    .json = SPAN_LITERAL("{")};
  changed_note(&c, &e);
  e.kind = EVENT_TEXT;
  changed_note(&c, &e);
  seen(&c, "create", "two\\nlines");
  seen(&c, "create", "");
  note(&c, "other", "type", "create", "a");
  expect(&c, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_changed__each_file_is_named_once_with_what_became_of_it),
      cmocka_unit_test(test_changed__the_watch_goes_before_the_agents_own_word),
      cmocka_unit_test(test_changed__what_has_no_room_is_counted),
      cmocka_unit_test(test_changed__what_is_no_such_event_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
