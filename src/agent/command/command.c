/* SPDX-License-Identifier: MIT */
/* command.c - any program as an agent: harnessOptions.command, an array of strings.
 *
 * The prompt (system prompts and earlier turns before it, as for every agent) comes by
 * its stdin.  With tools, MCP_BRIDGE_URL and MCP_BRIDGE_TOKEN in its environment say
 * where their MCP server is: streamable HTTP, the token as a bearer.  Exit status 0 is
 * success.
 *
 * harnessOptions.output: "text" (the default): stdout is one message, told line by line;
 * "ndjson": each line is an event of our own stream (command_events.h).  A recorded
 * transcript does not say which it is: its first line decides.  */
#include "agent/harness.h"
#include "agent/harness_end.h"
#include "agent/prompt.h"
#include "base/json.h"
#include "base/limits.h"
#include "command_events.h"

enum output { OUTPUT_UNTOLD, OUTPUT_TEXT, OUTPUT_EVENTS };

struct command {
  enum output output;
  struct command_events told;
  bool spoken;         /* text: something went out */
  size_t blank_before; /* text: line ends held back until a line follows */
};

static int check_command(const struct run_request *req, struct fault *f)
{
  const struct spans *words = &req->harness_options.command;
  size_t sum = 0;
  for (size_t i = 0; i < words->count; i++)
    sum += words->at[i].len + 1;
  if (sum > LIMIT_ARGUMENT_BYTES)
    return fault_set(f, FAULT_TOO_BIG,
                     "run request: harnessOptions.command is longer than %zu bytes",
                     LIMIT_ARGUMENT_BYTES);
  return 0;
}

static int choose_output(struct command *c, struct span output, struct fault *f)
{
  c->output = OUTPUT_TEXT;
  if (span_is(output, "ndjson"))
    c->output = OUTPUT_EVENTS;
  else if (output.len > 0 && !span_is(output, "text"))
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: harnessOptions.output must be text or ndjson, not "
                     "\"%.*s\"",
                     SPAN_ARG(span_cut_utf8(output, LIMIT_SHOWN_BYTES)));
  return 0;
}

static int command_plan(void *state, const struct run_request *req,
                        const struct bridge_address *bridge,
                        const struct plan_place *place, struct process_plan *out,
                        struct fault *f)
{
  static const struct prompt_rules rules = {.adapter = "Command", .system_first = true};
  const struct spans *words = &req->harness_options.command;
  struct command *c = state;
  (void)place;
  c->told.tools = req->tools;
  if (choose_output(c, req->harness_options.output, f) != 0 ||
      check_command(req, f) != 0 || prompt_write(req, &rules, &out->first_input, f) != 0)
    return -1;
  out->input = INPUT_ONCE;
  for (size_t i = 0; i < words->count; i++)
    strv_add(&out->argv, words->at[i]);
  if (bridge) {
    strv_set_env(&out->env, "MCP_BRIDGE_URL", bridge->url);
    strv_set_env(&out->env, "MCP_BRIDGE_TOKEN", bridge->token);
  }
  return 0;
}

/* Blank lines before the first and after the last are left out, and the last line's end:
 * how the output was cut into reads cannot be seen. */
static void on_text(struct command *c, struct span line, struct events *events)
{
  static const struct span ends = SPAN_LITERAL("\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
  if (line.len == 0) {
    c->blank_before += c->spoken;
    return;
  }
  for (; c->blank_before > ends.len; c->blank_before -= ends.len)
    events_text(events, ends);
  struct buf text = buf_make(LIMIT_EVENT_LINE_BYTES);
  buf_add(&text, (struct span){ends.at, c->blank_before});
  buf_add(&text, line);
  events_text(events, buf_span(&text));
  buf_free(&text);
  c->spoken = true;
  c->blank_before = 1;
}

/* Of a recorded transcript: an object with a type is an event. */
static enum output guess(struct span line)
{
  struct fault ignored = {0};
  struct json *doc = json_parse(line, NULL, &ignored);
  bool event = json_kind(json_get(json_root(doc), "type")) == JSON_STRING;
  json_free(doc);
  return event ? OUTPUT_EVENTS : OUTPUT_TEXT;
}

static int command_on_input(void *state, const struct agent_input *h,
                            struct agent_output *output, struct fault *f)
{
  struct command *c = state;
  bool blank = span_trim(h->text).len == 0;
  if (c->output == OUTPUT_UNTOLD && !blank)
    c->output = guess(h->text);
  if (c->output != OUTPUT_EVENTS) {
    on_text(c, h->text, output->events);
    return 0;
  }
  if (blank)
    return 0;
  enum command_outcome before = c->told.outcome;
  int rc = command_events_read(&c->told, h->text, output->events, f);
  if (before != c->told.outcome)
    agent_hang_up(output);
  return rc;
}

static void command_finish(void *state, const struct process_end *end,
                           struct agent_output *output)
{
  struct command *c = state;
  struct command_events *told = &c->told;
  struct span code = buf_span(&told->code), message = buf_span(&told->message);
  struct process_end told_end = *end;
  told_end.forced &= told->outcome == COMMAND_FINISHED; /* else it was cut short */
  command_events_flush(told, output->events);
  events_usage(output->events, told->has_usage ? &told->usage : NULL);
  if (told->outcome == COMMAND_FAILED)
    events_fail(output->events, code.len > 0 ? code : SPAN_LITERAL("agent-error"),
                message.len > 0 ? message
                                : SPAN_LITERAL("The command reported an error"));
  else if (process_end_is_clean(&told_end)) {
    agent_warn_if_silent(output->events);
    events_finish(output->events, told->reason ? told->reason : "stop",
                  told->has_usage ? &told->usage : NULL);
  } else
    harness_fail_by_end(output->events, end);
}

static void command_free(void *state)
{
  command_events_free(&((struct command *)state)->told);
}

/* The exit status is the outcome; an error told before it wins. */
static bool command_succeeded(const void *state)
{
  return ((const struct command *)state)->told.outcome != COMMAND_FAILED;
}

/* Text tells no tool call. */
static unsigned command_counts(const struct run_request *req)
{
  return span_is(req->harness_options.output, "ndjson") ? 1 << BUDGET_TOOL_CALLS : 0;
}

const struct harness command_harness = {
    .id = "command",
    .blank_lines = true,
    .takes = TAKES_OUTPUT,
    .counts_for = command_counts,
    .memory = sizeof(struct command),
    .plan = command_plan,
    .on_input = command_on_input,
    .finish = command_finish,
    .free = command_free,
    .succeeded = command_succeeded,
};
