/* SPDX-License-Identifier: MIT */
/* arguments.c - values of the request on their way into argv.  CLIs have no common way to
 * say "this is a value", so a value that looks like an option is refused.  */
#include "agent/arguments.h"

#include "base/limits.h"

#include <stdint.h>
#include <string.h>

enum { TOOL_DEADLINE_MARGIN_MS = 30000 };

int arguments_check(struct span value, const char *field, const char *harness,
                    struct fault *f)
{
  if (value.len > LIMIT_ARGUMENT_BYTES)
    return fault_set(f, FAULT_TOO_BIG, "run request: %s is longer than %zu bytes", field,
                     LIMIT_ARGUMENT_BYTES);
  if (value.len == 0 || value.at[0] == '-')
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: %s must not be empty or begin with '-' for %s", field,
                     harness);
  if (memchr(value.at, 0, value.len))
    return fault_set(f, FAULT_BAD_INPUT, "run request: %s holds a NUL character", field);
  return 0;
}

int arguments_add(struct strv *argv, const char *option, struct span value,
                  const char *field, const char *harness, struct fault *f)
{
  if (arguments_check(value, field, harness, f) != 0)
    return -1;
  strv_add(argv, span_of(option));
  strv_add(argv, value);
  return 0;
}

void arguments_add_file(struct process_plan *plan, const struct plan_place *place,
                        const char *option, const char *name, struct buf *content)
{
  struct buf path = buf_make(LIMIT_ARGUMENT_BYTES);
  buf_add(&path, place->folder);
  buf_add_char(&path, '/');
  buf_add_text(&path, name);
  strv_add(&plan->argv, span_of(option));
  strv_add(&plan->argv, buf_span(&path));
  buf_free(&path);
  process_plan_add_file(plan, name, content);
}

unsigned arguments_tool_deadline_ms(const struct run_request *req)
{
  unsigned ms = req->deadlines.tool_ms > 0 ? req->deadlines.tool_ms : LIMIT_TOOL_MS;
  return ms < INT32_MAX - TOOL_DEADLINE_MARGIN_MS ? ms + TOOL_DEADLINE_MARGIN_MS
                                                  : INT32_MAX;
}

struct mcp_server arguments_bridge_server(const struct bridge_address *bridge,
                                          struct mcp_header *header, struct buf *text)
{
  (void)buf_reserve(text, bridge->token.len + 8);
  buf_add_text(text, "Bearer ");
  buf_add(text, bridge->token);
  *header =
      (struct mcp_header){.name = SPAN_LITERAL("Authorization"), .text = buf_span(text)};
  return (struct mcp_server){bridge->name, bridge->url, header, 1};
}
