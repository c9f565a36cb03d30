/* SPDX-License-Identifier: MIT */
/* opencode_turn.c - what OpenCode's server is asked, and what its answers lead to.
 *
 * The bridge, the session and the prompt are asked one after the other; replies and the
 * abort may go out while the prompt waits for its answer.  */
#include "opencode_turn.h"

#include "base/limits.h"
#include "event/event_session.h"

enum { SERVER_TRIES = 3 };

const char *const opencode_raw[] = {"input",      "todos",   "metadata", "diff",
                                    "structured", "summary", NULL};

/* -- asking -- */

void opencode_ask(struct opencode *c, struct agent_output *output, enum opencode_tag tag,
                  const char *path, struct span body)
{
  struct buf url = buf_make(4 * KIB);
  struct agent_call call = {.method =
                                tag == OPENCODE_EVENTS || body.len == 0 ? "GET" : "POST",
                            .authorization = buf_span(&c->order.authorization),
                            .body = body};
  /* a transcript without its first line */
  if (c->url.len == 0)
    return;
  buf_add(&url, buf_span(&c->url));
  buf_add_text(&url, path);
  call.url = buf_span(&url);
  if (tag == OPENCODE_EVENTS)
    agent_follow(output, (int)tag, &call);
  else
    agent_ask(output, (int)tag, &call);
  buf_free(&url);
}

void opencode_ask_of(struct opencode *c, struct agent_output *output,
                     enum opencode_tag tag, const char *thing, struct span id,
                     const char *rest, struct span body)
{
  struct buf path = buf_make(1 * KIB);
  if (!opencode_is_id(id))
    return;
  buf_addf(&path, "/%s/%.*s%s", thing, (int)id.len, id.at, rest);
  opencode_ask(c, output, tag, buf_cstring(&path), body);
  buf_free(&path);
}

static void begin_session(struct opencode *c, struct agent_output *output)
{
  c->resuming = c->order.session_id.len > 0;
  if (c->resuming)
    opencode_ask_of(c, output, OPENCODE_SESSION, "session",
                    buf_span(&c->order.session_id), "", (struct span){0});
  else
    opencode_ask(c, output, OPENCODE_SESSION, "/session", SPAN_LITERAL("{}"));
}

void opencode_go_on(struct opencode *c, struct agent_output *output)
{
  if (c->told < c->order.server_count)
    opencode_ask(c, output, OPENCODE_BRIDGE, "/mcp",
                 buf_span(&c->order.servers[c->told].body));
  else
    begin_session(c, output);
}

void opencode_abort(struct opencode *c, struct agent_output *output)
{
  opencode_ask_of(c, output, OPENCODE_ABORT, "session", buf_span(&c->session), "/abort",
                  SPAN_LITERAL("{}"));
}

/* -- the end of the turn -- */

void opencode_fail(struct opencode *c, struct agent_output *output, const char *what,
                   int status, struct span words)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_add_text(&text, what);
  if (status > 0)
    buf_addf(&text, " (HTTP %d)", status);
  words = span_cut_utf8(span_trim(words), OPENCODE_SHOWN_BYTES);
  if (words.len > 0)
    buf_add_text(&text, ": ");
  buf_add(&text, words);
  if (c->failure.len == 0)
    agent_keep(&c->failure, buf_span(&text));
  buf_free(&text);
  c->over = true;
  agent_dismiss(output);
}

struct span opencode_words_of(const struct opencode_input *in, json_at error)
{
  struct span message = json_member_text(in->doc, json_get(error, "data"), "message");
  return message.len > 0 ? message : json_member_text(in->doc, error, "name");
}

static void on_part(const struct opencode_input *in, json_at part)
{
  opencode_parts_part(&in->c->parts, in->doc, part, in->output->events);
}

void opencode_catch_up(struct opencode *c, struct agent_output *output)
{
  static const struct json_rules rules = {.raw = opencode_raw};
  struct fault ignored = {0};
  struct json *doc = json_parse(buf_span(&c->answer), &rules, &ignored);
  struct opencode_input in = {c, doc, output};
  json_at parts = doc ? json_get(json_root(doc), "parts") : NULL;
  if (json_kind(parts) == JSON_ARRAY) {
    opencode_parts_message(&c->parts, doc, json_get(json_root(doc), "info"));
    for (json_at part = json_first(parts); part; part = json_next(part))
      on_part(&in, part);
  }
  json_free(doc);
}

