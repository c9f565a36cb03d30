/* SPDX-License-Identifier: MIT */
/* opencode.c - OpenCode by its own server (`opencode serve`), seen with 1.18.33.
 *
 * The server listens on a free port of 127.0.0.1 behind a password that is made for the
 * run.  The dialogue, each step when the one before was answered:
 *
 *   stdout "opencode server listening on http://127.0.0.1:<port>"
 *   GET  /event                      the stream; its first event is server.connected
 *   POST /mcp                        the bridge, so no config of the user is touched and
 *                                    the bridge's token stands in no environment
 *   GET  /session/<id> or POST /session
 *   POST /session/<id>/message       the prompt; answered when the turn is over
 *   POST /session/<id>/prompt_async  more words of the user, meanwhile
 *   POST /permission/<id>/reply, /question/<id>/reject, /session/<id>/abort   meanwhile
 *
 * The turn is over when that answer and the stream's session.idle are there, for the
 * answer overtakes the last events (seen: by 100 ms), and when the user's last words are
 * answered: those that come late are a turn more, which no answer tells the end of.  The
 * server never exits by itself, so it is dismissed then.
 *
 * Why not `opencode run --format json`: it prints whole parts only (no deltas), and a
 * SIGTERM in a shell tool makes it hang and leaves the shell.
 *
 *   event of the stream         what comes of it
 *   server.connected            the dialogue goes on
 *   message.updated             whose message it is (opencode_parts.c)
 *   message.part.updated/delta  text, reasoning, tool calls (opencode_parts.c)
 *   todo.updated                CUSTOM opencode.todo {todos}
 *   permission.asked            a reply by the mode, for sub-agents' sessions too
 *   question.asked              turned down: nobody can answer it
 *   session.status retry        agent_retry(): after 2, 4, 8, 16, 30 … seconds
 *   session.error               its words, if the turn fails
 *   session.idle, … idle        the turn's events are over
 *   anything else               nothing
 *
 * Events of other sessions (sub-agents) are dropped, as TanStack's adapter does.  */
#include "agent/harness.h"
#include "agent/harness_end.h"
#include "agent/session_stores.h"
#include "agent/structured.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "opencode_turn.h"

#include <stdlib.h>
#include <string.h>

#define READY "opencode server listening on "

/* -- events -- */

static bool is_listed(const struct opencode *c, struct span permission)
{
  for (size_t i = 0; i < c->order.allowed.count; i++)
    if (span_is(permission, c->order.allowed.at[i]))
      return true;
  return false;
}

/* A refusal with a message lets the turn go on; without one it would end there. */
static void reply(struct opencode *c, struct span id, bool yes, struct span reason,
                  struct agent_output *output)
{
  struct buf body = buf_make(4 * LIMIT_ERROR_MESSAGE_BYTES);
  struct json_writer w = json_write_to(&body);
  json_open(&w, NULL, '{');
  json_put_text(&w, "reply", yes ? SPAN_LITERAL("once") : SPAN_LITERAL("reject"));
  if (!yes)
    json_put_text(&w, "message",
                  reason.len > 0 ? span_cut_utf8(reason, LIMIT_ERROR_MESSAGE_BYTES)
                                 : agent_refusal(output));
  json_close(&w, '}');
  opencode_ask_of(c, output, OPENCODE_REPLY, "permission", id, "/reply", buf_span(&body));
  buf_free(&body);
}

static enum permission_kind kind_of(struct span permission)
{
  if (span_is(permission, "bash"))
    return PERMISSION_KIND_COMMAND;
  if (span_is(permission, "edit"))
    return PERMISSION_KIND_EDIT;
  return span_is(permission, "webfetch") || span_is(permission, "websearch") ||
                 span_is(permission, "codesearch")
             ? PERMISSION_KIND_NETWORK
             : PERMISSION_KIND_OTHER;
}

static void on_permission(const struct opencode_input *in, json_at properties)
{
  struct span id = json_member_text(in->doc, properties, "id");
  struct span what = json_member_text(in->doc, properties, "permission");
  struct span input = json_raw(json_get(properties, "metadata"));
  struct buf command = buf_make(LIMIT_LINE_BYTES);
  agent_command(input, &command);
  const struct permission_question question = {
      .mode = in->c->order.mode,
      .kind = kind_of(what),
      .host_tool = opencode_bridged(&in->c->order, what).len > 0,
      .listed = is_listed(in->c, what)};
  json_at call = json_get(properties, "tool");
  const struct agent_question asked = {.id = id,
                                       .call = json_member_text(in->doc, call, "callID"),
                                       .tool = what,
                                       .input = input,
                                       .command = buf_span(&command)};
  enum permission answer = agent_permit(in->output, &asked, &question);
  if (answer != PERMISSION_ASK)
    reply(in->c, id, answer == PERMISSION_ALLOW, (struct span){0}, in->output);
  buf_free(&command);
}

