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
#include "agent/opencode.h"

#include "agent/structured.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "opencode_parts.h"
#include "opencode_plan.h"

#include <stdlib.h>
#include <string.h>

enum tag { EVENTS = 1, BRIDGE, SESSION, PROMPT, REPLY, ABORT };

/* A model's API that fails is asked again for ever, after 2, 4, 8, 16, 30 … seconds. */
enum { RETRIES = 5, BRIDGE_TRIES = 3, SHOWN_BYTES = 1000 };

#define READY "opencode server listening on "

struct opencode {
  struct opencode_order order;
  struct opencode_parts parts;
  struct buf url, session;
  unsigned bridge_tries;
  bool connected, bridged, resuming, asked, answered, idle, over;
  bool lost;          /* the stream, before the answer */
  struct buf answer;  /* the whole of it, until the turn is over */
  struct buf failure; /* why the turn is no success; empty: none known */
  bool vague;         /* `failure` is an HTTP error, and `words` know better */
  struct buf words;   /* of session.error */
  struct buf value;   /* what was answered to outputSchema */
  struct buf said;    /* the text of the last message, if that is wanted */
  bool no_value;      /* OpenCode's own word: the model did not heed the schema */
  bool finished, length;
};

static const char *const raw_members[] = {"input",      "todos",   "metadata", "diff",
                                          "structured", "summary", NULL};

/* A buf of the state: the state begins as zeros, which is a buf that takes nothing. */
static void keep(struct buf *b, struct span text)
{
  if (b->ceiling == 0)
    *b = buf_make(LIMIT_LINE_BYTES);
  buf_clear(b);
  buf_add(b, text);
}

struct hall { /* what the functions below share */
  struct opencode *c;
  struct json *doc;
  struct ear *ear;
};

static struct span text_of(const struct hall *h, json_at object, const char *key)
{
  return json_text(h->doc, json_get(object, key), (struct span){0});
}

/* -- asking -- */

static void ask(struct opencode *c, struct ear *ear, enum tag tag, const char *path,
                struct span body)
{
  struct buf url = buf_make(4 * KIB);
  struct ear_call call = {.method = tag == EVENTS || body.len == 0 ? "GET" : "POST",
                          .authorization = buf_span(&c->order.authorization),
                          .body = body};
  if (c->url.len == 0)
    return; /* a transcript without its first line */
  buf_add(&url, buf_span(&c->url));
  buf_add_text(&url, path);
  call.url = buf_span(&url);
  if (tag == EVENTS)
    ear_follow(ear, tag, &call);
  else
    ear_ask(ear, tag, &call);
  buf_free(&url);
}

/* The path with an id of OpenCode's in it; an id that is none asks nothing. */
static void ask_of(struct opencode *c, struct ear *ear, enum tag tag, const char *thing,
                   struct span id, const char *rest, struct span body)
{
  struct buf path = buf_make(1 * KIB);
  if (!opencode_is_id(id))
    return;
  buf_addf(&path, "/%s/%.*s%s", thing, (int)id.len, id.at, rest);
  ask(c, ear, tag, buf_cstring(&path), body);
  buf_free(&path);
}

static void begin_session(struct opencode *c, struct ear *ear)
{
  c->resuming = c->order.session_id.len > 0;
  if (c->resuming)
    ask_of(c, ear, SESSION, "session", buf_span(&c->order.session_id), "",
           (struct span){0});
  else
    ask(c, ear, SESSION, "/session", SPAN_LITERAL("{}"));
}

static void abort_turn(struct opencode *c, struct ear *ear)
{
  ask_of(c, ear, ABORT, "session", buf_span(&c->session), "/abort", SPAN_LITERAL("{}"));
}

/* -- the end of the turn -- */

static void fail(struct opencode *c, struct ear *ear, const char *what, int status,
                 struct span words)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_add_text(&text, what);
  if (status > 0)
    buf_addf(&text, " (HTTP %d)", status);
  words = span_cut_utf8(span_trim(words), SHOWN_BYTES);
  if (words.len > 0)
    buf_add_text(&text, ": ");
  buf_add(&text, words);
  if (c->failure.len == 0)
    keep(&c->failure, buf_span(&text));
  buf_free(&text);
  c->over = true;
  ear_dismiss(ear);
}

/* The words of an error object {"name","data":{"message"}}; empty: it is none. */
static struct span words_of(const struct hall *h, json_at error)
{
  struct span message = text_of(h, json_get(error, "data"), "message");
  return message.len > 0 ? message : text_of(h, error, "name");
}

