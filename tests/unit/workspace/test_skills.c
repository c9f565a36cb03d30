/* SPDX-License-Identifier: MIT */
#include "workspace/skills.h"

#include "child_fixture.h"
#include "loopback.h"
#include "traces.h"
#include "workspace_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct workspace_calls calls = {
    workspace_fixture_progress, workspace_fixture_warning, workspace_fixture_done};

#define NONE          "\"source\":{\"type\":\"none\"},\"skills\":["
#define FILE_AT(path) "{\"kind\":\"file\",\"path\":\"" path "\",\"content\":\"\"}"

static struct workspace_fixture d;
static bool all;

static void ended(void *who, bool done)
{
  struct workspace_fixture *w = who;
  all = done;
  w->ends++;
}

/* `skills`: with %s for the folder beside the workspace. */
static struct skills *begin(const char *skills, const char *folders)
{
  struct buf text = buf_make(4000);
  const char *rest = skills;
  buf_add_text(&text, NONE);
  for (const char *at; (at = strstr(rest, "%s")); rest = at + 2)
    buf_addf(&text, "%.*s%s", (int)(at - rest), rest, d.scratch.folder);
  buf_addf(&text, "%s]", rest);
  workspace_fixture_ask(&d, buf_cstring(&text));
  buf_free(&text);
  d.setup.skills = folders;
  return skills_start(&d.place, &d.setup, &calls, &d, ended, &d);
}

static bool brings(const char *skills, const char *folders)
{
  (void)begin(skills, folders);
  assert_int_equal(d.ends, 0);
  workspace_fixture_wait_end(&d);
  return all;
}

static void leads_to(const char *link, const char *target)
{
  char to[200] = "";
  if (readlink(scratch_path(&d.scratch, link), to, sizeof to - 1) < 0)
    fail_msg("%s is no link", link);
  assert_string_equal(to, target);
}

static void warned(const char *words)
{
  if (!strstr(buf_cstring(&d.warned), words))
    fail_msg("\"%s\" is not in: %s", words, buf_cstring(&d.warned));
}

static int open_fixture(void **state)
{
  (void)state;
  workspace_fixture_open(&d);
  workspace_fixture_shell(&d, "git init -q -b main tools.git && cd tools.git && "
                              "mkdir -p skills/a skills/b && "
                              "touch skills/a/SKILL.md skills/b/skill.md && "
                              "git add . && git commit -q -m one && cd .. && "
                              "git init -q -b main empty && cd empty && touch readme && "
                              "git add . && git commit -q -m one");
  return 0;
}

static int close_fixture(void **state)
{
  (void)state;
  workspace_fixture_close(&d);
  return 0;
}

#define TOOLS "{\"kind\":\"git\",\"repo\":\"file://%s/tools.git\"}"

static void test_skills__a_repository_is_cloned_and_its_skills_are_linked(void **state)
{
  (void)state;
  for (unsigned i = 0; i < 2; i++) /* again: the same is there, and that is fine */
    assert_true(brings(TOOLS, ".claude"));
  assert_int_equal(d.warned.len, 0);
  assert_non_null(strstr(buf_cstring(&d.told), "tools.git:started:-1|skill file://"));
  leads_to("work/.claude/skills/a", "../../.tanstack-skills/tools/skills/a");
  leads_to("work/.claude/skills/b", "../../.tanstack-skills/tools/skills/b");
  assert_true(scratch_has(&d.scratch, "work/.claude/skills/a/SKILL.md"));
  assert_true(brings(TOOLS, ".codex .agents"));
  leads_to("work/.codex/skills/a", "../../.tanstack-skills/tools/skills/a");
  assert_false(scratch_has(&d.scratch, "work/.agents"));
}

static void test_skills__into_is_where_it_goes(void **state)
{
  (void)state;
  assert_true(brings("{\"kind\":\"git\",\"repo\":\"%s/tools.git\",\"into\":"
                     "\"/workspace/x/y\"}",
                     ".claude"));
  leads_to("work/.claude/skills/a", "../../x/y/skills/a");
  assert_true(scratch_has(&d.scratch, "work/x/y/.git"));
}

static void test_skills__what_is_there_is_never_overwritten(void **state)
{
  (void)state;
  workspace_fixture_shell(&d,
                          "mkdir -p work/.claude/skills/a out work/.tanstack-skills &&"
                          "echo own > work/.claude/skills/a/SKILL.md && "
                          "ln -s ../../out work/.tanstack-skills/empty && "
                          "mkdir work/x && touch work/x/f");
  assert_false(brings(TOOLS ",{\"kind\":\"git\",\"repo\":\"%s/empty\"},"
                            "{\"kind\":\"git\",\"repo\":\"%s/empty\",\"into\":\"x\"},"
                            "{\"kind\":\"git\",\"repo\":\"%s/empty\",\"into\":\"../o\"}",
                      ".claude"));
  warned("\".claude/skills/a\" is there already");
  warned("\".tanstack-skills/empty\" leads over a link");
  warned("work/x is not empty, and no clone");
  warned("\"../o\" leads out of the workspace");
  leads_to("work/.claude/skills/b", "../../.tanstack-skills/tools/skills/b");
  workspace_fixture_shell(&d, "test \"$(cat work/.claude/skills/a/SKILL.md)\" = own && "
                              "test -z \"$(ls out)\" && test ! -e o");
}

