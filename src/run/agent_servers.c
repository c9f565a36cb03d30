/* SPDX-License-Identifier: MIT */
/* agent_servers.c - the values of secrets are put in, and everything is copied: what a
 * harness gets is wiped with the run. */
#include "agent_servers.h"

#include "base/limits.h"
#include "http/url.h"
#include "request/bridge_address.h"

#include <stdlib.h>

/* -- headers -- */

/* The bytes of a name and of a value that cannot end the line. */
static bool is_header(const struct mcp_header *h)
{
  for (size_t i = 0; i < h->name.len; i++)
    if (h->name.at[i] <= ' ' || h->name.at[i] >= 0x7f || h->name.at[i] == ':')
      return false;
  for (size_t i = 0; i < h->text.len; i++)
    if ((unsigned char)h->text.at[i] < ' ' || h->text.at[i] == 0x7f)
      return false;
  return h->name.len > 0 && h->name.len + h->text.len <= LIMIT_TOKEN_BYTES;
}

static struct span copy(struct agent_servers *a, struct span s)
{
  return (struct span){arena_copy(a->text, s), s.len};
}

static int resolve_header(struct agent_servers *a, const struct strv *runner,
                          const struct mcp_header *asked, struct mcp_header *out,
                          struct fault *f)
{
  char *secret = span_copy(asked->secret);
  struct span value =
      span_trim(asked->secret.len > 0 ? span_of(strv_env(runner, secret)) : asked->text);
  struct buf text = buf_make(LIMIT_TOKEN_BYTES);
  (void)buf_reserve(&text, value.len + 8); /* one that grows leaves the value behind */
  buf_add_text(&text, asked->bearer ? "Bearer " : "");
  buf_add(&text, value);
  struct mcp_header whole = {.name = asked->name, .text = buf_span(&text)};
  int rc = 0;
  if (text.overflowed || !is_header(&whole))
    rc = fault_set(f, FAULT_BAD_INPUT,
                   "run request: workspace.skills: header \"%.*s\" cannot be sent",
                   SPAN_ARG(span_cut_utf8(asked->name, 100)));
  *out = (struct mcp_header){.name = copy(a, whole.name), .text = copy(a, whole.text)};
  buf_wipe(&text);
  free(secret);
  return rc;
}

/* -- servers -- */

static void leave_out(struct agent_servers *a, struct span name, const char *why)
{
  buf_addf(&a->left_out, "%sMCP server \"%.*s\" is left out: %s",
           a->left_out.len > 0 ? "; " : "", SPAN_ARG(span_cut_utf8(name, 100)), why);
}

static int resolve(struct agent_servers *a, const struct strv *runner,
                   const struct mcp_server *asked, struct fault *f)
{
  struct mcp_server *out = a->list.at;
  while (out < a->list.at + a->list.count && !span_equal(out->name, asked->name))
    out++;
  a->list.count += out == a->list.at + a->list.count;
  *out = (struct mcp_server){.name = copy(a, asked->name), .url = copy(a, asked->url)};
  out->headers = arena_new(a->text, asked->header_count * sizeof *out->headers);
  for (; out->header_count < asked->header_count; out->header_count++)
    if (resolve_header(a, runner, &asked->headers[out->header_count],
                       &out->headers[out->header_count], f) < 0)
      return -1;
  return 0;
}

static int take_skill(struct agent_servers *a, const struct strv *runner,
                      const struct mcp_server *s, bool taken, struct fault *f)
{
  struct fault why = {0};
  if (span_is(s->name, BRIDGE_NAME))
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: workspace.skills: an MCP server must not be named "
                     "\"" BRIDGE_NAME "\": that is our own");
  if (!taken)
    leave_out(a, s->name, "this harness can be given none");
  else if (!host_bridge_name_good(s->name))
    leave_out(a, s->name, "its name must be at most 64 letters, digits, '-' and '_'");
  else if (url_check(s->url, &why) == 0)
    return resolve(a, runner, s, f);
  else
    leave_out(a, s->name, ((void)fault_prefix(&why, "url"), why.text));
  return 0;
}

/* Else it stands in the place of our own (resources.c). */
static bool is_beside(const struct run_request *req)
{
  return req->bridge.direct && tools_count(req->tools) > 0;
}

static int take_bridge(struct agent_servers *a, const struct strv *runner,
                       const struct run_request *req, bool taken, struct fault *f)
{
  const struct host_bridge *b = &req->bridge;
  struct mcp_header token = {
      .name = SPAN_LITERAL("Authorization"), .text = b->token, .bearer = true};
  const struct mcp_server direct = {b->name, b->url, &token, 1};
  if (!taken)
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: bridge.direct beside toolDescriptors is not supported "
                     "by harness %.*s",
                     SPAN_ARG(req->harness));
  return resolve(a, runner, &direct, f);
}

int agent_servers_resolve(const struct strv *runner, const struct run_request *req,
                          bool taken, struct agent_servers *out, struct fault *f)
{
  const struct workspace_plan *plan = &req->workspace;
  *out = (struct agent_servers){.left_out = buf_make(LIMIT_ERROR_MESSAGE_BYTES)};
  if (req->bridge.direct && url_check(req->bridge.url, f) < 0)
    return fault_prefix(f, "run request: bridge.url");
  if (plan->server_count > LIMIT_MCP_SERVERS)
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: workspace.skills holds more than %d MCP servers",
                     LIMIT_MCP_SERVERS);
  if (plan->server_count == 0 && !is_beside(req))
    return 0;
  out->text = arena_take();
  out->list.at = arena_new(out->text, (plan->server_count + 1) * sizeof *out->list.at);
  for (size_t i = 0; i < plan->server_count; i++)
    if (take_skill(out, runner, &plan->servers[i], taken, f) < 0)
      return -1;
  return is_beside(req) ? take_bridge(out, runner, req, taken, f) : 0;
}

void agent_servers_free(struct agent_servers *a)
{
  if (a->text)
    arena_wipe(a->text);
  arena_give(a->text);
  buf_free(&a->left_out);
  *a = (struct agent_servers){0};
}
