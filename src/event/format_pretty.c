/* SPDX-License-Identifier: MIT */
/* format_pretty.c - one function a kind of event, over a page that knows whether the
 * current line is empty.  Kinds without a row are not shown.  */
#include "format_pretty.h"

#include "base/keyed_hash.h"
#include "base/utf8.h"
#include "event/event_usage.h"

enum { SCREEN_CHARS = 100 };

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

struct transcript { /* what is remembered from event to event */
  bool in_line;     /* something stands on the current line */
  size_t column;    /* characters of a tool call's line so far */
  uint64_t call;    /* whose line it is, a hash; 0: none's */
};

struct page { /* what the functions below share */
  struct transcript *t;
  struct buf *out;
  bool colour;
};

static void attribute(struct page *p, const char *code)
{
  if (p->colour)
    buf_add_text(p->out, code);
}

static void say(struct page *p, const char *text)
{
  buf_add_text(p->out, text);
  p->t->in_line = true;
}

static void new_line(struct page *p)
{
  if (p->t->in_line)
    buf_add_char(p->out, '\n');
  p->t->in_line = false;
}

/* -- foreign text -- */

static void add_char(struct page *p, struct span c)
{
  unsigned char first = (unsigned char)c.at[0];
  if (first < 0x20 || first == 0x7f)
    buf_addf(p->out, "^%c", first == 0x7f ? '?' : first + '@');
  else if (utf8_is_hostile(c))
    for (size_t i = 0; i < c.len; i++)
      buf_addf(p->out, "<%02x>", (unsigned char)c.at[i]);
  else
    buf_add(p->out, c);
  p->t->in_line = true;
}

/* Text of any number of lines. */
static void add_text(struct page *p, struct span text)
{
  while (text.len > 0) {
    struct span c = {text.at, utf8_length(text)};
    if (c.at[0] == '\n') {
      buf_add_char(p->out, '\n');
      p->t->in_line = false;
    } else if (c.at[0] == '\t') {
      buf_add_char(p->out, '\t');
    } else {
      add_char(p, c);
    }
    text = span_after(text, c.len);
  }
}

/* Text as a part of one line, whose length t->column keeps over several calls. */
static void add_short(struct page *p, struct span text)
{
  while (text.len > 0 && p->t->column <= SCREEN_CHARS) {
    struct span c = {text.at, utf8_length(text)};
    if (p->t->column++ == SCREEN_CHARS)
      buf_add_text(p->out, "…");
    else if (c.at[0] == '\n' || c.at[0] == '\t')
      buf_add_char(p->out, ' ');
    else
      add_char(p, c);
    text = span_after(text, c.len);
  }
}

/* -- the events -- */

static void run_started(struct page *p, const struct event_run *run,
                        const struct event *e)
{
  (void)e;
  attribute(p, DIM);
  say(p, "run ");
  p->t->column = 0;
  add_short(p, run->run_id);
  if (run->model.len > 0) {
    say(p, ", model ");
    add_short(p, run->model);
  }
  new_line(p);
  attribute(p, PLAIN);
}

static void text(struct page *p, const struct event_run *run, const struct event *e)
{
  (void)run;
  add_text(p, e->text);
}

static void text_start(struct page *p, const struct event_run *run, const struct event *e)
{
  (void)run;
  if (e->user) {
    new_line(p);
    attribute(p, BOLD);
    say(p, "user: ");
    attribute(p, PLAIN);
  }
}

static void message_end(struct page *p, const struct event_run *run,
                        const struct event *e)
{
  (void)run;
  (void)e;
  new_line(p);
}

static void reasoning_start(struct page *p, const struct event_run *run,
                            const struct event *e)
{
  (void)run;
  (void)e;
  attribute(p, DIM);
}

static void reasoning_end(struct page *p, const struct event_run *run,
                          const struct event *e)
{
  (void)run;
  (void)e;
  new_line(p);
  attribute(p, PLAIN);
}

