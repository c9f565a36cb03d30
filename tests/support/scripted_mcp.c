/* SPDX-License-Identifier: MIT */
#include "scripted_mcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static bool mcp_fail(struct mcp *m, const char *what, const char *why)
{
  text_clear(&m->error);
  text_str(&m->error, what);
  if (why) {
    text_str(&m->error, ": ");
    text_str(&m->error, why);
  }
  if (m->fd > 0)
    close(m->fd);
  m->fd = 0;
  text_clear(&m->in);
  return false;
}

static bool mcp_url(struct mcp *m, const char *url)
{
  const char *host = strncmp(url, "http://", 7) == 0 ? url + 7 : NULL;
  const char *path = host ? strchr(host, '/') : NULL;
  const char *colon = host ? strchr(host, ':') : NULL;

  m->six = host && strncmp(host, "[::1]", 5) == 0;
  if (m->six)
    colon = strchr(host + 5, ':');
  if (!path || !colon || colon > path)
    return mcp_fail(m, "mcp-config: not a loopback URL", url);
  text_add(&m->host, host, (size_t)(path - host));
  text_str(&m->path, path);
  m->port = atoi(colon + 1);
  return true;
}

bool mcp_config(struct mcp *m, const char *file)
{
  struct text json = {0}, url = {0};
  struct slice servers, server;
  char part[4096];
  size_t got;
  bool ok;
  FILE *f = fopen(file, "r");

  if (!f)
    return mcp_fail(m, "mcp-config", strerror(errno));
  while ((got = fread(part, 1, sizeof(part), f)) > 0)
    text_add(&json, part, got);
  fclose(f);
  servers = slice_member((struct slice){json.at, json.len}, "mcpServers");
  if (!servers.at || servers.len < 4)
    return mcp_fail(m, "mcp-config: no mcpServers", file);
  for (size_t i = 2; i < servers.len && servers.at[i] != '"'; i++)
    text_add(&m->name, servers.at + i, 1);
  server = slice_member(servers, m->name.at ? m->name.at : "");
  slice_unquote(slice_member(server, "url"), &url);
  slice_unquote(slice_member(slice_member(server, "headers"), "Authorization"),
                &m->token);
  ok = url.at && mcp_url(m, url.at);
  text_free(&url);
  text_free(&json);
  return ok;
}

static bool mcp_connect(struct mcp *m)
{
  in_port_t port = htons((in_port_t)m->port);
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = port};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = port};
  struct sockaddr *to = m->six ? (struct sockaddr *)&six : (struct sockaddr *)&four;
  socklen_t size = m->six ? sizeof(six) : sizeof(four);
  int one = 1;

  if (m->fd > 0)
    return true;
  four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  six.sin6_addr = in6addr_loopback;
  m->fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (m->fd < 0 || connect(m->fd, to, size) < 0)
    return mcp_fail(m, "bridge: connect", strerror(errno));
  setsockopt(m->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  return true;
}

static bool mcp_read_more(struct mcp *m)
{
  static char part[65536];
  ssize_t got;

  do
    got = read(m->fd, part, sizeof(part));
  while (got < 0 && errno == EINTR);
  if (got <= 0)
    return mcp_fail(m, "bridge: connection closed", got < 0 ? strerror(errno) : NULL);
  text_add(&m->in, part, (size_t)got);
  return true;
}

static void mcp_consume(struct mcp *m, size_t n)
{
  memmove(m->in.at, m->in.at + n, m->in.len - n + 1);
  m->in.len -= n;
}

static bool mcp_take(struct mcp *m, size_t n, struct text *body)
{
  while (m->in.len < n)
    if (!mcp_read_more(m))
      return false;
  if (body)
    text_add(body, m->in.at, n);
  mcp_consume(m, n);
  return true;
}

/* One line without its CRLF. */
static bool mcp_line(struct mcp *m, struct text *line)
{
  const char *lf;

  text_clear(line);
  while (!m->in.at || !(lf = memchr(m->in.at, '\n', m->in.len)))
    if (!mcp_read_more(m))
      return false;
  text_add(line, m->in.at, (size_t)(lf - m->in.at));
  mcp_consume(m, line->len + 1);
  if (line->len && line->at[line->len - 1] == '\r')
    line->at[--line->len] = '\0';
  return true;
}

static bool mcp_chunked(struct mcp *m, struct text *body)
{
  struct text line = {0};
  unsigned long size;
  bool ok;

  do {
    ok = mcp_line(m, &line);
    size = ok ? strtoul(line.at, NULL, 16) : 0;
    ok = ok && mcp_take(m, size, body) && mcp_line(m, &line);
  } while (ok && size > 0);
  text_free(&line);
  return ok;
}

/* Of an event stream keep the message that answers; progress before it is dropped. */
static void mcp_sse_answer(struct text *body)
{
  struct text answer = {0};

  for (char *line = body->at, *next; line && *line; line = next) {
    next = strchr(line, '\n');
    size_t len = next ? (size_t)(next - line) : strlen(line);
    struct slice data = {line + 5, len > 5 ? len - 5 : 0};

    next = next ? next + 1 : line + len;
    if (strncmp(line, "data:", 5) == 0 && !slice_member(data, "method").at) {
      text_clear(&answer);
      text_add(&answer, data.at, data.len);
    }
  }
  text_clear(body);
  text_add(body, answer.at, answer.len);
  text_free(&answer);
}

