/* SPDX-License-Identifier: MIT */
#include "run/environment.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static struct strv runner_environment(void)
{
  char *env[] = {(char *)"PATH=/bin",
                 (char *)"RUNLET_TOKEN=control",
                 (char *)"API_KEY=sk-from-the-runner",
                 (char *)"EMPTY=",
                 (char *)"RUNLET_TOOL_TIMEOUT_MS=1",
                 (char *)"RUNLET=x",
                 (char *)"MY_RUNLET_=y",
                 NULL};
  return environment_of_runner(env);
}

/* A request that names these secrets, at most two. */
struct asked {
  struct span names[2];
  struct run_request req;
};

static struct run_request *ask(struct asked *a, const char *one, const char *two)
{
  *a = (struct asked){.names = {span_of(one), span_of(two)}};
  a->req.secrets = (struct spans){a->names, (one != NULL) + (size_t)(two != NULL)};
  return &a->req;
}

static void test_environment__nothing_of_ours_reaches_the_agent(void **state)
{
  (void)state;
  struct strv env = runner_environment();
  assert_null(strv_env(&env, "RUNLET_TOKEN"));
  assert_null(strv_env(&env, "RUNLET_TOOL_TIMEOUT_MS"));
  assert_string_equal(strv_env(&env, "RUNLET"), "x"); /* only our prefix is ours */
  assert_string_equal(strv_env(&env, "MY_RUNLET_"), "y");
  assert_int_equal(env.count, 5);
  strv_free(&env);
}

static void test_environment__what_was_wiped_is_no_entry(void **state)
{
  (void)state;
  char *entries[] = {(char *)"A=1", (char *)"", (char *)"B=2", NULL};
  struct strv env = environment_of_runner(entries);
  assert_int_equal(env.count, 2);
  assert_string_equal(env.at[1], "B=2");
  strv_free(&env);
}

static void test_environment__a_declared_secret_comes_from_the_runner(void **state)
{
  (void)state;
  struct strv env = runner_environment(), out = {0};
  struct asked a;
  struct fault f = {0};
  assert_int_equal(environment_resolve(&env, ask(&a, "API_KEY", NULL), &out, &f), 0);
  assert_string_equal(strv_env(&out, "API_KEY"), "sk-from-the-runner");
  assert_string_equal(strv_env(&out, "PATH"), "/bin");
  strv_free(&out);
  strv_free(&env);
}

static void test_environment__one_missing_is_named_and_nothing_is_given(void **state)
{
  (void)state;
  struct strv env = runner_environment(), out = {0};
  struct asked a;
  struct fault f = {0};
  static const char *const missing[] = {"NO_KEY", "EMPTY", "RUNLET_TOKEN"};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(environment_resolve(&env, ask(&a, "API_KEY", missing[i]), &out, &f),
                     -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    struct buf text = buf_make(KIB);
    buf_addf(&text,
             "runInContainerHarness: secret \"%s\" is not set in the container env",
             missing[i]);
    assert_string_equal(f.text, text.at);
    assert_int_equal(out.count, 0);
    buf_free(&text);
  }
  strv_free(&env);
}

static void test_environment__the_requests_env_is_added_and_wins(void **state)
{
  (void)state;
  struct strv env = runner_environment(), out = {0};
  struct env_entry own[] = {{SPAN_LITERAL("PATH"), SPAN_LITERAL("/opt/bin")},
                            {SPAN_LITERAL("NEW"), SPAN_LITERAL("a=b")}};
  struct run_request req = {.env = own, .env_count = 2};
  struct fault f = {0};
  assert_int_equal(environment_resolve(&env, &req, &out, &f), 0);
  assert_string_equal(strv_env(&out, "PATH"), "/opt/bin");
  assert_string_equal(strv_env(&out, "NEW"), "a=b");
  assert_string_equal(strv_env(&env, "PATH"), "/bin"); /* the runner's is untouched */
  assert_int_equal(out.count, env.count + 1);
  strv_free(&out);
  strv_free(&env);
}

static void test_environment__loopback_is_spared_from_any_proxy(void **state)
{
  (void)state;
  struct strv env = {0};
  strv_add(&env, SPAN_LITERAL("NO_PROXY=corp.example"));
  environment_spare_loopback(&env);
  assert_string_equal(strv_env(&env, "NO_PROXY"), "corp.example,127.0.0.1,localhost,::1");
  assert_string_equal(strv_env(&env, "no_proxy"), "127.0.0.1,localhost,::1");
  assert_int_equal(env.count, 2);
  strv_free(&env);
}

static void test_environment__what_steers_a_door_is_kept_from_the_agent(void **state)
{
  (void)state;
  static const char *const control[] = {"PAPERCLIP_BRIDGE_TOKEN=t",
                                        "PAPERCLIP_BRIDGE_QUEUE_DIR=/q",
                                        "PAPERCLIP_PROCESS_SESSION_DIR=d",
                                        "PAPERCLIP_PROCESS_SESSION_COMMAND_B64=c",
                                        "BRIDGE_CHANNEL_TOKEN=t",
                                        "BRIDGE_WS_PORT=1",
                                        "BRIDGE_REPLAY_FROM_DISK=1"},
                           *const others[] = {"PAPERCLIP_API_URL=u",
                                              "PAPERCLIP_API_KEY=k", "BRIDGE_WS_PORTS=1",
                                              "BRIDGE=1"};
  char *env[12] = {NULL};
  size_t count = 0;
  for (size_t i = 0; i < 7; i++)
    env[count++] = span_copy(span_of(control[i]));
  for (size_t i = 0; i < 4; i++)
    env[count++] = span_copy(span_of(others[i]));
  struct strv left = environment_of_runner(env);
  assert_int_equal(left.count, 4);
  for (size_t i = 0; i < 4; i++)
    assert_string_equal(left.at[i], others[i]);
  for (size_t i = 0; i < count; i++) {
    assert_true(environment_is_control(env[i]) == (i < 7));
    free(env[i]);
  }
  strv_free(&left);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_environment__what_steers_a_door_is_kept_from_the_agent),
      cmocka_unit_test(test_environment__nothing_of_ours_reaches_the_agent),
      cmocka_unit_test(test_environment__what_was_wiped_is_no_entry),
      cmocka_unit_test(test_environment__a_declared_secret_comes_from_the_runner),
      cmocka_unit_test(test_environment__one_missing_is_named_and_nothing_is_given),
      cmocka_unit_test(test_environment__the_requests_env_is_added_and_wins),
      cmocka_unit_test(test_environment__loopback_is_spared_from_any_proxy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
