/* SPDX-License-Identifier: MIT */
#include "workspace/git_source.h"

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
#include <unistd.h>

#include <cmocka.h>

/* A repository "origin" of two commits on main, a branch "other", a tag "v1"; the first
 * commit's id is in first, "origin" is what a server would serve. */
static const char origin[] =
    "git init -q -b main origin && cd origin && echo one > a && git add a && "
    "git commit -q -m one && git rev-parse HEAD > ../first && git tag v1 && "
    "echo two > a && git commit -q -am two && git checkout -q -b other && "
    "echo three > a && git commit -q -am three && git checkout -q main";

static void open_fixture(struct workspace_fixture *d)
{
  workspace_fixture_open(d);
  workspace_fixture_shell(d, origin);
}

/* `source`: members after the url. */
static void ask(struct workspace_fixture *d, const char *members)
{
  struct buf text = buf_make(SIZE_MAX);
  buf_addf(&text, "\"source\":{\"type\":\"git\",\"url\":\"file://%s/origin\"%s}",
           d->scratch.folder, members);
  workspace_fixture_ask(d, buf_cstring(&text));
  buf_free(&text);
}

static void run(struct workspace_fixture *d)
{
  struct git_clone *c =
      git_source_start(&d->place, &d->req->workspace.git, workspace_fixture_done, d);
  assert_int_equal(d->ends, 0);
  workspace_fixture_wait_end(d);
  git_source_close(c, workspace_fixture_closed, d);
  workspace_fixture_wait_closed(d);
}

static void content_is(struct workspace_fixture *d, const char *expected)
{
  char *text = scratch_read(&d->scratch, "work/a");
  if (d->code)
    fail_msg("%s: %s", d->code, buf_cstring(&d->message));
  assert_non_null(text);
  assert_string_equal(text, expected);
  free(text);
}

static void check(const char *members, const char *expected)
{
  struct workspace_fixture d;
  open_fixture(&d);
  ask(&d, members);
  run(&d);
  content_is(&d, expected);
  workspace_fixture_close(&d);
}

static void test_git_source__clones_what_head_is_a_branch_or_a_tag(void **state)
{
  (void)state;
  check("", "two\n");
  check(",\"ref\":\"other\"", "three\n");
  check(",\"ref\":\"v1\",\"depth\":\"full\"", "one\n");
}

static void test_git_source__a_commit_is_checked_out_by_its_id(void **state)
{
  (void)state;
  struct workspace_fixture d;
  struct buf members = buf_make(200);
  open_fixture(&d);
  char *first = scratch_read(&d.scratch, "first");
  buf_addf(&members, ",\"ref\":\"%.40s\"", first);
  ask(&d, buf_cstring(&members));
  run(&d);
  content_is(&d, "one\n");
  ask(&d, buf_cstring(&members)); /* and again */
  run(&d);
  content_is(&d, "one\n");
  free(first);
  buf_free(&members);
  workspace_fixture_close(&d);
}

static void test_git_source__the_history_is_as_deep_as_it_says(void **state)
{
  (void)state;
  struct workspace_fixture d;
  open_fixture(&d);
  ask(&d, "");
  run(&d);
  workspace_fixture_shell(&d, "test $(git -C work rev-list --count HEAD) = 1");
  workspace_fixture_shell(&d, "rm -rf work && mkdir work");
  ask(&d, ",\"depth\":\"full\"");
  run(&d);
  workspace_fixture_shell(&d, "test $(git -C work rev-list --count HEAD) = 2");
  workspace_fixture_close(&d);
}

static void test_git_source__the_same_clone_is_used_as_it_is(void **state)
{
  (void)state;
  struct workspace_fixture d;
  open_fixture(&d);
  ask(&d, ",\"ref\":\"other\"");
  run(&d);
  workspace_fixture_shell(&d, "echo mine > work/a");
  ask(&d, ",\"ref\":\"other\"");
  run(&d);
  content_is(&d, "mine\n");
  workspace_fixture_close(&d);
}

static void refused(struct workspace_fixture *d, const char *code, const char *why)
{
  run(d);
  assert_non_null(d->code);
  assert_string_equal(d->code, code);
  if (!strstr(buf_cstring(&d->message), why))
    fail_msg("%s", buf_cstring(&d->message));
}

static void
test_git_source__another_ref_or_repository_or_any_file_is_a_conflict(void **state)
{
  (void)state;
  struct workspace_fixture d;
  open_fixture(&d);
  ask(&d, "");
  run(&d);
  ask(&d, ",\"ref\":\"other\"");
  refused(&d, "workspace-conflict", "holds a clone of another ref");
  workspace_fixture_shell(&d, "git -C work remote set-url origin /elsewhere");
  ask(&d, "");
  refused(&d, "workspace-conflict", "holds a clone of another repository");
  workspace_fixture_shell(&d, "rm -rf work/.git");
  ask(&d, "");
  refused(&d, "workspace-conflict", "is not empty, and no clone");
  content_is(&(struct workspace_fixture){.scratch = d.scratch}, "two\n");
  workspace_fixture_close(&d);
}