static void on_status(const struct opencode_input *in, json_at status)
{
  struct opencode *c = in->c;
  struct span type = json_member_text(in->doc, status, "type");
  if (span_is(type, "idle")) {
    c->idle = c->asked;
    opencode_maybe_over(c, in->output);
  } else if (span_is(type, "busy") && c->says > 0) {
    c->idle = false; /* words that came late are a turn more */
  } else if (span_is(type, "retry")) {
    agent_retry(in->output, json_member_text(in->doc, status, "message"), 0);
    opencode_parts_abandon(&c->parts, in->output->events);
  }
}

static void on_todos(const struct opencode_input *in, json_at properties)
{
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_raw(&w, "todos", json_raw(json_get(properties, "todos")));
  json_close(&w, '}');
  events_custom(in->output->events, "opencode.todo", buf_span(&value));
  buf_free(&value);
}

/* Of whose session an event is; empty: of none. */
static struct span session_of(const struct opencode_input *in, json_at properties)
{
  struct span id = json_member_text(in->doc, properties, "sessionID");
  if (id.len == 0)
    id = json_member_text(in->doc, json_get(properties, "part"), "sessionID");
  return id.len > 0
             ? id
             : json_member_text(in->doc, json_get(properties, "info"), "sessionID");
}

static void on_own_event(const struct opencode_input *in, struct span type,
                         json_at properties)
{
  struct opencode *c = in->c;
  if (span_is(type, "message.part.delta")) {
    opencode_parts_delta(&c->parts, in->doc, properties, in->output->events);
  } else if (span_is(type, "message.part.updated")) {
    opencode_parts_part(&c->parts, in->doc, json_get(properties, "part"),
                        in->output->events);
  } else if (span_is(type, "message.updated")) {
    opencode_parts_message(&c->parts, in->doc, json_get(properties, "info"));
    opencode_heard(c, in->doc, json_get(properties, "info"), in->output);
  } else if (span_is(type, "session.status")) {
    on_status(in, json_get(properties, "status"));
  } else if (span_is(type, "session.idle")) {
    c->idle = c->asked;
    opencode_maybe_over(c, in->output);
  } else if (span_is(type, "session.error")) {
    agent_keep(&c->words, opencode_words_of(in, json_get(properties, "error")));
    if (c->answered && c->says > 0) /* of the turn more; no answer tells it */
      agent_keep(&c->failure, buf_span(&c->words));
  } else if (span_is(type, "todo.updated")) {
    on_todos(in, properties);
  }
}

static void on_event(const struct opencode_input *in, json_at root)
{
  struct opencode *c = in->c;
  struct span type = json_member_text(in->doc, root, "type");
  json_at properties = json_get(root, "properties");
  if (span_is(type, "server.heartbeat")) {
    agent_heartbeat(in->output);
  } else if (span_is(type, "server.connected")) {
    if (c->connected)
      return;
    c->connected = true;
    opencode_go_on(c, in->output);
  } else if (span_is(type, "permission.asked")) {
    on_permission(in, properties);
  } else if (span_is(type, "question.asked")) {
    opencode_ask_of(c, in->output, OPENCODE_REPLY, "question",
                    json_member_text(in->doc, properties, "id"), "/reject",
                    SPAN_LITERAL("{}"));
  } else if (c->session.len > 0) {
    struct span session = session_of(in, properties);
    if (span_is(type, "message.part.updated"))
      opencode_parts_count(&c->parts, in->doc, json_get(properties, "part"),
                           !span_equal(session, buf_span(&c->session)),
                           &in->output->actions->spending);
    if (span_equal(session, buf_span(&c->session)))
      on_own_event(in, type, properties);
  }
}

/* -- the harness -- */