static void hear_part(const struct hall *h, json_at part)
{
  opencode_parts_part(&h->c->parts, h->doc, part, h->ear->events);
}

/* The last message as the answer has it: what the stream did not bring any more. */
static void catch_up(struct opencode *c, struct ear *ear)
{
  static const struct json_rules rules = {.raw = raw_members};
  struct fault ignored = {0};
  struct json *doc = json_parse(buf_span(&c->answer), &rules, &ignored);
  struct hall h = {c, doc, ear};
  json_at parts = doc ? json_get(json_root(doc), "parts") : NULL;
  if (json_kind(parts) == JSON_ARRAY) {
    opencode_parts_message(&c->parts, doc, json_get(json_root(doc), "info"));
    for (json_at part = json_first(parts); part; part = json_next(part))
      hear_part(&h, part);
  }
  json_free(doc);
}

static void maybe_over(struct opencode *c, struct ear *ear)
{
  if (c->over || !c->answered || !(c->idle || c->lost))
    return;
  c->over = true;
  if (!c->idle)
    catch_up(c, ear);
  buf_free(&c->answer);
  ear_dismiss(ear);
}

/* -- answers -- */

/* {"<name>":{"status":"connected"}, …}.  On a busy machine OpenCode's first try was seen
 * to fail ("Failed to get tools") although it was answered, and the next to go well.
 * Without the tools it goes on. */
static void hear_bridge(const struct hall *h)
{
  struct opencode *c = h->c;
  char *name = span_copy(buf_span(&c->order.bridge_name));
  json_at state = json_get(json_root(h->doc), name);
  bool connected = span_is(text_of(h, state, "status"), "connected");
  free(name);
  if (!connected && ++c->bridge_tries < BRIDGE_TRIES) {
    ask(c, h->ear, BRIDGE, "/mcp", buf_span(&c->order.bridge_body));
    return;
  }
  if (!connected) {
    struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
    struct span words = span_cut_utf8(text_of(h, state, "error"), SHOWN_BYTES);
    buf_addf(&text,
             "OpenCode cannot use the tool bridge (%.*s): it works without the "
             "host tools",
             (int)words.len, words.len > 0 ? words.at : "");
    events_warn(h->ear->events, "bridge-unused", buf_span(&text));
    buf_free(&text);
  }
  c->bridged = true;
  buf_wipe(&c->order.bridge_body);
  begin_session(c, h->ear);
}

static void hear_session(const struct hall *h, const struct heard *heard)
{
  struct opencode *c = h->c;
  struct span id = text_of(h, json_root(h->doc), "id");
  if (heard->status == 200 && opencode_is_id(id)) {
    struct buf value = buf_make(1 * KIB);
    keep(&c->session, id);
    buf_addf(&value, "{\"sessionId\":\"%.*s\"}", (int)id.len, id.at);
    events_custom(h->ear->events, "opencode.session-id", buf_span(&value));
    buf_free(&value);
    c->asked = true;
    struct buf *prompt = c->resuming ? &c->order.prompt : &c->order.fresh_prompt;
    ask_of(c, h->ear, PROMPT, "session", id, "/message", buf_span(prompt));
    buf_free(&c->order.prompt);
    buf_free(&c->order.fresh_prompt);
  } else if (c->resuming && heard->status > 0) {
    events_warn(h->ear->events, "resume-failed",
                SPAN_LITERAL("OpenCode does not know the session that was to be resumed: "
                             "a new one begins with the whole conversation"));
    buf_clear(&c->order.session_id);
    begin_session(c, h->ear);
  } else {
    struct span words = words_of(h, json_root(h->doc));
    fail(c, h->ear, "OpenCode began no session", heard->status,
         words.len > 0 ? words : heard->text);
  }
}

static void add_said(const struct hall *h, json_at parts)
{
  keep(&h->c->said, (struct span){0});
  if (json_kind(parts) != JSON_ARRAY)
    return;
  for (json_at part = json_first(parts); part; part = json_next(part))
    if (span_is(text_of(h, part, "type"), "text"))
      buf_add(&h->c->said, text_of(h, part, "text"));
}

/* 200 even when the model's API failed: then info.error says so.  A turn that was aborted
 * may have neither an error nor a finish. */
