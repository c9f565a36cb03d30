/* SPDX-License-Identifier: MIT */
/* bridge_fixture.c - see bridge_fixture.h. */
#include "bridge_fixture.h"

#include "base/limits.h"
#include "quoted.h"
#include "tool/tool_http.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const char descriptors[] =
    "[{'name':'echo','description':'gives back its arguments','inputSchema':"
    "{'type':'object','properties':{'n':{'maximum':123456789012345678901}}}},"
    "{'name':'boom','annotations':{'readOnlyHint':true}},"
    "{'name':'mcp','resultFormat':'mcp'},"
    "{'name':'param','inputSchema':{'type':'object','properties':{"
    "'region':{'type':'string','x-mcp-header':'Region'}}}}]";

static void read_tools(struct bridge_fixture *d)
{
  static const char *const raw[] = {"inputSchema", "outputSchema", "annotations", NULL};
  const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  static char text[sizeof descriptors]; /* borrowed by the tools */
  memcpy(text, quoted("%s", descriptors), sizeof text);
  d->descriptors = json_parse(span_of(text), &rules, &f);
  d->tools = tools_read(d->descriptors, json_root(d->descriptors), &f);
  assert_non_null(d->tools);
}

void bridge_fixture_open(struct bridge_fixture *d, unsigned hold_ms, unsigned progress_ms,
                         bool legacy_only)
{
  struct fault f = {0};
  *d = (struct bridge_fixture){0};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
  host_open(&d->host, &d->loop);
  read_tools(d);
  d->source = (struct tool_source){.loop = &d->loop,
                                   .client = d->host.client,
                                   .url = span_of(d->host.url),
                                   .token = SPAN_LITERAL("host-token"),
                                   .run_id = SPAN_LITERAL("run-1"),
                                   .answer_ceiling = LIMIT_TOOL_ANSWER_BYTES};
  d->route = (struct tool_route){.loop = &d->loop, .timeout_ms = 60000};
  assert_int_equal(tool_http_claim(&d->source, &d->route.executor, &f), 1);
  d->offer = tool_offer_make(d->tools, 0, "agent");
  struct bridge_setup setup = {.loop = &d->loop,
                               .name = SPAN_LITERAL("host"),
                               .offer = &d->offer,
                               .route = &d->route,
                               .hold_ms = hold_ms,
                               .progress_ms = progress_ms,
                               .legacy_only = legacy_only};
  d->bridge = bridge_open(&setup, &f);
  assert_non_null(d->bridge);
  struct span url = bridge_address(d->bridge).url;
  assert_true(span_starts(url, "http://127.0.0.1:"));
  d->port = (unsigned)strtoul(url.at + strlen("http://127.0.0.1:"), NULL, 10);
}

static void closed(void *who)
{
  struct bridge_fixture *d = who;
  d->closed++;
}

static bool is_closed(void *who)
{
  struct bridge_fixture *d = who;
  return d->closed > 0;
}

void bridge_fixture_close(struct bridge_fixture *d)
{
  bridge_close(d->bridge, closed, d);
  assert_int_equal(d->closed, 0); /* on a later turn */
  loopback_wait(&d->loop, is_closed, d);
  host_close(&d->host);
  tool_offer_free(&d->offer);
  tools_free(d->tools);
  json_free(d->descriptors);
  loopback_loop_close(&d->loop);
  assert_int_equal(d->closed, 1);
}

void bridge_fixture_connect(struct bridge_fixture *d, struct loopback_client *agent)
{
  loopback_connect(agent, &d->loop, d->port);
}

static void put_filled(struct buf *out, const struct bridge_fixture *d, const char *text)
{
  for (; *text; text++) {
    if (!strncmp(text, "$TOKEN", 6)) {
      buf_add(out, bridge_address(d->bridge).token);
      text += 5;
    } else if (!strncmp(text, "$PORT", 5)) {
      buf_addf(out, "%u", d->port);
      text += 4;
    } else {
      buf_add_char(out, *text);
    }
  }
}

void bridge_fixture_send(struct bridge_fixture *d, struct loopback_client *agent,
                         const char *text)
{
  struct buf whole = buf_make(256 * (size_t)MIB);
  put_filled(&whole, d, text);
  loopback_send(agent, buf_cstring(&whole), 0);
  buf_free(&whole);
}

void bridge_fixture_post(struct bridge_fixture *d, struct loopback_client *agent,
                         const char *headers, const char *body)
{
  struct buf whole = buf_make(256 * (size_t)MIB);
  put_filled(&whole, d,
             "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\n"
             "Authorization: Bearer $TOKEN\r\nContent-Type: application/json\r\n");
  buf_add_text(&whole, headers ? headers : BRIDGE_FIXTURE_BOTH);
  buf_addf(&whole, "Content-Length: %zu\r\n\r\n", strlen(body));
  buf_add_text(&whole, body);
  loopback_send(agent, buf_cstring(&whole), 0);
  buf_free(&whole);
}

void bridge_fixture_forget(struct loopback_client *agent)
{
  buf_clear(&agent->got);
}

const char *bridge_fixture_call(const char *id, const char *tool)
{
  return quoted("{'jsonrpc':'2.0','id':%s,'method':'tools/call','params':"
                "{'name':'%s','arguments':{'n':%s}}}",
                id, tool, id);
}

const char *bridge_fixture_echoed(const char *id)
{
  return quoted("'id':%s,'result':{'content':[{'type':'text','text':'{\\'n\\':%s}'}]}}",
                id, id);
}
