/* SPDX-License-Identifier: MIT */
/* The other side is a child that reads the request whole and answers with given bytes. */
#include "http/client_transfer.h"

#include "base/limits.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static pid_t server;
static char url[64];
static unsigned pieces;

/* It exits 0 if the request ended with `body`. */
static void serve(const char *body, const char *answer)
{
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t len = sizeof at;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(listener, 1), 0);
  assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(at.sin_port));
  server = fork();
  if (server == 0) {
    char text[4096] = "";
    size_t n = 0, end = strlen(body);
    int s = accept(listener, NULL, NULL);
    while (n < sizeof text - 1 && (n < end || strcmp(text + n - end, body) != 0)) {
      ssize_t got = read(s, text + n, sizeof text - 1 - n);
      if (got <= 0)
        _exit(1);
      n += (size_t)got;
      text[n] = 0;
    }
    _exit(write(s, answer, strlen(answer)) < 0);
  }
  close(listener);
}

static int served(void)
{
  int status = -1;
  waitpid(server, &status, 0);
  return status;
}

static void count(void *client)
{
  ++*(unsigned *)client;
}

static size_t take_all(void *who, struct span bytes)
{
  (void)who;
  return bytes.len;
}

static const char *const headers[] = {"X-One: 1", NULL};

static struct http_call call_of(const char *method, const char *body)
{
  return (struct http_call){.method = method,
                            .url = url,
                            .headers = headers,
                            .body = span_of(body),
                            .connect_ms = 5000,
                            .total_ms = 5000,
                            .answer_ceiling = 100};
}

static int perform(struct client_transfer *t, const struct http_call *call, int *status)
{
  struct fault f = {0};
  *t = (struct client_transfer){.on_piece = count, .client = &pieces};
  pieces = 0;
  assert_int_equal(client_transfer_make(t, curl_easy_init(), call, &f), 0);
  return client_transfer_end(t, curl_easy_perform(t->easy), status);
}

static void drop(struct client_transfer *t)
{
  curl_easy_cleanup(t->easy);
  client_transfer_free(t);
}

static void test_client_transfer__sends_its_body_and_keeps_the_answer(void **state)
{
  struct client_transfer t;
  int status = 0;
  (void)state;
  serve("{\"a\":1}",
        "HTTP/1.1 503 No\r\nRetry-After: 2\r\nContent-Length: 4\r\n\r\nlate");
  struct http_call call = call_of("POST", "{\"a\":1}");
  call.on_piece = take_all; /* of an error the words are wanted */
  assert_int_equal(perform(&t, &call, &status), 0);
  assert_int_equal(status, 503);
  assert_string_equal(buf_cstring(&t.answer), "late");
  assert_int_equal(t.retry_after_ms, 2000);
  assert_int_equal(pieces, 0);
  assert_int_equal(served(), 0);
  drop(&t);
}

static void test_client_transfer__a_good_answer_comes_in_pieces(void **state)
{
  struct client_transfer t;
  int status = 0;
  (void)state;
  serve("\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews");
  struct http_call call = call_of("GET", "");
  call.on_piece = take_all;
  assert_int_equal(perform(&t, &call, &status), 0);
  assert_true(client_transfer_is_stream(&t));
  assert_true(pieces > 0);
  assert_string_equal(buf_cstring(&t.answer), "news");
  client_transfer_go_on(&t); /* nothing is held */
  assert_int_equal(served(), 0);
  drop(&t);
}

static void test_client_transfer__an_answer_above_the_ceiling_is_a_fault(void **state)
{
  struct client_transfer t;
  int status = 0;
  (void)state;
  serve("\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"
                    "0123456789012345678901234567890123456789");
  struct http_call call = call_of("PUT", "");
  call.answer_ceiling = 10;
  assert_int_equal(perform(&t, &call, &status), -1);
  assert_int_equal(t.fault.kind, FAULT_TOO_BIG);
  (void)served();
  drop(&t);
}

static void test_client_transfer__nobody_there_is_a_fault(void **state)
{
  struct client_transfer t;
  int status = 0;
  (void)state;
  (void)snprintf(url, sizeof url, "http://127.0.0.1:1/");
  struct http_call call = call_of("GET", "");
  assert_int_equal(perform(&t, &call, &status), -1);
  assert_true(t.fault.kind != FAULT_NONE && t.fault.text[0]);
  drop(&t);
}

static void test_client_transfer__a_header_with_a_newline_is_refused(void **state)
{
  static const char *const bad[] = {"X-One: 1\r\nX-Two: 2", NULL};
  struct client_transfer t = {.on_piece = count, .client = &pieces};
  struct fault f = {0};
  (void)state;
  struct http_call call = call_of("GET", "");
  call.headers = bad;
  assert_int_equal(client_transfer_make(&t, curl_easy_init(), &call, &f), -1);
  assert_true(f.kind != FAULT_NONE);
  drop(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_client_transfer__sends_its_body_and_keeps_the_answer),
      cmocka_unit_test(test_client_transfer__a_good_answer_comes_in_pieces),
      cmocka_unit_test(test_client_transfer__an_answer_above_the_ceiling_is_a_fault),
      cmocka_unit_test(test_client_transfer__nobody_there_is_a_fault),
      cmocka_unit_test(test_client_transfer__a_header_with_a_newline_is_refused),
  };
  curl_global_init(CURL_GLOBAL_DEFAULT);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  curl_global_cleanup();
  return failed;
}