static void hear_turn(const struct hall *h, const struct heard *heard)
{
  struct opencode *c = h->c;
  json_at root = json_root(h->doc), info = json_get(root, "info");
  json_at error = json_get(info, "error");
  struct span finish = text_of(h, info, "finish");
  if (heard->status != 200) {
    struct span words = words_of(h, root);
    c->vague = c->failure.len == 0;
    if (c->vague)
      keep(&c->failure, words.len > 0 ? words : heard->text);
  } else if (json_kind(error) == JSON_OBJECT) {
    c->no_value = span_is(text_of(h, error, "name"), "StructuredOutputError");
    if (c->failure.len == 0)
      keep(&c->failure, words_of(h, error));
  }
  c->finished = heard->status == 200 && finish.len > 0;
  c->length = span_is(finish, "length");
  add_said(h, json_get(root, "parts"));
  if (json_kind(json_get(info, "structured")) != JSON_ABSENT)
    keep(&c->value, json_raw(json_get(info, "structured")));
}

static void hear_prompt(const struct hall *h, const struct heard *heard)
{
  struct opencode *c = h->c;
  if (c->answered)
    return;
  c->answered = true;
  if (heard->status == 0) {
    fail(c, h->ear, "OpenCode did not answer the prompt", 0, heard->text);
    return;
  }
  hear_turn(h, heard);
  if (c->failure.len == 0 && !c->finished)
    keep(&c->failure, SPAN_LITERAL("OpenCode ended its turn without a result"));
  if (!c->idle)
    keep(&c->answer, heard->text);
  ear_hang_up(h->ear); /* should the stream's last word not come */
  maybe_over(c, h->ear);
}

static void hear_answer(const struct hall *h, const struct heard *heard)
{
  struct opencode *c = h->c;
  switch (heard->tag) {
  case BRIDGE:
    if (!c->bridged)
      hear_bridge(h);
    break;
  case SESSION:
    if (!c->asked && !c->over)
      hear_session(h, heard);
    break;
  case PROMPT:
    hear_prompt(h, heard);
    break;
  case ABORT:
    ear_hang_up(h->ear);
    break;
  default:
    break;
  }
}

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
static void hear_permission(const struct hall *h, json_at properties)
{
  static const char once[] = "{\"reply\":\"once\"}";
  static const char reject[] =
      "{\"reply\":\"reject\",\"message\":\"This run does not allow it.\"}";
  bool allowed = is_allowed(h->c, text_of(h, properties, "permission"));
  ask_of(h->c, h->ear, REPLY, "permission", text_of(h, properties, "id"), "/reply",
         span_of(allowed ? once : reject));
}

static void hear_status(const struct hall *h, json_at status)
{
  struct opencode *c = h->c;
  unsigned long long attempt = 0;
  if (span_is(text_of(h, status, "type"), "idle")) {
    c->idle = c->asked;
    maybe_over(c, h->ear);
  } else if (span_is(text_of(h, status, "type"), "retry") && c->failure.len == 0 &&
             json_whole(json_get(status, "attempt"), 1000000, &attempt) &&
             attempt >= RETRIES) {
    struct span message = span_cut_utf8(text_of(h, status, "message"), SHOWN_BYTES);
    struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
    buf_addf(&text, "given up after %d attempts: %.*s", RETRIES, (int)message.len,
             message.len > 0 ? message.at : "");
    keep(&c->failure, buf_span(&text));
    buf_free(&text);
    abort_turn(c, h->ear);
  }
}

static void hear_todos(const struct hall *h, json_at properties)
{
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_raw(&w, "todos", json_raw(json_get(properties, "todos")));
  json_close(&w, '}');
  events_custom(h->ear->events, "opencode.todo", buf_span(&value));
  buf_free(&value);
}

/* Of whose session an event is; empty: of none. */
static struct span session_of(const struct hall *h, json_at properties)
{
  struct span id = text_of(h, properties, "sessionID");
  if (id.len == 0)
    id = text_of(h, json_get(properties, "part"), "sessionID");
  return id.len > 0 ? id : text_of(h, json_get(properties, "info"), "sessionID");
}

static void hear_own_event(const struct hall *h, struct span type, json_at properties)
{
  struct opencode *c = h->c;
  if (span_is(type, "message.part.delta")) {
    opencode_parts_delta(&c->parts, h->doc, properties, h->ear->events);
  } else if (span_is(type, "message.part.updated")) {
    hear_part(h, json_get(properties, "part"));
  } else if (span_is(type, "message.updated")) {
    opencode_parts_message(&c->parts, h->doc, json_get(properties, "info"));
  } else if (span_is(type, "session.status")) {
    hear_status(h, json_get(properties, "status"));
  } else if (span_is(type, "session.idle")) {
    c->idle = c->asked;
    maybe_over(c, h->ear);
  } else if (span_is(type, "session.error")) {
    keep(&c->words, words_of(h, json_get(properties, "error")));
  } else if (span_is(type, "todo.updated")) {
    hear_todos(h, properties);
  }
}

