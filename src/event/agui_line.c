/* SPDX-License-Identifier: MIT */
/* agui_line.c - the names of AG-UI's events and their members, one row a kind of event.
 * A kind without a row has no line.  */
#include "agui_line.h"

#include <string.h>

static void put_time(struct json_writer *w, const struct event *e)
{
  json_put_int(w, "timestamp", e->at_ms);
}

static void run_ids(const struct event_run *run, const struct event *e,
                    struct json_writer *w)
{
  json_put_raw(w, "runId", run->run_json);
  json_put_raw(w, "threadId", run->thread_json);
  put_time(w, e);
}

static void message(const struct event_run *run, const struct event *e,
                    struct json_writer *w)
{
  (void)run;
  json_put_raw(w, "messageId", e->id);
  put_time(w, e);
}

static void text_start(const struct event_run *run, const struct event *e,
                       struct json_writer *w)
{
  message(run, e, w);
  json_put_text(w, "role", e->user ? SPAN_LITERAL("user") : SPAN_LITERAL("assistant"));
}

static void text(const struct event_run *run, const struct event *e,
                 struct json_writer *w)
{
  message(run, e, w);
  json_put_text(w, "delta", e->text);
}

static void reasoning_start(const struct event_run *run, const struct event *e,
                            struct json_writer *w)
{
  (void)run;
  json_put_raw(w, "messageId", e->id);
  json_put_raw(w, "role", SPAN_LITERAL("\"reasoning\""));
  put_time(w, e);
}

static void reasoning(const struct event_run *run, const struct event *e,
                      struct json_writer *w)
{
  (void)run;
  json_put_raw(w, "messageId", e->id);
  json_put_text(w, "delta", e->text);
  put_time(w, e);
}

static void tool_start(const struct event_run *run, const struct event *e,
                       struct json_writer *w)
{
  (void)run;
  json_put_raw(w, "toolCallId", e->call);
  json_put_text(w, "toolCallName", e->name);
  put_time(w, e);
}

static void tool_args(const struct event_run *run, const struct event *e,
                      struct json_writer *w)
{
  (void)run;
  json_put_raw(w, "toolCallId", e->call);
  put_time(w, e);
  json_put_text(w, "delta", e->text);
}

static void tool_end(const struct event_run *run, const struct event *e,
                     struct json_writer *w)
{
  (void)run;
  json_put_raw(w, "toolCallId", e->call);
  put_time(w, e);
}

static void tool_result(const struct event_run *run, const struct event *e,
                        struct json_writer *w)
{
  (void)run;
  json_put_raw(w, "toolCallId", e->call);
  json_put_raw(w, "messageId", e->id);
  put_time(w, e);
  json_put_text(w, "content", e->text);
}

static void custom(const struct event_run *run, const struct event *e,
                   struct json_writer *w)
{
  (void)run;
  put_time(w, e);
  json_put_text(w, "name", e->name);
  if (e->whole_bytes > 0 || e->json.len == 0)
    json_put_null(w, "value");
  else
    agui_line_put_foreign(w, "value", e->json);
}

static void run_error(const struct event_run *run, const struct event *e,
                      struct json_writer *w)
{
  (void)run;
  put_time(w, e);
  json_put_text(w, "message", e->text);
  if (e->code.len > 0)
    json_put_text(w, "code", e->code);
}

static void refused(const struct event_run *run, const struct event *e,
                    struct json_writer *w)
{
  (void)run;
  json_put_text(w, "message", e->text);
  json_put_text(w, "code", e->code);
  put_time(w, e);
}

/* The name as JSON, and in the row itself: a pointer would cost a relocation more. */
#define TYPE(name) "\"" name "\"", sizeof name + 1

