/* SPDX-License-Identifier: MIT */
/* format_parts.c - scratch: text, tool calls with their origin, steps, the end.  */
#include "base/json_write.h"
#include "event/event_format.h"

static const char *const types[EVENT_KINDS] = {
    [EVENT_TEXT] = "text-delta",         [EVENT_TOOL_END] = "tool-call",
    [EVENT_TOOL_RESULT] = "tool-result", [EVENT_STEP_END] = "finish-step",
    [EVENT_RUN_FINISHED] = "finish",     [EVENT_RUN_ERROR] = "error",
};

static void format_write(void *state, const struct event_run *run, const struct event *e,
                         struct buf *out)
{
  (void)state;
  (void)run;
  if (!types[e->kind])
    return;
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", span_of(types[e->kind]));
  if (e->text.len > 0)
    json_put_text(&w, "text", e->text);
  if (e->call.len > 0) {
    json_put_raw(&w, "toolCallId", e->call);
    json_put_text(&w, "toolName", e->name);
    json_put_bool(&w, "providerExecuted", e->origin == TOOL_NATIVE);
  }
  json_close(&w, '}');
  buf_add_char(out, '\n');
}

const struct event_format event_format_parts = {
    .name = "parts", .is_wire = true, .overhead = 200, .write = format_write};