static void test_git_source__what_git_says_of_a_failure_is_told(void **state)
{
  (void)state;
  struct workspace_fixture d;
  open_fixture(&d);
  ask(&d, ",\"ref\":\"none\"");
  refused(&d, "clone-failed", "git clone failed (exit 128)\n");
  assert_int_equal(scratch_count(&d.scratch, "work"), 0);
  ask(&d, ",\"ref\":\"0123456789012345678901234567890123456789\"");
  refused(&d, "clone-failed", "failed (exit 128)\n");
  assert_int_equal(scratch_count(&d.scratch, "work"), 0);
  workspace_fixture_shell(&d, "mv origin gone");
  ask(&d, "");
  refused(&d, "clone-failed", "does not appear to be a git repository");
  workspace_fixture_close(&d);
}

/* What git is given, by a git that writes it down. */
static void test_git_source__the_token_is_in_gits_environment_only(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  workspace_fixture_shell(
      &d,
      "mkdir bin && printf '#!/bin/sh\\nprintf \"%%s|\" \"$@\" >> ../argv\\n"
      "env >> ../env\\n"
      "printf \"protocol=https\\\\nhost=h\\\\n\\\\n\" | "
      "/usr/bin/git credential fill > ../filled 2>&1\\n' > bin/git && chmod +x bin/git");
  struct buf path = buf_make(200);
  buf_addf(&path, "%s/bin:/usr/bin:/bin", d.scratch.folder);
  strv_set_env(&d.env, "PATH", buf_span(&path));
  buf_free(&path);
  workspace_fixture_ask(&d,
                        "\"source\":{\"type\":\"git\",\"url\":\"https://u:other@h/r\","
                        "\"auth\":{\"token\":\"sesame-open\"}}");
  run(&d);
  assert_null(d.code);
  workspace_fixture_shell(
      &d, "grep -q 'https://h/r' argv && ! grep -q 'sesame\\|other' argv");
  workspace_fixture_shell(&d, "grep -q RUNLET_GIT_TOKEN=sesame-open env");
  workspace_fixture_shell(&d, "grep -qx username=x-access-token filled && "
                              "grep -qx password=sesame-open filled");
  workspace_fixture_close(&d);
}

static void test_git_source__a_cancel_ends_it_and_takes_back_what_was_begun(void **state)
{
  (void)state;
  struct workspace_fixture d;
  open_fixture(&d);
  workspace_fixture_shell(&d,
                          "mkdir bin && printf '#!/bin/sh\\ncase $1 in fetch) sleep 60;; "
                          "esac\\nexec /usr/bin/git \"$@\"\\n' > bin/git && "
                          "chmod +x bin/git");
  struct buf path = buf_make(200);
  buf_addf(&path, "%s/bin:/usr/bin:/bin", d.scratch.folder);
  strv_set_env(&d.env, "PATH", buf_span(&path));
  buf_free(&path);
  ask(&d, ",\"ref\":\"0123456789012345678901234567890123456789\"");
  struct git_clone *c =
      git_source_start(&d.place, &d.req->workspace.git, workspace_fixture_done, &d);
  loopback_run_ms(d.loop, 400);
  assert_int_equal(d.ends, 0);
  git_source_cancel(c);
  workspace_fixture_wait_end(&d);
  git_source_close(c, workspace_fixture_closed, &d);
  workspace_fixture_wait_closed(&d);
  assert_string_equal(d.code, "clone-failed");
  assert_int_equal(scratch_count(&d.scratch, "work"), 0);
  traces_expect_alive(0, 1000);
  workspace_fixture_close(&d);
}

static void test_git_source__says_before_what_cannot_be_taken(void **state)
{
  (void)state;
  const struct span good = SPAN_LITERAL("https://h/r");
  static const char where[] = "workspace.source";
  struct fault f = {0};
  assert_int_equal(git_source_check(where, "url", SPAN_LITERAL("ext::x"), NULL, &f), -1);
  assert_non_null(
      strstr(f.text, "run request: workspace.source.url: it must be an https"));
  assert_int_equal(git_source_check(where, "url", good, "/none", &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, "run request: workspace.source needs git: "));
  assert_int_equal(git_source_check(where, "url", good, NULL, &f), 0);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_git_source__clones_what_head_is_a_branch_or_a_tag),
      cmocka_unit_test(test_git_source__a_commit_is_checked_out_by_its_id),
      cmocka_unit_test(test_git_source__the_history_is_as_deep_as_it_says),
      cmocka_unit_test(test_git_source__the_same_clone_is_used_as_it_is),
      cmocka_unit_test(
          test_git_source__another_ref_or_repository_or_any_file_is_a_conflict),
      cmocka_unit_test(test_git_source__what_git_says_of_a_failure_is_told),
      cmocka_unit_test(test_git_source__the_token_is_in_gits_environment_only),
      cmocka_unit_test(test_git_source__a_cancel_ends_it_and_takes_back_what_was_begun),
      cmocka_unit_test(test_git_source__says_before_what_cannot_be_taken),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
