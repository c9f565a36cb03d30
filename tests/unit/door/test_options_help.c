/* SPDX-License-Identifier: MIT */
#include "door/options_help.h"

#include "door/doors.h"
#include "door/options_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *help(const char *word, const char *flag)
{
  char name[] = "runlet";
  char *argv[] = {name, (char *)word, (char *)flag, NULL}, *env[] = {NULL};
  struct options o;
  struct fault f = {0};
  char *text = NULL;
  size_t size = 0;
  if (options_read(doors, flag ? 3 : 2, argv, env, &o, &f) < 0)
    fail_msg("%s", f.text);
  assert_true(o.help);
  FILE *to = open_memstream(&text, &size);
  options_help(doors, &o, to);
  fclose(to);
  return text;
}

static void test_options_help__help_tells_what_belongs_to_the_command(void **state)
{
  (void)state;
  char *all = help("--help", NULL), *run = help("run", "--help"),
       *serve = help("serve", "-h"), *translate = help("translate", "--help"),
       *table = help("--help=markdown", NULL);
  assert_non_null(strstr(all, "runlet run"));
  assert_non_null(strstr(all, "runlet serve"));
  assert_non_null(strstr(run, "--tool-command"));
  assert_null(strstr(run, "--listen"));
  assert_non_null(strstr(serve, "--listen HOST:PORT"));
  assert_null(strstr(serve, "--exit-status"));
  assert_non_null(strstr(run, "Exit status: 0 finished"));
  assert_non_null(strstr(serve, "runlet serve [OPTION…] [-- COMMAND [ARG…]]"));
  assert_non_null(strstr(serve, "Exit status: COMMAND's, if there is one"));
  assert_non_null(strstr(translate, "runlet translate [OPTION…] [FILE|-]"));
  assert_non_null(strstr(translate, "[claude-code]"));
  assert_null(strstr(translate, "--workspace"));
  assert_non_null(strstr(table, "| `--max-runs N` | `RUNLET_MAX_RUNS` | serve | 8 |"));
  free(all);
  free(run);
  free(serve);
  free(translate);
  free(table);
}

/* In columns: a character of several bytes is one. */
static size_t widest(const char *text)
{
  size_t most = 0, columns = 0;
  for (; *text; text++) {
    columns = *text == '\n' ? 0 : columns + (((unsigned char)*text & 0xc0) != 0x80);
    most = columns > most ? columns : most;
  }
  return most;
}

static void test_options_help__no_line_has_more_than_100_columns(void **state)
{
  (void)state;
  char *all = help("--help", NULL);
  assert_in_range(widest(all), 80, 100);
  free(all);
  for (const struct door *const *d = doors; *d; d++) {
    char *text = help((*d)->name, "--help");
    if (widest(text) > 100 || strstr(text, " \n"))
      fail_msg("%s", text);
    free(text);
  }
}

static void test_options_help__the_markdown_table_has_a_row_for_every_option(void **state)
{
  (void)state;
  static const char *const each[] = {"run", "serve", "translate"};
  char *table = help("--help=markdown", NULL);
  size_t rows = 0, listed = 0;
  for (const char *at = table; (at = strstr(at, "| `--")); at++)
    rows++;
  for (size_t i = 0; i < 3; i++) {
    char *text = help(each[i], "--help");
    for (const char *at = text; (at = strstr(at, "\n  --")); at++) {
      char row[80];
      size_t n = strcspn(at + 3, " ");
      snprintf(row, sizeof row, "| `%.*s", (int)n, at + 3);
      const char *found = strstr(table, row);
      if (!found || (found[3 + n] != ' ' && found[3 + n] != '`'))
        fail_msg("no row begins with %s", row);
      listed++;
    }
    free(text);
  }
  assert_in_range(rows, 30, 90);
  assert_true(listed > rows); /* some belong to two commands */
  assert_non_null(strstr(table, "`--output ndjson\\|pretty`"));
  free(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_options_help__help_tells_what_belongs_to_the_command),
      cmocka_unit_test(test_options_help__no_line_has_more_than_100_columns),
      cmocka_unit_test(test_options_help__the_markdown_table_has_a_row_for_every_option),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
