/* SPDX-License-Identifier: MIT */
#include "event/sink_pretty.h"

#include "base/json.h"
#include "base/limits.h"

enum { SCREEN_CHARS = 100 };

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

struct page { /* what the functions below share */
  struct sink_pretty *p;
  struct json *doc;
  json_at event;
};

static struct span text_of(const struct page *g, json_at object, const char *key)
{
  return json_text(g->doc, json_get(object, key), (struct span){0});
}

static struct span field(const struct page *g, const char *key)
{
  return text_of(g, g->event, key);
}

static void attribute(struct sink_pretty *p, const char *code)
{
  if (p->colour)
    buf_add_text(&p->text, code);
}

static void say(struct sink_pretty *p, const char *text)
{
  buf_add_text(&p->text, text);
  p->at_margin = false;
}

static void new_line(struct sink_pretty *p)
{
  if (!p->at_margin)
    buf_add_char(&p->text, '\n');
  p->at_margin = true;
}

/* Foreign text. */

static size_t char_length(struct span s)
{
  unsigned char c = (unsigned char)s.at[0];
  size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  return len < s.len ? len : s.len;
}

/* C1 control codes (C2 80..9F), the marks and overrides of the writing direction (E2 80
 * 8E..8F, AA..AE, E2 81 A6..A9), and halves of surrogate pairs (ED A0..). */
static bool is_hostile(struct span c)
{
  const unsigned char *at = (const unsigned char *)c.at;
  if (c.len == 2)
    return at[0] == 0xc2 && at[1] < 0xa0;
  if (c.len != 3)
    return false;
  if (at[0] == 0xed)
    return at[1] >= 0xa0;
  if (at[0] != 0xe2)
    return false;
  if (at[1] == 0x80)
    return (at[2] >= 0xaa && at[2] <= 0xae) || at[2] == 0x8e || at[2] == 0x8f;
  return at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9;
}

static void add_char(struct sink_pretty *p, struct span c)
{
  unsigned char first = (unsigned char)c.at[0];
  if (first < 0x20 || first == 0x7f)
    buf_addf(&p->text, "^%c", first == 0x7f ? '?' : first + '@');
  else if (is_hostile(c))
    for (size_t i = 0; i < c.len; i++)
      buf_addf(&p->text, "<%02x>", (unsigned char)c.at[i]);
  else
    buf_add(&p->text, c);
  p->at_margin = false;
}

/* Text of any number of lines. */
static void add_text(struct sink_pretty *p, struct span text)
{
  while (text.len > 0) {
    struct span c = {text.at, char_length(text)};
    if (c.at[0] == '\n') {
      buf_add_char(&p->text, '\n');
      p->at_margin = true;
    } else if (c.at[0] == '\t') {
      buf_add_char(&p->text, '\t');
    } else {
      add_char(p, c);
    }
    text = span_after(text, c.len);
  }
}

/* Text as a part of one line, whose length p->column keeps over several calls. */
static void add_short(struct sink_pretty *p, struct span text)
{
  while (text.len > 0 && p->column <= SCREEN_CHARS) {
    struct span c = {text.at, char_length(text)};
    if (p->column++ == SCREEN_CHARS)
      buf_add_text(&p->text, "…");
    else if (c.at[0] == '\n' || c.at[0] == '\t')
      buf_add_char(&p->text, ' ');
    else
      add_char(p, c);
    text = span_after(text, c.len);
  }
}

/* The events. */

static json_at runlet_of(const struct page *g)
{
  return json_get(json_get(g->event, "metadata"), "runlet");
}

static void run_started(const struct page *g)
{
  json_at tanstack = json_get(json_get(g->event, "metadata"), "tanstack");
  struct span model = text_of(g, tanstack, "model");
  attribute(g->p, DIM);
  say(g->p, "run ");
  g->p->column = 0;
  add_short(g->p, field(g, "runId"));
  if (model.len > 0) {
    say(g->p, ", model ");
    add_short(g->p, model);
  }
  new_line(g->p);
  attribute(g->p, PLAIN);
}

static void text_delta(const struct page *g)
{
  add_text(g->p, field(g, "delta"));
}

static void message_end(const struct page *g)
{
  new_line(g->p);
}

static void reasoning_start(const struct page *g)
{
  attribute(g->p, DIM);
}

static void reasoning_end(const struct page *g)
{
  new_line(g->p);
  attribute(g->p, PLAIN);
}

static void tool_start(const struct page *g)
{
  new_line(g->p);
  attribute(g->p, BOLD);
  say(g->p, "> ");
  g->p->column = 0;
  add_short(g->p, field(g, "toolCallName"));
  attribute(g->p, PLAIN);
  say(g->p, " ");
}

static void tool_args(const struct page *g)
{
  add_short(g->p, field(g, "delta"));
}