static void test_skills__what_cannot_be_brought_is_a_warning(void **state)
{
  (void)state;
  assert_false(brings("{\"kind\":\"git\",\"repo\":\"%s/none\"},"
                      "{\"kind\":\"git\",\"repo\":\"%s/empty\"}," TOOLS,
                      ".claude"));
  warned("skill-not-applied: workspace.skills: /");
  warned("/none: git clone failed (exit 128)\n");
  warned("/empty: it holds no SKILL.md");
  assert_false(scratch_has(&d.scratch, "work/.tanstack-skills/none"));
  assert_true(scratch_has(&d.scratch, "work/.claude/skills/a/SKILL.md"));
  assert_false(brings(TOOLS, NULL));
  warned("where this agent looks for skills is not known");
}

static void
test_skills__a_link_on_the_way_to_the_agents_folder_is_not_followed(void **state)
{
  (void)state;
  workspace_fixture_shell(&d, "mkdir out && ln -s ../out work/.claude");
  assert_false(brings(TOOLS, ".claude"));
  warned("\".claude/skills/a\" leads over a link");
  assert_int_equal(scratch_count(&d.scratch, "out"), 0);
}

static void
test_skills__a_file_skill_is_linked_where_the_agent_does_not_look(void **state)
{
  (void)state;
#define FILES                                                                            \
  FILE_AT(".claude/skills/c/SKILL.md")                                                   \
  "," FILE_AT("/workspace/.agents/skills/g/SKILL.md") "," FILE_AT(                       \
      "x/SKILL.md") "," FILE_AT("SKILL.md") "," FILE_AT("y/OTHER.md")
  assert_true(brings(FILES, ".codex .agents"));
  leads_to("work/.codex/skills/c", "../../.claude/skills/c");
  leads_to("work/.codex/skills/x", "../../x");
  assert_int_equal(scratch_count(&d.scratch, "work/.codex/skills"), 2);
  assert_true(brings(FILES, ".claude"));
  leads_to("work/.claude/skills/g", "../../.agents/skills/g");
  assert_int_equal(scratch_count(&d.scratch, "work/.claude/skills"), 2);
  assert_true(brings(FILES, NULL)); /* they are files all the same */
}

static void test_skills__a_cancel_ends_the_clone_at_work(void **state)
{
  (void)state;
  workspace_fixture_shell(&d, "mkdir bin && printf '#!/bin/sh\\nexec sleep 60\\n' > "
                              "bin/git && chmod 755 bin/git");
  struct buf path = buf_make(1000);
  buf_addf(&path, "%s/bin:%s", d.scratch.folder, strv_env(&d.env, "PATH"));
  strv_set_env(&d.env, "PATH", buf_span(&path));
  buf_free(&path);
  struct skills *s = begin(TOOLS "," TOOLS, ".claude");
  loopback_run_ms(d.loop, 100);
  skills_cancel(s);
  workspace_fixture_wait_end(&d);
  assert_false(all);
  assert_int_equal(d.warned.len, 0);
  traces_expect_alive(0, 1000);
}

static void refused(const char *repo, const char *path, const char *why)
{
  struct git_skill skill = {.repo = span_of(repo)};
  const struct workspace_plan plan = {.git_skills = &skill, .git_skill_count = 1};
  struct fault f = {0};
  assert_int_equal(skills_check(&plan, path, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  if (!strstr(f.text, why))
    fail_msg("%s: %s", repo, f.text);
}

static void test_skills__says_before_what_cannot_be_taken(void **state)
{
  (void)state;
  const struct workspace_plan none = {0};
  struct fault f = {0};
  assert_int_equal(skills_check(&none, "/none", &f), 0);
  refused("ext::sh -c x", NULL, "run request: workspace.skills.repo: it must not hold");
  refused("ext::x", NULL, "workspace.skills.repo: it must be an https");
  refused("a b/c", NULL, "workspace.skills.repo: it must not hold blanks");
  refused("file:///x/..", NULL, "names its folder: give into");
  refused("a/b", "/none", "workspace.skills needs git: ");
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_fixture, close_fixture)

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      T(test_skills__a_repository_is_cloned_and_its_skills_are_linked),
      T(test_skills__into_is_where_it_goes),
      T(test_skills__what_is_there_is_never_overwritten),
      T(test_skills__what_cannot_be_brought_is_a_warning),
      T(test_skills__a_link_on_the_way_to_the_agents_folder_is_not_followed),
      T(test_skills__a_file_skill_is_linked_where_the_agent_does_not_look),
      T(test_skills__a_cancel_ends_the_clone_at_work),
      cmocka_unit_test(test_skills__says_before_what_cannot_be_taken),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
