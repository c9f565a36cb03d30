/* SPDX-License-Identifier: MIT */
#include "run/agent_http.h"

#include "base/limits.h"
#include "http/http_client.h"
#include "loopback.h"
#include "origin.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EVENTS_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

struct fixture {
  uv_loop_t loop;
  struct origin origin;
  struct http_client *client;
  struct agent_http *agent_http;
  struct agent_actions actions;
  struct buf input; /* "<kind> <tag> <status> <text>\n" each */
  unsigned count, wanted, closed;
  bool inside; /* of a call to agent_http: nothing may come back */
};

static void on_input(void *who, const struct agent_input *h)
{
  struct fixture *d = who;
  assert_false(d->inside);
  d->count++;
  buf_addf(&d->input, "%s %d %d %.*s\n", h->kind == AGENT_STREAM ? "stream" : "answer",
           h->tag, h->status, (int)h->text.len, h->text.len > 0 ? h->text.at : "");
}

static void on_too_long(void *who, size_t ceiling)
{
  struct fixture *d = who;
  d->count++;
  buf_addf(&d->input, "too long: %zu\n", ceiling);
}

static void on_closed(void *who)
{
  struct fixture *d = who;
  d->closed++;
}

static void setup_fixture(struct fixture *d, void (*how)(struct origin_connection *c))
{
  static const struct agent_http_calls calls = {on_input, on_too_long};
  struct fault f = {0};
  memset(d, 0, sizeof *d);
  signal(SIGPIPE, SIG_IGN);
  unsetenv("SSL_CERT_FILE");
  uv_loop_init(&d->loop);
  origin_open(&d->origin, &d->loop, how, d);
  d->client = http_client_open(&(struct http_client_setup){.loop = &d->loop}, &f);
  assert_non_null(d->client);
  d->agent_http = agent_http_open(&(struct agent_http_setup){
      .loop = &d->loop, .client = d->client, .ceiling = 1000, .calls = &calls, .who = d});
  d->actions = agent_actions_make();
  d->input = buf_make(MIB);
}

static void finish_fixture(struct fixture *d)
{
  unsigned input = d->count;
  agent_http_close(d->agent_http, on_closed, d);
  assert_int_equal(d->closed, 0);
  http_client_close(d->client, on_closed, d);
  origin_close(&d->origin);
  loopback_loop_close(&d->loop);
  assert_int_equal(d->closed, 2);
  assert_int_equal(d->count, input); /* nothing comes back after the close */
  agent_actions_free(&d->actions);
  buf_free(&d->input);
}

/* One call to the origin, or to `url`. */
static void call(struct fixture *d, int tag, const char *method, const char *url,
                 const char *body, bool stream)
{
  struct agent_output output = {.actions = &d->actions};
  char own[64];
  snprintf(own, sizeof own, "http://127.0.0.1:%u/path", d->origin.port);
  struct agent_call c = {.method = method,
                         .url = span_of(url ? url : own),
                         .authorization = SPAN_LITERAL("Basic abc"),
                         .body = span_of(body)};
  if (stream)
    agent_follow(&output, tag, &c);
  else
    agent_ask(&output, tag, &c);
  d->inside = true;
  agent_http_send(d->agent_http, &d->actions);
  d->inside = false;
  assert_int_equal(d->actions.call_count, 0);
}

static bool is_enough(void *who)
{
  struct fixture *d = who;
  return d->count >= d->wanted;
}

static void wait_heard(struct fixture *d, unsigned count)
{
  d->wanted = count;
  loopback_wait(&d->loop, is_enough, d);
}

static void answer_ok(struct origin_connection *c)
{
  origin_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"\xff\":1}");
}

static void test_agent_http__hears_the_answer_to_what_it_asked(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, answer_ok);
  call(&d, 7, "POST", NULL, "{\"a\":1}", false);
  wait_heard(&d, 1);
  assert_string_equal(buf_cstring(&d.input), "answer 7 200 {\"\xef\xbf\xbd\":1}\n");
  const char *raw = buf_cstring(&d.origin.raw);
  assert_non_null(strstr(raw, "POST /path HTTP/1.1\r\n"));
  assert_non_null(strstr(raw, "\r\nAuthorization: Basic abc\r\n"));
  assert_non_null(strstr(raw, "\r\nContent-Type: application/json\r\n"));
  assert_non_null(strstr(raw, "\r\n\r\n{\"a\":1}"));
  finish_fixture(&d);
}