static void on_line(struct opencode *c, struct span line, struct agent_output *output)
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
  agent_keep(&c->url, url);
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
    on_line(c, input->text, output);
    return 0;
  }
  if (input->kind == AGENT_STREAM && input->status != 200) {
    stream_ended(c, input, output);
    return 0;
  }
  struct fault why = {0};
  struct opencode_input in = {c, json_parse(input->text, &rules, &why), output};
  int rc = 0;
  if (input->kind == AGENT_ANSWER) {
    opencode_answer(&in, input); /* what is no JSON is told as it is */
  } else if (in.doc && json_kind(json_root(in.doc)) == JSON_OBJECT) {
    on_event(&in, json_root(in.doc));
  } else {
    rc = in.doc ? fault_set(f, FAULT_AGENT, "the event is JSON but not an object")
                : fault_set(f, why.kind, "%s", why.text);
  }
  json_free(in.doc);
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

/* OpenCode forgets a question once it is answered, and refuses an id it does not know. */
static bool opencode_permit(void *state, struct span id,
                            const struct agent_answer *answer,
                            struct agent_output *output)
{
  struct opencode *c = state;
  if (!opencode_is_id(id) || !c->asked || c->over)
    return false;
  reply(c, id, answer->yes, answer->reason, output);
  return true;
}

/* A message beside the one that is worked on: its model gets it with its next request. */
static int opencode_say(void *state, const struct agent_words *words,
                        struct agent_output *output, struct fault *f)
{
  struct opencode *c = state;
  struct buf body = buf_make(LIMIT_PROMPT_BYTES);
  bool over = c->over || (c->answered && !opencode_words_wait(c));
  if (!c->asked || (words->next ? !c->over || c->lost : over))
    return fault_set(f, FAULT_CONFLICT, "%s",
                     !c->asked      ? "the agent has not begun yet"
                     : !words->next ? "the agent's turn is over"
                                    : "the agent's turn goes on");
  int rc = opencode_words(c->req, &c->order.disallowed, words->text, &body, f);
  if (rc == 0) {
    c->says++;
    c->unheard++;
    if (words->next)
      opencode_begin_turn(c, output);
    opencode_ask_of(c, output, words->next ? OPENCODE_PROMPT : OPENCODE_WORDS, "session",
                    buf_span(&c->session), words->next ? "/message" : "/prompt_async",
                    buf_span(&body));
  }
  buf_free(&body);
  return rc;
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
  bool ended_well = process_end_is_clean(end);
  c->parts.order = &c->order;
  events_usage(output->events, c->parts.has_usage ? &c->parts.usage : NULL);
  /* session.idle never came */
  if (c->answer.len > 0)
    opencode_catch_up(c, output);
  if (!ended_well && !(c->over && c->failure.len > 0 && !c->lost))
    harness_fail_by_end(output->events, end);
  else if (is_good(c) && (c->order.wants_value || c->no_value))
    finish_with_value(c, output->events);
  else if (is_good(c)) {
    agent_warn_if_silent(output->events);
    events_finish(output->events, c->length ? "length" : "stop",
                  c->parts.has_usage ? &c->parts.usage : NULL);
  } else if (c->vague && c->words.len > 0)
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
  c->req = req;
  return opencode_plan(req, bridge, place, &c->order, out, f);
}

static void opencode_free(void *state)
{
  struct opencode *c = state;
  struct buf *const all[] = {&c->url,   &c->session, &c->answer, &c->failure,
                             &c->words, &c->value,   &c->said,   &c->last_user};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    buf_free(all[i]);
  seen_ids_free(&c->users);
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
    .skills = ".opencode .claude .agents",
    .sessions = &session_store_opencode,
    .farewell_ms = LIMIT_LAST_EVENTS_MS,
    .structured = true,
    .takes = TAKES_POLICY | TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_TOOL_LISTS |
             TAKES_EFFORT | TAKES_MCP_SERVERS,
    .counts = 1 << BUDGET_TOKENS | 1 << BUDGET_USD | 1 << BUDGET_TOOL_CALLS |
              1 << BUDGET_MODEL_TURNS,
    .needs = NEEDS_UNION_KEYS | NEEDS_NO_OUTPUT_SCHEMA | NEEDS_WORDS_FOR_LINKS,
    .memory = sizeof(struct opencode),
    .plan = opencode_make_plan,
    .on_input = opencode_on_input,
    .cancel = opencode_cancel,
    .permit = opencode_permit,
    .say = opencode_say,
    .finish = opencode_finish,
    .free = opencode_free,
    .succeeded = opencode_succeeded,
};
