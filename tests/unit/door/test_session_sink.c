/* SPDX-License-Identifier: MIT */
#include "door/session/session_sink.h"

#include "base/limits.h"
#include "io/fd_writer.h"
#include "loopback.h"
#include "scratch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void put_all(struct session_sink *s)
{
  const struct process_end end = {.status = 1};
  session_sink_data(s, false, SPAN_LITERAL("hi"));
  session_sink_error(s, SPAN_LITERAL("no"));
  session_sink_exit(s, &end);
  session_sink_ack(s);
}

static void test_session_sink__files_have_their_numbers_in_their_names(void **state)
{
  (void)state;
  struct scratch dir = scratch_make();
  struct session_sink s = {0};
  struct fault f = {0};
  assert_int_equal(latched_folder_open(&s.folder, scratch_path(&dir, "events"), &f), 0);
  put_all(&s);
  assert_int_equal(scratch_count(&dir, "events"), 4);
  char *text = scratch_read(&dir, "events/000000000003.json");
  assert_string_equal(text, "{\"type\":\"exit\",\"code\":1,\"signal\":null}\n");
  free(text);
  latched_folder_close(&s.folder);
  put_all(&s); /* nowhere to put them: nothing happens */
  scratch_remove(&dir);
}

static void test_session_sink__lines_have_their_numbers_in_front(void **state)
{
  (void)state;
  int ends[2];
  char got[1000];
  uv_loop_t loop;
  struct fault f = {0};
  struct session_sink s = {.folder.fd = -1};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&loop);
  assert_int_equal(pipe(ends), 0);
  s.writer = fd_writer_open(&loop, ends[1], NULL, NULL, NULL, &f);
  assert_non_null(s.writer);
  put_all(&s);
  fd_writer_end(s.writer, 1000, NULL, NULL);
  loopback_loop_close(&loop);
  ssize_t n = read(ends[0], got, sizeof got - 1);
  assert_true(n > 0);
  got[n] = 0;
  assert_string_equal(
      got, "{\"seq\":1,\"type\":\"data\",\"stream\":\"stdout\",\"data\":\"aGk=\"}\n"
           "{\"seq\":2,\"type\":\"error\",\"message\":\"no\"}\n"
           "{\"seq\":3,\"type\":\"exit\",\"code\":1,\"signal\":null}\n"
           "{\"seq\":4,\"type\":\"shutdownAck\"}\n");
  close(ends[0]);
  close(ends[1]);
}

static void test_session_sink__is_high_while_the_host_takes_nothing(void **state)
{
  (void)state;
  struct scratch dir = scratch_make();
  struct session_sink s = {0};
  struct fault f = {0};
  assert_int_equal(latched_folder_open(&s.folder, scratch_path(&dir, "events"), &f), 0);
  for (unsigned i = 0; i < LIMIT_SESSION_EVENTS; i++)
    session_sink_ack(&s);
  assert_false(session_sink_is_high(&s));
  session_sink_ack(&s);
  assert_true(session_sink_is_high(&s));
  latched_folder_remove(&s.folder, "000000000001.json");
  assert_false(session_sink_is_high(&s));
  latched_folder_close(&s.folder);
  s.backlog = LIMIT_SINK_HIGH_BYTES + 1;
  assert_false(session_sink_is_high(&s)); /* that is a writer's */
  scratch_remove(&dir);
}

static void test_session_sink__one_read_of_a_pipe_fits_in_an_event(void **state)
{
  (void)state;
  struct scratch dir = scratch_make();
  struct session_sink s = {0};
  struct fault f = {0};
  char *bytes = calloc(1, LIMIT_READ_BYTES);
  assert_int_equal(latched_folder_open(&s.folder, scratch_path(&dir, "events"), &f), 0);
  session_sink_data(&s, true, (struct span){bytes, LIMIT_READ_BYTES});
  char *text = scratch_read(&dir, "events/000000000001.json");
  assert_true(strlen(text) > LIMIT_READ_BYTES / 3 * 4);
  assert_string_equal(text + strlen(text) - 3, "\"}\n");
  free(text);
  free(bytes);
  latched_folder_close(&s.folder);
  scratch_remove(&dir);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_sink__files_have_their_numbers_in_their_names),
      cmocka_unit_test(test_session_sink__lines_have_their_numbers_in_front),
      cmocka_unit_test(test_session_sink__is_high_while_the_host_takes_nothing),
      cmocka_unit_test(test_session_sink__one_read_of_a_pipe_fits_in_an_event),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
