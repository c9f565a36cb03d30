/* SPDX-License-Identifier: MIT */
/* format_harness.c - the stream parts of vercel/ai's HarnessV1, one JSON object a line.
 *
 * Source: @ai-sdk/harness 1.0.122, src/v1/harness-v1-stream-part.ts and
 * harness-v1-bridge-protocol.ts.  A host drops a turn in which a part of an unknown type
 * or a null number comes, so what has no part of its own goes out as `raw`.
 *
 *   the agent's session        bridge-thread; its model with the stream-start
 *   a tool call                one tool-call, when its arguments are whole;
 *                              providerExecuted tells the agent's own from the host's
 *   file.changed               file-change
 *   the end of a step          finish-step "tool-calls", if it had results; the last one
 *                              has the turn's reason, right before finish
 *   a structured value         a text of its own in a step of its own, if the agent's
 *                              last text is not that value: hosts parse the last step's
 *   RUN_ERROR                  error; with code "aborted" a finish, for that end was
 *                              asked for  */
#include "base/json_slice.h"
#include "base/json_write.h"
#include "event/event_format.h"
#include "event/event_usage.h"

#include <stdio.h>

struct parts {           /* what is remembered from event to event */
  bool begun;            /* stream-start went out */
  bool spoken, answered; /* text, results in this step */
  uint64_t text_hash;    /* of the last text */
  unsigned values;       /* texts of our own making */
};

struct part { /* what the functions below share */
  struct parts *s;
  const struct event_run *run;
  const struct event *e;
  struct buf *out;
  struct json_writer w;
};

/* -- one part -- */

static void part_open(struct part *p, const char *type)
{
  p->w = json_write_to(p->out);
  json_open(&p->w, NULL, '{');
  json_put_text(&p->w, "type", span_of(type));
}

static void part_close(struct part *p)
{
  json_close(&p->w, '}');
  buf_add_char(p->out, '\n');
}

static void put_foreign(struct part *p, const char *key, struct span json)
{
  size_t begin = p->out->len;
  json_put_raw(&p->w, key, json.len > 0 ? json : SPAN_LITERAL("null"));
  for (size_t i = begin; i < p->out->len; i++) /* between its tokens */
    if (p->out->at[i] == '\n' || p->out->at[i] == '\r')
      p->out->at[i] = ' ';
}

/* `model_json` empty: the one that was asked for, if one was. */
static void begin(struct part *p, struct span model_json)
{
  if (p->s->begun)
    return;
  p->s->begun = true;
  part_open(p, "stream-start");
  if (model_json.len > 0)
    json_put_raw(&p->w, "modelId", model_json);
  else if (p->run->model.len > 0 && !span_is(p->run->model, "default"))
    json_put_raw(&p->w, "modelId", p->run->model_json);
  part_close(p);
}

/* A part that is its type, an id and perhaps a piece of text. */
static void put_piece(struct part *p, const char *type, struct span id_json,
                      const struct span *delta)
{
  part_open(p, type);
  json_put_raw(&p->w, "id", id_json);
  if (delta)
    json_put_text(&p->w, "delta", *delta);
  part_close(p);
}

/* -- steps and usage -- */

static void put_count(struct part *p, const char *key, long long n)
{
  if (n >= 0)
    json_put_int(&p->w, key, n);
}

static void put_usage(struct part *p, const char *key, const struct event_usage *u)
{
  json_open(&p->w, key, '{');
  json_open(&p->w, "inputTokens", '{');
  if (u) {
    struct event_tokens whole = event_usage_whole(u);
    if (u->prompt >= 0)
      put_count(p, "total", whole.input);
    put_count(p, "cacheRead", u->cached);
    put_count(p, "cacheWrite", u->cache_write);
  }
  json_close(&p->w, '}');
  json_open(&p->w, "outputTokens", '{');
  if (u) {
    put_count(p, "total", u->completion);
    put_count(p, "reasoning", u->reasoning);
  }
  json_close(&p->w, '}');
  json_close(&p->w, '}');
}