static const struct {
  char type[30];
  unsigned char type_len;
  agui_extra *put;
} rows[EVENT_KINDS] = {
    [EVENT_RUN_STARTED] = {TYPE("RUN_STARTED"), run_ids},
    [EVENT_TEXT_START] = {TYPE("TEXT_MESSAGE_START"), text_start},
    [EVENT_TEXT] = {TYPE("TEXT_MESSAGE_CONTENT"), text},
    [EVENT_TEXT_END] = {TYPE("TEXT_MESSAGE_END"), message},
    [EVENT_REASONING_START] = {TYPE("REASONING_START"), message},
    [EVENT_REASONING_MESSAGE_START] = {TYPE("REASONING_MESSAGE_START"), reasoning_start},
    [EVENT_REASONING] = {TYPE("REASONING_MESSAGE_CONTENT"), reasoning},
    [EVENT_REASONING_MESSAGE_END] = {TYPE("REASONING_MESSAGE_END"), message},
    [EVENT_REASONING_END] = {TYPE("REASONING_END"), message},
    [EVENT_TOOL_START] = {TYPE("TOOL_CALL_START"), tool_start},
    [EVENT_TOOL_ARGS] = {TYPE("TOOL_CALL_ARGS"), tool_args},
    [EVENT_TOOL_END] = {TYPE("TOOL_CALL_END"), tool_end},
    [EVENT_TOOL_RESULT] = {TYPE("TOOL_CALL_RESULT"), tool_result},
    [EVENT_CUSTOM] = {TYPE("CUSTOM"), custom},
    [EVENT_WARNING] = {TYPE("CUSTOM"), custom},
    [EVENT_RUN_FINISHED] = {TYPE("RUN_FINISHED"), run_ids},
    [EVENT_RUN_ERROR] = {TYPE("RUN_ERROR"), run_error},
    [EVENT_GAP] = {TYPE("CUSTOM"), custom},
    [EVENT_REFUSED] = {TYPE("RUN_ERROR"), refused},
};

void agui_line_write(const struct event_run *run, const struct event *e,
                     agui_extra *const extra[EVENT_KINDS], struct buf *line)
{
  if (!rows[e->kind].put)
    return;
  struct json_writer w = json_write_to(line);
  json_open(&w, NULL, '{');
  json_put_raw(&w, "type", (struct span){rows[e->kind].type, rows[e->kind].type_len});
  rows[e->kind].put(run, e, &w);
  if (extra[e->kind])
    extra[e->kind](run, e, &w);
  json_close(&w, '}');
  buf_add_char(line, '\n');
}

void agui_line_put_foreign(struct json_writer *w, const char *key, struct span json)
{
  json_put_raw(w, key, json);
  if (w->out->overflowed)
    return;
  /* In valid JSON they can only be white space between tokens; either ends a line for
   * some reader (event streams take both). */
  static const char ends[] = {'\n', '\r'};
  char *at = w->out->at + w->out->len - json.len;
  for (size_t i = 0; i < sizeof ends; i++)
    for (char *p = at; (p = memchr(p, ends[i], json.len - (size_t)(p - at)));)
      *p = ' ';
}

void agui_line_put_truncated(struct json_writer *w, const struct event *e)
{
  if (e->whole_bytes == 0)
    return;
  json_open(w, "truncated", '{');
  json_put_int(w, "bytes", (long long)e->whole_bytes);
  json_close(w, '}');
}

void agui_line_put_cost(struct json_writer *w, const char *key, struct span number)
{
  if (number.len > 0)
    agui_line_put_foreign(w, key, number);
}

void agui_line_put_report(struct json_writer *w, const struct event *e)
{
  if (e->usage)
    agui_line_put_cost(w, "sessionCostUsd", e->usage->session_cost_usd);
  if (e->json.len == 0)
    return;
  if (w->out->len > 0 && w->out->at[w->out->len - 1] != '{')
    buf_add_char(w->out, ',');
  buf_add(w->out, e->json);
}

/* -- usage -- */

bool agui_usage_is_known(const struct event_usage *u)
{
  return u && (u->prompt >= 0 || u->completion >= 0 || u->total >= 0);
}

long long agui_usage_count(long long n)
{
  return n > 0 ? n : 0;
}

long long agui_usage_total(const struct event_usage *u)
{
  return u->total >= 0 ? u->total
                       : agui_usage_count(u->prompt) + agui_usage_count(u->completion);
}
