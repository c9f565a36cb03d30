/* SPDX-License-Identifier: MIT */
#include "process/helper_command.h"

#include "base/clock.h"
#include "base/limits.h"
#include "io/loop.h"
#include "loopback.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
  uv_loop_t loop;
  struct helper_command_setup setup;
  unsigned ends;
  int status, signal;
  enum fault_kind fault;
  char text[480];
  struct buf output, complaint;
  bool started; /* helper_command_start() has returned */
};

static void ended(void *who, struct helper_command_end *end)
{
  struct fixture *d = who;
  assert_true(d->started);
  d->ends++;
  d->status = end->status;
  d->signal = end->signal;
  d->fault = end->fault ? end->fault->kind : FAULT_NONE;
  if (end->fault)
    memcpy(d->text, end->fault->text, sizeof d->text);
  d->output = buf_take(end->output);
  buf_add(&d->complaint, end->stderr_tail);
}

static void open_fixture(struct fixture *d)
{
  *d = (struct fixture){.setup = {.output_ceiling = MIB, .deadline_ms = 10000},
                        .complaint = buf_make(MIB)};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
}

static struct helper_command *start(struct fixture *d, const char *script)
{
  char shell[] = "/bin/sh", flag[] = "-c";
  char *text = span_copy(span_of(script)), *argv[] = {shell, flag, text, NULL};
  struct fault f = {0};
  d->setup.argv = argv;
  struct helper_command *c = helper_command_start(&d->loop, &d->setup, ended, d, &f);
  assert_non_null(c);
  d->started = true;
  free(text);
  return c;
}

static bool is_over(void *who)
{
  struct fixture *d = who;
  return d->ends > 0;
}

/* Runs it to its end, and the loop dry. */
static void finish(struct fixture *d)
{
  loopback_wait(&d->loop, is_over, d);
  loopback_loop_close(&d->loop);
  assert_int_equal(d->ends, 1);
}

static void close_fixture(struct fixture *d)
{
  buf_free(&d->output);
  buf_free(&d->complaint);
}

static void test_command__gives_input_and_takes_output(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.setup.input = SPAN_LITERAL("some input");
  start(&d, "cat; echo complaint >&2; exit 3");
  finish(&d);
  assert_int_equal(d.status, 3);
  assert_int_equal(d.fault, FAULT_NONE);
  assert_string_equal(buf_cstring(&d.output), "some input");
  assert_string_equal(buf_cstring(&d.complaint), "complaint\n");
  close_fixture(&d);
}

static void test_command__has_the_environment_it_was_given_and_no_other(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  setenv("RUNLET_SECRET", "x", 1);
  start(&d, "/usr/bin/env");
  finish(&d);
  assert_null(strstr(buf_cstring(&d.output), "RUNLET_SECRET"));
  close_fixture(&d);
  open_fixture(&d);
  char mine[] = "MINE=1", *env[] = {mine, NULL};
  d.setup.env = env;
  d.setup.cwd = "/";
  start(&d, "echo $MINE; pwd");
  finish(&d);
  assert_string_equal(buf_cstring(&d.output), "1\n/\n");
  close_fixture(&d);
  unsetenv("RUNLET_SECRET");
}

static void test_command__a_program_that_is_not_there_is_named(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  char program[] = "/nowhere/program", *argv[] = {program, NULL};
  struct fault f = {0};
  d.setup.argv = argv;
  assert_null(helper_command_start(&d.loop, &d.setup, ended, &d, &f));
  assert_int_equal(f.kind, FAULT_SYSTEM);
  assert_int_equal(f.os, -ENOENT);
  assert_non_null(strstr(f.text, "/nowhere/program"));
  loopback_loop_close(&d.loop);
  assert_int_equal(d.ends, 0);
  close_fixture(&d);
}

