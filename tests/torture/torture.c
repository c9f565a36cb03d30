/* SPDX-License-Identifier: MIT */
/* Fault torture: each scenario of the io room, and one whole run, is played again and
 * again; the Nth time the Nth call into libuv or libcurl fails.  Whatever fails, every
 * promised callback comes as often as promised, no process, descriptor or byte of memory
 * is left, and the loop runs dry.  This program is its own keeper. */
#include "base/limits.h"
#include "child_fixture.h"
#include "http/http_client.h"
#include "http/http_server.h"
#include "http/url.h"
#include "http/ws_socket.h"
#include "io/fd_writer.h"
#include "io/loop.h"
#include "io/signals.h"
#include "loopback.h"
#include "process/companion.h"
#include "process/helper_command.h"
#include "process/keeper.h"
#include "process/orphans.h"
#include "run_fixture.h"
#include "traces.h"
#include "wrap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MOST_CALLS 2000

/* The sanitizer's, where there is one. */
__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);

/* One scenario for each N, until nothing is left that could fail. */
static void torture(const char *name, void (*scenario)(void))
{
  scenario(); /* the first loop of a process opens what all loops share */
  unsigned n = 1, before = traces_descriptors();
  for (; n < MOST_CALLS; n++) {
    wrap_arm(n);
    scenario();
    const char *failed = wrap_disarm();
    if (traces_descriptors() != before)
      fail_msg("%s: call %u (%s) fails: %u descriptors, not %u", name, n, failed,
               traces_descriptors(), before);
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
      fail_msg("%s: call %u (%s) fails: memory is lost", name, n, failed);
    if (!failed)
      break;
  }
  assert_in_range(n, 2, MOST_CALLS - 1); /* at least one was hit */
  print_message("             %s: each of %u calls failed once\n", name, n - 1);
}

static struct uv_loop_s *loop_or_null(void)
{
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  assert_true(loop || f.kind != FAULT_NONE);
  return loop;
}

static void end_loop(struct uv_loop_s *loop)
{
  assert_true(loop_free(loop));
  traces_expect_no_child();
  traces_expect_alive(0, 2000);
}

static void count(void *who)
{
  ++*(unsigned *)who;
}

static bool counted(void *who)
{
  return *(unsigned *)who > 0;
}

/* -- loop, timers, signals, orphans -- */

static void loop_scenario(void)
{
  struct uv_loop_s *loop = loop_or_null();
  if (!loop)
    return;
  unsigned fired = 0;
  struct loop_timer *t = loop_timer_new(loop, count, &fired);
  loop_timer_start(t, 1);
  loop_run(loop);
  assert_int_equal(fired, 1);
  loop_timer_free(t);
  end_loop(loop);
}

static void input(void *who, const struct signal_news *n)
{
  (void)n;
  count(who);
}

static void signals_scenario(void)
{
  struct uv_loop_s *loop = loop_or_null();
  struct fault f = {0};
  unsigned heard_count = 0;
  if (!loop)
    return;
  struct signals *s = signals_open(loop, SIGNALS_ALL, input, &heard_count, &f);
  assert_true(s || f.kind != FAULT_NONE);
  if (s) {
    kill(getpid(), SIGTERM);
    loopback_wait(loop, counted, &heard_count);
    assert_int_equal(heard_count, 1);
  }
  signals_close(s);
  end_loop(loop);
}

static bool has_no_child(void *who)
{
  (void)who;
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0;
}

static void orphans_scenario(void)
{
  struct uv_loop_s *loop = loop_or_null();
  struct fault f = {0};
  if (!loop)
    return;
  bool open = orphans_open(loop, &f) == 0;
  assert_true(open || f.kind != FAULT_NONE);
  pid_t pid = fork();
  if (pid == 0)
    _exit(0);
  if (open)
    loopback_wait(loop, has_no_child, NULL);
  else
    assert_int_equal(waitpid(pid, NULL, 0), pid);
  orphans_close(loop);
  end_loop(loop);
}