static void put_reason(struct part *p, struct span reason)
{
  static const char *const known[] = {"stop",       "length", "content-filter",
                                      "tool-calls", "error",  NULL};
  const char *const *unified = known;
  while (*unified && !span_is(reason, *unified))
    unified++;
  json_open(&p->w, "finishReason", '{');
  json_put_text(&p->w, "unified", span_of(*unified ? *unified : "other"));
  json_put_text(&p->w, "raw", reason);
  json_close(&p->w, '}');
}

static void finish_step(struct part *p, struct span reason, const struct event_usage *u)
{
  part_open(p, "finish-step");
  put_reason(p, reason);
  put_usage(p, "usage", u);
  part_close(p);
  p->s->spoken = p->s->answered = false;
}

/* -- messages -- */

static void text_start(struct part *p)
{
  p->s->text_hash = span_fnv1a((struct span){0});
  p->s->spoken = true;
  put_piece(p, "text-start", p->e->id, NULL);
}

static void text(struct part *p)
{
  p->s->text_hash = span_fnv1a_on(p->s->text_hash, p->e->text);
  put_piece(p, "text-delta", p->e->id, &p->e->text);
}

static void text_end(struct part *p)
{
  put_piece(p, "text-end", p->e->id, NULL);
}

static void reasoning_start(struct part *p)
{
  put_piece(p, "reasoning-start", p->e->id, NULL);
}

static void reasoning(struct part *p)
{
  put_piece(p, "reasoning-delta", p->e->id, &p->e->text);
}

static void reasoning_end(struct part *p)
{
  put_piece(p, "reasoning-end", p->e->id, NULL);
}

/* -- tools -- */

static void tool_call(struct part *p)
{
  part_open(p, "tool-call");
  json_put_bool(&p->w, "providerExecuted", p->e->origin == TOOL_NATIVE);
  json_put_raw(&p->w, "toolCallId", p->e->call);
  json_put_text(&p->w, "toolName", p->e->name);
  json_put_text(&p->w, "input", p->e->json);
  part_close(p);
}

/* Of a call that is over, or that nobody knows: hosts take one result a call. */
static void late_result(struct part *p)
{
  part_open(p, "raw");
  json_open(&p->w, "rawValue", '{');
  json_put_text(&p->w, "type", SPAN_LITERAL("tool-result"));
  json_put_raw(&p->w, "toolCallId", p->e->call);
  json_put_text(&p->w, "result", p->e->text);
  json_close(&p->w, '}');
  part_close(p);
}

static void tool_result(struct part *p)
{
  if (p->e->name.len == 0) {
    late_result(p);
    return;
  }
  p->s->answered = true;
  part_open(p, "tool-result");
  json_put_raw(&p->w, "toolCallId", p->e->call);
  json_put_text(&p->w, "toolName", p->e->name);
  json_put_text(&p->w, "result", p->e->text);
  if (p->e->failed)
    json_put_bool(&p->w, "isError", true);
  part_close(p);
}

static void step_end(struct part *p)
{
  if (p->s->answered) /* else the finish brings it, with its reason */
    finish_step(p, SPAN_LITERAL("tool-calls"), NULL);
}

/* -- what has a name of ours -- */

static void raw(struct part *p)
{
  part_open(p, "raw");
  json_open(&p->w, "rawValue", '{');
  json_put_text(&p->w, "type", p->e->name);
  put_foreign(p, "value", p->e->json);
  json_close(&p->w, '}');
  part_close(p);
}

static void session(struct part *p)
{
  struct span id = json_slice(p->e->json, "sessionId");
  begin(p, json_slice(p->e->json, "model"));
  if (id.len < 3) /* "" */
    return;
  part_open(p, "bridge-thread");
  json_put_raw(&p->w, "threadId", id);
  part_close(p);
}

static void value(struct part *p)
{
  struct span object = json_slice(p->e->json, "object");
  if (p->s->spoken && p->s->text_hash == span_fnv1a(object))
    return;
  if (p->s->spoken || p->s->answered)
    finish_step(p, p->s->answered ? SPAN_LITERAL("tool-calls") : SPAN_LITERAL("stop"),
                NULL);
  char id[32];
  snprintf(id, sizeof id, "\"value-%u\"", ++p->s->values);
  put_piece(p, "text-start", span_of(id), NULL);
  put_piece(p, "text-delta", span_of(id), &object);
  put_piece(p, "text-end", span_of(id), NULL);
  p->s->spoken = true;
}

