/* SPDX-License-Identifier: MIT */
#include "scripted_agent.h"

#include <string.h>
#include <unistd.h>

/* Claude Code, `-p --output-format stream-json --include-partial-messages`. */
#define SESSION ",\"session_id\":\"scripted-session\"}"

static void claude_init(struct agent *a)
{
  const char *model = option(a, "--model");
  struct slice list = {a->mcp.list.at, a->mcp.list.len}, tool;
  char cwd[4096];

  say(a, "{\"type\":\"system\",\"subtype\":\"init\",\"cwd\":");
  if (!getcwd(cwd, sizeof(cwd)))
    cwd[0] = '\0';
  text_json(&a->out, cwd, strlen(cwd));
  say(a, ",\"model\":");
  text_json(&a->out, model ? model : "none", strlen(model ? model : "none"));
  say(a, ",\"tools\":[\"Bash\"");
  for (size_t i = 0; (tool = slice_element(list, i)).at; i++) {
    struct slice name = slice_member(tool, "name");

    say(a, ",\"mcp__");
    say(a, a->mcp.name.at);
    say(a, "__");
    text_add(&a->out, name.at + 1, name.len - 1);
  }
  say_line(a, "]" SESSION);
}

static void claude_event(struct agent *a, const char *event)
{
  say(a, "{\"type\":\"stream_event\",\"event\":{");
  say(a, event);
  say_line(a, "},\"parent_tool_use_id\":null" SESSION);
}

static void claude_text_open(struct agent *a, const char *kind)
{
  struct text event = {0};

  text_format(&event, "\"type\":\"message_start\",\"message\":{\"id\":\"msg_%u\"}",
              ++a->messages);
  claude_event(a, event.at);
  text_clear(&event);
  text_format(&event,
              "\"type\":\"content_block_start\",\"index\":0,\"content_block\":{"
              "\"type\":\"%s\",\"%s\":\"\"}",
              kind, kind);
  claude_event(a, event.at);
  text_free(&event);
}

static void claude_delta(struct agent *a, const char *kind, struct slice s)
{
  say(a, "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\","
         "\"index\":0,"
         "\"delta\":{\"type\":\"");
  say(a, kind);
  say(a, "_delta\",\"");
  say(a, kind);
  say(a, "\":");
  text_json(&a->out, s.at, s.len);
  say_line(a, "}},\"parent_tool_use_id\":null" SESSION);
}

static void claude_block(struct agent *a, const char *kind, struct slice whole)
{
  text_format(
      &a->out,
      "{\"type\":\"assistant\",\"message\":{\"id\":\"msg_%u\",\"role\":\"assistant\","
      "\"content\":[{\"type\":\"%s\",\"%s\":",
      a->messages, kind, kind);
  text_json(&a->out, whole.at, whole.len);
  say_line(a, "}]},\"parent_tool_use_id\":null" SESSION);
}

static void claude_text_close(struct agent *a, const char *kind, struct slice whole)
{
  claude_event(a, "\"type\":\"content_block_stop\",\"index\":0");
  if (whole.at)
    claude_block(a, kind, whole);
  claude_event(a, "\"type\":\"message_stop\"");
}

static void claude_tool_use(struct agent *a, struct slice name, struct slice args)
{
  text_format(
      &a->out,
      "{\"type\":\"assistant\",\"message\":{\"id\":\"msg_%u\",\"role\":\"assistant\","
      "\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_%u\",\"name\":",
      ++a->messages, ++a->tools);
  text_json(&a->out, name.at, name.len);
  say(a, ",\"input\":");
  text_add(&a->out, args.at, args.len);
  say_line(a, "}]},\"parent_tool_use_id\":null" SESSION);
}

static void claude_tool_result(struct agent *a, struct slice content, bool is_error)
{
  text_format(&a->out,
              "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{"
              "\"tool_use_id\":\"toolu_%u\",\"type\":\"tool_result\",%s\"content\":",
              a->tools, is_error ? "\"is_error\":true," : "");
  text_add(&a->out, content.at, content.len);
  say_line(a, "}]},\"parent_tool_use_id\":null" SESSION);
}

/* `is_error TEXT` is how the real one reports API errors: success, with is_error. */
static void claude_result(struct agent *a, struct slice subtype, struct slice text)
{
  bool flagged = slice_is(subtype, "is_error");
  bool well = flagged || slice_is(subtype, "success");

  a->resulted = true;
  say(a, "{\"duration_ms\":1,\"type\":\"result\",\"subtype\":");
  text_json(&a->out, flagged ? "success" : subtype.at, flagged ? 7 : subtype.len);
  say(a, well && !flagged ? ",\"is_error\":false" : ",\"is_error\":true");
  say(a, well ? ",\"result\":" : ",\"errors\":[");
  text_json(&a->out, text.at, text.len);
  say(a, well ? "" : "]");
  say_line(a, ",\"num_turns\":1,\"usage\":{\"input_tokens\":10,\"output_tokens\":5,"
              "\"cache_creation_input_tokens\":2,\"cache_read_input_tokens\":3},"
              "\"total_cost_usd\":0.01" SESSION);
}

/* The answer to --json-schema, as a result line. */
void do_structured(struct agent *a, struct slice rest)
{
  a->resulted = true;
  say(a, "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":");
  text_json(&a->out, rest.at, rest.len);
  say(a, ",\"structured_output\":");
  text_add(&a->out, rest.at, rest.len);
  say_line(
      a, ",\"num_turns\":1,\"usage\":{\"input_tokens\":10,\"output_tokens\":5}" SESSION);
}

void do_compact(struct agent *a, struct slice rest)
{
  (void)rest;
  say_line(a, "{\"type\":\"system\",\"subtype\":\"compact_boundary\","
              "\"compact_metadata\":{\"trigger\":\"auto\",\"pre_tokens\":1000}" SESSION);
  say_line(a, "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":"
              "\"This session is being continued: all of it.\"},"
              "\"isSynthetic\":true,\"parent_tool_use_id\":null" SESSION);
}

const struct format claude_format = {
    "claude",          claude_init,     claude_text_open,   claude_delta,
    claude_text_close, claude_tool_use, claude_tool_result, claude_result,
};
