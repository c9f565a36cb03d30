/* SPDX-License-Identifier: MIT */
#include "door/ground.h"

#include "io/loop.h"
#include "io/signals.h"
#include "scratch.h"
#include "traces.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct options options_for(struct scratch *s, char *state, size_t room)
{
  struct options o;
  struct fault f = {0};
  char name[] = "runlet", command[] = "serve";
  char *argv[] = {name, command, NULL}, *env[] = {NULL};
  assert_int_equal(options_read(2, argv, env, &o, &f), 0);
  snprintf(state, room, "%s/state", s->folder);
  o.state_dir = state;
  o.workspace = s->folder;
  return o;
}

static void test_ground__opens_and_gives_everything_back(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char folder[200], path[] = "PATH=/bin", ours[] = "RUNLET_X=1";
  char *env[] = {path, ours, NULL};
  struct options o = options_for(&s, folder, sizeof folder);
  struct ground g;
  struct fault f = {0};
  unsigned before = traces_descriptors();
  for (int i = 0; i < 3; i++) {
    if (ground_open(&g, &o, env, &f) < 0)
      fail_msg("%s", f.text);
    assert_null(strv_env(&g.environment, "RUNLET_X"));
    assert_string_equal(g.settings.workspace, s.folder);
    assert_int_equal(g.settings.deadlines.run_ms, 21600000);
    ground_close(&g);
    assert_false(g.unclean);
  }
  assert_in_range(traces_descriptors(), before,
                  before + 3); /* our own program, libuv's own */
  struct stat st;
  assert_int_equal(stat(folder, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
  scratch_remove(&s);
}

static void test_ground__what_cannot_be_used_is_named_by_its_option(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char folder[200];
  char *env[] = {NULL};
  struct options o = options_for(&s, folder, sizeof folder);
  struct ground g;
  struct fault f = {0};
  assert_int_equal(mkdir(folder, 0755), 0);
  assert_int_equal(ground_open(&g, &o, env, &f), -1);
  assert_non_null(strstr(f.text, "--state-dir"));
  ground_close(&g);
  assert_int_equal(chmod(folder, 0700), 0);
  o.workspace = "/no/such/folder";
  assert_int_equal(ground_open(&g, &o, env, &f), -1);
  assert_non_null(strstr(f.text, "--workspace"));
  ground_close(&g);
  o.workspace = s.folder;
  o.ca_file = "/no/such/ca.pem";
  assert_int_equal(ground_open(&g, &o, env, &f), -1);
  assert_non_null(strstr(f.text, "--ca-file"));
  ground_close(&g);
  scratch_remove(&s);
}

static int heard;
static struct loop_timer *patience; /* signals alone keep no loop running */

static void lose_patience(void *who)
{
  (void)who;
}

static void hear(void *who, int number)
{
  heard = number;
  loop_timer_stop(patience);
  ground_deafen(who);
}

static void test_ground__hears_a_signal_until_it_is_deaf(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char folder[200];
  char *env[] = {NULL};
  struct options o = options_for(&s, folder, sizeof folder);
  struct ground g;
  struct fault f = {0};
  assert_int_equal(ground_open(&g, &o, env, &f), 0);
  assert_int_equal(ground_listen(&g, hear, &g, &f), 0);
  patience = loop_timer_new(g.loop, lose_patience, NULL);
  loop_timer_start(patience, 5000);
  kill(getpid(), SIGTERM);
  ground_run(&g);
  assert_int_equal(heard, SIGTERM);
  loop_timer_free(patience);
  ground_close(&g);
  assert_false(g.unclean);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ground__opens_and_gives_everything_back),
      cmocka_unit_test(test_ground__what_cannot_be_used_is_named_by_its_option),
      cmocka_unit_test(test_ground__hears_a_signal_until_it_is_deaf),
  };
  unsetenv("SSL_CERT_FILE");
  signals_block();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