/* -- processes -- */

struct watched {
  unsigned lines, ended, settled, closed;
};

static void on_line(void *who, struct span line)
{
  (void)line;
  ((struct watched *)who)->lines++;
}

static void on_too_long(void *who, size_t ceiling)
{
  (void)who, (void)ceiling;
}

static void on_end(void *who, const struct process_end *end)
{
  (void)end;
  ((struct watched *)who)->ended++;
}

static void on_settled(void *who, const struct process_end *end)
{
  (void)end;
  ((struct watched *)who)->settled++;
}

static void on_closed(void *who)
{
  ((struct watched *)who)->closed++;
}

static bool has_ended(void *who)
{
  return ((struct watched *)who)->ended > 0;
}

static bool has_settled(void *who)
{
  return ((struct watched *)who)->settled > 0;
}

static bool has_closed(void *who)
{
  return ((struct watched *)who)->closed > 0;
}

static struct child *spawn(struct uv_loop_s *loop, struct watched *w)
{
  static const struct child_calls calls = {on_line, on_too_long, on_end};
  struct fault f = {0};
  struct strv argv = {0}, env = traces_environment();
  struct buf input = buf_make(KIB);
  buf_add_text(&input, "one\n");
  strv_add(&argv, SPAN_LITERAL("sh"));
  strv_add(&argv, SPAN_LITERAL("-c"));
  strv_add(&argv, SPAN_LITERAL("cat; echo two; echo three >&2; exit 7"));
  struct child_setup setup = {.program = "/bin/sh",
                              .argv = &argv,
                              .env = &env,
                              .cwd = "/",
                              .input = &input,
                              .line_ceiling = KIB,
                              .drain_ms = 20};
  struct child *c = child_spawn(loop, &setup, &calls, w, &f);
  assert_true(c || f.kind != FAULT_NONE);
  strv_free(&argv);
  strv_free(&env);
  return c;
}

static void child_scenario(void)
{
  struct uv_loop_s *loop = loop_or_null();
  struct watched w = {0};
  if (!loop)
    return;
  struct child *c = spawn(loop, &w);
  if (c) {
    loopback_wait(loop, has_ended, &w);
    child_settle(c, true, on_settled);
    loopback_wait(loop, has_settled, &w);
    child_close(c, on_closed, &w);
    loopback_wait(loop, has_closed, &w);
  }
  end_loop(loop);
  assert_int_equal(w.ended, c != NULL);
  assert_int_equal(w.settled, c != NULL);
  assert_int_equal(w.closed, c != NULL);
}

static void command_over(void *who, struct helper_command_end *end)
{
  assert_non_null(end->output);
  ++*(unsigned *)who;
}

static void command_scenario(void)
{
  struct uv_loop_s *loop = loop_or_null();
  struct fault f = {0};
  unsigned done = 0;
  char sh[] = "/bin/sh", c[] = "-c", text[] = "cat; echo oops >&2; exit 3";
  char *argv[] = {sh, c, text, NULL};
  struct strv env = traces_environment();
  struct helper_command_setup setup = {.argv = argv,
                                       .env = env.at,
                                       .input = SPAN_LITERAL("in"),
                                       .output_ceiling = KIB,
                                       .deadline_ms = 3000};
  struct helper_command *cmd = NULL;
  if (loop) {
    cmd = helper_command_start(loop, &setup, command_over, &done, &f);
    assert_true(cmd || f.kind != FAULT_NONE);
    if (cmd)
      loopback_wait(loop, counted, &done);
    end_loop(loop);
  }
  assert_int_equal(done, cmd != NULL);
  strv_free(&env);
}

static void companion_over(void *who, int status)
{
  assert_int_equal(status, 9);
  ++*(unsigned *)who;
}