static void tool_result(const struct page *g)
{
  json_at metadata = json_get(g->event, "metadata");
  bool failed = json_get(json_get(metadata, "tanstack"), "state") != NULL ||
                json_get(runlet_of(g), "failed") != NULL;
  new_line(g->p);
  attribute(g->p, failed ? RED : DIM);
  say(g->p, failed ? "! " : "< ");
  g->p->column = 0;
  add_short(g->p, field(g, "content"));
  new_line(g->p);
  attribute(g->p, PLAIN);
}

static void custom(const struct page *g)
{
  json_at value = json_get(g->event, "value");
  if (!span_is(field(g, "name"), "runlet.warning"))
    return;
  new_line(g->p);
  attribute(g->p, YELLOW);
  say(g->p, "warning: ");
  add_text(g->p, text_of(g, value, "message"));
  new_line(g->p);
  attribute(g->p, PLAIN);
}

static void add_facts(const struct page *g)
{
  json_at runlet = runlet_of(g), usage = json_get(g->event, "usage");
  double ms = json_number(json_get(runlet, "durationMs"), -1);
  double calls = json_number(json_get(runlet, "toolCalls"), -1);
  json_at first = json_first(usage); /* ag-ui: an array of one */
  double in = json_number(json_get(usage, "promptTokens"),
                          json_number(json_get(first, "inputTokens"), -1));
  double out = json_number(json_get(usage, "completionTokens"),
                           json_number(json_get(first, "outputTokens"), -1));
  if (ms >= 0)
    buf_addf(&g->p->text, ", %.1f s", ms / 1000);
  if (calls >= 0)
    buf_addf(&g->p->text, ", %.0f tool call%s", calls, calls == 1 ? "" : "s");
  if (in >= 0 && out >= 0)
    buf_addf(&g->p->text, ", %.0f tokens in, %.0f out", in, out);
}

static void run_finished(const struct page *g)
{
  json_at tanstack = json_get(json_get(g->event, "metadata"), "tanstack");
  struct span reason = text_of(g, tanstack, "finishReason");
  if (reason.len == 0)
    reason = text_of(g, runlet_of(g), "finishReason");
  new_line(g->p);
  attribute(g->p, BOLD);
  say(g->p, "finished");
  if (reason.len > 0 && !span_is(reason, "stop")) {
    say(g->p, " (");
    add_text(g->p, reason);
    say(g->p, ")");
  }
  attribute(g->p, PLAIN);
  add_facts(g);
  new_line(g->p);
}

static void run_error(const struct page *g)
{
  struct span code = field(g, "code");
  new_line(g->p);
  attribute(g->p, RED);
  say(g->p, "failed");
  if (code.len > 0) {
    say(g->p, " (");
    add_text(g->p, code);
    say(g->p, ")");
  }
  say(g->p, ": ");
  add_text(g->p, field(g, "message"));
  attribute(g->p, PLAIN);
  add_facts(g);
  new_line(g->p);
}

static const struct row {
  const char *type;
  void (*show)(const struct page *g);
} rows[] = {
    {"TEXT_MESSAGE_CONTENT", text_delta},
    {"TEXT_MESSAGE_END", message_end},
    {"REASONING_MESSAGE_START", reasoning_start},
    {"REASONING_MESSAGE_CONTENT", text_delta},
    {"REASONING_MESSAGE_END", reasoning_end},
    {"TOOL_CALL_START", tool_start},
    {"TOOL_CALL_ARGS", tool_args},
    {"TOOL_CALL_END", message_end},
    {"TOOL_CALL_RESULT", tool_result},
    {"CUSTOM", custom},
    {"RUN_STARTED", run_started},
    {"RUN_FINISHED", run_finished},
    {"RUN_ERROR", run_error},
};

static size_t put(struct sink *self, struct span line)
{
  struct sink_pretty *p = (struct sink_pretty *)self;
  static const char *const raw[] = {"input", "stderrTail", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct fault ignored = {0}; /* a line of ours always parses */
  struct json *doc = json_parse(line, &rules, &ignored);
  struct page page = {.p = p, .doc = doc, .event = json_root(doc)};
  struct span type = field(&page, "type");
  p->next->on_drain = p->sink.on_drain;
  p->next->listener = p->sink.listener;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (span_is(type, rows[i].type))
      rows[i].show(&page);
  json_free(doc);
  size_t backlog = p->next->put(p->next, buf_span(&p->text));
  buf_clear(&p->text);
  return backlog;
}

static void end(struct sink *self)
{
  struct sink_pretty *p = (struct sink_pretty *)self;
  buf_free(&p->text);
  p->next->end(p->next);
}

struct sink_pretty sink_pretty_make(struct sink *next, bool colour)
{
  return (struct sink_pretty){.sink = {.put = put, .end = end},
                              .next = next,
                              .text = buf_make(LIMIT_EVENT_LINE_BYTES),
                              .colour = colour,
                              .at_margin = true};
}
