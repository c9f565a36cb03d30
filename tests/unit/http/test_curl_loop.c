/* SPDX-License-Identifier: MIT */
#include "http/curl_loop.h"

#include "loopback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
  struct curl_loop curl;
  unsigned actions, closed;
  bool done;
  CURLcode result;
};

static void acted(void *who)
{
  struct fixture *d = who;
  int left;
  CURLMsg *m = curl_multi_info_read(d->curl.multi, &left);
  d->actions++;
  if (!m)
    return;
  d->done = true;
  d->result = m->data.result;
}

static void unwatched(void *who, CURL *easy)
{
  (void)who, (void)easy;
  fail();
}

static void closed(void *who)
{
  ((struct fixture *)who)->closed++;
}

static bool is_done(void *who)
{
  return ((struct fixture *)who)->done;
}

static bool is_closed(void *who)
{
  return ((struct fixture *)who)->closed > 0;
}

static void fixture_open(struct fixture *d, struct uv_loop_s *loop)
{
  *d = (struct fixture){
      .curl = {
          .on_action = acted, .on_unwatched = unwatched, .on_closed = closed, .who = d}};
  assert_int_equal(curl_loop_open(&d->curl, loop), 0);
}

static void test_curl_loop__closes_once_and_not_from_inside(void **state)
{
  (void)state;
  struct fixture d;
  uv_loop_t loop;
  assert_int_equal(uv_loop_init(&loop), 0);
  fixture_open(&d, &loop);
  curl_loop_close(&d.curl);
  assert_int_equal(d.closed, 0);
  loopback_wait(&loop, is_closed, &d);
  assert_int_equal(d.closed, 1);
  loopback_loop_close(&loop);
}

/* Port 1 of loopback refuses: timer, socket, end. */
static void test_curl_loop__moves_a_transfer_to_its_end(void **state)
{
  (void)state;
  struct fixture d;
  uv_loop_t loop;
  assert_int_equal(uv_loop_init(&loop), 0);
  fixture_open(&d, &loop);
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/");
  curl_multi_add_handle(d.curl.multi, easy);
  assert_int_equal(d.actions, 0);
  loopback_wait(&loop, is_done, &d);
  assert_int_equal(d.result, CURLE_COULDNT_CONNECT);
  curl_multi_remove_handle(d.curl.multi, easy);
  curl_easy_cleanup(easy);
  curl_loop_close(&d.curl);
  loopback_wait(&loop, is_closed, &d);
  loopback_loop_close(&loop);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_curl_loop__closes_once_and_not_from_inside),
      cmocka_unit_test(test_curl_loop__moves_a_transfer_to_its_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
