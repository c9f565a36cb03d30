/* SPDX-License-Identifier: MIT */
#include "door/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *const no_env[] = {NULL};

/* `line` is split at blanks; "" before the first word is argv[0]. */
static int read_line(const char *line, char *const *env, struct options *o,
                     struct fault *f)
{
  static char words[1000];
  char *argv[32] = {words};
  int argc = 0;
  snprintf(words, sizeof words, "runlet %s", line);
  for (char *at = words; at && *at && argc < 31;
       at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
    argv[argc++] = at;
  for (int i = 1; i < argc; i++)
    argv[i][-1] = 0;
  argv[argc] = NULL;
  return options_read(argc, argv, env, o, f);
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
  assert_int_equal(o.command, COMMAND_SERVE);
  assert_int_equal(o.max_runs, 3);
  assert_string_equal(o.workspace, "/env");
  assert_true(o.workspace_per_thread);
  o = good("serve --max-runs=5 --workspace /flag --allow-unauthenticated", env);
  assert_int_equal(o.max_runs, 5);
  assert_string_equal(o.workspace, "/flag");
  assert_true(o.allow_unauthenticated);
  o = good("run req.json --tool-command cat", no_env);
  assert_string_equal(o.file, "req.json");
  assert_string_equal(o.tool_command, "cat");
  assert_string_equal(good("run", no_env).file, "-");
  assert_string_equal(good("run -", no_env).file, "-");
  o = good("translate --model m --exit-status 7 --signal 9", no_env);
  assert_int_equal(o.exit_status, 7);
  assert_int_equal(o.signal, 9);
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
  assert_int_equal(options_read(1, argv, no_env, &o, &f), -1);
}

static char *help(const char *line)
{
  struct options o = good(line, no_env);
  char *text = NULL;
  size_t size = 0;
  FILE *to = open_memstream(&text, &size);
  assert_int_equal(o.command, COMMAND_HELP);
  options_help(&o, to);
  fclose(to);
  return text;
}

static void test_options__help_tells_what_belongs_to_the_command(void **state)
{
  (void)state;
  char *all = help("--help"), *run = help("run --help"), *serve = help("serve -h"),
       *table = help("--help=markdown");
  assert_non_null(strstr(all, "runlet run"));
  assert_non_null(strstr(all, "runlet serve"));
  assert_non_null(strstr(run, "--tool-command"));
  assert_null(strstr(run, "--listen"));
  assert_non_null(strstr(serve, "--listen HOST:PORT"));
  assert_null(strstr(serve, "--exit-status"));
  assert_non_null(strstr(table, "| `--max-runs N` | `RUNLET_MAX_RUNS` | serve | 8 |"));
  free(all);
  free(run);
  free(serve);
  free(table);
  assert_int_equal(good("--version", no_env).command, COMMAND_VERSION);
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
  static const char *const wrong[] = {"8080",       ":80",     "host:", "host:x",
                                      "host:65536", "host:-1", ""};
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
      cmocka_unit_test(test_options__help_tells_what_belongs_to_the_command),
      cmocka_unit_test(test_options__listen_addresses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
