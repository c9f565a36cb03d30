/* SPDX-License-Identifier: MIT */
#include "workspace/workspace_fill.h"

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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct workspace_calls calls = {
    workspace_fixture_progress, workspace_fixture_warning, workspace_fixture_done};

#define NONE "\"source\":{\"type\":\"none\"},"

static void fill(struct workspace_fixture *d, const char *workspace)
{
  workspace_fixture_ask(d, workspace);
  struct workspace_fill *w = workspace_fill_open(&d->setup, &calls, d);
  assert_int_equal(d->ends, 0);
  workspace_fixture_wait_end(d);
  workspace_fill_close(w, true, workspace_fixture_closed, d);
  assert_int_equal(d->closed, 0);
  workspace_fixture_wait_closed(d);
}

static void filled(struct workspace_fixture *d, const char *workspace)
{
  fill(d, workspace);
  if (d->code)
    fail_msg("%s: %s", d->code, buf_cstring(&d->message));
}

static void content_is(struct workspace_fixture *d, const char *name,
                       const char *expected)
{
  char *text = scratch_read(&d->scratch, name);
  assert_non_null(text);
  assert_string_equal(text, expected);
  free(text);
}

static void test_workspace_fill__clone_files_and_setup_come_in_this_order(void **state)
{
  (void)state;
  struct workspace_fixture d;
  struct buf text = buf_make(1000);
  workspace_fixture_open(&d);
  workspace_fixture_shell(&d, "git init -q -b main o && cd o && echo own > AGENTS.md && "
                              "git add . && git commit -q -m one");
  buf_addf(
      &text,
      "\"source\":{\"type\":\"git\",\"url\":\"file://%s/o\"},\"instructions\":"
      "\"Be brief.\",\"skills\":[null,{\"kind\":\"file\",\"path\":\"/workspace/a/b\","
      "\"content\":\"skill\"}],\"setup\":[\"cat AGENTS.md a/b > seen\"]",
      d.scratch.folder);
  filled(&d, buf_cstring(&text));
  assert_string_equal(buf_cstring(&d.told),
                      "clone:started:-1|clone:done:-1|cat AGENTS.md a/b > "
                      "seen:started:-1|cat AGENTS.md a/b > seen:done:0|");
  content_is(&d, "work/seen",
             "own\n\n<!-- runlet: begin -->\nBe brief.\n<!-- runlet: end -->\nskill");
  content_is(&d, "work/CLAUDE.md",
             "own\n\n<!-- runlet: begin -->\nBe brief.\n<!-- runlet: end -->\n");
  buf_free(&text);
  workspace_fixture_close(&d);
}

static void test_workspace_fill__is_filled_once_for_the_same_wishes(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  filled(&d, NONE "\"setup\":[\"echo x >> count\"]");
  filled(&d, NONE "\"setup\":[\"echo x >> count\"]");
  assert_string_equal(buf_cstring(&d.told), "");
  content_is(&d, "work/count", "x\n");
  filled(&d, NONE "\"setup\":[\"echo y >> count\"]");
  content_is(&d, "work/count", "x\ny\n");
  workspace_fixture_close(&d);
}

static void test_workspace_fill__what_failed_is_tried_again(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  for (unsigned i = 0; i < 2; i++) {
    fill(&d, NONE "\"setup\":[\"echo x >> count; false\"]");
    assert_string_equal(d.code, "setup-failed");
  }
  content_is(&d, "work/count", "x\nx\n");
  workspace_fixture_close(&d);
}

