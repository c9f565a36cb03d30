/* SPDX-License-Identifier: MIT */
#include "http/ca_bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct buf found;

static int setup(void **state)
{
  (void)state;
  found = buf_make(4096);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  buf_free(&found);
  unsetenv("SSL_CERT_FILE");
  return 0;
}

static void test_ca_bundle__takes_the_file_given_before_the_variable(void **state)
{
  (void)state;
  struct fault f = {0};
  setenv("SSL_CERT_FILE", "/nowhere/variable.pem", 1);
  assert_int_equal(ca_bundle_look_up("/proc/self/status", &found, &f), 0);
  assert_string_equal(buf_cstring(&found), "/proc/self/status");
}

static void test_ca_bundle__refuses_a_missing_file_that_was_given(void **state)
{
  (void)state;
  struct fault f = {0};
  assert_int_equal(ca_bundle_look_up("/nowhere/given.pem", &found, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, "--ca-file /nowhere/given.pem"));
}

static void test_ca_bundle__takes_the_variable_before_the_usual_places(void **state)
{
  (void)state;
  struct fault f = {0};
  setenv("SSL_CERT_FILE", "/proc/self/status", 1);
  assert_int_equal(ca_bundle_look_up(NULL, &found, &f), 0);
  assert_string_equal(buf_cstring(&found), "/proc/self/status");
}

/* Whoever set the variable meant it: no quiet falling back. */
static void test_ca_bundle__refuses_a_missing_file_that_the_variable_names(void **state)
{
  (void)state;
  struct fault f = {0};
  setenv("SSL_CERT_FILE", "/nowhere/variable.pem", 1);
  assert_int_equal(ca_bundle_look_up(NULL, &found, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, "SSL_CERT_FILE /nowhere/variable.pem"));
  assert_int_equal(found.len, 0);
}

/* Holds on machines with certificates and without. */
static void test_ca_bundle__looks_in_the_usual_places_or_says_what_to_do(void **state)
{
  (void)state;
  struct fault f = {0};
  setenv("SSL_CERT_FILE", "", 1); /* empty is not set */
  if (ca_bundle_look_up(NULL, &found, &f) == 0) {
    assert_int_equal(access(buf_cstring(&found), R_OK), 0);
    return;
  }
  assert_int_equal(f.kind, FAULT_SYSTEM);
  assert_non_null(strstr(f.text, "--ca-file"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          test_ca_bundle__takes_the_file_given_before_the_variable, setup, teardown),
      cmocka_unit_test_setup_teardown(
          test_ca_bundle__refuses_a_missing_file_that_was_given, setup, teardown),
      cmocka_unit_test_setup_teardown(
          test_ca_bundle__takes_the_variable_before_the_usual_places, setup, teardown),
      cmocka_unit_test_setup_teardown(
          test_ca_bundle__refuses_a_missing_file_that_the_variable_names, setup,
          teardown),
      cmocka_unit_test_setup_teardown(
          test_ca_bundle__looks_in_the_usual_places_or_says_what_to_do, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