static void compaction(struct part *p)
{
  part_open(p, "compaction");
  json_put_raw(&p->w, "trigger", json_slice(p->e->json, "trigger"));
  json_put_raw(&p->w, "summary", json_slice(p->e->json, "summary"));
  struct span before = json_slice(p->e->json, "tokensBefore");
  if (before.len > 0)
    json_put_raw(&p->w, "tokensBefore", before);
  part_close(p);
}

/* file.changed {"path","kind",…}: kind as Codex has it. */
static void file_change(struct part *p)
{
  static const char *const kinds[][2] = {
      {"add", "create"}, {"update", "modify"}, {"delete", "delete"}};
  struct span kind = json_slice(p->e->json, "kind");
  struct span path = json_slice(p->e->json, "path");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (json_slice_says(kind, span_of(kinds[i][0])) &&
        json_slice_kind(path) == JSON_STRING) {
      part_open(p, "file-change");
      json_put_text(&p->w, "event", span_of(kinds[i][1]));
      json_put_raw(&p->w, "path", path);
      part_close(p);
      return;
    }
  raw(p);
}

static bool ends_with(struct span s, const char *end)
{
  size_t n = span_of(end).len;
  return s.len >= n && span_is(span_after(s, s.len - n), end);
}

static void custom(struct part *p)
{
  static const struct {
    const char *name;
    void (*put)(struct part *p);
  } known[] = {{"structured-output.complete", value},
               {"runlet.compaction", compaction},
               {"file.changed", file_change}};
  void (*put)(struct part * p) = raw;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (span_is(p->e->name, known[i].name))
      put = known[i].put;
  if (ends_with(p->e->name, ".session-id")) {
    session(p);
  } else if (!span_is(p->e->name, "structured-output.start")) {
    begin(p, (struct span){0});
    put(p);
  }
}

/* -- the end -- */

static void finish(struct part *p, struct span reason)
{
  finish_step(p, reason, p->e->usage);
  part_open(p, "finish");
  put_reason(p, reason);
  put_usage(p, "totalUsage", p->e->usage);
  part_close(p);
}

static void run_finished(struct part *p)
{
  finish(p, p->e->code);
}

static void run_error(struct part *p)
{
  if (span_is(p->e->code, "aborted")) {
    finish(p, p->e->code);
    return;
  }
  struct buf words = buf_make(SIZE_MAX); /* a code and a message, which are bounded */
  buf_addf(&words, "%.*s: %.*s", SPAN_ARG(p->e->code), SPAN_ARG(p->e->text));
  part_open(p, "error");
  json_put_text(&p->w, "error", buf_span(&words));
  part_close(p);
  buf_free(&words);
}

static void (*const rows[EVENT_KINDS])(struct part *p) = {
    [EVENT_TEXT_START] = text_start, [EVENT_TEXT] = text,
    [EVENT_TEXT_END] = text_end,     [EVENT_REASONING_MESSAGE_START] = reasoning_start,
    [EVENT_REASONING] = reasoning,   [EVENT_REASONING_MESSAGE_END] = reasoning_end,
    [EVENT_TOOL_END] = tool_call,    [EVENT_TOOL_RESULT] = tool_result,
    [EVENT_STEP_END] = step_end,     [EVENT_CUSTOM] = custom,
    [EVENT_WARNING] = raw,           [EVENT_RUN_FINISHED] = run_finished,
    [EVENT_RUN_ERROR] = run_error,
};

static void format_write(void *state, const struct event_run *run, const struct event *e,
                         struct buf *out)
{
  struct part p = {.s = state, .run = run, .e = e, .out = out};
  if (!rows[e->kind] || e->user) /* the host has said it */
    return;
  if (e->kind != EVENT_CUSTOM)
    begin(&p, (struct span){0});
  rows[e->kind](&p);
}

const struct event_format event_format_harness = {
    .name = "harness",
    .overhead = 256,
    .state_bytes = sizeof(struct parts),
    .write = format_write,
};