static void
test_workspace_fill__notes_of_a_repository_get_a_block_and_lose_it_again(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  workspace_fixture_shell(&d, "cd work && echo theirs > CLAUDE.md");
  filled(&d, NONE "\"scripts\":{\"t\":\"make\"}");
  content_is(&d, "work/AGENTS.md",
             "<!-- runlet: begin -->\n## Workspace scripts\n\n- t \xe2\x86\x92 make\n"
             "<!-- runlet: end -->\n");
  content_is(&d, "work/CLAUDE.md",
             "theirs\n\n<!-- runlet: begin -->\n## Workspace scripts\n\n- t "
             "\xe2\x86\x92 make\n<!-- runlet: end -->\n");
  workspace_fixture_shell(&d, "test \"$(readlink work/GEMINI.md)\" = AGENTS.md");
  filled(&d, NONE "\"setup\":[\"true\"]");
  content_is(&d, "work/CLAUDE.md", "theirs\n");
  workspace_fixture_close(&d);
}

static void test_workspace_fill__writes_through_no_link_of_the_repository(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  workspace_fixture_shell(&d,
                          "mkdir out && echo kept > out/f && ln -s ../out work/docs && "
                          "ln -s ../out/f work/CLAUDE.md");
  fill(&d,
       NONE "\"instructions\":\"i\",\"skills\":[{\"kind\":\"file\",\"path\":\"docs/x\","
            "\"content\":\"\"}]");
  assert_string_equal(d.code, "workspace-failed");
  assert_string_equal(
      buf_cstring(&d.message),
      "workspace.skills: \"docs/x\" leads over a link, or over what is no "
      "folder");
  workspace_fixture_shell(&d, "test \"$(ls out)\" = f && test \"$(cat out/f)\" = kept");
  workspace_fixture_shell(&d, "rm work/AGENTS.md && ln -s ../out/f work/AGENTS.md");
  fill(&d, NONE "\"instructions\":\"i\"");
  assert_string_equal(d.code, "workspace-failed");
  workspace_fixture_shell(&d, "test \"$(cat out/f)\" = kept");
  workspace_fixture_close(&d);
}

static void block_is_in(struct workspace_fixture *d, const char *name, const char *before)
{
  struct buf expected = buf_make(1000);
  buf_addf(&expected, "%s<!-- runlet: begin -->\ni\n<!-- runlet: end -->\n", before);
  content_is(d, name, buf_cstring(&expected));
  buf_free(&expected);
}

static void test_workspace_fill__a_link_among_the_notes_keeps_nothing_away(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  workspace_fixture_shell(&d, "cd work && echo theirs > CLAUDE.md && "
                              "ln -s CLAUDE.md AGENTS.md");
  filled(&d, NONE "\"setup\":[\"touch done\"]");
  assert_true(scratch_has(&d.scratch, "work/done"));
  content_is(&d, "work/CLAUDE.md", "theirs\n");
  filled(&d, NONE "\"instructions\":\"i\"");
  block_is_in(&d, "work/CLAUDE.md", "theirs\n\n");
  workspace_fixture_shell(&d, "test \"$(readlink work/AGENTS.md)\" = CLAUDE.md");
  block_is_in(&d, "work/GEMINI.md", ""); /* AGENTS.md does not say it of itself */
  filled(&d, NONE "\"setup\":[\"true\"]");
  content_is(&d, "work/CLAUDE.md", "theirs\n");
  workspace_fixture_close(&d);
}

static void
test_workspace_fill__a_link_of_notes_that_leads_nowhere_is_left_alone(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  workspace_fixture_shell(&d,
                          "cd work && ln -s ../out/none AGENTS.md && mkdir GEMINI.md");
  filled(&d, NONE "\"instructions\":\"i\"");
  block_is_in(&d, "work/CLAUDE.md", "");
  assert_false(scratch_has(&d.scratch, "out"));
  workspace_fixture_close(&d);
}

static void test_workspace_fill__a_file_named_as_notes_are_joins_the_block(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  workspace_fixture_shell(&d,
                          "cd work && echo theirs > AGENTS.md && echo own > CLAUDE.md");
  for (unsigned i = 0; i < 2; i++)
    filled(&d, NONE "\"skills\":[{\"kind\":\"file\",\"path\":\"AGENTS.md\","
                    "\"content\":\"i\"},{\"kind\":\"file\",\"path\":"
                    "\"/workspace/CLAUDE.md\",\"content\":\"c\"}]");
  block_is_in(&d, "work/AGENTS.md", "theirs\n\n");
  content_is(&d, "work/CLAUDE.md",
             "own\n\n<!-- runlet: begin -->\ni\n\nc\n<!-- runlet: end -->\n");
  workspace_fixture_close(&d);
}

