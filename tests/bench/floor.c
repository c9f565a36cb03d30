/* SPDX-License-Identifier: MIT */
/* floor.c - the least a program can do for one delta and for one tool call: read, find
 * the values in the JSON, write.  No checks, no limits, no grammar; what runlet costs
 * more is the price of those.
 *
 *   floor deltas                Claude's stream on stdin, one TEXT_MESSAGE_CONTENT a
 * delta floor calls PORT TOKEN      prints a port, serves MCP on one connection there,
 * and asks the orchestrator at PORT; ends with the connection */
#include "../support/scripted_text.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 16 };

static char in[ROOM + 1];

static void write_all(int fd, struct text *t)
{
  for (size_t sent = 0; sent < t->len;) {
    ssize_t n = write(fd, t->at + sent, t->len - sent);

    if (n <= 0)
      exit(9);
    sent += (size_t)n;
  }
  text_clear(t);
}

static struct slice at_path(struct slice object, const char *a, const char *b,
                            const char *c)
{
  struct slice v = slice_member(object, a);

  if (b)
    v = slice_member(v, b);
  return c ? slice_member(v, c) : v;
}

static int deltas(void)
{
  struct text out = {0};
  size_t have = 0;
  ssize_t n;

  while ((n = read(STDIN_FILENO, in + have, ROOM - have)) > 0) {
    char *line = in, *end;

    have += (size_t)n;
    while ((end = memchr(line, '\n', have - (size_t)(line - in))) != NULL) {
      struct slice whole = {line, (size_t)(end - line)};
      struct slice text = at_path(whole, "event", "delta", "text");

      if (text.at) {
        text_str(&out, "{\"type\":\"TEXT_MESSAGE_CONTENT\",\"timestamp\":0,"
                       "\"messageId\":\"msg_1\",\"delta\":");
        text_add(&out, text.at, text.len);
        text_str(&out, ",\"metadata\":{\"tanstack\":{\"model\":\"bench\"}}}\n");
      }
      line = end + 1;
    }
    if (out.len > 0)
      write_all(STDOUT_FILENO, &out);
    have -= (size_t)(line - in);
    memmove(in, line, have);
  }
  return 0;
}

/* One HTTP message from `fd`: its body, in `in`. */
static struct slice take(int fd)
{
  size_t have = 0;
  ssize_t n;

  while ((n = read(fd, in + have, ROOM - have)) > 0) {
    const char *head, *length;
    size_t body;

    have += (size_t)n;
    in[have] = '\0';
    head = strstr(in, "\r\n\r\n");
    length = strcasestr(in, "\r\ncontent-length:");
    if (!head || !length)
      continue;
    body = strtoul(length + 17, NULL, 10);
    if (have >= (size_t)(head + 4 - in) + body)
      return (struct slice){head + 4, body};
  }
  return (struct slice){0};
}

static void say(int fd, const char *head, struct text *body)
{
  static struct text out;
  char length[64];

  text_str(&out, head);
  snprintf(length, sizeof(length), "Content-Length: %zu\r\n\r\n", body->len);
  text_str(&out, length);
  text_add(&out, body->at ? body->at : "", body->len);
  write_all(fd, &out);
  text_clear(body);
}

static int connection(int port)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
    exit(1);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  return fd;
}

static int accept_one(void)
{
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t len = sizeof(at);
  int listener = socket(AF_INET, SOCK_STREAM, 0), fd, one = 1;

  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&at, len) < 0 || listen(listener, 4) < 0 ||
      getsockname(listener, (struct sockaddr *)&at, &len) < 0)
    exit(1);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  fd = accept(listener, NULL, NULL);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  return fd;
}

static void answer(int agent, struct slice message, int host, const char *post)
{
  static struct text body, id;
  struct slice method = slice_member(message, "method");
  struct slice own = slice_member(message, "id");
  bool call = method.at && strncmp(method.at, "\"tools/call\"", method.len) == 0;

  if (!own.at) {
    say(agent, "HTTP/1.1 202 Accepted\r\n", &body);
    return;
  }
  text_clear(&id);
  text_add(&id, own.at, own.len);
  if (call) {
    struct slice name = at_path(message, "params", "name", NULL);
    struct slice args = at_path(message, "params", "arguments", NULL);

    text_str(&body, "{\"name\":");
    text_add(&body, name.at, name.len);
    text_str(&body, ",\"args\":");
    text_add(&body, args.at, args.len);
    text_str(&body, "}");
    say(host, post, &body);
  }
  text_str(&body, "{\"jsonrpc\":\"2.0\",\"id\":");
  text_add(&body, id.at, id.len);
  if (call) {
    struct slice result = slice_member(take(host), "result");

    text_str(&body, ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":");
    text_add(&body, result.at, result.len);
    text_str(&body, "}],\"isError\":false}}");
  } else {
    text_str(&body, ",\"result\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{"
                    "\"tools\":{}},\"serverInfo\":{\"name\":\"floor\",\"version\":\"1\"},"
                    "\"tools\":[{\"name\":\"echo\",\"inputSchema\":{\"type\":\"object\"}}"
                    "]}}");
  }
  say(agent, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", &body);
}

static int calls(int port, const char *token)
{
  char post[512];
  int host = connection(port), agent;
  struct slice message;

  snprintf(post, sizeof(post),
           "POST / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
           "Content-Type: application/json\r\n",
           port, token);
  agent = accept_one();
  while ((message = take(agent)).at != NULL)
    answer(agent, message, host, post);
  return 0;
}

int main(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], "deltas") == 0)
    return deltas();
  if (argc == 4 && strcmp(argv[1], "calls") == 0)
    return calls(atoi(argv[2]), argv[3]);
  return 2;
}
