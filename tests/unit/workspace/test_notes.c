/* SPDX-License-Identifier: MIT */
#include "workspace/notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void merges(const char *text, const char *notes, const char *expected)
{
  struct buf out = buf_make(SIZE_MAX);
  bool changed = notes_merge(span_of(text), span_of(notes), &out);
  assert_int_equal(changed, expected != NULL);
  assert_string_equal(buf_cstring(&out), expected ? expected : "");
  buf_free(&out);
}

#define BLOCK(text) NOTES_BEGIN "\n" text NOTES_END "\n"

static void test_notes__stand_behind_what_the_file_says(void **state)
{
  (void)state;
  merges("", "do so", BLOCK("do so\n"));
  merges("# Own\n", "do so\n", "# Own\n\n" BLOCK("do so\n"));
  merges("# Own", "do so", "# Own\n\n" BLOCK("do so\n"));
}

static void test_notes__are_replaced_and_never_repeated(void **state)
{
  (void)state;
  merges("# Own\n\n" BLOCK("old\n") "after\n", "new",
         "# Own\n\n" BLOCK("new\n") "after\n");
  merges("# Own\n\n" BLOCK("same\n"), "same", NULL);
}

static void test_notes__go_with_the_empty_line_before_them(void **state)
{
  (void)state;
  merges("# Own\n\n" BLOCK("old\n"), "", "# Own\n");
  merges(BLOCK("old\n"), "", "");
  merges("# Own\n", "", NULL);
  merges("", "", NULL);
}

static void test_notes__marks_in_a_line_or_without_an_end_are_no_block(void **state)
{
  (void)state;
  merges("see " NOTES_BEGIN "\n" NOTES_END "\n", "", NULL);
  merges(NOTES_BEGIN "\nopen\n", "x", NOTES_BEGIN "\nopen\n\n" BLOCK("x\n"));
}

static void says(const struct workspace_plan *plan, const char *expected)
{
  struct buf out = buf_make(SIZE_MAX);
  notes_write(plan, &out);
  assert_string_equal(buf_cstring(&out), expected);
  buf_free(&out);
}

static void test_notes__name_the_scripts_below_the_instructions(void **state)
{
  (void)state;
  struct workspace_script scripts[] = {{SPAN_LITERAL("lint"), SPAN_LITERAL("npm run l")},
                                       {SPAN_LITERAL("test"), SPAN_LITERAL("make t")}};
  struct workspace_plan plan = {.instructions = SPAN_LITERAL("Be brief.  \n\n")};
  says(&plan, "Be brief.  \n\n");
  plan.scripts = scripts;
  plan.script_count = 2;
  says(&plan, "Be brief.\n\n## Workspace scripts\n\n- lint \xe2\x86\x92 npm run l\n"
              "- test \xe2\x86\x92 make t\n");
  plan.instructions = (struct span){0};
  plan.script_count = 1;
  says(&plan, "## Workspace scripts\n\n- lint \xe2\x86\x92 npm run l\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_notes__stand_behind_what_the_file_says),
      cmocka_unit_test(test_notes__are_replaced_and_never_repeated),
      cmocka_unit_test(test_notes__go_with_the_empty_line_before_them),
      cmocka_unit_test(test_notes__marks_in_a_line_or_without_an_end_are_no_block),
      cmocka_unit_test(test_notes__name_the_scripts_below_the_instructions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