/* A call is shown with its arguments, which may come long after its START. */
static void tool_args(struct page *p, const struct event_run *run, const struct event *e)
{
  (void)run;
  uint64_t call = keyed_hash(e->call);
  if (p->t->call != call) {
    new_line(p);
    attribute(p, BOLD);
    say(p, "> ");
    p->t->column = 0;
    add_short(p, e->name);
    attribute(p, PLAIN);
    say(p, " ");
  }
  p->t->call = call;
  add_short(p, e->text);
}

static void tool_result(struct page *p, const struct event_run *run,
                        const struct event *e)
{
  (void)run;
  new_line(p);
  attribute(p, e->failed ? RED : DIM);
  say(p, e->failed ? "! " : "< ");
  p->t->column = 0;
  add_short(p, e->text);
  new_line(p);
  attribute(p, PLAIN);
}

static void warning(struct page *p, const struct event_run *run, const struct event *e)
{
  (void)run;
  new_line(p);
  attribute(p, YELLOW);
  say(p, "warning: ");
  add_text(p, e->text);
  new_line(p);
  attribute(p, PLAIN);
}

static void add_in_brackets(struct page *p, struct span words)
{
  say(p, " (");
  add_text(p, words);
  say(p, ")");
}

static void add_facts(struct page *p, const struct event *e)
{
  const struct event_usage *u = e->usage;
  if (e->duration_ms >= 0)
    buf_addf(p->out, ", %.1f s, %llu tool call%s", (double)e->duration_ms / 1000,
             e->tool_calls, e->tool_calls == 1 ? "" : "s");
  if (u && (u->prompt >= 0 || u->completion >= 0 || u->total >= 0))
    buf_addf(p->out, ", %lld tokens in, %lld out", event_usage_whole(u).input,
             event_usage_whole(u).output);
}

static void run_finished(struct page *p, const struct event_run *run,
                         const struct event *e)
{
  (void)run;
  new_line(p);
  attribute(p, BOLD);
  say(p, "finished");
  if (e->code.len > 0 && !span_is(e->code, "stop"))
    add_in_brackets(p, e->code);
  attribute(p, PLAIN);
  add_facts(p, e);
  new_line(p);
}

static void run_error(struct page *p, const struct event_run *run, const struct event *e)
{
  (void)run;
  new_line(p);
  attribute(p, RED);
  say(p, "failed");
  if (e->code.len > 0)
    add_in_brackets(p, e->code);
  say(p, ": ");
  add_text(p, e->text);
  attribute(p, PLAIN);
  add_facts(p, e);
  new_line(p);
}

static void (*const shows[EVENT_KINDS])(struct page *p, const struct event_run *run,
                                        const struct event *e) = {
    [EVENT_RUN_STARTED] = run_started,
    [EVENT_TEXT_START] = text_start,
    [EVENT_TEXT] = text,
    [EVENT_TEXT_END] = message_end,
    [EVENT_REASONING_MESSAGE_START] = reasoning_start,
    [EVENT_REASONING] = text,
    [EVENT_REASONING_MESSAGE_END] = reasoning_end,
    [EVENT_TOOL_ARGS] = tool_args,
    [EVENT_TOOL_END] = message_end,
    [EVENT_TOOL_RESULT] = tool_result,
    [EVENT_WARNING] = warning,
    [EVENT_RUN_FINISHED] = run_finished,
    [EVENT_RUN_ERROR] = run_error,
    [EVENT_REFUSED] = run_error,
};

static void show(struct page *p, const struct event_run *run, const struct event *e)
{
  if (shows[e->kind])
    shows[e->kind](p, run, e);
}

static void write_plain(void *state, const struct event_run *run, const struct event *e,
                        struct buf *out)
{
  show(&(struct page){.t = state, .out = out}, run, e);
}

static void write_colour(void *state, const struct event_run *run, const struct event *e,
                         struct buf *out)
{
  show(&(struct page){.t = state, .out = out, .colour = true}, run, e);
}

const struct event_format event_format_pretty = {
    .name = "pretty",
    .state_bytes = sizeof(struct transcript),
    .write = write_plain,
};

const struct event_format event_format_pretty_colour = {
    .name = "pretty-colour",
    .state_bytes = sizeof(struct transcript),
    .write = write_colour,
};
