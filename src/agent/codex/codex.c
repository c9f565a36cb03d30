/* SPDX-License-Identifier: MIT */
/* codex.c - what Codex says, and what of it goes out.
 *
 *   line                             event
 *   thread.started                   CUSTOM codex.session-id
 *   item agent_message, any state    a text message; its text is told whole each time
 *   item reasoning, completed        a reasoning message
 *   item of a tool, started          a tool call (codex_tools.c)
 *   item of a tool, completed        its result; before it the call if it did not start
 *   item file_change, completed      and CUSTOM file.changed for each file
 *   turn.completed, turn.failed      kept: leave() decides with it
 *   error                            kept: a retry notice as often as an error, and which
 *                                    of them only the end tells
 *   item error, anything else        nothing (a hint for a person, no failure)
 *
 * Item ids ("item_0") are unique in a run only.  A web_search has two `id` members
 * (seen): the last one counts, as in JavaScript.  */
#include "codex.h"

#include "agent/structured.h"
#include "agent/text_growth.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "codex_plan.h"
#include "codex_tools.h"
#include "event/seen_ids.h"

enum record { RECORD_NONE, RECORD_SUCCESS, RECORD_ERROR };

struct codex {
  struct buf server;        /* the bridge's name; empty: the default */
  struct text_growth texts; /* agent messages */
  struct seen_ids calls;    /* tool calls that are open or over */
  struct buf open;          /* the id of the one whose text message is open */
  enum record record;       /* the last turn's end */
  struct buf words;         /* of the last turn.failed or error */
  struct buf notice;        /* the retry notice warned of last */
  struct buf answer;        /* the last agent message */
  bool wants_value;         /* outputSchema was given */
  bool has_usage;
  struct event_usage usage;
};

struct line { /* what the functions below share */
  struct codex *c;
  struct json *doc;
  struct events *events;
};

static struct span text_of(const struct line *l, json_at object, const char *key)
{
  return json_text(l->doc, json_get(object, key), (struct span){0});
}

static void hear_tool(const struct line *l, json_at item, bool done)
{
  struct span id = text_of(l, item, "id");
  struct codex_call call;
  if (!codex_tools_read(l->doc, item, buf_span(&l->c->server), done, &call))
    return;
  if (seen_ids_add(&l->c->calls, id) == 0) { /* else it started before it is completed */
    harness_keep(&l->c->open, (struct span){0}); /* a call closes the text */
    events_tool_call(l->events, id, buf_span(&call.name), buf_span(&call.args));
  }
  if (done) {
    events_tool_result(l->events, id, buf_span(&call.result), call.failed);
    codex_tools_tell_changes(l->doc, item, l->events);
  }
  codex_call_free(&call);
}

static void hear_message(const struct line *l, json_at item, bool done)
{
  struct codex *c = l->c;
  struct span id = text_of(l, item, "id"), text = text_of(l, item, "text");
  if (id.len == 0 && !done)
    return; /* nothing to know it again by */
  bool known = id.len > 0 && text_growth_knows(&c->texts, id);
  struct span more = id.len > 0 ? text_growth_more(&c->texts, id, text) : text;
  bool open = c->open.len > 0 && span_equal(id, buf_span(&c->open));
  if (!open && (!known || more.len > 0)) {
    events_text_open(l->events, id);
    harness_keep(&c->open, id);
    open = true;
  }
  if (more.len > 0)
    events_text(l->events, more);
  if (!done)
    return;
  if (open)
    events_text_close(l->events);
  harness_keep(&c->open, (struct span){0});
  if (c->wants_value)
    harness_keep(&c->answer, text);
}

static void hear_reasoning(const struct line *l, json_at item)
{
  harness_keep(&l->c->open, (struct span){0});
  events_reasoning_open(l->events, text_of(l, item, "id"));
  events_reasoning(l->events, text_of(l, item, "text"));
  events_reasoning_close(l->events);
}

static void hear_item(const struct line *l, json_at root, struct span state)
{
  json_at item = json_get(root, "item");
  struct span type = text_of(l, item, "type");
  bool done = span_is(state, "item.completed");
  if (span_is(type, "agent_message"))
    hear_message(l, item, done);
  else if (span_is(type, "reasoning") && done)
    hear_reasoning(l, item);
  else if (!span_is(state, "item.updated") && text_of(l, item, "id").len > 0)
    hear_tool(l, item, done);
}

/* -- the thread and its turn -- */

static void hear_thread(const struct line *l, json_at root)
{
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_text(&w, "sessionId", text_of(l, root, "thread_id"));
  json_close(&w, '}');
  events_custom(l->events, "codex.session-id", buf_span(&value));
  buf_free(&value);
}

