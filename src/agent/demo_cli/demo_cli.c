/* SPDX-License-Identifier: MIT */
/* demo_cli.c - an agent that never was: `demo --json`, one JSON object a line.
 *
 *   line                                           event
 *   {"type":"session","id"}                        CUSTOM demo-cli.session-id
 *   {"type":"text","text"}                         a piece of the text message
 *   {"type":"call","id","tool","input"}            a tool call
 *   {"type":"result","id","output"}                its result
 *   {"type":"done","usage":{"in","out"}}           kept: finish() decides with it  */
#include "agent/arguments.h"
#include "agent/harness.h"
#include "agent/harness_end.h"
#include "agent/prompt.h"
#include "event/event_session.h"

struct demo {
  bool done;
  struct event_usage usage;
};

static int demo_plan(void *state, const struct run_request *req,
                     const struct bridge_address *bridge, const struct plan_place *place,
                     struct process_plan *out, struct fault *f)
{
  (void)state, (void)bridge, (void)place;
  strv_add(&out->argv, SPAN_LITERAL("demo"));
  strv_add(&out->argv, SPAN_LITERAL("--json"));
  out->input = INPUT_ONCE;
  return prompt_write(req, "Demo", true, &out->first_input, f);
}

static void read_line(struct demo *d, const struct json *doc, struct agent_output *output)
{
  json_at root = json_root(doc), usage = json_get(root, "usage");
  struct span type = json_member_text(doc, root, "type");
  struct span id = json_member_text(doc, root, "id");
  if (span_is(type, "session")) {
    events_session(output->events, "demo-cli", &(struct event_session){.id = id});
  } else if (span_is(type, "text")) {
    events_text(output->events, json_member_text(doc, root, "text"));
  } else if (span_is(type, "call")) {
    events_tool_call(output->events, TOOL_NATIVE, id, json_member_text(doc, root, "tool"),
                     json_raw(json_get(root, "input")));
  } else if (span_is(type, "result")) {
    events_tool_result(output->events, id, json_member_text(doc, root, "output"), false);
  } else if (span_is(type, "done")) {
    d->done = true;
    d->usage = event_usage_none();
    d->usage.prompt = agent_input_count(usage, "in");
    d->usage.completion = agent_input_count(usage, "out");
    agent_hang_up(output);
  }
}

static int demo_on_input(void *state, const struct agent_input *input,
                         struct agent_output *output, struct fault *f)
{
  static const char *const raw[] = {"input", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct json *doc = agent_input_json(input->text, &rules, output->events, f);
  if (!doc)
    return -1;
  read_line(state, doc, output);
  json_free(doc);
  return 0;
}

static void demo_finish(void *state, const struct process_end *end,
                        struct agent_output *output)
{
  struct demo *d = state;
  if (d->done && process_end_is_clean(end))
    events_finish(output->events, "stop", &d->usage);
  else
    harness_fail_by_end(output->events, end);
}

static bool demo_succeeded(const void *state)
{
  return ((const struct demo *)state)->done;
}

const struct harness demo_cli_harness = {
    .id = "demo-cli",
    .program = "demo",
    .memory = sizeof(struct demo),
    .plan = demo_plan,
    .on_input = demo_on_input,
    .finish = demo_finish,
    .succeeded = demo_succeeded,
};
