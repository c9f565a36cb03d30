/* SPDX-License-Identifier: MIT */
/* bridge.c - who may come in, and where each request goes.
 *
 * Whatever can be answered at once is; a message that calls a tool becomes an mcp_post,
 * and the bridge keeps the posts until each has ended.  */
#include "bridge/bridge.h"

#include "base/ids.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/secret.h"
#include "http/http_host.h"
#include "http/http_server.h"
#include "mcp.h"
#include "mcp_message.h"
#include "mcp_post.h"
#include "mcp_reply.h"
#include "sessions.h"

#include <stdio.h>
#include <stdlib.h>

#define TOKEN_BYTES 32

struct bridge {
  struct bridge_setup setup;
  struct mcp_server mcp;
  struct http_server *server;
  char token[2 * TOKEN_BYTES + 1];
  char url[64];
  struct bridge_facts facts;
  struct sessions sessions;
  struct mcp_post **posts; /* those with calls under way */
  size_t post_count, post_capacity;
  bool *told; /* by the tool's index: on_unstructured was called */
  bool closing, server_closed;
  void (*closed)(void *who);
  void *who;
};

/* -- short answers -- */

static void reply_text(struct http_exchange *x, int status, const char *text,
                       const struct http_header *extra)
{
  struct http_answer a = {.status = status,
                          .content_type = "text/plain",
                          .headers = extra,
                          .header_count = extra ? 1 : 0};
  http_reply(x, &a, span_of(text));
}

static void reply_error(struct http_exchange *x, int status, int code, const char *text)
{
  struct buf json = buf_make(64 * KIB);
  struct http_answer a = {.status = status, .content_type = "application/json"};
  mcp_reply_error(&json, (struct span){0}, code, span_of(text), (struct span){0});
  http_reply(x, &a, buf_span(&json));
  buf_free(&json);
}

static void reply_accepted(struct http_exchange *x)
{
  /* Exactly this, without a type: codex gives up on anything else, others on a 204. */
  struct http_answer accepted = {.status = 202};
  http_reply(x, &accepted, (struct span){0});
}

/* -- who may come in: the head alone decides -- */

/* A web page must not get in by a name that was made to mean this machine. */
static bool is_from_here(const struct http_request *r)
{
  if (http_request_header_count(r, "host") > 0 &&
      !http_host_is_loopback(http_request_header(r, "host")))
    return false;
  return http_request_header_count(r, "origin") == 0 ||
         http_origin_is_loopback(http_request_header(r, "origin"));
}

static bool has_token(const struct bridge *b, const struct http_request *r)
{
  return http_request_header_count(r, "authorization") == 1 &&
         secret_is_bearer(http_request_header(r, "authorization"), span_of(b->token));
}

/* Whatever charset or other parameter follows. */
static bool is_json(struct span type)
{
  size_t n = 0;
  while (n < type.len && type.at[n] != ';')
    n++;
  return span_is_nocase(span_trim((struct span){type.at, n}), "application/json");
}

/* With a query or without. */
static bool is_endpoint(struct span target)
{
  size_t n = 0;
  while (n < target.len && target.at[n] != '?')
    n++;
  return span_is((struct span){target.at, n}, "/mcp");
}

/* An answer given here is the whole answer: the body is not waited for. */
static void on_head(void *who, struct http_exchange *x)
{
  static const struct http_header allow = {{"allow", 5}, {"POST", 4}};
  static const struct http_header bearer = {{"www-authenticate", 16}, {"Bearer", 6}};
  struct bridge *b = who;
  const struct http_request *r = http_exchange_request(x);
  b->facts.requests++;
  if (!is_from_here(r)) {
    reply_error(x, 403, MCP_UNSUPPORTED, "Forbidden: Host or Origin is not this machine");
  } else if (!is_endpoint(r->target)) {
    reply_text(x, 404, "not found", NULL);
  } else if (!span_is(r->method, "POST")) {
    /* Before the token: a GET that gets a 401 sends clients into OAuth. */
    reply_text(x, 405, "only POST", &allow);
  } else if (!has_token(b, r)) {
    b->facts.refused++;
    reply_text(x, 401, "unauthorized", &bearer);
  } else if (!is_json(http_request_header(r, "content-type"))) {
    reply_error(x, 415, MCP_UNSUPPORTED,
                "Unsupported Media Type: Content-Type must be application/json");
  }
}

/* -- calls under way -- */

static void bridge_may_close(struct bridge *b);

static void mcp_post_ended(void *who, struct mcp_post *p)
{
  struct bridge *b = who;
  size_t i = 0;
  while (b->posts[i] != p)
    i++;
  b->posts[i] = b->posts[--b->post_count];
  bridge_may_close(b);
}

