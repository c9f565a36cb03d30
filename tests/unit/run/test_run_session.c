/* SPDX-License-Identifier: MIT */
#include "run/run_session.h"

#include "base/base64.h"
#include "base/limits.h"
#include "process/keeper.h"
#include "request/session_archive.h"
#include "run_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "0123456789-id"
#define NAMED                                                                            \
  "echo '{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"" ID                 \
  "\",\"tools\":[]}'; "
#define KEPT                                                                             \
  "mkdir -p $CLAUDE_CONFIG_DIR/projects/x; "                                             \
  "echo kept >$CLAUDE_CONFIG_DIR/projects/x/" ID ".jsonl; "

static struct run_fixture d;

/* A run whose agent has its own folder in the scratch one. */
static void go(const char *script, const char *session)
{
  struct buf more = buf_make(64 * KIB);
  run_fixture_open(&d, script);
  buf_addf(&more, ",\"env\":{\"CLAUDE_CONFIG_DIR\":\"%s/claude\"},\"session\":%s",
           d.scratch.folder, session);
  run_fixture_go(&d, buf_cstring(&more));
  run_fixture_wait(&d, 1);
  run_fixture_check(&d);
  buf_free(&more);
}

static void test_run_session__it_is_told_before_the_end(void **state)
{
  (void)state;
  go(NAMED KEPT "GOOD", "{\"export\":true}");
  assert_true(run_fixture_says(&d, "\"name\":\"runlet.session\",\"value\":{\"bytes\":"));
  const char *text = buf_cstring(&d.text);
  assert_true(strstr(text, "runlet.session") < strstr(text, "RUN_FINISHED"));
  run_fixture_close(&d);
}

static void test_run_session__an_agent_that_failed_has_one_too(void **state)
{
  (void)state;
  go(NAMED KEPT "exit 3", "{\"export\":true}");
  assert_true(run_fixture_says(&d, "\"name\":\"runlet.session\""));
  assert_true(run_fixture_says(&d, "agent-exit"));
  run_fixture_close(&d);
}

static void test_run_session__one_that_is_not_there_is_a_warning(void **state)
{
  (void)state;
  go(NAMED "GOOD", "{\"export\":true}");
  assert_true(run_fixture_says(&d, "session-not-exported"));
  assert_true(run_fixture_says(&d, "RUN_FINISHED"));
  assert_null(d.outcome.archive);
  run_fixture_close(&d);
  go("INIT; GOOD", "{\"export\":true}"); /* its id is "s" */
  assert_true(run_fixture_says(&d, "the agent's id of it is no name"));
  run_fixture_close(&d);
  go("exit 1", "{\"export\":true}");
  assert_true(run_fixture_says(&d, "the agent has named no session"));
  run_fixture_close(&d);
}

static void test_run_session__who_does_not_want_it_has_none(void **state)
{
  (void)state;
  go(NAMED KEPT "GOOD", "{\"export\":false}");
  assert_false(run_fixture_says(&d, "session-not-exported"));
  assert_false(run_fixture_says(&d, "runlet.session"));
  run_fixture_close(&d);
}

/* The request's member with an archive of Claude's. */
static void put_import(struct buf *out, const char *file)
{
  static const char *const paths[] = {NULL};
  const struct session_store store = {.id = "claude-code", .paths = paths};
  const struct session_archive head = {.session_id = SPAN_LITERAL(ID),
                                       .workspace = SPAN_LITERAL("/old")};
  struct buf bytes = buf_make(MIB);
  session_archive_begin(&store, &head, &bytes);
  assert_true(ustar_add(&bytes, span_of(file), SPAN_LITERAL("{\"cwd\":\"/old\"}\n")));
  ustar_end(&bytes);
  buf_add_text(out, "{\"import\":\"");
  base64_encode(buf_span(&bytes), out);
  buf_add_text(out, "\"}");
  buf_free(&bytes);
}

static void
test_run_session__it_is_there_when_the_agent_starts_and_gone_on_with(void **state)
{
  (void)state;
  struct buf session = buf_make(64 * KIB);
  put_import(&session, "projects/workspace/" ID ".jsonl");
  go("echo \"$@\" >args; cat $CLAUDE_CONFIG_DIR/projects/*/" ID
     ".jsonl >seen; INIT; GOOD",
     buf_cstring(&session));
  assert_true(run_fixture_says(&d, "RUN_FINISHED"));
  char *args = scratch_read(&d.scratch, "work/args");
  char *seen = scratch_read(&d.scratch, "work/seen");
  assert_non_null(strstr(args, "--resume " ID));
  char wanted[200];
  (void)snprintf(wanted, sizeof wanted, "{\"cwd\":\"%s\"}\n", d.work);
  assert_string_equal(seen, wanted);
  free(args);
  free(seen);
  run_fixture_close(&d);
  buf_free(&session);
}

static void test_run_session__what_cannot_be_brought_is_refused_at_once(void **state)
{
  (void)state;
  struct fault f = {0};
  struct buf more = buf_make(64 * KIB);
  run_fixture_open(&d, "INIT; GOOD");
  buf_add_text(&more, ",\"session\":");
  put_import(&more, "projects/workspace/../" ID ".jsonl");
  const char *const rows[][2] = {
      {buf_cstring(&more), "is no file of a session of claude-code"},
      {",\"session\":{\"import\":\"%%\"}", "it is no base64"},
      {",\"session\":{\"import\":\"aGFsbG8=\"}", "is cut off, or no tar archive"},
      {",\"session\":{\"import\":{\"url\":\"ftp://x/\"}}", "session.import.url"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct run_request *req = run_fixture_request(rows[i][0]);
    assert_null(run_new(&d.settings, req, &f));
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    if (!strstr(f.text, rows[i][1]))
      fail_msg("%s", f.text);
  }
  buf_free(&more);
  run_fixture_close(&d);
}

static void test_run_session__another_id_than_the_archives_is_refused(void **state)
{
  (void)state;
  struct fault f = {0};
  struct buf more = buf_make(64 * KIB);
  run_fixture_open(&d, "INIT; GOOD");
  buf_add_text(&more, ",\"modelOptions\":{\"sessionId\":\"another-one\"},\"session\":");
  put_import(&more, "projects/workspace/" ID ".jsonl");
  assert_null(run_new(&d.settings, run_fixture_request(buf_cstring(&more)), &f));
  assert_non_null(strstr(f.text, "modelOptions.sessionId"));
  buf_free(&more);
  run_fixture_close(&d);
}

static void test_run_session__an_url_that_does_not_answer_ends_the_run(void **state)
{
  (void)state;
  go("INIT; GOOD", "{\"import\":{\"url\":\"http://127.0.0.1:1/x\"}}");
  assert_true(run_fixture_says(&d, "\"code\":\"session-import-failed\""));
  run_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_session__it_is_told_before_the_end),
      cmocka_unit_test(test_run_session__an_agent_that_failed_has_one_too),
      cmocka_unit_test(test_run_session__one_that_is_not_there_is_a_warning),
      cmocka_unit_test(test_run_session__who_does_not_want_it_has_none),
      cmocka_unit_test(
          test_run_session__it_is_there_when_the_agent_starts_and_gone_on_with),
      cmocka_unit_test(test_run_session__what_cannot_be_brought_is_refused_at_once),
      cmocka_unit_test(test_run_session__another_id_than_the_archives_is_refused),
      cmocka_unit_test(test_run_session__an_url_that_does_not_answer_ends_the_run),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
