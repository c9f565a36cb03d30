/* SPDX-License-Identifier: MIT */
/* claude_code.c - Claude Code (`claude -p --output-format stream-json`), seen with
 * 2.1.332: what it says, and what of it goes out.  One JSON object a line:
 *
 *   line                                  event
 *   system/init (each time)               CUSTOM claude-code.session-id
 *   stream_event (Messages API)
 *     message_start                       the id of the message that streams from now on
 *     content_block_start                 text, thinking: a message of that kind opens
 *     content_block_delta                 of that kind: its delta; input_json, signature:
 *                                         nothing
 *     content_block_stop                  it closes
 *     abandoned_blocks, beside any        CUSTOM runlet.message-abandoned, once for each
 *                                         message from that block on
 *   assistant, text and thinking blocks   whole messages, unless their message streamed
 *   assistant, tool_use block             a tool call; "mcp__<bridge>__" is cut off its
 *                                         name
 *   user, tool_result block               its result; text only, images are lost
 *   system/api_retry                      warning agent-retries
 *   system/background_tasks_changed, task_started, task_notification
 *                                         what is open holds the end (agent_tasks())
 *   result                                kept (claude_code_result.h): finish() decides
 *   anything else                         nothing
 *
 * Lines of sub-agents (parent_tool_use_id not null; a missing one is null) are dropped,
 * as TanStack's runner does.  Claude Code prints one `assistant` line for each content
 * block, all with the message's id.  A tool can run and its `user` line be printed
 * before the message_stop of the message that called it.
 *
 * A message that breaks off is begun again, or gone on with, in a new one.  Claude Code
 * says which of its blocks are void; older versions only by a made-up `user` line, and
 * then it is those that never came as an `assistant` line.  So is an `assistant` line
 * with an `error`, if a message follows it before the result.  */
#include "agent/harness.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "claude_code_plan.h"
#include "claude_code_result.h"
#include "claude_code_tasks.h"
#include "claude_tools.h"
#include "event/event_session.h"
#include "event/seen_ids.h"

#include <limits.h>
#include <stdlib.h>

enum block { BLOCK_OTHER, BLOCK_TEXT, BLOCK_THINKING };

/* A message of ours that was opened for a block of the agent's message. */
struct opened {
  unsigned long long index; /* of the block */
  struct buf id;            /* as JSON */
  bool whole;               /* its `assistant` line came */
};

struct claude {
  struct claude_tools offered; /* the run's host tools; none in a transcript */
  bool compared;               /* with what the agent has */
  struct buf prefix;           /* of bridged tools' names; empty: the default's */
  struct buf message;          /* the message that streams now */
  struct seen_ids streamed;    /* ids of all that did */
  enum block block;            /* what streams now */
  struct opened *opened;       /* for the message that streams now */
  size_t opened_count, opened_capacity;
  struct buf failed; /* the id of an assistant line with an error, as JSON */
  struct claude_tasks tasks;
  struct claude_result result;
  struct buf value_call; /* the id of the call whose input is the value */
};

#define DEFAULT_PREFIX "mcp__" BRIDGE_NAME "__"
/* The tool that --json-schema brings; what it is called with is the answer. */
#define VALUE_TOOL "StructuredOutput"

/* Kept as the agent's own bytes: what is passed on, and what is bulky and not read. */
static const char *const raw_members[] = {"input",           "tools",           "skills",
                                          "tool_use_result", CLAUDE_RESULT_RAW, NULL};

struct line { /* what the functions below share */
  struct claude *c;
  struct json *doc;
  struct events *events;
  struct agent_output *output;
};

static bool is(const struct line *l, json_at object, const char *key, const char *value)
{
  return span_is(json_member_text(l->doc, object, key), value);
}

/* Without an address where it is absent, so that the event leaves it out. */
static struct span given_text(const struct line *l, json_at object, const char *key)
{
  return json_text(l->doc, json_get(object, key), (struct span){0});
}

static void on_init(const struct line *l, json_at root)
{
  const struct event_session session = {.id = given_text(l, root, "session_id"),
                                        .model = given_text(l, root, "model"),
                                        .tools_json = json_raw(json_get(root, "tools")),
                                        .skills_json =
                                            json_raw(json_get(root, "skills"))};
  events_session(l->events, "claude-code", &session);
  if (!l->c->compared)
    claude_tools_compare(&l->c->offered, l->doc, root, l->events);
  l->c->compared = true;
}

/* -- the Messages API's events -- */