static struct mcp_post *new_post(struct bridge *b, size_t parts, bool is_array,
                                 bool modern, int session)
{
  struct mcp_post_setup setup = {.loop = b->setup.loop,
                                 .route = b->setup.route,
                                 .hold_ms = b->setup.hold_ms,
                                 .progress_ms = b->setup.progress_ms,
                                 .parts = parts,
                                 .is_array = is_array,
                                 .modern = modern,
                                 .session = session,
                                 .on_end = mcp_post_ended,
                                 .who = b};
  return mcp_post_new(&setup);
}

/* A post without a call is answered and gone at once; the others are kept. */
static void start_post(struct bridge *b, struct mcp_post *p, struct http_exchange *x)
{
  if (!mcp_post_start(p, x))
    return;
  b->posts = mem_reserve(b->posts, b->post_count, &b->post_capacity, sizeof *b->posts);
  b->posts[b->post_count++] = p;
}

/* Clients without a session may use the same ids.  If the id of a cancel is open in two
 * of them nobody can tell whose it is, and nothing is cancelled. */
static void cancel(struct bridge *b, int session, struct span id)
{
  unsigned found = 0;
  for (size_t i = 0; i < b->post_count; i++)
    found += mcp_post_count(b->posts[i], session, id);
  if (found != 1)
    return;
  for (size_t i = 0; i < b->post_count; i++)
    if (mcp_post_count(b->posts[i], session, id))
      mcp_post_cancel(b->posts[i], id);
}

/* -- one message -- */

/* False: the session is not one of ours, and that was answered. */
static bool session_of(struct bridge *b, struct http_exchange *x, int *session)
{
  struct span id = http_request_header(http_exchange_request(x), "mcp-session-id");
  *session = sessions_index(&b->sessions, id);
  if (id.len == 0 || *session != SESSION_NONE)
    return true;
  reply_error(x, 404, -32001, "Session not found");
  return false;
}

/* A call becomes a post; everything else is answered on the spot. */
static void take_one(struct bridge *b, struct http_exchange *x, struct span body)
{
  const struct http_request *head = http_exchange_request(x);
  struct mcp_post_accepts accepts = mcp_post_accepts_read(head);
  struct mcp_taken t;
  int session = SESSION_NONE;
  mcp_take(&b->mcp, head, body, &t);
  if (!t.modern && !t.greeted && !session_of(b, x, &session)) {
    mcp_taken_free(&t);
    return;
  }
  b->facts.listed |= t.listed;
  if (t.greeted)
    session = sessions_mint(&b->sessions);
  if (t.verdict == MCP_CALL) {
    struct mcp_post *p = new_post(b, 1, false, t.modern, session);
    b->facts.calls++;
    mcp_post_add_call(p, &t.call);
    start_post(b, p, x);
  } else if (t.verdict == MCP_ANSWERED) {
    struct span minted =
        t.greeted ? sessions_id(&b->sessions, session) : (struct span){0};
    mcp_post_reply_whole(x, accepts, t.status, buf_span(&t.reply), minted);
  } else {
    if (t.verdict == MCP_CANCEL)
      cancel(b, session, buf_span(&t.call.id_json));
    reply_accepted(x);
  }
  mcp_taken_free(&t);
}

/* -- an array of messages (2025-03-26) -- */

/* How many messages; 0 and an answer if it cannot be served. */
static size_t count_elements(struct http_exchange *x, struct span body)
{
  static const char *const raw[] = {"params", NULL};
  const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  struct span version =
      span_trim(http_request_header(http_exchange_request(x), "mcp-protocol-version"));
  struct json *doc = json_parse(body, &rules, &f);
  size_t count = json_count(json_root(doc));
  if (!doc)
    reply_error(x, 400, MCP_PARSE_ERROR, "Parse error: the body is not valid JSON");
  else if (!mcp_takes_arrays(version))
    reply_error(x, 400, MCP_INVALID_REQUEST,
                "Invalid Request: this protocol version has no arrays of messages");
  else if (count == 0 || count > LIMIT_BRIDGE_BATCH)
    reply_error(x, 400, MCP_INVALID_REQUEST,
                "Invalid Request: an array must hold 1 to 256 messages");
  json_free(doc);
  return doc && mcp_takes_arrays(version) && count <= LIMIT_BRIDGE_BATCH ? count : 0;
}

/* All its calls share one post, and one answer. */
static void take_array(struct bridge *b, struct http_exchange *x, struct span body)
{
  int session;
  size_t count = count_elements(x, body);
  if (count == 0 || !session_of(b, x, &session))
    return;
  struct mcp_post *p = new_post(b, count, true, false, session);
  struct span rest = body, element;
  while (count-- > 0 && mcp_message_next(&rest, &element)) {
    struct mcp_taken t;
    mcp_take(&b->mcp, NULL, element, &t);
    b->facts.listed |= t.listed;
    if (t.verdict == MCP_CALL)
      b->facts.calls++;
    if (t.verdict == MCP_CALL)
      mcp_post_add_call(p, &t.call);
    else if (t.verdict == MCP_ANSWERED)
      mcp_post_add_reply(p, &t.reply);
    else if (t.verdict == MCP_CANCEL)
      cancel(b, session, buf_span(&t.call.id_json));
    mcp_taken_free(&t);
  }
  start_post(b, p, x);
}

