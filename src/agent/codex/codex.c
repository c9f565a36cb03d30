/* SPDX-License-Identifier: MIT */
/* codex.c - Codex (`codex exec --json`), seen with 0.171.0: what it says, and what of it
 * goes out.  One JSON object a line; an item comes with item.started, item.updated and
 * item.completed.
 *
 *   line                             event
 *   thread.started                   CUSTOM codex.session-id
 *   item agent_message, any state    a text message; its text is told whole each time
 *   item reasoning, completed        a reasoning message
 *   item of a tool, started          a tool call (codex_tools.c)
 *   item of a tool, completed        its result; before it the call if it did not start
 *   item file_change, completed      and CUSTOM file.changed for each file
 *   turn.completed, turn.failed      kept: finish() decides with it
 *   error                            kept: a retry notice as often as an error, and which
 *                                    of them only the end tells
 *   item error, anything else        nothing (a hint for a person, no failure)
 *   its log on stderr                what its model has used (codex_aside.h)
 *
 * Item ids ("item_0") are unique in a run only.  A web_search has two `id` members
 * (seen): the last one counts, as in JavaScript.  */
#include "agent/harness.h"
#include "agent/harness_end.h"
#include "agent/session_stores.h"
#include "agent/structured.h"
#include "agent/text_growth.h"
#include "base/json.h"
#include "codex_aside.h"
#include "codex_plan.h"
#include "codex_tools.h"
#include "event/event_session.h"
#include "event/seen_ids.h"

enum outcome { OUTCOME_NONE, OUTCOME_SUCCESS, OUTCOME_ERROR };

struct codex {
  struct buf server;         /* the bridge's name; empty: the default */
  const struct tools *tools; /* the run's; NULL: a transcript */
  struct text_growth texts;  /* agent messages */
  struct seen_ids begun;     /* tool calls that were told */
  struct seen_ids ended;     /* … that have a result */
  struct buf open;           /* the id of the one whose text message is open */
  enum outcome outcome;      /* the last turn's end */
  struct buf words;          /* of the last turn.failed or error */
  struct buf notice;         /* the retry notice warned of last */
  struct buf answer;         /* the last agent message */
  bool wants_value;          /* outputSchema was given */
  bool resumed;              /* the thread had runs before */
  bool has_usage;
  struct event_usage usage;
  struct codex_aside aside;
};

struct line { /* what the functions below share */
  struct codex *c;
  struct json *doc;
  struct events *events;
  struct agent_output *output;
};

static void on_tool(const struct line *l, json_at item, bool done)
{
  struct span id = json_member_text(l->doc, item, "id");
  const struct codex_bridge bridge = {buf_span(&l->c->server), l->c->tools};
  struct codex_call call;
  if (!codex_tools_read(l->doc, item, &bridge, done, &call))
    return;
  /* It starts now, or it is completed without having started. */
  if (!done || seen_ids_times(&l->c->begun, id) == seen_ids_times(&l->c->ended, id)) {
    (void)seen_ids_add(&l->c->begun, id);
    agent_keep(&l->c->open, (struct span){0}); /* a call closes the text */
    events_tool_call(l->events, call.origin, id, buf_span(&call.name),
                     buf_span(&call.args));
  }
  if (done) {
    (void)seen_ids_add(&l->c->ended, id);
    events_tool_result(l->events, id, buf_span(&call.result), call.failed);
    codex_tools_tell_changes(l->doc, item, l->events);
  }
  codex_call_free(&call);
}

static void on_message(const struct line *l, json_at item, bool done)
{
  struct codex *c = l->c;
  struct span id = json_member_text(l->doc, item, "id"),
              text = json_member_text(l->doc, item, "text");
  /* nothing to know it again by */
  if (id.len == 0 && !done)
    return;
  bool known = id.len > 0 && text_growth_knows(&c->texts, id);
  struct span more = id.len > 0 ? text_growth_more(&c->texts, id, text) : text;
  bool open = c->open.len > 0 && span_equal(id, buf_span(&c->open));
  if (!open && (!known || more.len > 0)) {
    events_text_open(l->events, id);
    agent_keep(&c->open, id);
    open = true;
  }
  if (more.len > 0)
    events_text(l->events, more);
  if (!done)
    return;
  if (open)
    events_text_close(l->events);
  agent_keep(&c->open, (struct span){0});
  text_growth_forget(&c->texts, id); /* gateways make one id for several answers */
  if (c->wants_value)
    agent_keep(&c->answer, text);
}

