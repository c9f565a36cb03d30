/* SPDX-License-Identifier: MIT */
/* The door here, stdout in a file. */
#include "base/version.h"
#include "door/doors.h"
#include "door/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct door version_door;

/* What it prints to stdout. */
static void said(bool verbose, char *text, size_t capacity)
{
  struct options o = {.version_verbose = verbose};
  char *const env[] = {NULL};
  struct fault f = {0};
  FILE *file = tmpfile();
  fflush(stdout);
  int kept = dup(STDOUT_FILENO);
  dup2(fileno(file), STDOUT_FILENO);
  int status = version_door.open(&o, env, &f);
  dup2(kept, STDOUT_FILENO);
  close(kept);
  assert_int_equal(status, 0);
  rewind(file);
  text[fread(text, 1, capacity - 1, file)] = 0;
  fclose(file);
}

static void test_version__is_one_line(void **state)
{
  (void)state;
  char text[1000];
  said(false, text, sizeof text);
  assert_string_equal(text, "runlet " RUNLET_VERSION "\n");
}

static void test_version__verbose_names_what_is_inside_each_with_a_version(void **state)
{
  (void)state;
  char text[1000];
  said(true, text, sizeof text);
  for (const char *const *name =
           (const char *const[]){"runlet ", "\ncommit ", "\ntarget ", "\nlibuv ",
                                 "\nllhttp ", "\ncJSON ", "\nlibcurl ", "\nmbedTLS ",
                                 NULL};
       *name; name++) {
    const char *at = strstr(text, *name);
    assert_non_null(at);
    at += strlen(*name);
    assert_true(*at > ' ');
  }
}

static void test_version__a_stdout_that_takes_nothing_is_a_failure(void **state)
{
  (void)state;
  struct options o = {0};
  char *const env[] = {NULL};
  struct fault f = {0};
  fflush(stdout);
  int kept = dup(STDOUT_FILENO);
  FILE *full = fopen("/dev/full", "w");
  dup2(fileno(full), STDOUT_FILENO);
  int status = version_door.open(&o, env, &f);
  dup2(kept, STDOUT_FILENO);
  close(kept);
  fclose(full);
  clearerr(stdout);
  assert_int_equal(status, -1);
  assert_non_null(strstr(f.text, "stdout"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_version__is_one_line),
      cmocka_unit_test(test_version__verbose_names_what_is_inside_each_with_a_version),
      cmocka_unit_test(test_version__a_stdout_that_takes_nothing_is_a_failure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
