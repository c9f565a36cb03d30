/* SPDX-License-Identifier: MIT */
#include "io/signals.h"

#include "io/loop.h"
#include "loopback.h"
#include "traces.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

struct agent_output {
  struct uv_loop_s *loop;
  struct signals *signals;
  int numbers[8], pids[8];
  bool inside[8], terminal[8];
  unsigned input, close_at; /* closes itself at that many */
};

static void on_input(void *who, const struct signal_news *n)
{
  struct agent_output *e = who;
  e->numbers[e->input] = n->number;
  e->pids[e->input] = n->pid;
  e->inside[e->input] = n->inside;
  e->terminal[e->input] = n->terminal;
  if (++e->input == e->close_at)
    signals_close(e->signals);
}

static void open_ear_for(struct agent_output *e, enum signals_which which,
                         unsigned close_at)
{
  struct fault f = {0};
  *e = (struct agent_output){.close_at = close_at};
  e->loop = loop_new(&f);
  e->signals = signals_open(e->loop, which, on_input, e, &f);
  assert_non_null(e->signals);
}

static void open_ear(struct agent_output *e, unsigned close_at)
{
  open_ear_for(e, SIGNALS_THAT_END, close_at);
}

static void close_ear(struct agent_output *e)
{
  signals_close(e->signals);
  assert_true(loop_free(e->loop));
}

static bool has_heard(void *who)
{
  return ((struct agent_output *)who)->input > 0;
}

static void
test_signals__each_of_the_four_comes_from_the_loop_with_its_sender(void **state)
{
  (void)state;
  static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
  for (size_t i = 0; i < 4; i++) {
    struct agent_output e;
    open_ear(&e, 0);
    kill(getpid(), numbers[i]); /* blocked: we are still here */
    assert_int_equal(e.input, 0);
    loopback_wait(e.loop, has_heard, &e);
    assert_int_equal(e.input, 1);
    assert_int_equal(e.numbers[0], numbers[i]);
    assert_int_equal(e.pids[0], getpid());
    assert_true(e.inside[0]);
    close_ear(&e);
  }
}

static void expect_each(struct agent_output *e, const int *numbers, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    e->input = 0;
    kill(getpid(), numbers[i]);
    loopback_wait(e->loop, has_heard, e);
    assert_int_equal(e->numbers[0], numbers[i]);
    assert_false(e->terminal[0]); /* a process sent it */
  }
}

static void test_signals__all_of_them_are_heard_for_a_companion(void **state)
{
  (void)state;
  static const int numbers[] = {SIGTERM, SIGINT,  SIGHUP,  SIGQUIT,
                                SIGUSR1, SIGUSR2, SIGWINCH};
  struct agent_output e;
  open_ear_for(&e, SIGNALS_ALL, 0);
  expect_each(&e, numbers, sizeof numbers / sizeof *numbers);
  close_ear(&e);
}

static void test_signals__the_sender_is_the_process_that_sent_it(void **state)
{
  (void)state;
  struct agent_output e;
  open_ear(&e, 0);
  pid_t pid = fork();
  if (pid == 0)
    _exit(kill(getppid(), SIGTERM) != 0);
  loopback_wait(e.loop, has_heard, &e);
  assert_int_equal(e.pids[0], pid);
  assert_true(e.inside[0]);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  close_ear(&e);
}

static void test_signals__listening_is_no_reason_for_the_loop_to_stay(void **state)
{
  (void)state;
  struct agent_output e;
  open_ear(&e, 0);
  loop_run(e.loop); /* returns */
  close_ear(&e);
}

static void
test_signals__after_close_nothing_comes_not_even_what_was_pending(void **state)
{
  (void)state;
  struct agent_output e;
  open_ear(&e, 1);
  kill(getpid(), SIGTERM);
  kill(getpid(), SIGINT);
  loopback_wait(e.loop, has_heard, &e);
  loopback_run_ms(e.loop, 10);
  assert_int_equal(e.input, 1);
  assert_true(loop_free(e.loop));
  int one; /* the other is still pending: take it, for the next test */
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  assert_int_equal(sigwait(&set, &one), 0);
  signals_close(NULL);
}

static void test_signals__a_broken_pipe_does_not_kill(void **state)
{
  (void)state;
  int pair[2];
  assert_int_equal(pipe(pair), 0);
  close(pair[0]);
  assert_int_equal(write(pair[1], "x", 1), -1);
  close(pair[1]);
}

static void test_signals__unblocked_they_have_their_plain_effect(void **state)
{
  (void)state;
  pid_t pid = fork();
  if (pid == 0) {
    raise(SIGTERM); /* pending */
    signals_unblock();
    _exit(0);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void test_signals__opening_and_closing_keeps_no_descriptor(void **state)
{
  (void)state;
  struct agent_output e;
  open_ear(&e, 0); /* the first loop of a process opens what all loops share */
  close_ear(&e);
  unsigned before = traces_descriptors();
  open_ear(&e, 0);
  assert_true(traces_descriptors() > before);
  close_ear(&e);
  assert_int_equal(traces_descriptors(), before);
}

int main(void)
{
  signals_block();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_signals__unblocked_they_have_their_plain_effect),
      cmocka_unit_test(test_signals__opening_and_closing_keeps_no_descriptor),
      cmocka_unit_test(
          test_signals__each_of_the_four_comes_from_the_loop_with_its_sender),
      cmocka_unit_test(test_signals__the_sender_is_the_process_that_sent_it),
      cmocka_unit_test(test_signals__listening_is_no_reason_for_the_loop_to_stay),
      cmocka_unit_test(test_signals__all_of_them_are_heard_for_a_companion),
      cmocka_unit_test(test_signals__after_close_nothing_comes_not_even_what_was_pending),
      cmocka_unit_test(test_signals__a_broken_pipe_does_not_kill),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
