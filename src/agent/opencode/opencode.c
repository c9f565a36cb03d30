/* SPDX-License-Identifier: MIT */
/* opencode.c - the dialogue with OpenCode's server (see opencode.h), and its end.
 *
 *   event of the stream         what comes of it
 *   server.connected            the dialogue goes on
 *   message.updated             whose message it is (opencode_parts.c)
 *   message.part.updated/delta  text, reasoning, tool calls (opencode_parts.c)
 *   todo.updated                CUSTOM opencode.todo {todos}
 *   permission.asked            a reply by the mode, for sub-agents' sessions too
 *   question.asked              turned down: nobody can answer it
 *   session.status retry        after RETRIES of them the turn is aborted
 *   session.error               its words, if the turn fails
 *   session.idle, … idle        the turn's events are over
 *   anything else               nothing
 *
 * Events of other sessions (sub-agents) are dropped, as the reference does.  */
#include "opencode.h"

#include "agent/structured.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "opencode_turn.h"

#include <stdlib.h>
#include <string.h>

/* A model's API that fails is asked again for ever, after 2, 4, 8, 16, 30 … seconds. */
enum { RETRIES = 5 };

#define READY "opencode server listening on "

/* -- events -- */

static bool is_allowed(const struct opencode *c, struct span permission)
{
  if (c->order.mode == OPENCODE_BYPASS || opencode_bridged(&c->order, permission).len > 0)
    return true;
  if (c->order.mode == OPENCODE_EDITS && span_is(permission, "edit"))
    return true;
  for (size_t i = 0; i < c->order.allowed.count; i++)
    if (span_is(permission, c->order.allowed.at[i]))
      return true;
  return false;
}

/* A refusal with a message lets the turn go on; without one it would end there. */
static void hear_permission(const struct opencode_hall *h, json_at properties)
{
  static const char once[] = "{\"reply\":\"once\"}";
  static const char reject[] =
      "{\"reply\":\"reject\",\"message\":\"This run does not allow it.\"}";
  bool allowed = is_allowed(h->c, opencode_text_of(h, properties, "permission"));
  opencode_ask_of(h->c, h->output, OPENCODE_REPLY, "permission",
                  opencode_text_of(h, properties, "id"), "/reply",
                  span_of(allowed ? once : reject));
}

static void hear_status(const struct opencode_hall *h, json_at status)
{
  struct opencode *c = h->c;
  unsigned long long attempt = 0;
  if (span_is(opencode_text_of(h, status, "type"), "idle")) {
    c->idle = c->asked;
    opencode_maybe_over(c, h->output);
  } else if (span_is(opencode_text_of(h, status, "type"), "retry") &&
             c->failure.len == 0 &&
             json_whole(json_get(status, "attempt"), 1000000, &attempt) &&
             attempt >= RETRIES) {
    struct span message =
        span_cut_utf8(opencode_text_of(h, status, "message"), OPENCODE_SHOWN_BYTES);
    struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
    buf_addf(&text, "given up after %d attempts: %.*s", RETRIES, (int)message.len,
             message.len > 0 ? message.at : "");
    harness_keep(&c->failure, buf_span(&text));
    buf_free(&text);
    opencode_abort(c, h->output);
  }
}

static void hear_todos(const struct opencode_hall *h, json_at properties)
{
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_raw(&w, "todos", json_raw(json_get(properties, "todos")));
  json_close(&w, '}');
  events_custom(h->output->events, "opencode.todo", buf_span(&value));
  buf_free(&value);
}

/* Of whose session an event is; empty: of none. */
static struct span session_of(const struct opencode_hall *h, json_at properties)
{
  struct span id = opencode_text_of(h, properties, "sessionID");
  if (id.len == 0)
    id = opencode_text_of(h, json_get(properties, "part"), "sessionID");
  return id.len > 0 ? id : opencode_text_of(h, json_get(properties, "info"), "sessionID");
}

static void hear_own_event(const struct opencode_hall *h, struct span type,
                           json_at properties)
{
  struct opencode *c = h->c;
  if (span_is(type, "message.part.delta")) {
    opencode_parts_delta(&c->parts, h->doc, properties, h->output->events);
  } else if (span_is(type, "message.part.updated")) {
    opencode_parts_part(&c->parts, h->doc, json_get(properties, "part"),
                        h->output->events);
  } else if (span_is(type, "message.updated")) {
    opencode_parts_message(&c->parts, h->doc, json_get(properties, "info"));
  } else if (span_is(type, "session.status")) {
    hear_status(h, json_get(properties, "status"));
  } else if (span_is(type, "session.idle")) {
    c->idle = c->asked;
    opencode_maybe_over(c, h->output);
  } else if (span_is(type, "session.error")) {
    harness_keep(&c->words, opencode_words_of(h, json_get(properties, "error")));
  } else if (span_is(type, "todo.updated")) {
    hear_todos(h, properties);
  }
}

static void hear_event(const struct opencode_hall *h, json_at root)
{
  struct opencode *c = h->c;
  struct span type = opencode_text_of(h, root, "type");
  json_at properties = json_get(root, "properties");
  if (span_is(type, "server.heartbeat")) {
    agent_heartbeat(h->output);
  } else if (span_is(type, "server.connected")) {
    if (c->connected)
      return;
    c->connected = true;
    if (c->order.bridge_body.len > 0)
      opencode_ask(c, h->output, OPENCODE_BRIDGE, "/mcp",
                   buf_span(&c->order.bridge_body));
    else
      opencode_begin_session(c, h->output);
  } else if (span_is(type, "permission.asked")) {
    hear_permission(h, properties);
  } else if (span_is(type, "question.asked")) {
    opencode_ask_of(c, h->output, OPENCODE_REPLY, "question",
                    opencode_text_of(h, properties, "id"), "/reject", SPAN_LITERAL("{}"));
  } else if (c->session.len > 0) {
    struct span session = session_of(h, properties);
    if (span_equal(session, buf_span(&c->session)))
      hear_own_event(h, type, properties);
  }
}