static void hear_event(const struct hall *h, json_at root)
{
  struct opencode *c = h->c;
  struct span type = text_of(h, root, "type");
  json_at properties = json_get(root, "properties");
  if (span_is(type, "server.heartbeat")) {
    ear_heartbeat(h->ear);
  } else if (span_is(type, "server.connected")) {
    if (c->connected)
      return;
    c->connected = true;
    if (c->order.bridge_body.len > 0)
      ask(c, h->ear, BRIDGE, "/mcp", buf_span(&c->order.bridge_body));
    else
      begin_session(c, h->ear);
  } else if (span_is(type, "permission.asked")) {
    hear_permission(h, properties);
  } else if (span_is(type, "question.asked")) {
    ask_of(c, h->ear, REPLY, "question", text_of(h, properties, "id"), "/reject",
           SPAN_LITERAL("{}"));
  } else if (c->session.len > 0) {
    struct span session = session_of(h, properties);
    if (span_equal(session, buf_span(&c->session)))
      hear_own_event(h, type, properties);
  }
}

/* -- the seam -- */

static void hear_line(struct opencode *c, struct span line, struct ear *ear)
{
  if (!span_starts(line, READY) || c->url.len > 0)
    return;
  static const char host[] = "http://127.0.0.1:";
  unsigned long long port;
  struct span url = span_trim(span_after(line, sizeof READY - 1));
  if (!span_starts(url, host) ||
      !span_to_number(span_after(url, sizeof host - 1), 1, 65535, &port)) {
    fail(c, ear, "OpenCode does not listen on 127.0.0.1", 0, url);
    return;
  }
  keep(&c->url, url);
  ask(c, ear, EVENTS, "/event", (struct span){0});
}

static void stream_ended(struct opencode *c, const struct heard *heard, struct ear *ear)
{
  c->lost = true;
  if (!c->answered && !c->over)
    fail(c, ear, "OpenCode's event stream was lost", heard->status, heard->text);
  maybe_over(c, ear);
}

static int opencode_hear(void *state, const struct heard *heard, struct ear *ear,
                         struct fault *f)
{
  static const struct json_rules rules = {.raw = raw_members};
  struct opencode *c = state;
  c->parts.order = &c->order;
  if (heard->kind == HEARD_LINE) {
    hear_line(c, heard->text, ear);
    return 0;
  }
  if (heard->kind == HEARD_STREAM && heard->status != 200) {
    stream_ended(c, heard, ear);
    return 0;
  }
  struct fault why = {0};
  struct hall h = {c, json_parse(heard->text, &rules, &why), ear};
  int rc = 0;
  if (heard->kind == HEARD_ANSWER) {
    hear_answer(&h, heard); /* what is no JSON is told as it is */
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
static bool opencode_cancel(void *state, struct ear *ear)
{
  struct opencode *c = state;
  if (!c->asked || c->answered)
    return false;
  abort_turn(c, ear);
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

static void opencode_leave(void *state, const struct process_end *end, struct ear *ear)
{
  struct opencode *c = state;
  bool ended_well = end->forced || (end->signal == 0 && end->status == 0);
  c->parts.order = &c->order;
  if (c->answer.len > 0)
    catch_up(c, ear); /* session.idle never came */
  if (!ended_well && !(c->over && c->failure.len > 0 && !c->lost))
    harness_fail_by_end(ear->events, end);
  else if (is_good(c) && (c->order.wants_value || c->no_value))
    finish_with_value(c, ear->events);
  else if (is_good(c))
    events_finish(ear->events, c->length ? "length" : "stop",
                  c->parts.has_usage ? &c->parts.usage : NULL);
  else if (c->vague && c->words.len > 0)
    events_fail(ear->events, SPAN_LITERAL("agent-error"), buf_span(&c->words));
  else if (c->failure.len > 0)
    events_fail(ear->events, SPAN_LITERAL("agent-error"), buf_span(&c->failure));
  else
    harness_fail_by_end(ear->events, end);
}

static int opencode_make_plan(void *state, const struct run_request *req,
                              const struct bridge_address *bridge,
                              const struct plan_place *place, struct process_plan *out,
                              struct fault *f)
{
  struct opencode *c = state;
  return opencode_plan(req, bridge, place, &c->order, out, f);
}

static void opencode_forget(void *state)
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
    .hear = opencode_hear,
    .cancel = opencode_cancel,
    .leave = opencode_leave,
    .forget = opencode_forget,
    .succeeded = opencode_succeeded,
};