static void on_reasoning(const struct line *l, json_at item)
{
  agent_keep(&l->c->open, (struct span){0});
  events_reasoning_open(l->events, json_member_text(l->doc, item, "id"));
  events_reasoning(l->events, json_member_text(l->doc, item, "text"));
  events_reasoning_close(l->events);
}

static void on_item(const struct line *l, json_at root, struct span state)
{
  json_at item = json_get(root, "item");
  struct span type = json_member_text(l->doc, item, "type");
  bool done = span_is(state, "item.completed");
  if (span_is(type, "agent_message"))
    on_message(l, item, done);
  else if (span_is(type, "reasoning") && done)
    on_reasoning(l, item);
  else if (!span_is(state, "item.updated") &&
           json_member_text(l->doc, item, "id").len > 0)
    on_tool(l, item, done);
}

/* -- the thread and its turn -- */

static void on_thread(const struct line *l, json_at root)
{
  const struct event_session session = {.id =
                                            json_member_text(l->doc, root, "thread_id")};
  events_session(l->events, "codex", &session);
}

/* Codex counts for the thread: of one that was resumed the sum over all its runs comes
 * (seen, 0.171.0), and what is this run's cannot be told from it. */
static void keep_usage(struct codex *c, json_at usage)
{
  c->has_usage = json_kind(usage) == JSON_OBJECT && !c->resumed;
  c->usage = event_usage_none();
  if (!c->has_usage)
    return;
  c->usage.prompt = agent_input_count(usage, "input_tokens");
  c->usage.completion = agent_input_count(usage, "output_tokens");
  c->usage.cached = agent_input_count(usage, "cached_input_tokens");
  c->usage.cache_write = agent_input_count(usage, "cache_write_input_tokens");
  c->usage.reasoning = agent_input_count(usage, "reasoning_output_tokens");
}

/* "Reconnecting... 1/5 (…)": 5; 0: it has no such number. */
static unsigned long long most_of(struct span words)
{
  unsigned long long most = 0;
  size_t at = 0, from;
  while (at < words.len && words.at[at] != '/')
    at++;
  for (from = ++at; at < words.len && words.at[at] >= '0' && words.at[at] <= '9';)
    at++;
  if (from >= words.len ||
      !span_to_number((struct span){words.at + from, at - from}, 1, 1000, &most))
    return 0;
  return most;
}

/* "Reconnecting... 1/5 (…)" before another try, after which the turn may go well; without
 * a network it tries for ever.  The last of its kind may be the error itself. */
static void on_error(const struct line *l, json_at root)
{
  struct span words = json_member_text(l->doc, root, "message");
  unsigned long long most = most_of(words);
  bool again = span_equal(words, buf_span(&l->c->notice));
  agent_keep(&l->c->words, words);
  if (!span_starts(words, "Reconnecting") || (again && most > 0))
    return;
  agent_keep(&l->c->notice, words);
  agent_retry(l->output, words, most);
}

static void on_object(const struct line *l, json_at root, struct agent_output *output)
{
  struct span type = json_member_text(l->doc, root, "type");
  if (span_is(type, "item.started") || span_is(type, "item.updated") ||
      span_is(type, "item.completed")) {
    on_item(l, root, type);
  } else if (span_is(type, "thread.started")) {
    on_thread(l, root);
  } else if (span_is(type, "turn.completed")) {
    l->c->outcome = OUTCOME_SUCCESS;
    keep_usage(l->c, json_get(root, "usage"));
    events_usage(l->events, l->c->has_usage ? &l->c->usage : NULL);
    agent_hang_up(output);
  } else if (span_is(type, "turn.failed")) {
    l->c->outcome = OUTCOME_ERROR;
    agent_keep(&l->c->words,
               json_member_text(l->doc, json_get(root, "error"), "message"));
    agent_hang_up(output);
  } else if (span_is(type, "error")) {
    on_error(l, root);
  }
}