static void on_request(void *who, struct http_exchange *x)
{
  struct bridge *b = who;
  struct buf body = http_exchange_body(x);
  if (!utf8_valid(buf_span(&body))) {
    struct buf repaired = buf_make(3 * LIMIT_BRIDGE_BODY_BYTES);
    (void)utf8_repair(buf_span(&body), &repaired);
    buf_free(&body);
    body = repaired;
  }
  if (mcp_message_is_array(buf_span(&body)))
    take_array(b, x, buf_span(&body));
  else
    take_one(b, x, buf_span(&body));
  buf_free(&body);
}

/* -- opening and closing -- */

static void unstructured(void *who, const struct tool *tool)
{
  struct bridge *b = who;
  bool *told = &b->told[tool - tools_at(b->setup.offer->tools, 0)];
  if (!*told && b->setup.on_unstructured)
    b->setup.on_unstructured(b->setup.who, tool);
  *told = true;
}

struct bridge *bridge_open(const struct bridge_setup *setup, struct fault *f)
{
  struct bridge *b = mem_new(sizeof *b);
  b->setup = *setup;
  if (!b->setup.hold_ms)
    b->setup.hold_ms = LIMIT_BRIDGE_HOLD_MS;
  if (!b->setup.progress_ms)
    b->setup.progress_ms = LIMIT_BRIDGE_PROGRESS_MS;
  b->mcp = (struct mcp_server){.name = setup->name,
                               .offer = setup->offer,
                               .legacy_only = setup->legacy_only,
                               .on_unstructured = unstructured,
                               .who = b};
  b->told = mem_new(tools_count(setup->offer->tools) + 1);
  struct http_server_setup server = {
      .limits = {LIMIT_HEADER_BYTES, LIMIT_HEADER_COUNT, LIMIT_BRIDGE_BODY_BYTES},
      .budget = setup->budget,
      .connections = LIMIT_BRIDGE_CONNECTIONS,
      .first_ms = LIMIT_FIRST_BYTE_MS,
      .head_ms = LIMIT_HEAD_MS,
      .body_ms = LIMIT_BODY_MS,
      .idle_ms = 0, /* a model may think for an hour between two calls */
      .write_stall_ms = LIMIT_WRITE_STALL_MS,
      .for_agents = true,
      .on_head = on_head,
      .on_request = on_request,
      .who = b};
  if (ids_token(b->token, TOKEN_BYTES, f) == 0)
    b->server = http_server_open(setup->loop, "127.0.0.1", 0, &server, f);
  struct fault ignored;
  bool six = !b->server && b->token[0]; /* a machine without IPv4 */
  if (six)
    b->server = http_server_open(setup->loop, "::1", 0, &server, &ignored);
  if (!b->server) {
    mem_wipe(b->token, sizeof b->token);
    free(b->told);
    free(b);
    return NULL;
  }
  /* Never "localhost": it may mean ::1 first, or go through a proxy. */
  snprintf(b->url, sizeof b->url, six ? "http://[::1]:%u/mcp" : "http://127.0.0.1:%u/mcp",
           http_server_port(b->server));
  return b;
}

struct bridge_address bridge_address(const struct bridge *b)
{
  return (struct bridge_address){b->setup.name, span_of(b->url), span_of(b->token)};
}

struct bridge_facts bridge_facts(const struct bridge *b)
{
  struct bridge_facts facts = b->facts;
  for (size_t i = 0; i < b->post_count; i++)
    facts.open_calls += mcp_post_open_calls(b->posts[i]);
  return facts;
}

/* The posts go first: their calls hold on to the route and the server. */
static void bridge_may_close(struct bridge *b)
{
  if (!b->closing || !b->server_closed || b->post_count > 0)
    return;
  void (*closed)(void *) = b->closed;
  void *who = b->who;
  free(b->posts);
  free(b->told);
  free(b);
  if (closed)
    closed(who);
}

static void server_closed(void *who)
{
  struct bridge *b = who;
  b->server_closed = true;
  bridge_may_close(b);
}

void bridge_close(struct bridge *b, void (*closed)(void *who), void *who)
{
  b->closing = true;
  b->closed = closed;
  b->who = who;
  mem_wipe(b->token, sizeof b->token);
  for (size_t i = 0; i < b->post_count; i++)
    mcp_post_cancel_all(b->posts[i]);
  http_server_close(b->server, server_closed, b);
}