static void test_command__big_input_and_output_pass(void **state)
{
  (void)state;
  struct fixture d;
  size_t big = 8 * (size_t)MIB;
  open_fixture(&d);
  char *input = malloc(big);
  memset(input, 'x', big);
  d.setup.input = (struct span){input, big};
  d.setup.output_ceiling = big;
  start(&d, "cat");
  finish(&d);
  assert_int_equal(d.fault, FAULT_NONE);
  assert_int_equal(d.output.len, big);
  free(input);
  close_fixture(&d);
}

static void test_command__one_that_does_not_read_its_input_is_no_fault(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  char *input = calloc(1, MIB);
  d.setup.input = (struct span){input, MIB};
  start(&d, "exec 0<&-; echo fine");
  finish(&d);
  assert_int_equal(d.status, 0);
  assert_int_equal(d.fault, FAULT_NONE);
  assert_string_equal(buf_cstring(&d.output), "fine\n");
  free(input);
  close_fixture(&d);
}

static void test_command__too_much_output_kills_it(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.setup.output_ceiling = 1000;
  start(&d, "while :; do echo 0123456789; done");
  finish(&d);
  assert_int_equal(d.fault, FAULT_TOO_BIG);
  assert_non_null(strstr(d.text, "1000 bytes"));
  close_fixture(&d);
}

static void test_command__only_the_end_of_long_complaints_is_kept(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  start(&d, "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done");
  finish(&d);
  assert_int_equal(d.complaint.len, LIMIT_STDERR_TAIL_BYTES);
  assert_non_null(strstr(buf_cstring(&d.complaint), "line 1999\n"));
  assert_null(strstr(buf_cstring(&d.complaint), "line 0\n"));
  close_fixture(&d);
}

/* The pid that the script printed must be gone soon. */
static void expect_gone(const char *printed)
{
  int pid = atoi(printed);
  assert_true(pid > 1);
  for (int i = 0; i < 200; i++) {
    char path[64], stat[200] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f)
      return;
    size_t n = fread(stat, 1, sizeof stat - 1, f);
    fclose(f);
    stat[n] = 0;
    /* dead; whoever adopted it has not looked yet */
    if (strstr(stat, ") Z"))
      return;
    usleep(10000);
  }
  fail_msg("process %d lives", pid);
}

static void test_command__its_deadline_kills_the_whole_group(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.setup.deadline_ms = 200;
  unsigned long long begun = clock_ticks_ms();
  start(&d, "sleep 1000 & echo $!; wait");
  finish(&d);
  assert_int_equal(d.fault, FAULT_TIMEOUT);
  assert_non_null(strstr(d.text, "200 ms"));
  assert_int_equal(d.signal, SIGKILL);
  assert_true(clock_ticks_ms() - begun < 5000);
  expect_gone(buf_cstring(&d.output));
  close_fixture(&d);
}

static void test_command__a_cancel_kills_it_and_ends_once(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  struct helper_command *c = start(&d, "sleep 1000");
  helper_command_cancel(c);
  helper_command_cancel(c);
  assert_int_equal(d.ends, 0); /* never from inside */
  finish(&d);
  assert_int_equal(d.fault, FAULT_CANCELLED);
  close_fixture(&d);
}

static void test_command__ends_soon_when_something_else_holds_its_pipes(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  unsigned long long begun = clock_ticks_ms();
  start(&d, "setsid sleep 5 & echo done");
  finish(&d);
  assert_true(clock_ticks_ms() - begun < 3000);
  assert_string_equal(buf_cstring(&d.output), "done\n");
  assert_int_equal(d.fault, FAULT_NONE);
  close_fixture(&d);
}

#define TEST(name) cmocka_unit_test(test_command__##name)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(gives_input_and_takes_output),
      TEST(has_the_environment_it_was_given_and_no_other),
      TEST(a_program_that_is_not_there_is_named),
      TEST(big_input_and_output_pass),
      TEST(one_that_does_not_read_its_input_is_no_fault),
      TEST(too_much_output_kills_it),
      TEST(only_the_end_of_long_complaints_is_kept),
      TEST(its_deadline_kills_the_whole_group),
      TEST(a_cancel_kills_it_and_ends_once),
      TEST(ends_soon_when_something_else_holds_its_pipes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