void opencode_begin_turn(struct opencode *c, struct agent_output *output)
{
  c->answered = c->idle = c->over = c->finished = c->length = c->no_value = false;
  buf_clear(&c->failure);
  buf_clear(&c->words);
  buf_clear(&c->value);
  agent_begins_turn(output);
}

void opencode_heard(struct opencode *c, const struct json *doc, json_at info,
                    struct agent_output *output)
{
  struct span id = json_member_text(doc, info, "id"),
              role = json_member_text(doc, info, "role");
  if (span_is(role, "user") && id.len > 0 && seen_ids_add(&c->users, id) == 0) {
    c->fresh += c->last_user.len > 0; /* the first is the prompt */
    c->unheard -= c->unheard > 0;
    agent_keep(&c->last_user, id);
    c->last_user_answered = false;
  } else if (span_is(role, "assistant") && c->last_user.len > 0 &&
             span_equal(json_member_text(doc, info, "parentID"),
                        buf_span(&c->last_user))) {
    c->last_user_answered = true;
    if (c->fresh > 0)
      agent_heard(output, (struct span){0}, c->fresh);
    c->fresh = 0;
  }
}

bool opencode_words_wait(const struct opencode *c)
{
  return c->says > 0 && !c->lost && (c->unheard > 0 || !c->last_user_answered);
}

void opencode_maybe_over(struct opencode *c, struct agent_output *output)
{
  if (c->over || !c->answered || !(c->idle || c->lost) || opencode_words_wait(c))
    return;
  c->over = true;
  if (!c->idle)
    opencode_catch_up(c, output);
  buf_free(&c->answer);
  agent_dismiss(output);
}

/* -- answers -- */

static void warn_of_server(const struct opencode_input *in, struct span name,
                           struct span words, bool own)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  words = span_cut_utf8(words, OPENCODE_SHOWN_BYTES);
  if (own)
    buf_add_text(&text, "OpenCode cannot use the tool bridge");
  else
    buf_addf(&text, "OpenCode cannot use MCP server \"%.*s\"", SPAN_ARG(name));
  buf_addf(&text, " (%.*s): it works without %s", (int)words.len,
           words.len > 0 ? words.at : "", own ? "the host tools" : "its tools");
  events_warn(in->output->events, own ? "bridge-unused" : "mcp-server-unused",
              buf_span(&text));
  buf_free(&text);
}

/* {"<name>":{"status":"connected"}, …}.  On a busy machine OpenCode's first try was seen
 * to fail ("Failed to get tools") although it was answered, and the next to go well.
 * Without the tools it goes on. */
static void on_server(const struct opencode_input *in)
{
  struct opencode *c = in->c;
  struct opencode_server *server = &c->order.servers[c->told];
  json_at state = json_get(json_root(in->doc), buf_cstring(&server->name));
  bool connected = span_is(json_member_text(in->doc, state, "status"), "connected");
  if (connected || ++c->tries == SERVER_TRIES) {
    if (!connected)
      warn_of_server(in, buf_span(&server->name),
                     json_member_text(in->doc, state, "error"),
                     c->told == 0 && c->order.bridge_name.len > 0);
    buf_wipe(&server->body);
    c->tries = 0;
    c->told++;
  }
  opencode_go_on(c, in->output);
}

static void on_session(const struct opencode_input *in, const struct agent_input *input)
{
  struct opencode *c = in->c;
  struct span id = json_member_text(in->doc, json_root(in->doc), "id");
  if (input->status == 200 && opencode_is_id(id)) {
    agent_keep(&c->session, id);
    events_session(in->output->events, "opencode", &(struct event_session){.id = id});
    c->asked = true;
    struct buf *prompt = c->resuming ? &c->order.prompt : &c->order.fresh_prompt;
    c->unheard = 1;
    opencode_ask_of(c, in->output, OPENCODE_PROMPT, "session", id, "/message",
                    buf_span(prompt));
    buf_free(&c->order.prompt);
    buf_free(&c->order.fresh_prompt);
  } else if (c->resuming && input->status > 0) {
    events_warn(in->output->events, "resume-not-possible",
                SPAN_LITERAL("OpenCode does not know the session that was to be resumed: "
                             "a new one begins with the whole conversation"));
    buf_clear(&c->order.session_id);
    begin_session(c, in->output);
  } else {
    struct span words = opencode_words_of(in, json_root(in->doc));
    opencode_fail(c, in->output, "OpenCode began no session", input->status,
                  words.len > 0 ? words : input->text);
  }
}

