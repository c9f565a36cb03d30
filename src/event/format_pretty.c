/* SPDX-License-Identifier: MIT */
/* format_pretty.c - one function a kind of event, over a page.  Kinds without a row are
 * not shown.  */
#include "format_pretty.h"

#include "base/json.h"
#include "base/keyed_hash.h"
#include "base/limits.h"
#include "changed.h"
#include "event/event_usage.h"
#include "page.h"
#include "waiting.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SESSION_BYTES = 128 };

struct transcript { /* what is remembered from event to event */
  struct page_place place;
  uint64_t call; /* whose line is open, a hash; 0: none's */
  struct waiting waiting;
  struct changed changed;
  char session[SESSION_BYTES]; /* by which to go on; "": not known */
};

struct scene { /* what the functions below share */
  struct transcript *t;
  struct page page;
  const struct event_run *run;
};

static void run_started(struct scene *s, const struct event *e)
{
  struct page *p = &s->page;
  (void)e;
  page_attribute(p, PAGE_DIM);
  page_say(p, "run ");
  p->place->column = 0;
  page_short(p, s->run->run_id);
  if (s->run->model.len > 0) {
    page_say(p, ", model ");
    page_short(p, s->run->model);
  }
  page_new_line(p);
  page_attribute(p, PAGE_PLAIN);
}

static void text(struct scene *s, const struct event *e)
{
  page_text(&s->page, e->text);
}

static void message_end(struct scene *s, const struct event *e)
{
  (void)e;
  page_new_line(&s->page);
}

static void reasoning_start(struct scene *s, const struct event *e)
{
  (void)e;
  page_attribute(&s->page, PAGE_DIM);
}

static void reasoning_end(struct scene *s, const struct event *e)
{
  (void)e;
  page_new_line(&s->page);
  page_attribute(&s->page, PAGE_PLAIN);
}

/* A call is shown with its arguments, which may come long after its START. */
static void tool_args(struct scene *s, const struct event *e)
{
  struct page *p = &s->page;
  uint64_t call = keyed_hash(e->call);
  if (s->t->call != call) {
    page_new_line(p);
    page_attribute(p, PAGE_BOLD);
    page_say(p, "> ");
    p->place->column = 0;
    page_short(p, e->name);
    page_attribute(p, PAGE_PLAIN);
    page_say(p, " ");
  }
  s->t->call = call;
  page_short(p, e->text);
}

static void tool_result(struct scene *s, const struct event *e)
{
  struct page *p = &s->page;
  page_new_line(p);
  page_attribute(p, e->failed ? PAGE_RED : PAGE_DIM);
  page_say(p, e->failed ? "! " : "< ");
  page_folded(p, e->text);
  page_new_line(p);
  page_attribute(p, PAGE_PLAIN);
}

static void warning(struct scene *s, const struct event *e)
{
  struct page *p = &s->page;
  page_new_line(p);
  page_attribute(p, PAGE_YELLOW);
  page_say(p, "warning: ");
  page_text(p, e->text);
  page_new_line(p);
  page_attribute(p, PAGE_PLAIN);
}

/* The session's id; and, while nothing else happens, what is waited for. */
static void custom(struct scene *s, const struct event *e)
{
  static const char session[] = ".session-id";
  size_t length = sizeof session - 1;
  if (e->name.len < length ||
      memcmp(e->name.at + e->name.len - length, session, length) != 0)
    return;
  struct fault ignored = {0};
  struct json *doc = json_parse(e->json, NULL, &ignored);
  struct span id = json_member_text(doc, json_root(doc), "sessionId");
  if (doc && id.len > 0 && id.len < sizeof s->t->session) {
    memcpy(s->t->session, id.at, id.len);
    s->t->session[id.len] = 0;
  }
  json_free(doc);
}

/* -- the end -- */

static void add_files(struct scene *s)
{
  struct page *p = &s->page;
  struct buf files = buf_make(2 * CHANGED_BYTES);
  changed_put(&s->t->changed, &files);
  page_new_line(p);
  if (files.len > 0) {
    page_attribute(p, PAGE_DIM);
    page_say(p, "files: ");
    page_text(p, buf_span(&files));
    page_new_line(p);
    page_attribute(p, PAGE_PLAIN);
  }
  buf_free(&files);
}

/* What the report has of the agent's memory: only there.  In no text of it the name can
 * stand so, as there a quote has a backslash before it. */
static unsigned long long peak_kib(struct span members)
{
  static const char name[] = "\"maxRssKiB\":";
  const char *at =
      members.len > 0 ? memmem(members.at, members.len, name, sizeof name - 1) : NULL;
  unsigned long long kib = 0;
  if (at)
    for (at += sizeof name - 1; at < members.at + members.len && isdigit(*at); at++)
      kib = kib * 10 + (unsigned)(*at - '0');
  return kib;
}

static void add_facts(struct scene *s, const struct event *e)
{
  struct page *p = &s->page;
  const struct event_usage *u = e->usage;
  unsigned long long kib = peak_kib(e->json);
  char cost[32] = "";
  if (e->duration_ms >= 0)
    buf_addf(p->out, ", %.1f s, %llu tool call%s", (double)e->duration_ms / 1000,
             e->tool_calls, e->tool_calls == 1 ? "" : "s");
  if (u && (u->prompt >= 0 || u->completion >= 0 || u->total >= 0))
    buf_addf(p->out, ", %lld tokens in, %lld out", event_usage_whole(u).input,
             event_usage_whole(u).output);
  if (u && u->cost_usd.len > 0 && u->cost_usd.len < sizeof cost) {
    memcpy(cost, u->cost_usd.at, u->cost_usd.len);
    buf_addf(p->out, ", $%.4f", strtod(cost, NULL));
  }
  if (kib > 0)
    buf_addf(p->out, ", at most %llu MiB", (kib + 1023) / 1024);
  if (s->t->session[0]) {
    page_say(p, ", session ");
    page_text(p, span_of(s->t->session));
  }
  p->place->in_line = true;
  page_new_line(p);
}

