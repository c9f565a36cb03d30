/* SPDX-License-Identifier: MIT */
/* ws_echo.c - a WebSocket server for clients of others: prints its port, sends back what
 * comes, until it is killed.
 *
 *   ws_echo [MESSAGE_BYTES [PING_MS]]
 *
 * "close CODE REASON" ends the socket so; "send N" sends a message of N bytes; "count N"
 * sends the numbers below N, one a message, as fast as the client takes them.  */
#include "base/limits.h"
#include "base/mem.h"
#include "http/http_server.h"
#include "http/ws_socket.h"
#include "io/loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
  struct ws_socket *socket;
  unsigned long count, told; /* of "count" */
};

static size_t message_bytes = LIMIT_WS_MESSAGE_BYTES;
static unsigned ping_ms;

static void tell_numbers(void *who)
{
  struct client *c = who;
  size_t backlog = 0;
  while (c->told < c->count && backlog < LIMIT_SINK_LOW_BYTES) {
    char text[32];
    snprintf(text, sizeof text, "%lu", c->told++);
    backlog = ws_socket_send(c->socket, span_of(text));
  }
  if (c->told < c->count)
    ws_socket_wake(c->socket);
}

static void send_letters(struct client *c, size_t len)
{
  char *text = mem_new(len + 1);
  for (size_t i = 0; i < len; i++)
    text[i] = (char)('a' + i % 26);
  (void)ws_socket_send(c->socket, (struct span){text, len});
  free(text);
}

static void on_message(void *who, struct span text)
{
  struct client *c = who;
  char words[128];
  snprintf(words, sizeof words, "%.*s", (int)(text.len < 100 ? text.len : 100), text.at);
  if (span_starts(text, "close ")) {
    char *reason = strchr(words + 6, ' ');
    ws_socket_close(c->socket, (unsigned)atoi(words + 6), reason ? reason + 1 : "");
  } else if (span_starts(text, "send ")) {
    send_letters(c, strtoul(words + 5, NULL, 10));
  } else if (span_starts(text, "count ")) {
    c->count = strtoul(words + 6, NULL, 10);
    ws_socket_wake(c->socket);
  } else {
    (void)ws_socket_send(c->socket, text);
  }
}

static void on_close(void *who, unsigned code, struct span reason)
{
  printf("closed %u %.*s\n", code, SPAN_ARG(reason));
  free(who);
}

static void on_request(void *who, struct http_exchange *x)
{
  (void)who;
  struct client *c = mem_new(sizeof *c);
  *c = (struct client){0};
  struct ws_socket_setup setup = {.message_bytes = message_bytes,
                                  .ping_ms = ping_ms,
                                  .close_ms = LIMIT_WS_CLOSE_MS,
                                  .on_message = on_message,
                                  .on_writable = tell_numbers,
                                  .on_close = on_close,
                                  .who = c};
  c->socket = ws_socket_open(x, &setup);
  if (!c->socket)
    free(c);
}

int main(int argc, char **argv)
{
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  struct http_server_setup setup = {
      .limits = {LIMIT_HEADER_BYTES, LIMIT_HEADER_COUNT, KIB},
      .connections = LIMIT_CONNECTIONS,
      .write_stall_ms = LIMIT_WRITE_STALL_MS,
      .on_request = on_request};
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc > 1)
    message_bytes = strtoul(argv[1], NULL, 10);
  if (argc > 2)
    ping_ms = (unsigned)atoi(argv[2]);
  struct http_server *server =
      loop ? http_server_open(loop, "127.0.0.1", 0, &setup, &f) : NULL;
  if (!server) {
    fprintf(stderr, "ws_echo: %s\n", f.text);
    return 1;
  }
  printf("%u\n", http_server_port(server));
  loop_run(loop);
  return 0;
}