static void add_said(const struct opencode_input *in, json_at parts)
{
  agent_keep(&in->c->said, (struct span){0});
  if (json_kind(parts) != JSON_ARRAY)
    return;
  for (json_at part = json_first(parts); part; part = json_next(part))
    if (span_is(json_member_text(in->doc, part, "type"), "text"))
      buf_add(&in->c->said, json_member_text(in->doc, part, "text"));
}

/* 200 even when the model's API failed: then info.error says so.  A turn that was aborted
 * may have neither an error nor a finish. */
static void on_turn(const struct opencode_input *in, const struct agent_input *input)
{
  struct opencode *c = in->c;
  json_at root = json_root(in->doc), info = json_get(root, "info");
  json_at error = json_get(info, "error");
  struct span finish = json_member_text(in->doc, info, "finish");
  if (input->status != 200) {
    struct span words = opencode_words_of(in, root);
    c->vague = c->failure.len == 0;
    if (c->vague)
      agent_keep(&c->failure, words.len > 0 ? words : input->text);
  } else if (json_kind(error) == JSON_OBJECT) {
    c->no_value =
        span_is(json_member_text(in->doc, error, "name"), "StructuredOutputError");
    if (c->failure.len == 0)
      agent_keep(&c->failure, opencode_words_of(in, error));
  }
  c->finished = input->status == 200 && finish.len > 0;
  c->length = span_is(finish, "length");
  add_said(in, json_get(root, "parts"));
  if (json_kind(json_get(info, "structured")) != JSON_ABSENT)
    agent_keep(&c->value, json_raw(json_get(info, "structured")));
}

static void on_prompt(const struct opencode_input *in, const struct agent_input *input)
{
  struct opencode *c = in->c;
  if (c->answered)
    return;
  c->answered = true;
  if (input->status == 0) { /* as the stream ends, too, when it was killed */
    c->lost = true;
    opencode_fail(c, in->output, "OpenCode did not answer the prompt", 0, input->text);
    return;
  }
  on_turn(in, input);
  if (c->failure.len == 0 && !c->finished)
    agent_keep(&c->failure, SPAN_LITERAL("OpenCode ended its turn without a result"));
  if (!c->idle)
    agent_keep(&c->answer, input->text);
  if (!opencode_words_wait(c))
    agent_hang_up(in->output); /* should the stream's last word not come */
  opencode_maybe_over(c, in->output);
}

/* They were taken, or not. */
static void on_words(const struct opencode_input *in, const struct agent_input *input)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  if (input->status >= 200 && input->status < 300)
    return;
  in->c->unheard -= in->c->unheard > 0;
  in->c->last_user_answered = true;
  buf_addf(&text, "OpenCode did not take what was said to it while it worked (%d)",
           input->status);
  events_warn(in->output->events, "words-refused", buf_span(&text));
  agent_not_heard(in->output, (struct span){0}, buf_span(&text));
  buf_free(&text);
  opencode_maybe_over(in->c, in->output);
}

void opencode_answer(const struct opencode_input *in, const struct agent_input *input)
{
  struct opencode *c = in->c;
  switch (input->tag) {
  case OPENCODE_BRIDGE:
    if (c->told < c->order.server_count)
      on_server(in);
    break;
  case OPENCODE_SESSION:
    if (!c->asked && !c->over)
      on_session(in, input);
    break;
  case OPENCODE_PROMPT:
    on_prompt(in, input);
    break;
  case OPENCODE_WORDS:
    on_words(in, input);
    break;
  case OPENCODE_ABORT:
    agent_hang_up(in->output);
    break;
  default:
    break;
  }
}