static void add_in_brackets(struct page *p, struct span words)
{
  page_say(p, " (");
  page_text(p, words);
  page_say(p, ")");
}

static void run_finished(struct scene *s, const struct event *e)
{
  struct page *p = &s->page;
  add_files(s);
  page_attribute(p, PAGE_BOLD);
  page_say(p, "finished");
  if (e->code.len > 0 && !span_is(e->code, "stop"))
    add_in_brackets(p, e->code);
  page_attribute(p, PAGE_PLAIN);
  add_facts(s, e);
}

/* Somebody wanted it so (Ctrl-C): that is no failure. */
static bool was_interrupted(const struct event *e)
{
  return span_is(e->code, "runner-shutdown");
}

static void run_error(struct scene *s, const struct event *e)
{
  struct page *p = &s->page;
  add_files(s);
  if (was_interrupted(e)) {
    page_attribute(p, PAGE_BOLD);
    page_say(p, "interrupted");
  } else {
    page_attribute(p, PAGE_RED);
    page_say(p, e->kind == EVENT_REFUSED ? "refused" : "failed");
    if (e->code.len > 0 && e->kind != EVENT_REFUSED)
      add_in_brackets(p, e->code);
    page_say(p, ": ");
    page_text(p, e->text);
  }
  page_attribute(p, PAGE_PLAIN);
  add_facts(s, e);
}

static void (*const shows[EVENT_KINDS])(struct scene *s, const struct event *e) = {
    [EVENT_RUN_STARTED] = run_started, [EVENT_TEXT] = text,
    [EVENT_TEXT_END] = message_end,    [EVENT_REASONING_MESSAGE_START] = reasoning_start,
    [EVENT_REASONING] = text,          [EVENT_REASONING_MESSAGE_END] = reasoning_end,
    [EVENT_TOOL_ARGS] = tool_args,     [EVENT_TOOL_END] = message_end,
    [EVENT_TOOL_RESULT] = tool_result, [EVENT_CUSTOM] = custom,
    [EVENT_WARNING] = warning,         [EVENT_RUN_FINISHED] = run_finished,
    [EVENT_RUN_ERROR] = run_error,     [EVENT_REFUSED] = run_error,
};

static void sign(struct scene *s, long long now_ms)
{
  struct buf words = buf_make(LIMIT_NAME_BYTES);
  waiting_put(&s->t->waiting, s->run->model, now_ms, &words);
  page_sign(&s->page, buf_span(&words));
  buf_free(&words);
}

enum { COLOUR = 1, TERMINAL = 2, FULL = 4 };

static void show(void *state, const struct event_run *run, const struct event *e,
                 struct buf *out, unsigned how)
{
  struct transcript *t = state;
  struct scene s = {
      .t = t,
      .run = run,
      .page = {
          .place = &t->place, .out = out, .colour = how & COLOUR, .full = how & FULL}};
  if (e->kind == EVENT_CUSTOM && span_is(e->name, "runlet.heartbeat")) {
    if (how & TERMINAL)
      sign(&s, e->at_ms);
    return;
  }
  waiting_note(&t->waiting, e);
  changed_note(&t->changed, e);
  if (shows[e->kind]) {
    page_unsign(&s.page);
    shows[e->kind](&s, e);
  }
}

static void write_plain(void *state, const struct event_run *run, const struct event *e,
                        struct buf *out)
{
  show(state, run, e, out, 0);
}

static void write_full(void *state, const struct event_run *run, const struct event *e,
                       struct buf *out)
{
  show(state, run, e, out, FULL);
}

static void write_terminal(void *state, const struct event_run *run,
                           const struct event *e, struct buf *out)
{
  show(state, run, e, out, TERMINAL);
}

static void write_terminal_full(void *state, const struct event_run *run,
                                const struct event *e, struct buf *out)
{
  show(state, run, e, out, TERMINAL | FULL);
}

static void write_colour(void *state, const struct event_run *run, const struct event *e,
                         struct buf *out)
{
  show(state, run, e, out, COLOUR | TERMINAL);
}

static void write_colour_full(void *state, const struct event_run *run,
                              const struct event *e, struct buf *out)
{
  show(state, run, e, out, COLOUR | TERMINAL | FULL);
}

#define PRETTY(called, function)                                                         \
  {                                                                                      \
    .name = called, .tells_files = true, .state_bytes = sizeof(struct transcript),       \
    .write = function                                                                    \
  }
const struct event_format event_format_pretty = PRETTY("pretty", write_plain),
                          event_format_pretty_full = PRETTY("pretty-full", write_full),
                          event_format_pretty_terminal =
                              PRETTY("pretty-terminal", write_terminal),
                          event_format_pretty_terminal_full =
                              PRETTY("pretty-terminal-full", write_terminal_full),
                          event_format_pretty_colour =
                              PRETTY("pretty-colour", write_colour),
                          event_format_pretty_colour_full =
                              PRETTY("pretty-colour-full", write_colour_full);