static void companion_scenario(void)
{
  struct uv_loop_s *loop = loop_or_null();
  struct fault f = {0};
  unsigned done = 0;
  char sh[] = "sh", c[] = "-c", text[] = "exit 9", *argv[] = {sh, c, text, NULL};
  struct strv env = traces_environment();
  struct companion *started = NULL;
  if (loop) {
    started = companion_start(loop, "/bin/sh", argv, env.at, companion_over, &done, &f);
    assert_true(started || f.kind != FAULT_NONE);
    if (started)
      loopback_wait(loop, counted, &done);
    end_loop(loop);
  }
  assert_int_equal(done, started != NULL);
  strv_free(&env);
}

/* -- writing -- */

static void writer_scenario(void)
{
  struct uv_loop_s *loop = loop_or_null();
  struct fault f = {0};
  unsigned ended = 0, drained = 0, gone = 0;
  int ends[2];
  char got[16] = "";
  if (!loop)
    return;
  assert_int_equal(pipe(ends), 0);
  struct fd_writer *w = fd_writer_open(loop, ends[1], count, count, &gone, &f);
  assert_true(w || f.kind != FAULT_NONE);
  if (w) {
    fd_writer_put(w, SPAN_LITERAL("hello\n"));
    loopback_run_ms(loop, 5);
    fd_writer_end(w, 500, count, &ended);
    loopback_wait(loop, counted, &ended);
    assert_int_equal(read(ends[0], got, sizeof got), 6);
  }
  close(ends[0]);
  close(ends[1]);
  end_loop(loop);
  assert_int_equal(ended, w != NULL);
  assert_int_equal(drained, 0);
  assert_in_range(gone, 0, 1);
}

/* -- HTTP, both sides -- */

static void on_request(void *who, struct http_exchange *x)
{
  struct http_answer a = {.status = 200, .content_type = "text/plain"};
  (void)who;
  if (!strcmp(http_exchange_request(x)->method.at, "POST"))
    assert_non_null(x);
  http_begin(x, &a, SPAN_LITERAL("\n"));
  (void)http_write(x, SPAN_LITERAL("one"));
  (void)http_write(x, SPAN_LITERAL("two"));
  http_end(x);
}

static void answered(void *who, struct http_client_answer *answer)
{
  assert_true(answer->fault || answer->status == 200);
  ++*(unsigned *)who;
}

static size_t piece_came(void *who, struct span piece)
{
  (void)who;
  assert_true(piece.len > 0);
  return piece.len;
}

static struct http_server *serve(struct uv_loop_s *loop)
{
  struct fault f = {0};
  struct http_server_setup setup = {.limits = {4096, 20, 4096},
                                    .connections = 4,
                                    .head_ms = 1000,
                                    .body_ms = 1000,
                                    .idle_ms = 1000,
                                    .write_stall_ms = 1000,
                                    .on_request = on_request};
  struct http_server *s = http_server_open(loop, "127.0.0.1", 0, &setup, &f);
  assert_true(s || f.kind != FAULT_NONE);
  return s;
}

/* Two requests one after the other, on one connection; the second in pieces. */
static void call_twice(struct uv_loop_s *loop, struct http_client *client, unsigned port)
{
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%u/x", port);
  struct http_call call = {.method = "POST",
                           .url = url,
                           .body = SPAN_LITERAL("{\"a\":1}"),
                           .connect_ms = 1000,
                           .total_ms = 1500,
                           .answer_ceiling = KIB};
  for (int i = 0; i < 2; i++) {
    struct fault f = {0};
    unsigned done = 0;
    call.on_piece = i == 1 ? piece_came : NULL;
    (void)url_check(span_of(url), &f);
    struct http_client_request *r = http_client_start(client, &call, answered, &done, &f);
    if (!r) {
      assert_int_not_equal(f.kind, FAULT_NONE);
      continue;
    }
    loopback_wait(loop, counted, &done);
    assert_int_equal(done, 1);
  }
}

