/* SPDX-License-Identifier: MIT */
/* host_bridge_read.c - whether it is a URL that can be called is asked where it is
 * called. */
#include "host_bridge_read.h"

#include "request/bridge_address.h"

bool host_bridge_name_good(struct span name)
{
  for (size_t i = 0; i < name.len; i++) {
    char c = name.at[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
      return false;
  }
  return name.len > 0 && name.len <= 64;
}

int host_bridge_read(const struct fields *r, json_at root, struct run_request *req)
{
  static const char where[] = "bridge.";
  struct host_bridge *b = &req->bridge;
  json_at o;
  if (fields_object(r, root, "", "bridge", &o) < 0)
    return -1;
  if (!o)
    return 0;
  b->name = SPAN_LITERAL(BRIDGE_NAME);
  if (fields_text(r, o, where, "name", &b->name) < 0 ||
      fields_text(r, o, where, "url", &b->url) < 0 ||
      fields_text(r, o, where, "token", &b->token) < 0 ||
      fields_bool(r, o, where, "direct", &b->direct) < 0)
    return -1;
  if (b->url.len == 0 || b->token.len == 0 || !fields_fits_header(b->token))
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: bridge.%s must be a non-empty string%s",
                     b->url.len == 0 ? "url" : "token",
                     b->url.len > 0 ? " that can be sent in a header" : "");
  if (!host_bridge_name_good(b->name))
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: bridge.name must be at most 64 letters, digits, '-' "
                     "and '_'");
  for (size_t i = 0; i < req->workspace.server_count; i++)
    if (span_equal(req->workspace.servers[i].name, b->name))
      return fault_set(r->f, FAULT_BAD_INPUT,
                       "run request: bridge.name is the name of an MCP server of "
                       "workspace.skills, too");
  if (b->direct && tools_count(req->tools) > 0 && span_is(b->name, BRIDGE_NAME))
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: bridge.name must not be \"" BRIDGE_NAME
                     "\" beside toolDescriptors: that is our own MCP server");
  return 0;
}