static int codex_on_input(void *state, const struct agent_input *input,
                          struct agent_output *output, struct fault *f)
{
  static const struct json_rules rules = {.raw = codex_tools_raw};
  struct codex *c = state;
  if (input->kind == AGENT_ASIDE) {
    codex_aside_read(&c->aside, input->text, &output->actions->spending);
    return 0;
  }
  struct json *doc = agent_input_json(input->text, &rules, output->events, f);
  if (!doc)
    return -1;
  struct line line = {.c = c, .doc = doc, .events = output->events, .output = output};
  on_object(&line, json_root(doc), output);
  json_free(doc);
  return 0;
}

/* -- the end -- */

static void finish(struct codex *c, struct events *events)
{
  if (c->wants_value) {
    struct span answer = buf_span(&c->answer), value = structured_find(answer);
    if (value.len == 0) {
      structured_fail(events, answer);
      return;
    }
    structured_say(events, value, answer);
  } else {
    agent_warn_if_silent(events);
  }
  events_finish(events, "stop", c->has_usage ? &c->usage : NULL);
}

/* Exit status 1 goes with turn.failed; with a wrong session, configuration or bridge
 * there is no line at all, only stderr; an `error` alone counts when no signal ended
 * it. */
static void codex_finish(void *state, const struct process_end *end,
                         struct agent_output *output)
{
  struct codex *c = state;
  bool good = process_end_is_clean(end);
  bool told = c->outcome == OUTCOME_NONE && c->words.len > 0 && end->signal == 0;
  struct span words = buf_span(&c->words);
  if (c->outcome == OUTCOME_ERROR || told)
    events_fail(output->events, SPAN_LITERAL("agent-error"),
                words.len > 0 ? words : SPAN_LITERAL("Codex turn failed"));
  else if (c->outcome == OUTCOME_SUCCESS && good)
    finish(c, output->events);
  else
    harness_fail_by_end(output->events, end);
}

static int codex_begin(void *state, const struct run_request *req,
                       const struct bridge_address *bridge,
                       const struct plan_place *place, struct process_plan *out,
                       struct fault *f)
{
  struct codex *c = state;
  if (bridge)
    agent_keep(&c->server, bridge->name);
  c->tools = req->tools;
  c->wants_value = req->output_schema.len > 0;
  c->resumed = req->session_id.len > 0;
  codex_aside_plan(req, out);
  return codex_plan(req, bridge, place, out, f);
}

static void codex_free(void *state)
{
  struct codex *c = state;
  buf_free(&c->server);
  buf_free(&c->open);
  buf_free(&c->words);
  buf_free(&c->notice);
  buf_free(&c->answer);
  text_growth_free(&c->texts);
  seen_ids_free(&c->begun);
  seen_ids_free(&c->ended);
}

static bool codex_succeeded(const void *state)
{
  return ((const struct codex *)state)->outcome == OUTCOME_SUCCESS;
}

const struct harness codex_harness = {
    .id = "codex",
    .program = "codex",
    .skills = ".codex .agents",
    .sessions = &session_store_codex,
    .native_programs = codex_plan_native_programs,
    .structured = true,
    .prompt = &codex_prompt,
    .takes = TAKES_POLICY | TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_EFFORT |
             TAKES_SANDBOX | TAKES_MCP_SERVERS,
    .counts = 1 << BUDGET_TOKENS | 1 << BUDGET_TOOL_CALLS | 1 << BUDGET_MODEL_TURNS,
    .memory = sizeof(struct codex),
    .plan = codex_begin,
    .on_input = codex_on_input,
    .finish = codex_finish,
    .free = codex_free,
    .succeeded = codex_succeeded,
};
