/* SPDX-License-Identifier: MIT */
#include "workspace/session_script.h"

#include "base/limits.h"
#include "child_fixture.h"
#include "loopback.h"
#include "traces.h"
#include "workspace_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fault fault;
static unsigned ends, deadline_ms = 10000;

static void done(void *who, const struct fault *why)
{
  (void)who;
  fault = why ? *why : (struct fault){0};
  ends++;
}

static struct session_script *start(struct workspace_fixture *d, const char *script,
                                    struct buf *input)
{
  struct fault f = {0};
  const struct session_script_setup setup = {.loop = d->loop,
                                             .terms = d->place.terms,
                                             .folder = d->place.folder,
                                             .env = d->place.env,
                                             .deadline_ms = deadline_ms,
                                             .kill_grace_ms = 100,
                                             .script = script,
                                             .program = "/bin/agent",
                                             .id = SPAN_LITERAL("the-session"),
                                             .file = "out",
                                             .input = input};
  ends = 0;
  struct session_script *c = session_script_start(&setup, done, d, &f);
  assert_non_null(c);
  assert_int_equal(ends, 0);
  return c;
}

static void wait_end(struct workspace_fixture *d)
{
  for (int i = 0; i < 1000 && ends == 0; i++)
    loopback_run_ms(d->loop, 10);
  assert_int_equal(ends, 1);
  traces_expect_alive(0, 1000);
}

static void
test_session_script__has_the_program_the_id_the_file_and_its_input(void **state)
{
  (void)state;
  struct workspace_fixture d;
  struct buf input = buf_make(KIB);
  workspace_fixture_open(&d);
  buf_add_text(&input, "of the archive");
  (void)start(&d, "echo \"$0 $1 $(cat)\" >\"$2\"; sleep 60 &", &input);
  wait_end(&d);
  assert_int_equal(fault.kind, FAULT_NONE);
  char *text = scratch_read(&d.scratch, "work/out");
  assert_string_equal(text, "/bin/agent the-session of the archive\n");
  free(text);
  buf_free(&input);
  workspace_fixture_close(&d);
}

static void ends_with(const char *script, enum fault_kind kind, const char *text)
{
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  (void)start(&d, script, NULL);
  wait_end(&d);
  assert_int_equal(fault.kind, kind);
  assert_string_equal(fault.text, text);
  workspace_fixture_close(&d);
}

static void test_session_script__says_how_it_failed(void **state)
{
  (void)state;
  ends_with("exit 77", FAULT_CONFLICT,
            "the session is there already: nothing is overwritten");
  ends_with("echo no such session >&2; exit 1", FAULT_AGENT,
            "the agent's command ended with exit 1: no such session");
  deadline_ms = 50;
  ends_with("sleep 60", FAULT_TIMEOUT, "the agent's command did not end within 50 ms");
  deadline_ms = 10000;
  ends_with("kill -9 $$", FAULT_AGENT, "the agent's command ended with signal 9: ");
}

static void test_session_script__a_cancel_ends_it(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  struct session_script *c = start(&d, "sleep 60", NULL);
  loopback_run_ms(d.loop, 50);
  session_script_cancel(c);
  wait_end(&d);
  assert_int_equal(fault.kind, FAULT_CANCELLED);
  workspace_fixture_close(&d);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_session_script__has_the_program_the_id_the_file_and_its_input),
      cmocka_unit_test(test_session_script__says_how_it_failed),
      cmocka_unit_test(test_session_script__a_cancel_ends_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