static int mcp_answer(struct mcp *m, struct text *body)
{
  struct text line = {0};
  bool chunked = false, sse = false, closes = false, ok;
  size_t length = 0;
  int status;

  ok = mcp_line(m, &line);
  status = ok && line.len > 12 ? atoi(line.at + 9) : 0;
  while ((ok = ok && mcp_line(m, &line)) && line.len > 0) {
    if (strncasecmp(line.at, "content-length:", 15) == 0)
      length = strtoul(line.at + 15, NULL, 10);
    chunked = chunked || strcasecmp(line.at, "transfer-encoding: chunked") == 0;
    closes = closes || strcasecmp(line.at, "connection: close") == 0;
    sse = sse || strncasecmp(line.at, "content-type: text/event-stream", 31) == 0;
  }
  ok = ok && (chunked ? mcp_chunked(m, body) : mcp_take(m, length, body));
  text_free(&line);
  if (ok && sse)
    mcp_sse_answer(body);
  if (ok && closes) {
    close(m->fd);
    m->fd = 0;
    text_clear(&m->in);
  }
  return ok ? status : 0;
}

int mcp_post(struct mcp *m, const char *json, size_t len, struct text *reply)
{
  struct text out = {0};
  size_t sent = 0;

  text_clear(&m->error);
  text_clear(reply);
  if (!mcp_connect(m))
    return 0;
  text_str(&out, "POST ");
  text_str(&out, m->path.at);
  text_str(&out, " HTTP/1.1\r\nHost: ");
  text_str(&out, m->host.at);
  text_str(&out, "\r\nContent-Type: application/json\r\nAuthorization: ");
  text_str(&out, m->token.at ? m->token.at : "");
  text_str(&out, "\r\nAccept: application/json, text/event-stream\r\n");
  if (m->ready)
    text_str(&out, "MCP-Protocol-Version: 2025-11-25\r\n");
  text_format(&out, "Content-Length: %zu\r\n\r\n", len);
  text_add(&out, json, len);
  while (sent < out.len) {
    ssize_t n = send(m->fd, out.at + sent, out.len - sent, MSG_NOSIGNAL);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      mcp_fail(m, "bridge: send", strerror(errno));
      break;
    }
    sent += (size_t)n;
  }
  text_free(&out);
  return m->fd > 0 ? mcp_answer(m, reply) : 0;
}

static bool mcp_ask(struct mcp *m, const char *json, const char *what, int expected,
                    struct text *reply)
{
  int status = mcp_post(m, json, strlen(json), reply);

  if (status == expected)
    return true;
  if (status != 0) {
    text_clear(&m->error);
    text_format(&m->error, "bridge: %s answered %d", what, status);
  }
  return false;
}

bool mcp_handshake(struct mcp *m)
{
  struct text reply = {0};

  if (m->ready)
    return true;
  if (m->port == 0)
    return false;
  m->ready =
      mcp_ask(m,
              "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
              "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{"
              "\"name\":\"scripted\",\"version\":\"1\"}}}",
              "initialize", 200, &reply) &&
      mcp_ask(m, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
              "initialized", 202, &reply) &&
      mcp_ask(m, "{\"jsonrpc\":\"2.0\",\"id\":\"list-1\",\"method\":\"tools/list\"}",
              "tools/list", 200, &reply);
  if (m->ready) {
    struct slice result = slice_member((struct slice){reply.at, reply.len}, "result");
    struct slice tools = slice_member(result, "tools");

    text_clear(&m->list);
    text_add(&m->list, tools.at ? tools.at : "[]", tools.at ? tools.len : 2);
  }
  text_free(&reply);
  return m->ready;
}

void mcp_call(struct mcp *m, struct slice tool, struct slice args, struct text *content,
              bool *is_error)
{
  struct text ask = {0}, reply = {0};
  struct slice whole, result, error;
  int status = 0;

  *is_error = true;
  if (mcp_handshake(m)) {
    m->calls++;
    text_format(&ask, "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"tools/call\",",
                m->calls);
    text_str(&ask, "\"params\":{\"name\":");
    text_json(&ask, tool.at, tool.len);
    text_str(&ask, ",\"arguments\":");
    text_add(&ask, args.at, args.len);
    text_format(&ask, ",\"_meta\":{\"progressToken\":%u}}}", m->calls);
    status = mcp_post(m, ask.at, ask.len, &reply);
  }
  whole = (struct slice){reply.at, reply.len};
  result = slice_member(whole, "result");
  error = slice_member(slice_member(whole, "error"), "message");
  if (status == 200 && slice_member(result, "content").at) {
    struct slice list = slice_member(result, "content");

    *is_error = slice_is(slice_member(result, "isError"), "true");
    text_add(content, list.at, list.len);
  } else if (error.at) {
    text_add(content, error.at, error.len);
  } else {
    if (m->error.len == 0)
      text_format(&m->error, "bridge: tools/call answered %d", status);
    text_json(content, m->error.at, m->error.len);
  }
  text_free(&ask);
  text_free(&reply);
}
