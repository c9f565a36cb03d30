/* SPDX-License-Identifier: MIT */
#include "door/options_read.h"

#include "door/doors.h"
#include "door/http/http_door.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *const no_env[] = {NULL};

/* `line` is split at blanks; "" before the first word is argv[0]. */
static int read_line(const char *line, char *const *env, struct options *o,
                     struct fault *f)
{
  static char words[1000], *argv[32]; /* the options point into them */
  int argc = 0;
  snprintf(words, sizeof words, "runlet %s", line);
  for (char *at = words; at && *at && argc < 31;
       at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
    argv[argc++] = at;
  for (int i = 1; i < argc; i++)
    argv[i][-1] = 0;
  argv[argc] = NULL;
  return options_read(doors, argc, argv, env, o, f);
}

static struct options good(const char *line, char *const *env)
{
  struct options o;
  struct fault f = {0};
  if (read_line(line, env, &o, &f) < 0)
    fail_msg("%s: %s", line, f.text);
  return o;
}

static void bad(const char *line, char *const *env, const char *why)
{
  struct options o;
  struct fault f = {0};
  if (read_line(line, env, &o, &f) == 0)
    fail_msg("%s was taken", line);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  if (!strstr(f.text, why))
    fail_msg("%s: %s", line, f.text);
}

static void test_options__every_form_of_a_flag_and_its_variable(void **state)
{
  (void)state;
  char a[] = "RUNLET_MAX_RUNS=3", b[] = "RUNLET_WORKSPACE=/env",
       c[] = "RUNLET_WORKSPACE_PER_THREAD=true";
  char *const env[] = {a, b, c, NULL};
  struct options o = good("serve", env);
  assert_ptr_equal(o.door, &http_door);
  assert_int_equal(o.serve.max_runs, 3);
  assert_string_equal(o.run.settings.workspace, "/env");
  assert_true(o.run.settings.workspace_per_thread);
  o = good("serve --max-runs=5 --workspace /flag --allow-unauthenticated", env);
  assert_int_equal(o.serve.max_runs, 5);
  assert_string_equal(o.run.settings.workspace, "/flag");
  assert_true(o.serve.allow_unauthenticated);
  o = good("run req.json --tool-command cat", no_env);
  assert_string_equal(o.file, "req.json");
  assert_string_equal(o.run.settings.tool_command, "cat");
  assert_string_equal(good("run", no_env).file, "-");
  assert_string_equal(good("run -", no_env).file, "-");
  o = good("translate --model m --exit-status 7 --signal 9", no_env);
  assert_int_equal(o.translate.exit_status, 7);
  assert_int_equal(o.translate.signal, 9);
  assert_string_equal(o.harness, "claude-code");
}

static void test_options__errors_name_the_option(void **state)
{
  (void)state;
  char a[] = "RUNLET_TOOL_TIMEOUT_MS=90s", b[] = "RUNLET_ALLOW_UNAUTHENTICATED=maybe";
  char *const one[] = {a, NULL}, *const two[] = {b, NULL};
  bad("serve --tool-timeout-ms 90s", no_env,
      "--tool-timeout-ms must be a whole number from 1 to");
  bad("serve", one, "RUNLET_TOOL_TIMEOUT_MS must be a whole number");
  bad("serve", two, "RUNLET_ALLOW_UNAUTHENTICATED must be 1, 0, true or false");
  bad("serve --max-runs 0", no_env, "--max-runs");
  bad("serve --max-runs -1", no_env, "--max-runs");
  bad("serve --max-runs 99999999999999999999", no_env, "--max-runs");
  bad("serve --max-runs", no_env, "--max-runs needs a value");
  bad("serve --workspace=", no_env, "--workspace is empty");
  bad("serve --nope", no_env, "unknown option --nope");
  bad("run --listen x:1", no_env, "--listen does not belong to runlet run");
  bad("serve file", no_env, "unexpected argument file");
  bad("run a b", no_env, "unexpected argument b");
  bad("run -x", no_env, "unexpected argument -x");
  bad("frobnicate", no_env, "unknown command frobnicate");
  bad("serve --log-level loud", no_env, "--log-level must be");
  bad("serve --log-format xml", no_env, "--log-format must be");
  bad("run --output html", no_env, "--output must be");
  struct options o;
  struct fault f = {0};
  char name[] = "runlet";
  char *argv[] = {name, NULL};
  assert_int_equal(options_read(doors, 1, argv, no_env, &o, &f), -1);
  assert_non_null(strstr(f.text, "runlet run, "));
}

static void test_options__a_hosts_own_options_are_passed_over_by_its_door(void **state)
{
  (void)state;
  struct options o = good("bridge --implementation-dir /x --bridge-type t "
                          "--skills-dir=/y --bridge-state-dir /s --cli-shim-dir",
                          no_env);
  assert_string_equal(o.bridge.type, "t");
  assert_string_equal(o.bridge.state_dir, "/s");
  bad("serve --implementation-dir /x", no_env, "unknown option --implementation-dir");
  bad("bridge --implementation /x", no_env, "unknown option --implementation");
}

static void test_options__a_companion_stands_after_two_dashes(void **state)
{
  (void)state;
  struct options o =
      good("serve --max-runs 3 -- nginx -g --help --max-runs 9 -- x", no_env);
  assert_ptr_equal(o.door, &http_door);
  assert_int_equal(o.serve.max_runs, 3);
  assert_string_equal(o.companion[0], "nginx");
  assert_string_equal(o.companion[2], "--help");
  assert_string_equal(o.companion[5], "--");
  assert_string_equal(o.companion[6], "x");
  assert_null(o.companion[7]);
  assert_null(good("serve", no_env).companion);
  assert_true(good("serve --help -- nginx", no_env).help);
  assert_true(good("--version", no_env).version);
  bad("serve --", no_env, "-- needs a command to run beside the service");
  bad("run -- nginx", no_env, "-- COMMAND belongs to runlet serve, not to runlet run");
  bad("translate f -- nginx", no_env, "belongs to runlet serve");
  bad("serve --max-runs -- nginx", no_env, "--max-runs needs a value");
  bad("serve nginx", no_env,
      "unexpected argument nginx (a command to run beside the service stands after --)");
}

static void test_options__the_last_of_two_flags_wins_and_yes_can_be_no(void **state)
{
  (void)state;
  char a[] = "RUNLET_ALLOW_UNAUTHENTICATED=1", b[] = "RUNLET_MAX_RUNS_X=9",
       c[] = "RUNLET_EXIT_STATUS=nonsense", d[] = "RUNLET_LOG_LEVEL=loud";
  char *const yes[] = {a, NULL}, *const others[] = {b, c, NULL},
              *const loud[] = {d, NULL};
  assert_true(good("serve", yes).serve.allow_unauthenticated);
  assert_false(
      good("serve --allow-unauthenticated=false", yes).serve.allow_unauthenticated);
  assert_false(good("serve --allow-unauthenticated=0", yes).serve.allow_unauthenticated);
  assert_int_equal(good("serve --max-runs 2 --max-runs=4", no_env).serve.max_runs, 4);
  assert_int_equal(good("serve", others).serve.max_runs,
                   8); /* not its name, not its command */
  bad("serve", loud, "\"loud\"");
  assert_string_equal(good("serve --log-level=debug", loud).log.level_name, "debug");
  bad("serve --allow-unauthenticated=yes", no_env, "--allow-unauthenticated must be");
}

static void test_options__a_number_is_taken_from_the_lowest_to_the_highest(void **state)
{
  (void)state;
  assert_int_equal(good("serve --max-runs 1", no_env).serve.max_runs, 1);
  assert_int_equal(good("serve --max-runs 10000", no_env).serve.max_runs, 10000);
  assert_int_equal(good("run --idle-timeout-ms 0", no_env).run.settings.deadlines.idle_ms,
                   0);
  assert_int_equal(
      good("run --run-timeout-ms=2147483647", no_env).run.settings.deadlines.run_ms,
      2147483647);
  assert_int_equal(good("translate --exit-status 255", no_env).translate.exit_status,
                   255);
  static const char *const wrong[] = {"serve --max-runs=10001",
                                      "serve --max-runs=+1",
                                      "serve --max-runs=0x10",
                                      "serve --max-runs=1.0",
                                      "serve --max-runs=1e3",
                                      "run --run-timeout-ms=2147483648",
                                      "run --run-timeout-ms=0",
                                      "run --max-body-bytes=1023",
                                      "run --max-line-bytes=1073741825",
                                      "serve --write-stall-ms=99",
                                      "translate --exit-status=256",
                                      "translate --signal=65",
                                      "translate --signal="};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char name[64]; /* the option at fault: from "--" to "=" */
    const char *from = strstr(wrong[i], "--");
    snprintf(name, sizeof name, "%.*s must be a whole number",
             (int)(strchr(from, '=') - from), from);
    bad(wrong[i], no_env, name);
  }
}

