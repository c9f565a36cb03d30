/* SPDX-License-Identifier: MIT */
/* agent.c - the agent CLI of the benchmark, under the name `claude`: Claude Code's
 * format, and only what is measured.
 *
 *   hello           one short text
 *   deltas N SIZE   N text deltas as fast as the pipe takes them (delta.h)
 *   pace N US       N deltas, one each US microseconds, each saying when it was written
 *   calls N WARM    WARM, then N tools/call on one connection; then the times of the N in
 *                   nanoseconds, as deltas.  A delta "mark" stands before and after the
 * N, with a pause, so that the reader can take the server's processor time
 *   load N C        the same N calls over C connections at once, raw (load.h), after N/4
 *                   to warm up; the delta after the marks is "rate <calls a second>"
 *   big BYTES       one call whose result is that long, between two marks
 *
 * The prompt on stdin is one of these lines.  All but hello ask the bridge for its tools
 * first, as the real one does. */
#include "../support/scripted_mcp.h"
#include "delta.h"
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OUT_ROOM = 65536, PER_LINE = 100, MARK_US = 100000, CALLS_MOST = 1000000 };

static char out[OUT_ROOM + 2 * DELTA_MOST];
static size_t out_len;

static uint64_t now_ns(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void flush(void)
{
  for (size_t sent = 0; sent < out_len;) {
    ssize_t n = write(STDOUT_FILENO, out + sent, out_len - sent);

    if (n < 0 && errno != EINTR)
      exit(9);
    sent += n > 0 ? (size_t)n : 0;
  }
  out_len = 0;
}

static void say(const char *text)
{
  size_t len = strlen(text);

  memcpy(out + out_len, text, len);
  out_len += len;
  if (out_len >= OUT_ROOM)
    flush();
}

static void say_delta(const char *text)
{
  say("{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\",\"index\":"
      "0,"
      "\"delta\":{\"type\":\"text_delta\",\"text\":\"");
  say(text);
  say("\"}},\"parent_tool_use_id\":null,\"session_id\":\"bench-session\"}\n");
}

static void begin(void)
{
  say("{\"type\":\"system\",\"subtype\":\"init\",\"cwd\":\"/\",\"model\":\"bench\","
      "\"tools\":[\"Bash\"],\"session_id\":\"bench-session\"}\n");
  flush();
  say("{\"type\":\"stream_event\",\"event\":{\"type\":\"message_start\",\"message\":{"
      "\"id\":\"msg_1\"}},\"parent_tool_use_id\":null,\"session_id\":\"bench-session\"}\n"
      "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_start\",\"index\":"
      "0,"
      "\"content_block\":{\"type\":\"text\",\"text\":\"\"}},\"parent_tool_use_id\":null,"
      "\"session_id\":\"bench-session\"}\n");
}

static void end(void)
{
  say("{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_stop\",\"index\":0}"
      ","
      "\"parent_tool_use_id\":null,\"session_id\":\"bench-session\"}\n"
      "{\"type\":\"stream_event\",\"event\":{\"type\":\"message_stop\"},"
      "\"parent_tool_use_id\":null,\"session_id\":\"bench-session\"}\n"
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":\"\","
      "\"num_turns\":1,\"usage\":{\"input_tokens\":1,\"output_tokens\":1},"
      "\"session_id\":\"bench-session\"}\n");
  flush();
}

static void deltas(unsigned long n, size_t size)
{
  char text[DELTA_MOST + 1];

  for (unsigned long i = 0; i < n; i++) {
    delta_write(text, i, size);
    say_delta(text);
  }
}

static void pace(unsigned long n, unsigned long us)
{
  uint64_t at = now_ns();
  char text[32];

  for (unsigned long i = 0; i < n; i++) {
    struct timespec until;

    at += us * 1000u;
    until = (struct timespec){(time_t)(at / 1000000000u), (long)(at % 1000000000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)now_ns());
    say_delta(text);
    flush();
  }
}

static void call(struct mcp *m, uint64_t *took)
{
  struct text content = {0};
  bool is_error;
  uint64_t began = now_ns();

  mcp_call(m, slice_of("echo"), slice_of("{\"text\":\"how are you\",\"n\":17}"), &content,
           &is_error);
  *took = now_ns() - began;
  if (is_error || !content.at || !strstr(content.at, "\"ok\"")) {
    fprintf(stderr, "bench agent: tools/call: %s\n", content.at ? content.at : "nothing");
    exit(8);
  }
  text_free(&content);
}

static void mark(void)
{
  usleep(MARK_US);
  say_delta("mark");
  flush();
  usleep(MARK_US);
}

static void calls(struct mcp *m, unsigned long n, unsigned long warm)
{
  uint64_t *took = n < CALLS_MOST ? calloc(n + 1, sizeof(*took)) : NULL;
  char text[DELTA_MOST + 1];

  if (!took)
    exit(7);
  for (unsigned long i = 0; i < warm; i++)
    call(m, took);
  mark();
  for (unsigned long i = 0; i < n; i++)
    call(m, took + i);
  mark();
  for (unsigned long i = 0; i < n;) {
    int len = 0;

    for (unsigned long last = i + PER_LINE; i < n && i < last; i++)
      len += snprintf(text + len, sizeof(text) - (size_t)len, "%llu,",
                      (unsigned long long)took[i]);
    say_delta(text);
  }
  free(took);
}

static void load(struct mcp *m, unsigned long n, unsigned long connections)
{
  static const char body[] =
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":"
      "\"echo\",\"arguments\":{\"text\":\"how are you\",\"n\":17}}}";
  char request[2048], text[64];
  struct load l = {.port = m->port,
                   .request = request,
                   .expect = "\"text\":\"ok\"",
                   .n = n / 4 + 1,
                   .connections = (unsigned)connections};

  snprintf(request, sizeof(request),
           "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: %s\r\n"
           "Content-Type: application/json\r\nAccept: application/json, "
           "text/event-stream\r\nContent-Length: %zu\r\n\r\n%s",
           m->path.at, m->port, m->token.at, strlen(body), body);
  if (!load_run(&l))
    exit(8);
  mark();
  l.n = n;
  if (!load_run(&l))
    exit(8);
  mark();
  snprintf(text, sizeof(text), "rate %.1f", (double)n * 1e9 / (double)l.elapsed_ns);
  say_delta(text);
}

static void big(struct mcp *m, unsigned long bytes)
{
  struct text content = {0};
  char args[64];
  bool is_error;

  mark();
  snprintf(args, sizeof(args), "{\"bytes\":%lu}", bytes);
  mcp_call(m, slice_of("echo"), slice_of(args), &content, &is_error);
  if (is_error || content.len < bytes) {
    fprintf(stderr, "bench agent: a result of %zu bytes: %.200s\n", content.len,
            content.at ? content.at : "nothing");
    exit(8);
  }
  text_free(&content);
  mark();
}

int main(int argc, char **argv)
{
  char prompt[256] = "", what[16] = "";
  unsigned long a = 0, b = 0;
  struct mcp m = {0};
  size_t have = 0;
  ssize_t n;

  while (have < sizeof(prompt) - 1 &&
         (n = read(STDIN_FILENO, prompt + have, sizeof(prompt) - 1 - have)) > 0)
    have += (size_t)n;
  sscanf(prompt, "%15s %lu %lu", what, &a, &b);
  for (int i = 1; i + 1 < argc; i++)
    if (strcmp(argv[i], "--mcp-config") == 0 && !mcp_config(&m, argv[i + 1]))
      fprintf(stderr, "bench agent: %s\n", m.error.at);
  if (strcmp(what, "hello") != 0 && !mcp_handshake(&m))
    return 7;
  begin();
  if (strcmp(what, "deltas") == 0 && b >= 8 && b <= DELTA_MOST)
    deltas(a, b);
  else if (strcmp(what, "pace") == 0)
    pace(a, b);
  else if (strcmp(what, "calls") == 0)
    calls(&m, a, b);
  else if (strcmp(what, "load") == 0 && b >= 1 && b <= LOAD_CONNECTIONS_MOST)
    load(&m, a, b);
  else if (strcmp(what, "big") == 0)
    big(&m, a);
  else if (strcmp(what, "hello") == 0)
    say_delta("hello");
  else
    return 64;
  end();
  return 0;
}