static void forget_opened(struct claude *c)
{
  for (size_t i = 0; i < c->opened_count; i++)
    buf_free(&c->opened[i].id);
  c->opened_count = 0;
}

/* A message was opened for this block; more than a message has are not noted. */
static void note_opened(const struct line *l, json_at event)
{
  struct claude *c = l->c;
  struct opened o = {.id = buf_make(LIMIT_EVENT_LINE_BYTES)};
  if (c->opened_count >= LIMIT_OPEN_BLOCKS)
    return;
  json_whole(json_get(event, "index"), LIMIT_LINE_BYTES, &o.index);
  events_last_message(l->events, &o.id);
  c->opened = mem_reserve(c->opened, c->opened_count, &c->opened_capacity, sizeof o);
  c->opened[c->opened_count++] = o;
}

/* Those of the blocks from this one on, or only the ones that never became whole. */
static void abandon(const struct line *l, unsigned long long from, bool half_only)
{
  struct claude *c = l->c;
  for (size_t i = 0; i < c->opened_count; i++)
    if (c->opened[i].index >= from && !(half_only && c->opened[i].whole))
      events_message_abandoned(l->events, buf_span(&c->opened[i].id));
  forget_opened(c);
}

static void message_starts(const struct line *l, json_at event)
{
  struct claude *c = l->c;
  agent_works_again(l->output);
  forget_opened(c);
  agent_keep(&c->message, json_member_text(l->doc, json_get(event, "message"), "id"));
  if (c->message.len > 0)
    seen_ids_add(&c->streamed, buf_span(&c->message));
  c->block = BLOCK_OTHER;
}

static void block_starts(const struct line *l, json_at event)
{
  json_at block = json_get(event, "content_block");
  if (is(l, block, "type", "text")) {
    l->c->block = BLOCK_TEXT;
    events_text_open(l->events, buf_span(&l->c->message));
    note_opened(l, event);
  } else if (is(l, block, "type", "thinking")) {
    l->c->block = BLOCK_THINKING;
    events_reasoning_open(l->events, (struct span){0});
    note_opened(l, event);
  } else {
    l->c->block = BLOCK_OTHER;
  }
}

static void block_grows(const struct line *l, json_at event)
{
  json_at delta = json_get(event, "delta");
  if (l->c->block == BLOCK_TEXT && is(l, delta, "type", "text_delta"))
    events_text(l->events, json_member_text(l->doc, delta, "text"));
  else if (l->c->block == BLOCK_THINKING && is(l, delta, "type", "thinking_delta"))
    events_reasoning(l->events, json_member_text(l->doc, delta, "thinking"));
}

static void block_stops(const struct line *l)
{
  if (l->c->block == BLOCK_TEXT)
    events_text_close(l->events);
  else if (l->c->block == BLOCK_THINKING)
    events_reasoning_close(l->events);
  l->c->block = BLOCK_OTHER;
}

static void on_stream_event(const struct line *l, json_at root)
{
  json_at event = json_get(root, "event");
  struct span type = json_member_text(l->doc, event, "type");
  if (span_is(type, "content_block_delta")) {
    block_grows(l, event);
  } else if (span_is(type, "content_block_start")) {
    block_starts(l, event);
  } else if (span_is(type, "content_block_stop")) {
    block_stops(l);
  } else if (span_is(type, "message_start")) {
    message_starts(l, event);
  }
  json_at void_blocks = json_get(root, "abandoned_blocks");
  unsigned long long from = 0;
  if (json_kind(void_blocks) == JSON_OBJECT &&
      json_whole(json_get(void_blocks, "from_block_index"), LIMIT_LINE_BYTES, &from))
    abandon(l, from, false);
}

/* -- whole messages -- */

static void on_tool_use(const struct line *l, json_at block)
{
  struct span name = json_member_text(l->doc, block, "name");
  struct span prefix = buf_span(&l->c->prefix);
  if (prefix.len == 0)
    prefix = SPAN_LITERAL(DEFAULT_PREFIX);
  bool bridged =
      name.len > prefix.len && span_equal((struct span){name.at, prefix.len}, prefix);
  if (bridged)
    name = tools_host_name(l->c->offered.tools, span_after(name, prefix.len));
  json_at input = json_get(block, "input");
  bool none = json_kind(input) == JSON_ABSENT || json_kind(input) == JSON_NULL;
  if (!bridged && l->c->result.wants_value && span_is(name, VALUE_TOOL)) {
    agent_keep(&l->c->result.value, json_raw(input));
    agent_keep(&l->c->value_call, json_member_text(l->doc, block, "id"));
    return;
  }
  events_tool_call(l->events, bridged ? TOOL_HOST : TOOL_NATIVE,
                   json_member_text(l->doc, block, "id"), name,
                   none ? SPAN_LITERAL("{}") : json_raw(input));
}

