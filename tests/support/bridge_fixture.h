/* SPDX-License-Identifier: MIT */
/* bridge_fixture.h - for tests: a bridge with a host behind it, and what an agent says to
 * it. */
#ifndef SUPPORT_BRIDGE_FIXTURE_H
#define SUPPORT_BRIDGE_FIXTURE_H

#include "bridge/bridge.h"
#include "host.h"
#include "loopback.h"

struct bridge_fixture {
  uv_loop_t loop;
  struct host host;
  struct tools *tools;
  struct tool_offer offer;
  struct json *descriptors;
  struct tool_source source;
  struct tool_route route;
  struct bridge *bridge;
  unsigned port, closed;
};

/* Tools: echo, boom (fails at the host's will), mcp (resultFormat mcp), param
 * (x-mcp-header). */
void bridge_fixture_open(struct bridge_fixture *d, unsigned hold_ms, unsigned progress_ms,
                         bool legacy_only);
void bridge_fixture_close(struct bridge_fixture *d); /* asserts that the loop is dry */
void bridge_fixture_connect(struct bridge_fixture *d, struct loopback_client *agent);
/* A POST of `body` with the token and JSON; `headers`: more of them, each ended by \r\n,
 * NULL: Accept of both types. */
void bridge_fixture_post(struct bridge_fixture *d, struct loopback_client *agent,
                         const char *headers, const char *body);
/* The whole request as it is, with $TOKEN and $PORT put in. */
void bridge_fixture_send(struct bridge_fixture *d, struct loopback_client *agent,
                         const char *text);
/* Forgets what the agent got so far. */
void bridge_fixture_forget(struct loopback_client *agent);

#define BRIDGE_FIXTURE_BOTH "Accept: application/json, text/event-stream\r\n"
/* A tools/call with {"n":id} as its arguments, and what echo makes of it, from the id on;
 * `id` is raw JSON.  Good as long as quoted() texts are. */
const char *bridge_fixture_call(const char *id, const char *tool);
const char *bridge_fixture_echoed(const char *id);

#endif