/* -- the seam -- */

static void hear_line(struct opencode *c, struct span line, struct agent_output *output)
{
  if (!span_starts(line, READY) || c->url.len > 0)
    return;
  static const char host[] = "http://127.0.0.1:";
  unsigned long long port;
  struct span url = span_trim(span_after(line, sizeof READY - 1));
  if (!span_starts(url, host) ||
      !span_to_number(span_after(url, sizeof host - 1), 1, 65535, &port)) {
    opencode_fail(c, output, "OpenCode does not listen on 127.0.0.1", 0, url);
    return;
  }
  harness_keep(&c->url, url);
  opencode_ask(c, output, OPENCODE_EVENTS, "/event", (struct span){0});
}

static void stream_ended(struct opencode *c, const struct agent_input *input,
                         struct agent_output *output)
{
  c->lost = true;
  if (!c->answered && !c->over)
    opencode_fail(c, output, "OpenCode's event stream was lost", input->status,
                  input->text);
  opencode_maybe_over(c, output);
}

static int opencode_on_input(void *state, const struct agent_input *input,
                             struct agent_output *output, struct fault *f)
{
  static const struct json_rules rules = {.raw = opencode_raw};
  struct opencode *c = state;
  c->parts.order = &c->order;
  if (input->kind == AGENT_LINE) {
    hear_line(c, input->text, output);
    return 0;
  }
  if (input->kind == AGENT_STREAM && input->status != 200) {
    stream_ended(c, input, output);
    return 0;
  }
  struct fault why = {0};
  struct opencode_hall h = {c, json_parse(input->text, &rules, &why), output};
  int rc = 0;
  if (input->kind == AGENT_ANSWER) {
    opencode_answer(&h, input); /* what is no JSON is told as it is */
  } else if (h.doc != NULL && json_kind(json_root(h.doc)) == JSON_OBJECT) {
    hear_event(&h, json_root(h.doc));
  } else {
    rc = h.doc != NULL ? fault_set(f, FAULT_AGENT, "the event is JSON but not an object")
                       : fault_set(f, why.kind, "%s", why.text);
  }
  json_free(h.doc);
  return rc;
}

/* With the abort's answer the turn is over; the server would go on listening. */
static bool opencode_cancel(void *state, struct agent_output *output)
{
  struct opencode *c = state;
  if (!c->asked || c->answered)
    return false;
  opencode_abort(c, output);
  return true;
}

/* OpenCode's own value, else one in what the model wrote. */
static void finish_with_value(struct opencode *c, struct events *events)
{
  struct span said = buf_span(&c->said), value = buf_span(&c->value);
  if (value.len == 0)
    value = structured_find(said);
  if (value.len == 0) {
    structured_fail(events, said);
    return;
  }
  structured_say(events, value, c->value.len > 0 ? value : said);
  events_finish(events, c->length ? "length" : "stop",
                c->parts.has_usage ? &c->parts.usage : NULL);
}

static bool is_good(const struct opencode *c)
{
  return c->finished && (c->failure.len == 0 || c->no_value);
}

static void opencode_finish(void *state, const struct process_end *end,
                            struct agent_output *output)
{
  struct opencode *c = state;
  bool ended_well = end->forced || (end->signal == 0 && end->status == 0);
  c->parts.order = &c->order;
  if (c->answer.len > 0)
    opencode_catch_up(c, output); /* session.idle never came */
  if (!ended_well && !(c->over && c->failure.len > 0 && !c->lost))
    harness_fail_by_end(output->events, end);
  else if (is_good(c) && (c->order.wants_value || c->no_value))
    finish_with_value(c, output->events);
  else if (is_good(c))
    events_finish(output->events, c->length ? "length" : "stop",
                  c->parts.has_usage ? &c->parts.usage : NULL);
  else if (c->vague && c->words.len > 0)
    events_fail(output->events, SPAN_LITERAL("agent-error"), buf_span(&c->words));
  else if (c->failure.len > 0)
    events_fail(output->events, SPAN_LITERAL("agent-error"), buf_span(&c->failure));
  else
    harness_fail_by_end(output->events, end);
}

static int opencode_make_plan(void *state, const struct run_request *req,
                              const struct bridge_address *bridge,
                              const struct plan_place *place, struct process_plan *out,
                              struct fault *f)
{
  struct opencode *c = state;
  return opencode_plan(req, bridge, place, &c->order, out, f);
}

static void opencode_free(void *state)
{
  struct opencode *c = state;
  struct buf *const all[] = {&c->url,   &c->session, &c->answer, &c->failure,
                             &c->words, &c->value,   &c->said};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    buf_free(all[i]);
  opencode_order_free(&c->order);
  opencode_parts_free(&c->parts);
}

static bool opencode_succeeded(const void *state)
{
  return is_good(state);
}

const struct harness opencode_harness = {
    .id = "opencode",
    .program = "opencode",
    .farewell_ms = LIMIT_LAST_EVENTS_MS,
    .structured = true,
    .takes = TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_TOOL_LISTS | TAKES_EFFORT,
    .memory = sizeof(struct opencode),
    .plan = opencode_make_plan,
    .on_input = opencode_on_input,
    .cancel = opencode_cancel,
    .finish = opencode_finish,
    .free = opencode_free,
    .succeeded = opencode_succeeded,
};