static void test_workspace_fill__two_processes_do_not_fill_one_folder(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  workspace_fixture_ask(&d, NONE "\"setup\":[\"sleep 60\"]");
  struct workspace_fill *first = workspace_fill_open(&d.setup, &calls, &d);
  loopback_run_ms(d.loop, 50);
  struct workspace_fill *second = workspace_fill_open(&d.setup, &calls, &d);
  workspace_fixture_wait_end(&d);
  assert_string_equal(d.code, "workspace-conflict");
  workspace_fill_close(second, true, workspace_fixture_closed, &d);
  workspace_fixture_wait_closed(&d);
  d.ends = d.closed = 0;
  workspace_fill_cancel(first);
  workspace_fixture_wait_end(&d);
  assert_string_equal(d.code, "");
  workspace_fill_close(first, true, workspace_fixture_closed, &d);
  workspace_fixture_wait_closed(&d);
  traces_expect_alive(0, 1000);
  workspace_fixture_close(&d);
}

static void test_workspace_fill__a_cancel_before_anything_began_is_an_end(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  workspace_fixture_ask(&d, NONE "\"setup\":[\"touch never\"]");
  struct workspace_fill *w = workspace_fill_open(&d.setup, &calls, &d);
  workspace_fill_cancel(w);
  workspace_fixture_wait_end(&d);
  assert_string_equal(d.code, "");
  workspace_fill_close(w, true, workspace_fixture_closed, &d);
  workspace_fixture_wait_closed(&d);
  assert_false(scratch_has(&d.scratch, "work/never"));
  workspace_fixture_close(&d);
}

static void test_workspace_fill__a_failed_clone_leaves_the_folder_empty(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  fill(&d, "\"source\":{\"type\":\"git\",\"url\":\"/none\"},\"instructions\":\"i\","
           "\"setup\":[\"true\"]");
  assert_string_equal(d.code, "clone-failed");
  assert_string_equal(buf_cstring(&d.told), "clone:started:-1|clone:failed:-1|");
  assert_int_equal(scratch_count(&d.scratch, "work"), 0);
  workspace_fixture_close(&d);
}

static void
test_workspace_fill__skills_come_before_the_setup_and_plugins_after_it(void **state)
{
  (void)state;
  struct workspace_fixture d;
  struct buf text = buf_make(1000), path = buf_make(1000);
  workspace_fixture_open(&d);
  workspace_fixture_shell(
      &d, "git init -q -b main k && cd k && touch SKILL.md && git add . && git commit -q "
          "-m one && mkdir ../bin && printf '#!/bin/sh\\necho plugin >> log\\n' > "
          "../bin/claude && chmod 755 ../bin/claude");
  buf_addf(&path, "%s/bin:%s", d.scratch.folder, strv_env(&d.env, "PATH"));
  strv_set_env(&d.env, "PATH", buf_span(&path));
  buf_addf(&text,
           NONE "\"skills\":[{\"kind\":\"git\",\"repo\":\"%s/k\"}],\"plugins\":[\"p\"],"
                "\"setup\":[\"ls .claude/skills/k/ > log\"]",
           d.scratch.folder);
  filled(&d, buf_cstring(&text));
  assert_int_equal(d.warned.len, 0);
  content_is(&d, "work/log", "SKILL.md\nplugin\n");
  filled(&d, buf_cstring(&text));
  assert_string_equal(buf_cstring(&d.told), "");
  buf_free(&text);
  buf_free(&path);
  workspace_fixture_close(&d);
}

