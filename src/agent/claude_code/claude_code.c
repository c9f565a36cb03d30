/* SPDX-License-Identifier: MIT */
/* claude_code.c - Claude Code (`claude -p --output-format stream-json`), seen with
 * 2.1.332: what it says, and what of it goes out.  One JSON object a line:
 *
 *   line                                  event
 *   system/init (each time)               CUSTOM claude-code.session-id
 *   stream_event, assistant               text and reasoning messages, and which of them
 *                                         are void (claude_messages.h)
 *   assistant, tool_use block             a tool call; "mcp__<bridge>__" is cut off its
 *                                         name
 *   user, tool_result block               its result; text only, images are lost
 *   user, tool_use_result                 CUSTOM file.changed (claude_edits.h)
 *   system/api_retry                      warning agent-retries
 *   system/background_tasks_changed, task_started, task_notification
 *                                         what is open holds the end (agent_tasks())
 *   control_request, …                    leave for a tool (claude_dialogue.h), where it
 *                                         was started as a dialogue
 *   result                                kept (claude_code_result.h): finish() decides
 *   anything else                         nothing
 *
 * Lines of sub-agents (parent_tool_use_id not null; a missing one is null) are dropped,
 * as TanStack's runner does.  A tool can run and its `user` line be printed before the
 * message_stop of the message that called it.  */
#include "agent/harness.h"
#include "agent/session_stores.h"
#include "base/json.h"
#include "base/limits.h"
#include "claude_code_plan.h"
#include "claude_code_result.h"
#include "claude_code_tasks.h"
#include "claude_compaction.h"
#include "claude_dialogue.h"
#include "claude_edits.h"
#include "claude_messages.h"
#include "claude_spending.h"
#include "claude_tools.h"
#include "event/event_session.h"

#include <limits.h>

struct claude {
  struct claude_tools offered; /* the run's host tools; none in a transcript */
  bool compared;               /* with what the agent has */
  struct buf prefix;           /* of bridged tools' names; empty: the default's */
  struct claude_messages messages;
  struct claude_tasks tasks;
  struct claude_result result;
  const struct run_request *req; /* the run's; NULL: a transcript */
  struct claude_dialogue dialogue;
  struct claude_compaction compaction;
  struct claude_spending spending;
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
  if (!l->c->compared) {
    claude_tools_compare(&l->c->offered, l->doc, root, l->events);
    claude_tools_warn_servers(&l->c->offered, l->doc, root, l->events);
  }
  l->c->compared = true;
}

/* -- tool calls -- */

/* True: it became a call of the stream. */
static bool on_tool_use(void *who, json_at block)
{
  const struct line *l = who;
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
    l->c->result.value_called = true;
    return false;
  }
  events_tool_call(l->events, bridged ? TOOL_HOST : TOOL_NATIVE,
                   json_member_text(l->doc, block, "id"), name,
                   none ? SPAN_LITERAL("{}") : json_raw(input));
  return true;
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
  bool made_up = json_kind(json_get(root, "isSynthetic")) == JSON_TRUE;
  if (made_up && json_kind(content) == JSON_STRING)
    claude_compaction_tell(&l->c->compaction,
                           json_text(l->doc, content, (struct span){0}), l->events);
  if (json_kind(content) != JSON_ARRAY)
    return;
  for (json_at block = json_first(content); block; block = json_next(block))
    if (is(l, block, "type", "tool_result"))
      on_tool_result(l, block);
    else if (made_up && asks_again(l, block))
      claude_messages_asked_again(&l->c->messages, l->events);
  claude_edits_tell(json_raw(json_get(root, "tool_use_result")), l->events);
}

/* -- the run -- */

static void on_result(const struct line *l, json_at root)
{
  claude_messages_end(&l->c->messages, l->events);
  if (!l->c->dialogue.tells) /* an older version */
    agent_heard(l->output, (struct span){0}, SIZE_MAX);
  claude_result_read(&l->c->result, l->doc, root, l->events);
  claude_spending_result(&l->c->result, root, &l->output->actions->spending);
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
  } else if (span_is(subtype, "compact_boundary")) {
    claude_compaction_begin(&l->c->compaction, l->doc, root);
  } else if (claude_tasks_read(&l->c->tasks, l->doc, root, subtype)) {
    agent_tasks(l->output, l->c->tasks.open);
  }
}

static bool is_from_sub_agent(json_at root)
{
  enum json_kind kind = json_kind(json_get(root, "parent_tool_use_id"));
  return kind != JSON_ABSENT && kind != JSON_NULL;
}

static void on_object(struct line *l, json_at root, struct span type, bool sub_agent)
{
  if (!span_is(type, "system") && !span_is(type, "user"))
    claude_compaction_tell(&l->c->compaction, (struct span){0}, l->events);
  if (span_is(type, "stream_event")) { /* nearly all of them */
    if (!sub_agent && claude_messages_stream(&l->c->messages, l->doc, root, l->events))
      agent_works_again(l->output);
  } else if (span_is(type, "result")) {
    on_result(l, root);
  } else if (span_is(type, "system")) {
    on_system(l, root);
  } else if (claude_dialogue_read(&l->c->dialogue, l->doc, root, l->output) ||
             sub_agent) {
    return;
  } else if (span_is(type, "assistant")) {
    claude_messages_whole(&l->c->messages, l->doc, root, l->events, on_tool_use, l);
  } else if (span_is(type, "user")) {
    on_user(l, root);
  }
}

