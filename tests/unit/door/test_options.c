/* SPDX-License-Identifier: MIT */
#include "door/options.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#define MOST 12

static char *nothing[] = {NULL};

/* The words of `line`, separated by one blank each, as argv. */
struct words {
  char text[512];
  char *argv[MOST];
  int argc;
};

static struct words *split(struct words *w, const char *line)
{
  *w = (struct words){.argc = 0};
  assert_true(strlen(line) < sizeof w->text);
  strcpy(w->text, line);
  for (char *at = w->text; at; at = strchr(at, ' ')) {
    if (*at == ' ')
      *at++ = 0;
    assert_true(w->argc < MOST - 1);
    w->argv[w->argc++] = at;
  }
  return w;
}

static struct words words; /* the texts in struct options point here */

static struct options accept(const char *line, char **env)
{
  struct options o;
  struct fault f = {0};
  split(&words, line);
  if (options_read(words.argc, words.argv, env, &o, &f) < 0)
    fail_msg("%s: %s", line, f.text);
  return o;
}

static void refuse(const char *line, char **env, const char *because)
{
  struct options o;
  struct fault f = {0};
  split(&words, line);
  assert_int_equal(options_read(words.argc, words.argv, env, &o, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  if (!strstr(f.text, because))
    fail_msg("%s: \"%s\" does not say \"%s\"", line, f.text, because);
}

static void test_options__defaults_are_the_limits(void **state)
{
  (void)state;
  struct options o = accept("runlet serve", nothing);
  assert_int_equal(o.command, COMMAND_SERVE);
  assert_null(o.listen);
  assert_null(o.token_file);
  assert_int_equal(o.max_runs, LIMIT_RUNS);
  assert_int_equal(o.max_body_bytes, LIMIT_BODY_BYTES);
  assert_int_equal(o.tool_timeout_ms, LIMIT_TOOL_MS);
  assert_int_equal(o.max_run_ms, 0);
  assert_false(o.allow_unauthenticated);
  assert_string_equal(o.log_level, "info");
  o = accept("runlet run", nothing);
  assert_int_equal(o.command, COMMAND_RUN);
  assert_string_equal(o.file, "-");
  o = accept("runlet translate", nothing);
  assert_string_equal(o.harness, "claude-code");
  assert_string_equal(o.run_id, "run");
  o = accept("runlet translate --exit-status 7 --signal 9", nothing);
  assert_int_equal(o.exit_status, 7);
  assert_int_equal(o.signal, 9);
}

static void test_options__both_spellings_of_a_value_are_the_same(void **state)
{
  (void)state;
  struct options o = accept("runlet serve --listen 127.0.0.1:0 --max-runs=3", nothing);
  assert_string_equal(o.listen, "127.0.0.1:0");
  assert_int_equal(o.max_runs, 3);
  o = accept("runlet run --tool-command=a=b req.json", nothing);
  assert_string_equal(o.tool_command, "a=b");
  assert_string_equal(o.file, "req.json");
  o = accept("runlet run req.json --workspace-per-thread --drain-ms 7", nothing);
  assert_true(o.workspace_per_thread);
  assert_int_equal(o.drain_ms, 7);
  assert_string_equal(o.file, "req.json");
  assert_string_equal(accept("runlet run -", nothing).file, "-");
  assert_false(
      accept("runlet run --workspace-per-thread=false", nothing).workspace_per_thread);
}

static void test_options__the_flag_wins_over_the_variable(void **state)
{
  (void)state;
  char *env[] = {(char *)"RUNLET_TOOL_TIMEOUT_MS=50", (char *)"RUNLET_MCP_LEGACY_ONLY=1",
                 (char *)"RUNLET_WORKSPACE_PER_THREAD=true",
                 (char *)"RUNLET_TOOL_TIMEOUT_MSX=9", NULL};
  struct options o = accept("runlet run", env);
  assert_int_equal(o.tool_timeout_ms, 50);
  assert_true(o.mcp_legacy_only);
  assert_true(o.workspace_per_thread);
  o = accept("runlet run --tool-timeout-ms 60 --mcp-legacy-only=0", env);
  assert_int_equal(o.tool_timeout_ms, 60);
  assert_false(o.mcp_legacy_only);
}

static void test_options__numbers_are_strict_and_the_option_is_named(void **state)
{
  (void)state;
  static const char *const bad[] = {
      "90s", "1e3", "-1", "+1", " 1", "0x10", "", "1.0", "99999999999999999999", "0"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct buf line = buf_make(KIB), variable = buf_make(KIB);
    struct fault f = {0};
    struct options o;
    buf_addf(&line, "--tool-timeout-ms=%s", bad[i]);
    char *argv[] = {(char *)"runlet", (char *)"run", line.at, NULL};
    assert_int_equal(options_read(3, argv, nothing, &o, &f), -1);
    assert_non_null(strstr(f.text, "--tool-timeout-ms"));
    buf_addf(&variable, "RUNLET_TOOL_TIMEOUT_MS=%s", bad[i]);
    char *env[] = {variable.at, NULL};
    refuse("runlet run", env, "RUNLET_TOOL_TIMEOUT_MS");
    buf_free(&line);
    buf_free(&variable);
  }
  refuse("runlet serve --max-runs 10001", nothing, "from 1 to 10000");
  assert_int_equal(accept("runlet serve --max-runs 10000", nothing).max_runs, 10000);
  assert_int_equal(accept("runlet run --idle-timeout-ms 0", nothing).idle_timeout_ms, 0);
}

static void test_options__what_is_unknown_or_out_of_place_is_named(void **state)
{
  (void)state;
  refuse("runlet", nothing, "runlet --help");
  refuse("runlet walk", nothing, "unknown command walk");
  refuse("runlet run --no-such", nothing, "--no-such");
  refuse("runlet run --no-such=1", nothing, "--no-such");
  refuse("runlet run --", nothing, "unknown option");
  refuse("runlet run --listen 127.0.0.1:1", nothing, "does not belong to runlet run");
  refuse("runlet run a b", nothing, "unexpected argument b");
  refuse("runlet serve a", nothing, "unexpected argument a");
  refuse("runlet run -x", nothing, "unexpected argument -x");
  refuse("runlet serve --listen", nothing, "--listen needs a value");
  refuse("runlet serve --listen=", nothing, "--listen is empty");
  refuse("runlet serve --allow-unauthenticated=maybe", nothing,
         "--allow-unauthenticated must be");
}

static void test_options__words_are_checked_too(void **state)
{
  (void)state;
  refuse("runlet run --log-level loud", nothing, "--log-level");
  refuse("runlet run --log-format xml", nothing, "--log-format");
  refuse("runlet run --output html", nothing, "--output");
  char *env[] = {(char *)"RUNLET_LOG_LEVEL=loud", NULL};
  refuse("runlet run", env, "log-level");
  assert_string_equal(accept("runlet run --output pretty", nothing).output, "pretty");
}

static void test_options__a_variable_of_another_command_is_not_read(void **state)
{
  (void)state;
  char *env[] = {(char *)"RUNLET_MAX_RUNS=many", (char *)"RUNLET_TOKEN=secret", NULL};
  (void)accept("runlet run", env);
  refuse("runlet serve", env, "RUNLET_MAX_RUNS");
}

static char *help_of(const char *line)
{
  struct options o = accept(line, nothing);
  assert_int_equal(o.command, COMMAND_HELP);
  char *text = NULL;
  size_t size;
  FILE *to = open_memstream(&text, &size);
  options_help(&o, to);
  fclose(to);
  return text;
}

static void test_options__help_is_for_one_command_or_all(void **state)
{
  (void)state;
<<<<<<< HEAD
  char *all = help_of("runlet --help"), *serve = help_of("runlet serve --help"),
       *run = help_of("runlet run --no-such -h");
=======
  char *all = help("--help"), *run = help("run --help"), *serve = help("serve -h"),
       *translate = help("translate file --nope --help"),
       *table = help("--help=markdown");
>>>>>>> unitsdoor
  assert_non_null(strstr(all, "runlet run"));
  assert_non_null(strstr(all, "runlet serve"));
  assert_non_null(strstr(all, "runlet translate"));
  assert_non_null(strstr(serve, "--listen HOST:PORT"));
<<<<<<< HEAD
  assert_null(strstr(serve, "--output"));
  assert_non_null(strstr(run, "--output"));
  assert_non_null(strstr(run, "124"));
  assert_null(strstr(run, "--listen"));
=======
  assert_null(strstr(serve, "--exit-status"));
  assert_non_null(strstr(run, "Exit status: 0 finished"));
  assert_null(strstr(serve, "Exit status:"));
  assert_non_null(strstr(translate, "runlet translate [OPTION…] [FILE|-]"));
  assert_non_null(strstr(translate, "[claude-code]"));
  assert_null(strstr(translate, "--workspace"));
  assert_non_null(strstr(table, "| `--max-runs N` | `RUNLET_MAX_RUNS` | serve | 8 |"));
>>>>>>> unitsdoor
  free(all);
  free(serve);
<<<<<<< HEAD
  free(run);
  assert_int_equal(accept("runlet --version", nothing).command, COMMAND_VERSION);
}

/* Each row of the table is an option that the parser takes, in both forms. */
static void test_options__every_row_of_the_table_is_an_option_and_a_variable(void **state)
{
  (void)state;
  char *text = help_of("runlet --help=markdown"), *rest = text;
  unsigned rows = 0;
  for (char *row; (row = strsep(&rest, "\n"));) {
    char name[64], variable[80], command[16];
    if (sscanf(row, "| `--%63[a-z-]%*[^|]| `RUNLET_%60[A-Z_]` | %15[a-z]", name, variable,
               command) != 3)
      continue;
    rows++;
    for (size_t i = 0; variable[i]; i++) /* one is the other in capitals */
      assert_int_equal(variable[i], name[i] == '-' ? '_' : name[i] - 'a' + 'A');
    assert_int_equal(strlen(variable), strlen(name));
    struct buf line = buf_make(KIB), entry = buf_make(KIB);
    buf_addf(&line, "runlet %s --%s=", command, name);
    refuse(line.at, nothing, name);
    buf_addf(&entry, "RUNLET_%s=", variable);
    char *env[] = {entry.at, NULL};
    buf_clear(&line);
    buf_addf(&line, "runlet %s", command);
    refuse(line.at, env, variable);
    buf_free(&line);
    buf_free(&entry);
  }
  assert_true(rows > 30);
  free(text);
}

static void expect_listen(const char *text, const char *host, unsigned port)
{
  struct buf got = buf_make(KIB);
=======
  free(translate);
  free(table);
  assert_int_equal(good("--version", no_env).command, COMMAND_VERSION);
}

static void test_options__the_last_of_two_flags_wins_and_yes_can_be_no(void **state)
{
  (void)state;
  char a[] = "RUNLET_ALLOW_UNAUTHENTICATED=1", b[] = "RUNLET_MAX_RUNS_X=9",
       c[] = "RUNLET_EXIT_STATUS=nonsense", d[] = "RUNLET_LOG_LEVEL=loud";
  char *const yes[] = {a, NULL}, *const others[] = {b, c, NULL},
              *const loud[] = {d, NULL};
  assert_true(good("serve", yes).allow_unauthenticated);
  assert_false(good("serve --allow-unauthenticated=false", yes).allow_unauthenticated);
  assert_false(good("serve --allow-unauthenticated=0", yes).allow_unauthenticated);
  assert_int_equal(good("serve --max-runs 2 --max-runs=4", no_env).max_runs, 4);
  assert_int_equal(good("serve", others).max_runs, 8); /* not its name, not its command */
  bad("serve", loud, "\"loud\"");
  assert_string_equal(good("serve --log-level=debug", loud).log_level, "debug");
  bad("serve --allow-unauthenticated=yes", no_env, "--allow-unauthenticated must be");
}

static void test_options__a_number_is_taken_from_the_lowest_to_the_highest(void **state)
{
  (void)state;
  assert_int_equal(good("serve --max-runs 1", no_env).max_runs, 1);
  assert_int_equal(good("serve --max-runs 10000", no_env).max_runs, 10000);
  assert_int_equal(good("run --idle-timeout-ms 0", no_env).idle_timeout_ms, 0);
  assert_int_equal(good("run --run-timeout-ms=2147483647", no_env).run_timeout_ms,
                   2147483647);
  assert_int_equal(good("translate --exit-status 255", no_env).exit_status, 255);
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

static void test_options__the_markdown_table_has_a_row_for_every_option(void **state)
{
  (void)state;
  static const char *const each[] = {"run --help", "serve --help", "translate --help"};
  char *table = help("--help=markdown");
  size_t rows = 0, listed = 0;
  for (const char *at = table; (at = strstr(at, "| `--")); at++)
    rows++;
  for (size_t i = 0; i < 3; i++) {
    char *text = help(each[i]);
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
  assert_in_range(rows, 30, 60);
  assert_true(listed > rows); /* some belong to two commands */
  assert_non_null(strstr(table, "`--output ndjson\\|pretty`"));
  free(table);
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
>>>>>>> unitsdoor
  struct fault f = {0};
  unsigned number = 0;
  assert_int_equal(options_listen(text, &got, &number, &f), 0);
  assert_string_equal(buf_cstring(&got), host);
  assert_int_equal(number, port);
  buf_free(&got);
}

static void test_options__listen_is_host_and_port(void **state)
{
  (void)state;
  expect_listen("127.0.0.1:8080", "127.0.0.1", 8080);
  expect_listen("0.0.0.0:0", "0.0.0.0", 0);
  expect_listen("[::1]:65535", "::1", 65535);
  expect_listen("localhost:1", "127.0.0.1", 1);
  static const char *const bad[] = {"8080",    ":8080", "127.0.0.1",    "127.0.0.1:",
                                    "a:65536", "a:1x",  "127.0.0.1:-1", "127.0.0.1: 1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct buf host = buf_make(KIB);
    struct fault f = {0};
    unsigned port;
    assert_int_equal(options_listen(bad[i], &host, &port, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_non_null(strstr(f.text, "--listen"));
    buf_free(&host);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
<<<<<<< HEAD
      cmocka_unit_test(test_options__defaults_are_the_limits),
      cmocka_unit_test(test_options__both_spellings_of_a_value_are_the_same),
      cmocka_unit_test(test_options__the_flag_wins_over_the_variable),
      cmocka_unit_test(test_options__numbers_are_strict_and_the_option_is_named),
      cmocka_unit_test(test_options__what_is_unknown_or_out_of_place_is_named),
      cmocka_unit_test(test_options__words_are_checked_too),
      cmocka_unit_test(test_options__a_variable_of_another_command_is_not_read),
      cmocka_unit_test(test_options__help_is_for_one_command_or_all),
      cmocka_unit_test(test_options__every_row_of_the_table_is_an_option_and_a_variable),
      cmocka_unit_test(test_options__listen_is_host_and_port),
=======
      cmocka_unit_test(test_options__every_form_of_a_flag_and_its_variable),
      cmocka_unit_test(test_options__errors_name_the_option),
      cmocka_unit_test(test_options__help_tells_what_belongs_to_the_command),
      cmocka_unit_test(test_options__the_last_of_two_flags_wins_and_yes_can_be_no),
      cmocka_unit_test(test_options__a_number_is_taken_from_the_lowest_to_the_highest),
      cmocka_unit_test(test_options__the_markdown_table_has_a_row_for_every_option),
      cmocka_unit_test(test_options__listen_addresses),
>>>>>>> unitsdoor
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