/* The line of a block comes before the next one begins: it is the last one opened. */
static void block_is_whole(struct claude *c)
{
  if (c->opened_count > 0)
    c->opened[c->opened_count - 1].whole = true;
}

/* What was said with an error is void once the agent says something else. */
static void goes_on(const struct line *l)
{
  if (l->c->failed.len > 0)
    events_message_abandoned(l->events, buf_span(&l->c->failed));
  agent_keep(&l->c->failed, (struct span){0});
}

static void on_assistant(const struct line *l, json_at root)
{
  json_at message = json_get(root, "message");
  struct span id = json_member_text(l->doc, message, "id");
  bool streamed = id.len > 0 && seen_ids_has(&l->c->streamed, id);
  json_at content = json_get(message, "content");
  if (json_kind(content) != JSON_ARRAY)
    return;
  bool told = false;
  if (streamed)
    block_is_whole(l->c);
  for (json_at block = json_first(content); block; block = json_next(block)) {
    told = told || is(l, block, "type", "text") || is(l, block, "type", "thinking");
    if (is(l, block, "type", "tool_use")) {
      on_tool_use(l, block);
    } else if (!streamed && is(l, block, "type", "text")) {
      events_text_open(l->events, id);
      events_text(l->events, json_member_text(l->doc, block, "text"));
      events_text_close(l->events);
    } else if (!streamed && is(l, block, "type", "thinking")) {
      events_reasoning_open(l->events, (struct span){0});
      events_reasoning(l->events, json_member_text(l->doc, block, "thinking"));
      events_reasoning_close(l->events);
    }
  }
  if (!streamed && told && json_member_text(l->doc, root, "error").len > 0) {
    agent_keep(&l->c->failed, (struct span){0});
    events_last_message(l->events, &l->c->failed);
  }
}

static void on_tool_result(const struct line *l, json_at block)
{
  struct span call = json_member_text(l->doc, block, "tool_use_id");
  bool failed = json_kind(json_get(block, "is_error")) == JSON_TRUE;
  json_at content = json_get(block, "content");
  if (call.len == 0 && !events_awaits_result(l->events, call))
    return;
  if (call.len > 0 && span_equal(call, buf_span(&l->c->value_call))) {
    agent_keep(&l->c->value_call, (struct span){0}); /* the id may come again */
    if (failed)                                      /* the agent has refused it */
      agent_keep(&l->c->result.value, (struct span){0});
    return;
  }
  if (json_kind(content) != JSON_ARRAY) {
    events_tool_result(l->events, call, json_text(l->doc, content, (struct span){0}),
                       failed);
    return;
  }
  struct buf joined = buf_make(LIMIT_EVENT_LINE_BYTES);
  for (json_at part = json_first(content); part; part = json_next(part))
    buf_add(&joined, json_member_text(l->doc, part, "text"));
  events_tool_result(l->events, call, buf_span(&joined), failed);
  buf_free(&joined);
}

/* The line by which Claude Code makes its model answer once more. */
static bool asks_again(const struct line *l, json_at block)
{
  struct span text = json_member_text(l->doc, block, "text");
  return span_starts(text, "Your response above was cut off") ||
         span_starts(text, "[Your previous response had no visible output");
}

static void on_user(const struct line *l, json_at root)
{
  json_at content = json_get(json_get(root, "message"), "content");
  if (json_kind(content) != JSON_ARRAY)
    return;
  bool made_up = json_kind(json_get(root, "isSynthetic")) == JSON_TRUE;
  for (json_at block = json_first(content); block; block = json_next(block))
    if (is(l, block, "type", "tool_result"))
      on_tool_result(l, block);
    else if (made_up && asks_again(l, block))
      abandon(l, 0, true);
}

/* -- the run -- */

static void on_result(const struct line *l, json_at root)
{
  block_stops(l);
  agent_keep(&l->c->failed, (struct span){0});
  claude_result_read(&l->c->result, l->doc, root, l->events);
  if (l->c->result.outcome != OUTCOME_NONE)
    agent_hang_up(l->output);
}