static void count(const struct line *l, json_at root, struct span type, bool sub_agent)
{
  struct spending *s = &l->output->actions->spending;
  if (span_is(type, "assistant"))
    claude_spending_whole(&l->c->spending, l->doc, root, sub_agent, s);
  else if (span_is(type, "stream_event") && !sub_agent)
    claude_spending_stream(&l->c->spending, l->doc, root, s);
  s->goes_on = s->goes_on && !l->c->result.wants_value; /* its value is a call */
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
    json_at root = json_root(doc);
    struct span type = json_member_text(doc, root, "type");
    bool sub_agent = is_from_sub_agent(root);
    on_object(&line, root, type, sub_agent);
    count(&line, root, type, sub_agent);
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
  c->offered.servers = place->servers;
  c->req = req;
  c->dialogue.on = place->dialogue;
  c->dialogue.mode = permission_mode_read(req->permission_mode);
  c->dialogue.prefix = buf_span(&c->prefix);
  c->result.wants_value = req->output_schema.len > 0;
  c->result.resumed = req->session_id.len > 0;
  c->result.limited = req->budget.most[BUDGET_USD] > 0;
  return claude_code_plan(req, bridge, place, out, f);
}

/* -- the dialogue -- */

static bool claude_permit(void *state, struct span id, const struct agent_answer *answer,
                          struct agent_output *output)
{
  struct claude *c = state;
  return claude_dialogue_permit(&c->dialogue, id, answer, output);
}

/* Words that begin with '/', behind blanks too, it keeps for a turn of their own, though
 * a newline in front makes them no command (seen, 2.1.332); U+2060 does both. */
static const struct prompt_guard words_guard = {
    .commands = "/", .behind_blanks = true, .front = "\xe2\x81\xa0"};

/* What comes after the answer is a turn more, as long as stdin is open: the run knows. */
static int claude_say(void *state, const struct agent_words *said,
                      struct agent_output *output, struct fault *f)
{
  struct claude *c = state;
  struct span text = said->text;
  struct buf words = buf_make(LIMIT_PROMPT_BYTES), line = buf_make(LIMIT_PROMPT_BYTES);
  int rc = 0;
  buf_add(&words, text);
  prompt_guard_apply(&words_guard, c->req, &words);
  if (span_trim(text).len == 0)
    rc = fault_set(f, FAULT_BAD_INPUT, "claude-code takes no blank message");
  else if (words.len > claude_code_prompt.most)
    rc = fault_set(f, FAULT_TOO_BIG, "claude-code takes no message above %zu bytes",
                   claude_code_prompt.most);
  else
    claude_dialogue_put_words(&line, said->id, buf_span(&words));
  agent_write(output, buf_span(&line));
  if (rc == 0 && said->next)
    agent_begins_turn(output);
  buf_free(&words);
  buf_free(&line);
  return rc;
}

static bool claude_cancel(void *state, struct agent_output *output)
{
  struct claude *c = state;
  if (!c->dialogue.on || output->actions->hang_up)
    return false;
  claude_dialogue_interrupt(output);
  return true;
}

static void claude_free(void *state)
{
  struct claude *c = state;
  claude_dialogue_free(&c->dialogue);
  buf_free(&c->prefix);
  buf_free(&c->value_call);
  claude_messages_free(&c->messages);
  claude_spending_free(&c->spending);
  claude_result_free(&c->result);
}

static bool claude_succeeded(const void *state)
{
  const struct claude *c = state;
  return claude_result_is_good(&c->result);
}

const struct harness claude_code_harness = {
    .id = "claude-code",
    .program = "claude",
    .skills = ".claude",
    .sessions = &session_store_claude,
    .plugins = true,
    .structured = true,
    .takes = TAKES_POLICY | TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_MAX_TURNS |
             TAKES_TOOL_LISTS | TAKES_EFFORT | TAKES_SETTING_SOURCES | TAKES_MCP_SERVERS,
    .counts = 1 << BUDGET_TOKENS | 1 << BUDGET_USD | 1 << BUDGET_TOOL_CALLS |
              1 << BUDGET_MODEL_TURNS,
    .needs = NEEDS_PLAIN_PARAMETERS | NEEDS_NO_OUTPUT_SCHEMA,
    .prompt = &claude_code_prompt,
    .memory = sizeof(struct claude),
    .plan = claude_plan,
    .on_input = claude_on_input,
    .cancel = claude_cancel,
    .permit = claude_permit,
    .say = claude_say,
    .finish = claude_finish,
    .free = claude_free,
    .succeeded = claude_succeeded,
};