static void test_options__listen_addresses(void **state)
{
  (void)state;
  static const struct {
    const char *text, *host;
    unsigned port;
  } rows[] = {{"127.0.0.1:0", "127.0.0.1", 0},
              {"localhost:80", "127.0.0.1", 80},
              {"[::1]:8080", "::1", 8080},
              {"0.0.0.0:65535", "0.0.0.0", 65535}};
  static const char *const wrong[] = {
      "8080",       ":80",     "host:", "host:x",
      "host:65536", "host:-1", "",      "host:99999999999999999999",
      "host: 1",    "[::1]"};
  struct buf host = buf_make(200);
  unsigned port;
  struct fault f = {0};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(options_listen(rows[i].text, &host, &port, &f), 0);
    assert_string_equal(buf_cstring(&host), rows[i].host);
    assert_int_equal(port, rows[i].port);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(options_listen(wrong[i], &host, &port, &f), -1);
    assert_non_null(strstr(f.text, "--listen must be HOST:PORT"));
  }
  buf_free(&host);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_options__every_form_of_a_flag_and_its_variable),
      cmocka_unit_test(test_options__errors_name_the_option),
      cmocka_unit_test(test_options__a_hosts_own_options_are_passed_over_by_its_door),
      cmocka_unit_test(test_options__a_companion_stands_after_two_dashes),
      cmocka_unit_test(test_options__the_last_of_two_flags_wins_and_yes_can_be_no),
      cmocka_unit_test(test_options__a_number_is_taken_from_the_lowest_to_the_highest),
      cmocka_unit_test(test_options__listen_addresses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