/* -- a WebSocket, and a client by hand -- */

struct socket_state {
  struct ws_socket *socket;
  unsigned opened, closed;
  int client;
};

static void echo(void *who, struct span text)
{
  struct socket_state *s = who;
  (void)ws_socket_send(s->socket, text);
  ws_socket_wake(s->socket);
}

static void say_close(void *who)
{
  struct socket_state *s = who;
  ws_socket_close(s->socket, WS_NORMAL, "stop");
}

static void socket_closed(void *who, unsigned code, struct span reason)
{
  (void)reason;
  struct socket_state *s = who;
  assert_true(code == WS_NORMAL || code == WS_BROKEN);
  s->closed++;
}

static void open_socket(void *who, struct http_exchange *x)
{
  struct socket_state *s = who;
  struct ws_socket_setup setup = {.message_bytes = KIB,
                                  .ping_ms = 500,
                                  .close_ms = 500,
                                  .on_message = echo,
                                  .on_writable = say_close,
                                  .on_close = socket_closed,
                                  .who = s};
  s->socket = ws_socket_open(x, &setup);
  assert_non_null(s->socket);
  s->opened++;
}

static bool client_ended(void *who)
{
  const struct socket_state *s = who;
  char bytes[256];
  ssize_t n = recv(s->client, bytes, sizeof bytes, MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno != EAGAIN);
}

