/* SPDX-License-Identifier: MIT */
/* opencode_turn.c - see opencode_turn.h. */
#include "opencode_turn.h"

#include "base/limits.h"

#include <stdlib.h>

enum { BRIDGE_TRIES = 3 };

const char *const opencode_raw[] = {"input",      "todos",   "metadata", "diff",
                                    "structured", "summary", NULL};

struct span opencode_text_of(const struct opencode_hall *h, json_at object,
                             const char *key)
{
  return json_text(h->doc, json_get(object, key), (struct span){0});
}

/* -- asking -- */

void opencode_ask(struct opencode *c, struct agent_output *output, enum opencode_tag tag,
                  const char *path, struct span body)
{
  struct buf url = buf_make(4 * KIB);
  struct agent_call call = {.method =
                                tag == OPENCODE_EVENTS || body.len == 0 ? "GET" : "POST",
                            .authorization = buf_span(&c->order.authorization),
                            .body = body};
  if (c->url.len == 0)
    return; /* a transcript without its first line */
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

void opencode_begin_session(struct opencode *c, struct agent_output *output)
{
  c->resuming = c->order.session_id.len > 0;
  if (c->resuming)
    opencode_ask_of(c, output, OPENCODE_SESSION, "session",
                    buf_span(&c->order.session_id), "", (struct span){0});
  else
    opencode_ask(c, output, OPENCODE_SESSION, "/session", SPAN_LITERAL("{}"));
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
    harness_keep(&c->failure, buf_span(&text));
  buf_free(&text);
  c->over = true;
  agent_dismiss(output);
}

struct span opencode_words_of(const struct opencode_hall *h, json_at error)
{
  struct span message = opencode_text_of(h, json_get(error, "data"), "message");
  return message.len > 0 ? message : opencode_text_of(h, error, "name");
}

static void hear_part(const struct opencode_hall *h, json_at part)
{
  opencode_parts_part(&h->c->parts, h->doc, part, h->output->events);
}

void opencode_catch_up(struct opencode *c, struct agent_output *output)
{
  static const struct json_rules rules = {.raw = opencode_raw};
  struct fault ignored = {0};
  struct json *doc = json_parse(buf_span(&c->answer), &rules, &ignored);
  struct opencode_hall h = {c, doc, output};
  json_at parts = doc ? json_get(json_root(doc), "parts") : NULL;
  if (json_kind(parts) == JSON_ARRAY) {
    opencode_parts_message(&c->parts, doc, json_get(json_root(doc), "info"));
    for (json_at part = json_first(parts); part; part = json_next(part))
      hear_part(&h, part);
  }
  json_free(doc);
}

void opencode_maybe_over(struct opencode *c, struct agent_output *output)
{
  if (c->over || !c->answered || !(c->idle || c->lost))
    return;
  c->over = true;
  if (!c->idle)
    opencode_catch_up(c, output);
  buf_free(&c->answer);
  agent_dismiss(output);
}

/* -- answers -- */

/* {"<name>":{"status":"connected"}, …}.  On a busy machine OpenCode's first try was seen
 * to fail ("Failed to get tools") although it was answered, and the next to go well.
 * Without the tools it goes on. */
static void hear_bridge(const struct opencode_hall *h)
{
  struct opencode *c = h->c;
  char *name = span_copy(buf_span(&c->order.bridge_name));
  json_at state = json_get(json_root(h->doc), name);
  bool connected = span_is(opencode_text_of(h, state, "status"), "connected");
  free(name);
  if (!connected && ++c->bridge_tries < BRIDGE_TRIES) {
    opencode_ask(c, h->output, OPENCODE_BRIDGE, "/mcp", buf_span(&c->order.bridge_body));
    return;
  }
  if (!connected) {
    struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
    struct span words =
        span_cut_utf8(opencode_text_of(h, state, "error"), OPENCODE_SHOWN_BYTES);
    buf_addf(&text,
             "OpenCode cannot use the tool bridge (%.*s): it works without the "
             "host tools",
             (int)words.len, words.len > 0 ? words.at : "");
    events_warn(h->output->events, "bridge-unused", buf_span(&text));
    buf_free(&text);
  }
  c->bridged = true;
  buf_wipe(&c->order.bridge_body);
  opencode_begin_session(c, h->output);
}

static void hear_session(const struct opencode_hall *h, const struct agent_input *input)
{
  struct opencode *c = h->c;
  struct span id = opencode_text_of(h, json_root(h->doc), "id");
  if (input->status == 200 && opencode_is_id(id)) {
    struct buf value = buf_make(1 * KIB);
    harness_keep(&c->session, id);
    buf_addf(&value, "{\"sessionId\":\"%.*s\"}", (int)id.len, id.at);
    events_custom(h->output->events, "opencode.session-id", buf_span(&value));
    buf_free(&value);
    c->asked = true;
    struct buf *prompt = c->resuming ? &c->order.prompt : &c->order.fresh_prompt;
    opencode_ask_of(c, h->output, OPENCODE_PROMPT, "session", id, "/message",
                    buf_span(prompt));
    buf_free(&c->order.prompt);
    buf_free(&c->order.fresh_prompt);
  } else if (c->resuming && input->status > 0) {
    events_warn(h->output->events, "resume-not-possible",
                SPAN_LITERAL("OpenCode does not know the session that was to be resumed: "
                             "a new one begins with the whole conversation"));
    buf_clear(&c->order.session_id);
    opencode_begin_session(c, h->output);
  } else {
    struct span words = opencode_words_of(h, json_root(h->doc));
    opencode_fail(c, h->output, "OpenCode began no session", input->status,
                  words.len > 0 ? words : input->text);
  }
}

static void add_said(const struct opencode_hall *h, json_at parts)
{
  harness_keep(&h->c->said, (struct span){0});
  if (json_kind(parts) != JSON_ARRAY)
    return;
  for (json_at part = json_first(parts); part; part = json_next(part))
    if (span_is(opencode_text_of(h, part, "type"), "text"))
      buf_add(&h->c->said, opencode_text_of(h, part, "text"));
}

/* 200 even when the model's API failed: then info.error says so.  A turn that was aborted
 * may have neither an error nor a finish. */
static void hear_turn(const struct opencode_hall *h, const struct agent_input *input)
{
  struct opencode *c = h->c;
  json_at root = json_root(h->doc), info = json_get(root, "info");
  json_at error = json_get(info, "error");
  struct span finish = opencode_text_of(h, info, "finish");
  if (input->status != 200) {
    struct span words = opencode_words_of(h, root);
    c->vague = c->failure.len == 0;
    if (c->vague)
      harness_keep(&c->failure, words.len > 0 ? words : input->text);
  } else if (json_kind(error) == JSON_OBJECT) {
    c->no_value = span_is(opencode_text_of(h, error, "name"), "StructuredOutputError");
    if (c->failure.len == 0)
      harness_keep(&c->failure, opencode_words_of(h, error));
  }
  c->finished = input->status == 200 && finish.len > 0;
  c->length = span_is(finish, "length");
  add_said(h, json_get(root, "parts"));
  if (json_kind(json_get(info, "structured")) != JSON_ABSENT)
    harness_keep(&c->value, json_raw(json_get(info, "structured")));
}

static void hear_prompt(const struct opencode_hall *h, const struct agent_input *input)
{
  struct opencode *c = h->c;
  if (c->answered)
    return;
  c->answered = true;
  if (input->status == 0) {
    opencode_fail(c, h->output, "OpenCode did not answer the prompt", 0, input->text);
    return;
  }
  hear_turn(h, input);
  if (c->failure.len == 0 && !c->finished)
    harness_keep(&c->failure, SPAN_LITERAL("OpenCode ended its turn without a result"));
  if (!c->idle)
    harness_keep(&c->answer, input->text);
  agent_hang_up(h->output); /* should the stream's last word not come */
  opencode_maybe_over(c, h->output);
}

void opencode_answer(const struct opencode_hall *h, const struct agent_input *input)
{
  struct opencode *c = h->c;
  switch (input->tag) {
  case OPENCODE_BRIDGE:
    if (!c->bridged)
      hear_bridge(h);
    break;
  case OPENCODE_SESSION:
    if (!c->asked && !c->over)
      hear_session(h, input);
    break;
  case OPENCODE_PROMPT:
    hear_prompt(h, input);
    break;
  case OPENCODE_ABORT:
    agent_hang_up(h->output);
    break;
  default:
    break;
  }
}