static void on_retry(const struct line *l, json_at root)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  unsigned long long status = 0, attempt = 0, most = 0;
  struct span error = json_member_text(l->doc, root, "error");
  json_whole(json_get(root, "attempt"), UINT_MAX, &attempt);
  json_whole(json_get(root, "max_retries"), UINT_MAX, &most);
  buf_add_text(&text, "The model's API failed: ");
  if (json_whole(json_get(root, "error_status"), 999, &status))
    buf_addf(&text, "%llu ", status);
  buf_add(&text, error.len > 0 ? span_cut_utf8(error, 200) : SPAN_LITERAL("unknown"));
  buf_addf(&text, " (retry %llu of %llu)", attempt, most);
  agent_retry(l->output, buf_span(&text), most);
  buf_free(&text);
}

static void on_system(const struct line *l, json_at root)
{
  struct span subtype = json_member_text(l->doc, root, "subtype");
  if (span_is(subtype, "init")) {
    on_init(l, root);
    agent_works_again(l->output);
  } else if (span_is(subtype, "api_retry")) {
    on_retry(l, root);
  } else if (claude_tasks_read(&l->c->tasks, l->doc, root, subtype)) {
    agent_tasks(l->output, l->c->tasks.open);
  }
}

static bool is_from_sub_agent(json_at root)
{
  enum json_kind kind = json_kind(json_get(root, "parent_tool_use_id"));
  return kind != JSON_ABSENT && kind != JSON_NULL;
}

static void on_object(const struct line *l, json_at root)
{
  struct span type = json_member_text(l->doc, root, "type");
  if (span_is(type, "result")) {
    on_result(l, root);
  } else if (span_is(type, "system")) {
    on_system(l, root);
  } else if (is_from_sub_agent(root)) {
    return;
  } else if (span_is(type, "stream_event")) {
    goes_on(l);
    on_stream_event(l, root);
  } else if (span_is(type, "assistant")) {
    goes_on(l);
    on_assistant(l, root);
  } else if (span_is(type, "user")) {
    on_user(l, root);
  }
}

/* A line that is null or a number alone was seen, and says nothing. */
static int claude_on_input(void *state, const struct agent_input *input,
                           struct agent_output *output, struct fault *f)
{
  static const struct json_rules rules = {.raw = raw_members};
  struct fault why = {0};
  struct json *doc = agent_input_json(input->text, &rules, output->events, &why);
  if (doc) {
    struct line line = {
        .c = state, .doc = doc, .events = output->events, .output = output};
    on_object(&line, json_root(doc));
    json_free(doc);
    return 0;
  }
  enum json_kind kind = json_slice_kind(span_trim(input->text));
  if (why.kind == FAULT_AGENT && (kind == JSON_NULL || kind == JSON_NUMBER))
    return 0;
  *f = why;
  return -1;
}

static void claude_finish(void *state, const struct process_end *end,
                          struct agent_output *output)
{
  struct claude *c = state;
  claude_result_finish(&c->result, end, output->events);
}

static int claude_plan(void *state, const struct run_request *req,
                       const struct bridge_address *bridge,
                       const struct plan_place *place, struct process_plan *out,
                       struct fault *f)
{
  struct claude *c = state;
  if (bridge) {
    struct tool_spelling spelling = claude_tools_spelling(req, bridge);
    c->prefix = spelling.before;
    c->offered = (struct claude_tools){.tools = req->tools,
                                       .disallowed = &req->disallowed_tools,
                                       .server = bridge->name,
                                       .prefix = buf_span(&c->prefix)};
  }
  c->result.wants_value = req->output_schema.len > 0;
  c->result.resumed = req->session_id.len > 0;
  return claude_code_plan(req, bridge, place, out, f);
}

static void claude_free(void *state)
{
  struct claude *c = state;
  buf_free(&c->prefix);
  buf_free(&c->message);
  buf_free(&c->value_call);
  buf_free(&c->failed);
  forget_opened(c);
  free(c->opened);
  claude_result_free(&c->result);
  seen_ids_free(&c->streamed);
}

static bool claude_succeeded(const void *state)
{
  const struct claude *c = state;
  return claude_result_is_good(&c->result);
}

const struct harness claude_code_harness = {
    .id = "claude-code",
    .program = "claude",
    .structured = true,
    .takes = TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_MAX_TURNS | TAKES_TOOL_LISTS |
             TAKES_EFFORT | TAKES_SETTING_SOURCES,
    .needs = NEEDS_PLAIN_PARAMETERS | NEEDS_NO_OUTPUT_SCHEMA,
    .prompt = &claude_code_prompt,
    .memory = sizeof(struct claude),
    .plan = claude_plan,
    .on_input = claude_on_input,
    .finish = claude_finish,
    .free = claude_free,
    .succeeded = claude_succeeded,
};
