/* SPDX-License-Identifier: MIT */
/* Needs root: who is not may not become anybody. */
#include "process/agent_user.h"

#include "base/limits.h"
#include "scratch.h"
#include "traces.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_agent_user__is_found_by_name_and_by_number(void **state)
{
  (void)state;
  const struct passwd *nobody = getpwnam("nobody");
  assert_non_null(nobody);
  char number[16];
  snprintf(number, sizeof number, "%u", (unsigned)nobody->pw_uid);
  const char *const names[] = {"nobody", number};
  for (size_t i = 0; i < 2; i++) {
    struct agent_user id;
    struct strv env = {0};
    struct fault f = {0};
    strv_add(&env, SPAN_LITERAL("HOME=/root"));
    strv_add(&env, SPAN_LITERAL("OTHER=stays"));
    assert_int_equal(agent_user_look_up(names[i], &id, &env, &f), 0);
    nobody = getpwnam("nobody");
    assert_int_equal(id.uid, nobody->pw_uid);
    assert_int_equal(id.gid, nobody->pw_gid);
    assert_true(id.group_count >= 1);
    assert_false(id.may_gain);
    assert_string_equal(strv_env(&env, "HOME"), nobody->pw_dir);
    assert_string_equal(strv_env(&env, "USER"), "nobody");
    assert_string_equal(strv_env(&env, "LOGNAME"), "nobody");
    assert_non_null(strv_env(&env, "SHELL"));
    assert_string_equal(strv_env(&env, "OTHER"), "stays");
    strv_free(&env);
  }
}

static void test_agent_user__says_what_is_wrong_with_a_name(void **state)
{
  (void)state;
  static const char *const wrong[] = {
      "no-such-user-here", "4294967295", "123456789", "", "root", "0"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct agent_user id;
    struct strv env = {0};
    struct fault f = {0};
    assert_int_equal(agent_user_look_up(wrong[i], &id, &env, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_non_null(strstr(f.text, wrong[i]));
    strv_free(&env);
  }
}

static void test_agent_user__as_text_is_the_same_again(void **state)
{
  (void)state;
  struct agent_user id = {.uid = 1000, .gid = 1001, .may_gain = true}, back;
  for (unsigned i = 0; i <= AGENT_USER_GROUPS; i++) {
    struct buf text = buf_make(4 * KIB);
    id.group_count = i;
    agent_user_write(&id, &text);
    assert_true(agent_user_read(buf_cstring(&text), &back));
    assert_memory_equal(&id, &back, sizeof id);
    buf_free(&text);
    if (i < AGENT_USER_GROUPS)
      id.groups[i] = 2000 + i;
  }
  struct buf none = buf_make(KIB);
  agent_user_write(NULL, &none);
  assert_int_equal(none.len, 0);
}

static void test_agent_user__text_that_is_none_is_refused(void **state)
{
  (void)state;
  static const char *const wrong[] = {"",
                                      "1",
                                      "1:",
                                      "1:2",
                                      "1:2:",
                                      "1:2:x:",
                                      "1:2:0:a",
                                      "1:2:0:3,",
                                      "1:2:0:3,,4",
                                      "-1:2:0:",
                                      "4294967296:2:0:",
                                      "1:2:0:3:4",
                                      " 1:2:0:"};
  struct agent_user id;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (agent_user_read(wrong[i], &id) && strcmp(wrong[i], "1:2:0:3,") != 0)
      fail_msg("taken: %s", wrong[i]);
  assert_true(agent_user_read("1:2:0:", &id));
  struct buf many = buf_make(4 * KIB);
  buf_add_text(&many, "1:2:0:3");
  for (int i = 0; i < AGENT_USER_GROUPS; i++)
    buf_add_text(&many, ",3");
  assert_false(agent_user_read(buf_cstring(&many), &id));
  buf_free(&many);
}

static struct agent_user nobody(void)
{
  struct agent_user id;
  struct strv env = {0};
  struct fault f = {0};
  assert_int_equal(agent_user_look_up("nobody", &id, &env, &f), 0);
  strv_free(&env);
  return id;
}

/* Exits with the number of the first thing that is not as it should be. */
static void become_and_exit(const struct agent_user *id)
{
  uid_t r, e, s;
  gid_t groups[AGENT_USER_GROUPS];
  if (agent_user_take_on(id) != 0)
    _exit(1);
  if (getresuid(&r, &e, &s) < 0 || r != id->uid || e != id->uid || s != id->uid)
    _exit(2);
  if (getresgid(&r, &e, &s) < 0 || r != id->gid || e != id->gid || s != id->gid)
    _exit(3);
  if (getgroups(AGENT_USER_GROUPS, groups) != (int)id->group_count)
    _exit(4);
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != !id->may_gain)
    _exit(5);
  if (prctl(PR_GET_DUMPABLE) != 0)
    _exit(6);
  if (setuid(0) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0)
    _exit(7);
  _exit(0);
}

static void test_agent_user__is_taken_on_for_good(void **state)
{
  (void)state;
  assert_int_equal(geteuid(), 0); /* this test must be run as root */
  for (int may_gain = 0; may_gain < 2; may_gain++) {
    struct agent_user id = nobody();
    id.may_gain = may_gain;
    pid_t pid = fork();
    if (pid == 0)
      become_and_exit(&id);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
  }
}

static void test_agent_user__is_tried_out_on_a_folder(void **state)
{
  (void)state;
  assert_int_equal(geteuid(), 0);
  struct scratch s = scratch_make();
  struct agent_user id = nobody();
  struct fault f = {0};
  assert_int_equal(agent_user_check(&id, s.folder, false, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, s.folder));
  assert_int_equal(chmod(s.folder, 0755), 0);
  assert_int_equal(agent_user_check(&id, s.folder, false, &f), 0);
  assert_int_equal(agent_user_check(&id, s.folder, true, &f), -1);
  assert_non_null(strstr(f.text, "write"));
  assert_int_equal(chown(s.folder, id.uid, id.gid), 0);
  assert_int_equal(agent_user_check(&id, s.folder, true, &f), 0);
  traces_expect_no_child();
  scratch_remove(&s);
}

/* As somebody who is not root: neither may it become another. */
static void test_agent_user__says_when_we_may_not(void **state)
{
  (void)state;
  pid_t pid = fork();
  if (pid == 0) {
    struct agent_user id = nobody(), other = id;
    struct fault f = {0};
    other.uid++;
    bool refused =
        agent_user_take_on(&id) == 0 && agent_user_check(&other, "/", false, &f) < 0;
    _exit(refused && strstr(f.text, "CAP_SETUID") ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_agent_user__is_found_by_name_and_by_number),
      cmocka_unit_test(test_agent_user__says_what_is_wrong_with_a_name),
      cmocka_unit_test(test_agent_user__as_text_is_the_same_again),
      cmocka_unit_test(test_agent_user__text_that_is_none_is_refused),
      cmocka_unit_test(test_agent_user__is_taken_on_for_good),
      cmocka_unit_test(test_agent_user__is_tried_out_on_a_folder),
      cmocka_unit_test(test_agent_user__says_when_we_may_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
