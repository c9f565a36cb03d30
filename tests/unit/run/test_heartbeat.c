/* SPDX-License-Identifier: MIT */
#include "run/heartbeat.h"

#include "base/limits.h"
#include "collector.h"
#include "io/loop.h"
#include "loopback.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

struct scene {
  struct uv_loop_s *loop;
  struct buf text;
  struct collector lines;
  struct events *events;
};

static void open_scene(struct scene *s)
{
  struct fault f = {0};
  *s = (struct scene){.loop = loop_new(&f), .text = buf_make(MIB)};
  s->lines = collector_make(&s->text);
  struct events_setup setup = {.run_id = SPAN_LITERAL("r"),
                               .thread_id = SPAN_LITERAL("t"),
                               .model = SPAN_LITERAL("m"),
                               .sink = &s->lines.sink};
  s->events = events_new(&setup);
  events_start(s->events);
}

static void close_scene(struct scene *s)
{
  events_free(s->events);
  buf_free(&s->text);
  assert_true(loop_free(s->loop));
}

static bool has_beaten(void *who)
{
  struct scene *s = who;
  return strstr(buf_cstring(&s->text), "\"name\":\"runlet.heartbeat\",\"value\":{"
                                       "\"sinceMs\":");
}

static void test_heartbeat__comes_only_after_silence(void **state)
{
  (void)state;
  struct scene s;
  open_scene(&s);
  struct heartbeat *h = heartbeat_new(s.loop, s.events, 700);
  for (int i = 0; i < 10; i++) {
    events_text(s.events, SPAN_LITERAL("x"));
    loopback_run_ms(s.loop, 120);
  }
  assert_false(has_beaten(&s));
  loopback_wait(s.loop, has_beaten, &s);
  heartbeat_free(h);
  close_scene(&s);
}

static void test_heartbeat__of_zero_milliseconds_is_none(void **state)
{
  (void)state;
  struct scene s;
  open_scene(&s);
  assert_null(heartbeat_new(s.loop, s.events, 0));
  heartbeat_free(NULL);
  close_scene(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_heartbeat__comes_only_after_silence),
      cmocka_unit_test(test_heartbeat__of_zero_milliseconds_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