/* Says all it has to say at once: the request, a message, its close. */
static void talk_to(struct uv_loop_s *loop, struct socket_state *s, unsigned port)
{
  static const char words[] =
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
      "\x81\x82\0\0\0\0hi";
  static const char close_frame[] = "\x88\x82\0\0\0\0\x03\xe8";
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  s->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(s->client, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(send(s->client, words, sizeof words - 1, MSG_NOSIGNAL),
                   sizeof words - 1);
  for (int i = 0; i < 3; i++)
    uv_run(loop, UV_RUN_NOWAIT);
  (void)send(s->client, close_frame, sizeof close_frame - 1, MSG_NOSIGNAL);
  loopback_wait(loop, client_ended, s);
  close(s->client);
}

static void socket_scenario(void)
{
  struct uv_loop_s *loop = loop_or_null();
  struct fault f = {0};
  struct socket_state s = {0};
  unsigned server_closed = 0;
  if (!loop)
    return;
  struct http_server_setup setup = {.limits = {4096, 20, 4096},
                                    .connections = 4,
                                    .head_ms = 1000,
                                    .write_stall_ms = 1000,
                                    .on_request = open_socket,
                                    .who = &s};
  struct http_server *server = http_server_open(loop, "127.0.0.1", 0, &setup, &f);
  assert_true(server || f.kind != FAULT_NONE);
  unsigned port = server ? http_server_port(server) : 0;
  if (port > 0)
    talk_to(loop, &s, port);
  if (server) {
    http_server_close(server, count, &server_closed);
    loopback_wait(loop, counted, &server_closed);
  }
  end_loop(loop);
  assert_int_equal(server_closed, server != NULL);
  assert_int_equal(s.closed, s.opened);
}

static void http_scenario(void)
{
  struct uv_loop_s *loop = loop_or_null();
  struct fault f = {0};
  unsigned server_closed = 0, client_closed = 0;
  if (!loop)
    return;
  struct http_client_setup setup = {.loop = loop};
  struct http_client *client = http_client_open(&setup, &f);
  assert_true(client || f.kind != FAULT_NONE);
  struct http_server *server = serve(loop);
  if (server && client)
    call_twice(loop, client, http_server_port(server));
  if (server) {
    http_server_close(server, count, &server_closed);
    loopback_wait(loop, counted, &server_closed);
  }
  if (client) {
    http_client_close(client, count, &client_closed);
    loopback_wait(loop, counted, &client_closed);
  }
  end_loop(loop);
  assert_int_equal(server_closed, server != NULL);
  assert_int_equal(client_closed, client != NULL);
}

/* -- a whole run: bridge, agent, a tool run here -- */

static unsigned armed; /* the run's surroundings must stand before anything fails */

static void run_scenario(void)
{
  struct run_fixture d;
  struct fault f = {0};
  char script[1024];
  snprintf(script, sizeof script,
           "cat >/dev/null; printf '@init\\n@tool t {\"a\":1}\\n@text x\\n@result "
           "success\\n' | ASAN_OPTIONS=detect_leaks=0 '%s' \"$@\"",
           getenv("RUNLET_AGENT"));
  wrap_arm(0);
  run_fixture_open(&d, script);
  d.settings.tool_command = "cat";
  d.settings.deadlines.run_ms = 4000;
  d.settings.deadlines.tool_ms = 2000;
  struct run_request *req =
      run_fixture_request(",\"toolDescriptors\":[{\"name\":\"t\",\"description\":\"d\","
                          "\"inputSchema\":{\"type\":\"object\"}}]");
  wrap_arm(armed);
  struct run *r = run_new(&d.settings, req, &f);
  assert_true(r || f.kind != FAULT_NONE);
  if (r) {
    run_start(r, &d.sink.sink, run_fixture_over, &d);
    run_fixture_wait(&d, 1);
    assert_int_equal(d.over, 1);
    assert_int_equal(run_fixture_terminals(&d), 1);
    run_fixture_check(&d);
  }
  const char *failed = wrap_disarm();
  if (armed == 0) {
    if (!d.outcome.finished)
      fail_msg("%s", buf_cstring(&d.text));
  }
  run_fixture_close(&d);
  armed = failed ? armed + 1 : 0;
}

static void test_torture__a_run(void **state)
{
  (void)state;
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  armed = 0;
  run_scenario();
  unsigned before = traces_descriptors(), hit = 0;
  for (armed = 1; armed > 0 && armed < MOST_CALLS; hit++) {
    unsigned n = armed;
    run_scenario();
    if (traces_descriptors() != before)
      fail_msg("a run: call %u fails: descriptors", n);
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
      fail_msg("a run: call %u fails: memory is lost", n);
  }
  assert_int_equal(armed, 0);
  print_message("             a run: each of %u calls failed once\n", hit - 1);
}

static void test_torture__loop_and_timers(void **state)
{
  (void)state;
  torture("loop", loop_scenario);
}

static void test_torture__signals(void **state)
{
  (void)state;
  torture("signals", signals_scenario);
}

static void test_torture__orphans(void **state)
{
  (void)state;
  torture("orphans", orphans_scenario);
}

static void test_torture__child_and_keeper(void **state)
{
  (void)state;
  torture("child", child_scenario);
}

static void test_torture__command(void **state)
{
  (void)state;
  torture("command", command_scenario);
}

static void test_torture__companion(void **state)
{
  (void)state;
  torture("companion", companion_scenario);
}

static void test_torture__writer(void **state)
{
  (void)state;
  torture("writer", writer_scenario);
}

static void test_torture__http_server_and_client(void **state)
{
  (void)state;
  torture("http", http_scenario);
}

static void test_torture__web_socket(void **state)
{
  (void)state;
  torture("web socket", socket_scenario);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  signals_block();
  if (argc > 1) /* torture '*run*', and with TORTURE_TRACE=1: which call fails */
    cmocka_set_test_filter(argv[1]);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_torture__loop_and_timers),
      cmocka_unit_test(test_torture__signals),
      cmocka_unit_test(test_torture__orphans),
      cmocka_unit_test(test_torture__child_and_keeper),
      cmocka_unit_test(test_torture__command),
      cmocka_unit_test(test_torture__companion),
      cmocka_unit_test(test_torture__writer),
      cmocka_unit_test(test_torture__http_server_and_client),
      cmocka_unit_test(test_torture__web_socket),
      cmocka_unit_test(test_torture__a_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