/* -1 when it is not there or no number a count can be. */
static long long count_of(json_at usage, const char *key)
{
  unsigned long long n;
  return json_whole(json_get(usage, key), 1ull << 53, &n) ? (long long)n : -1;
}

static void keep_usage(struct codex *c, json_at usage)
{
  c->has_usage = json_kind(usage) == JSON_OBJECT;
  c->usage = event_usage_none();
  if (!c->has_usage)
    return;
  c->usage.prompt = count_of(usage, "input_tokens");
  c->usage.completion = count_of(usage, "output_tokens");
  c->usage.cached = count_of(usage, "cached_input_tokens");
  c->usage.cache_write = count_of(usage, "cache_write_input_tokens");
  c->usage.reasoning = count_of(usage, "reasoning_output_tokens");
}

/* "Reconnecting... 1/5 (…)" before another try, after which the turn may go well; without
 * a network it tries for ever.  The last of its kind may be the error itself. */
static void hear_error(const struct line *l, json_at root)
{
  struct span words = text_of(l, root, "message");
  harness_keep(&l->c->words, words);
  if (!span_starts(words, "Reconnecting") || span_equal(words, buf_span(&l->c->notice)))
    return;
  harness_keep(&l->c->notice, words);
  events_warn(l->events, "agent-retries", words);
}

static void hear_object(const struct line *l, json_at root, struct agent_output *output)
{
  struct span type = text_of(l, root, "type");
  if (span_is(type, "item.started") || span_is(type, "item.updated") ||
      span_is(type, "item.completed")) {
    hear_item(l, root, type);
  } else if (span_is(type, "thread.started")) {
    hear_thread(l, root);
  } else if (span_is(type, "turn.completed")) {
    l->c->record = RECORD_SUCCESS;
    keep_usage(l->c, json_get(root, "usage"));
    agent_hang_up(output);
  } else if (span_is(type, "turn.failed")) {
    l->c->record = RECORD_ERROR;
    harness_keep(&l->c->words, text_of(l, json_get(root, "error"), "message"));
    agent_hang_up(output);
  } else if (span_is(type, "error")) {
    hear_error(l, root);
  }
}

static int codex_on_input(void *state, const struct agent_input *h,
                          struct agent_output *output, struct fault *f)
{
  static const struct json_rules rules = {.raw = codex_tools_raw};
  if (span_trim(h->text).len == 0)
    return 0;
  events_start(output->events);
  struct json *doc = json_parse(h->text, &rules, f);
  if (doc == NULL)
    return -1;
  struct line line = {.c = state, .doc = doc, .events = output->events};
  int rc = 0;
  if (json_kind(json_root(doc)) == JSON_OBJECT)
    hear_object(&line, json_root(doc), output);
  else
    rc = fault_set(f, FAULT_AGENT, "the line is JSON but not an object");
  json_free(doc);
  return rc;
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
  }
  events_finish(events, "stop", c->has_usage ? &c->usage : NULL);
}

/* Exit status 1 goes with turn.failed; with a wrong session, configuration or bridge
 * there is no line at all, only stderr; an `error` alone counts when nothing killed it.
 */
static void codex_finish(void *state, const struct process_end *end,
                         struct agent_output *output)
{
  struct codex *c = state;
  bool good = end->forced || (end->signal == 0 && end->status == 0);
  bool told = c->record == RECORD_NONE && c->words.len > 0 && end->signal == 0;
  struct span words = buf_span(&c->words);
  if (c->record == RECORD_ERROR || told)
    events_fail(output->events, SPAN_LITERAL("agent-error"),
                words.len > 0 ? words : SPAN_LITERAL("Codex turn failed"));
  else if (c->record == RECORD_SUCCESS && good)
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
  if (bridge != NULL)
    harness_keep(&c->server, bridge->name);
  c->wants_value = req->output_schema.len > 0;
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
  seen_ids_free(&c->calls);
}

static bool codex_succeeded(const void *state)
{
  return ((const struct codex *)state)->record == RECORD_SUCCESS;
}

const struct harness codex_harness = {
    .id = "codex",
    .program = "codex",
    .native_programs = codex_plan_native_programs,
    .structured = true,
    .takes = TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_EFFORT | TAKES_SANDBOX,
    .memory = sizeof(struct codex),
    .plan = codex_begin,
    .on_input = codex_on_input,
    .finish = codex_finish,
    .free = codex_free,
    .succeeded = codex_succeeded,
};