static void answer_events(struct origin_connection *c)
{
  char text[2000];
  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = 0;
  origin_say(c, EVENTS_HEAD ": hello\n\ndata: one\n\ndata: ");
  origin_say(c, text);
  origin_say(c, "\n\ndata: two\n\ndata: half");
  loopback_run_ms(c->origin->loop, 0);
  origin_hang_up(c, false);
}

static void test_agent_http__hears_each_event_and_then_the_end(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, answer_events);
  call(&d, 3, "GET", NULL, "", true);
  wait_heard(&d, 4);
  assert_string_equal(buf_cstring(&d.input),
                      "stream 3 200 one\ntoo long: 1000\nstream 3 200 two\n"
                      "stream 3 0 the event stream ended\n");
  assert_null(strstr(buf_cstring(&d.origin.raw), "Content-Type"));
  finish_fixture(&d);
}

static void answer_denied(struct origin_connection *c)
{
  origin_say(c, "HTTP/1.1 401 No\r\nContent-Length: 6\r\n\r\nbadpwd");
}

static void test_agent_http__a_refused_stream_is_heard_with_its_words(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, answer_denied);
  call(&d, 3, "GET", NULL, "", true);
  wait_heard(&d, 1);
  assert_string_equal(buf_cstring(&d.input), "stream 3 401 badpwd\n");
  finish_fixture(&d);
}

static void hang_up(struct origin_connection *c)
{
  origin_hang_up(c, true);
}

static void test_agent_http__no_answer_is_heard_as_status_0(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, hang_up);
  call(&d, 1, "POST", NULL, "{}", false);
  wait_heard(&d, 1);
  assert_non_null(strstr(buf_cstring(&d.input), "answer 1 0 "));
  call(&d, 2, "GET", NULL, "", true);
  wait_heard(&d, 2);
  assert_non_null(strstr(buf_cstring(&d.input), "stream 2 0 "));
  finish_fixture(&d);
}

static void test_agent_http__calls_nobody_but_the_agent(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, answer_ok);
  call(&d, 1, "GET", "http://example.invalid/", "", false);
  call(&d, 2, "GET", "https://127.0.0.1:1/", "", true);
  wait_heard(&d, 2);
  assert_non_null(
      strstr(buf_cstring(&d.input), "answer 1 0 not an address of the agent"));
  assert_non_null(
      strstr(buf_cstring(&d.input), "stream 2 0 not an address of the agent"));
  assert_int_equal(d.origin.connections, 0);
  finish_fixture(&d);
}

static void answer_one_and_stay(struct origin_connection *c)
{
  origin_say(c, EVENTS_HEAD "data: one\n\n");
}

static void test_agent_http__a_pause_holds_streams_also_later_ones(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, answer_one_and_stay);
  agent_http_pause(d.agent_http, true);
  call(&d, 1, "GET", NULL, "", true);
  loopback_run_ms(&d.loop, 100);
  assert_int_equal(d.count, 0);
  agent_http_pause(d.agent_http, false);
  wait_heard(&d, 1);
  assert_string_equal(buf_cstring(&d.input), "stream 1 200 one\n");
  agent_http_pause(d.agent_http, true);
  finish_fixture(&d);
}

static void say_nothing(struct origin_connection *c)
{
  (void)c;
}

static bool was_asked(void *who)
{
  return ((struct fixture *)who)->origin.requests >= 2;
}

static void test_agent_http__closing_ends_what_is_under_way(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, say_nothing);
  call(&d, 1, "POST", NULL, "{}", false);
  call(&d, 2, "GET", NULL, "", true);
  loopback_wait(&d.loop, was_asked, &d);
  call(&d, 3, "GET", "nonsense", "", false); /* its failure does not come back either */
  finish_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_agent_http__hears_the_answer_to_what_it_asked),
      cmocka_unit_test(test_agent_http__hears_each_event_and_then_the_end),
      cmocka_unit_test(test_agent_http__a_refused_stream_is_heard_with_its_words),
      cmocka_unit_test(test_agent_http__no_answer_is_heard_as_status_0),
      cmocka_unit_test(test_agent_http__calls_nobody_but_the_agent),
      cmocka_unit_test(test_agent_http__a_pause_holds_streams_also_later_ones),
      cmocka_unit_test(test_agent_http__closing_ends_what_is_under_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