static void
test_workspace_fill__a_skill_that_failed_is_tried_again_without_the_setup(void **state)
{
  (void)state;
  struct workspace_fixture d;
  static const char wishes[] = NONE "\"skills\":[{\"kind\":\"git\",\"repo\":\"/none\"}],"
                                    "\"setup\":[\"echo x >> count\"]";
  workspace_fixture_open(&d);
  for (unsigned i = 0; i < 2; i++) {
    filled(&d, wishes);
    assert_int_equal(strncmp(buf_cstring(&d.warned), "skill-not-applied: ", 19), 0);
  }
  content_is(&d, "work/count", "x\n");
  workspace_fixture_close(&d);
}

static void
test_workspace_fill__another_agent_gets_the_skills_without_the_setup(void **state)
{
  (void)state;
  struct workspace_fixture d;
  static const char wishes[] =
      NONE "\"skills\":[{\"kind\":\"file\",\"path\":\".claude/skills/s/SKILL.md\","
           "\"content\":\"\"}],\"setup\":[\"echo x >> count\"]";
  workspace_fixture_open(&d);
  filled(&d, wishes);
  workspace_fixture_ask(&d, wishes);
  d.setup.skills = ".codex";
  struct workspace_fill *w = workspace_fill_open(&d.setup, &calls, &d);
  workspace_fixture_wait_end(&d);
  workspace_fill_close(w, true, workspace_fixture_closed, &d);
  workspace_fixture_wait_closed(&d);
  assert_true(scratch_has(&d.scratch, "work/.codex/skills/s/SKILL.md"));
  content_is(&d, "work/count", "x\n");
  workspace_fixture_close(&d);
}

static void test_workspace_fill__what_nobody_carries_out_is_told_each_time(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  for (unsigned i = 0; i < 2; i++) {
    workspace_fixture_ask(&d,
                          NONE "\"skills\":[{\"kind\":\"agent-skill\",\"name\":\"pdf\"}],"
                               "\"plugins\":[\"p\"]");
    d.setup.plugins = NULL;
    struct workspace_fill *w = workspace_fill_open(&d.setup, &calls, &d);
    workspace_fixture_wait_end(&d);
    workspace_fill_close(w, true, workspace_fixture_closed, &d);
    workspace_fixture_wait_closed(&d);
    assert_null(d.code);
    assert_string_equal(
        buf_cstring(&d.warned),
        "skill-not-applied: workspace.skills: pdf: skills of kind agent-skill are not "
        "brought to an agent: send its files (kind file), or where it lies (kind git)|"
        "plugin-not-applied: workspace.plugins: only claude-code has them|");
  }
  workspace_fixture_close(&d);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_workspace_fill__clone_files_and_setup_come_in_this_order),
      cmocka_unit_test(test_workspace_fill__is_filled_once_for_the_same_wishes),
      cmocka_unit_test(test_workspace_fill__what_failed_is_tried_again),
      cmocka_unit_test(
          test_workspace_fill__notes_of_a_repository_get_a_block_and_lose_it_again),
      cmocka_unit_test(test_workspace_fill__writes_through_no_link_of_the_repository),
      cmocka_unit_test(test_workspace_fill__a_link_among_the_notes_keeps_nothing_away),
      cmocka_unit_test(
          test_workspace_fill__a_link_of_notes_that_leads_nowhere_is_left_alone),
      cmocka_unit_test(test_workspace_fill__a_file_named_as_notes_are_joins_the_block),
      cmocka_unit_test(test_workspace_fill__two_processes_do_not_fill_one_folder),
      cmocka_unit_test(test_workspace_fill__a_cancel_before_anything_began_is_an_end),
      cmocka_unit_test(
          test_workspace_fill__skills_come_before_the_setup_and_plugins_after_it),
      cmocka_unit_test(
          test_workspace_fill__a_skill_that_failed_is_tried_again_without_the_setup),
      cmocka_unit_test(
          test_workspace_fill__another_agent_gets_the_skills_without_the_setup),
      cmocka_unit_test(test_workspace_fill__what_nobody_carries_out_is_told_each_time),
      cmocka_unit_test(test_workspace_fill__a_failed_clone_leaves_the_folder_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
