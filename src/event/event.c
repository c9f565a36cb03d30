/* SPDX-License-Identifier: MIT */
/* event.c - the stream's grammar.  Three things can be open: the run, one message (text
 * or reasoning), and any number of tool calls without a result.  Every public call first
 * brings the stream into a state in which its event is allowed, then sends it.  */
#include "event/event.h"

#include "base/ids.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "event/seen_ids.h"
#include "event_format.h"

#include <stdio.h>
#include <stdlib.h>

enum open_message { OPEN_NONE, OPEN_TEXT, OPEN_REASONING };

struct events {
  struct formatter format;
  struct sink *sink;
  size_t max_chunk;
  struct buf run_id, line, report;
  bool started, over, finished_well, spoken;
  char error_code[64];

  enum open_message open;
  struct buf message;              /* its id, as JSON */
  struct seen_ids messages, calls; /* ids used so far */
  unsigned long long made;         /* generated ids so far */

  struct buf *unanswered; /* call ids (JSON), oldest first */
  size_t unanswered_count, unanswered_room;

  size_t backlog;
  unsigned long long count, tool_calls, last_ms;
};

struct event_usage event_usage_none(void)
{
  return (struct event_usage){.prompt = -1,
                              .completion = -1,
                              .total = -1,
                              .cached = -1,
                              .cache_write = -1,
                              .reasoning = -1};
}

struct events *events_new(const struct events_setup *setup)
{
  struct events *e = mem_new(sizeof *e);
  e->format = formatter_make(setup);
  e->sink = setup->sink;
  e->max_chunk = setup->max_chunk_bytes > 0 ? setup->max_chunk_bytes : LIMIT_CHUNK_BYTES;
  e->run_id = buf_make(LIMIT_EVENT_LINE_BYTES);
  buf_add(&e->run_id, setup->run_id);
  e->line = buf_make(LIMIT_EVENT_LINE_BYTES);
  e->report = buf_make(LIMIT_CERTIFICATE_BYTES);
  e->message = buf_make(LIMIT_EVENT_LINE_BYTES);
  e->last_ms = ids_ticks_ms();
  return e;
}

void events_free(struct events *e)
{
  if (e == NULL)
    return;
  events_fail(e, SPAN_LITERAL("internal"),
              SPAN_LITERAL("The run was given up without an outcome."));
  formatter_free(&e->format);
  buf_free(&e->run_id);
  buf_free(&e->line);
  buf_free(&e->report);
  buf_free(&e->message);
  seen_ids_free(&e->messages);
  seen_ids_free(&e->calls);
  free(e->unanswered);
  free(e);
}

/* What was just written into e->line. */
static void send_line(struct events *e)
{
  if (!e->line.overflowed) {
    e->count++;
    e->last_ms = ids_ticks_ms();
    e->backlog = e->sink->put(e->sink, buf_span(&e->line));
  }
  buf_clear(&e->line);
}

void events_start(struct events *e)
{
  if (e->started || e->over)
    return;
  e->started = true;
  format_run_started(&e->format, &e->line, ids_now_ms());
  send_line(e);
}

/* Every call begins with it; false: nothing may follow any more. */
static bool ready(struct events *e)
{
  events_start(e);
  return !e->over;
}

/* "<runId>-<n>", as JSON into `out`: no message and no call had it. */
static void make_id(struct events *e, struct seen_ids *of, struct buf *out)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  do {
    buf_clear(&id);
    buf_add(&id, buf_span(&e->run_id));
    buf_addf(&id, "-%llu", e->made++);
  } while (seen_ids_has(&e->messages, buf_span(&id)) ||
           seen_ids_has(&e->calls, buf_span(&id)));
  seen_ids_add(of, buf_span(&id));
  json_escape(out, buf_span(&id));
  buf_free(&id);
}

/* A message id that was never used in this run, as JSON into `out`: the native one, or
 * that with "-2", "-3", …, or a generated one when it is empty, longer than an id may be,
 * or too many were seen to tell. */
static void claim_message_id(struct events *e, struct span native, struct buf *out)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  unsigned before = SEEN_IDS_FULL;
  buf_clear(out);
  if (native.len > 0 && native.len <= LIMIT_NAME_BYTES) {
    buf_add(&id, native);
    before = seen_ids_add(&e->messages, native);
    for (unsigned n = before + 1; before != 0 && before != SEEN_IDS_FULL; n++) {
      buf_clear(&id);
      buf_add(&id, native);
      buf_addf(&id, "-%u", n);
      before = seen_ids_add(&e->messages, buf_span(&id));
    }
  }
  if (before == SEEN_IDS_FULL)
    make_id(e, &e->messages, out);
  else
    json_escape(out, buf_span(&id));
  buf_free(&id);
}

static void send_message(struct events *e, enum format_type type)
{
  format_message(&e->format, &e->line, ids_now_ms(), type, buf_span(&e->message));
  send_line(e);
}

static void close_message(struct events *e)
{
  if (e->open == OPEN_TEXT) {
    send_message(e, FORMAT_TEXT_END);
  } else if (e->open == OPEN_REASONING) {
    send_message(e, FORMAT_REASONING_MESSAGE_END);
    send_message(e, FORMAT_REASONING_END);
  }
  e->open = OPEN_NONE;
}

typedef void format_delta(const struct formatter *f, struct buf *line, long long now,
                          struct span id, struct span delta);

static void send_deltas(struct events *e, format_delta *format, struct span id,
                        struct span text)
{
  do {
    struct span front = format_fitting(&e->format, text, e->max_chunk, id.len);
    format(&e->format, &e->line, ids_now_ms(), id, front);
    send_line(e);
    text = span_after(text, front.len);
  } while (text.len > 0);
}

void events_text_open(struct events *e, struct span id)
{
  if (!ready(e))
    return;
  close_message(e);
  claim_message_id(e, id, &e->message);
  e->open = OPEN_TEXT;
  e->spoken = true;
  send_message(e, FORMAT_TEXT_START);
}

void events_text(struct events *e, struct span delta)
{
  if (!ready(e))
    return;
  if (e->open != OPEN_TEXT)
    events_text_open(e, (struct span){0});
  send_deltas(e, format_text, buf_span(&e->message), delta);
}

void events_text_close(struct events *e)
{
  if (!e->over && e->open == OPEN_TEXT)
    close_message(e);
}

void events_last_message(struct events *e, struct buf *out)
{
  if (e->message.len == 0)
    claim_message_id(e, (struct span){0}, &e->message);
  buf_add(out, buf_span(&e->message));
}

void events_reasoning_open(struct events *e, struct span id)
{
  if (!ready(e))
    return;
  close_message(e);
  claim_message_id(e, id, &e->message);
  e->open = OPEN_REASONING;
  e->spoken = true;
  send_message(e, FORMAT_REASONING_START);
  send_message(e, FORMAT_REASONING_MESSAGE_START);
}

void events_reasoning(struct events *e, struct span delta)
{
  if (!ready(e))
    return;
  if (e->open != OPEN_REASONING)
    events_reasoning_open(e, (struct span){0});
  send_deltas(e, format_reasoning, buf_span(&e->message), delta);
}

void events_reasoning_close(struct events *e)
{
  if (!e->over && e->open == OPEN_REASONING)
    close_message(e);
}

/* Tool calls. */

/* `call` is JSON.  Sends the RESULT, whoever it is from. */
static void send_result(struct events *e, struct span call, struct span content,
                        bool failed)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  claim_message_id(e, (struct span){0}, &id);
  struct span front =
      format_fitting(&e->format, content, e->max_chunk, id.len + call.len);
  format_tool_result(&e->format, &e->line, ids_now_ms(), call, buf_span(&id), front,
                     failed, front.len < content.len ? content.len : 0);
  send_line(e);
  buf_free(&id);
}

static void forget_unanswered(struct events *e, size_t index)
{
  buf_free(&e->unanswered[index]);
  e->unanswered_count--;
  for (size_t i = index; i < e->unanswered_count; i++)
    e->unanswered[i] = e->unanswered[i + 1];
}

static void interrupt_oldest(struct events *e)
{
  send_result(e, buf_span(&e->unanswered[0]),
              SPAN_LITERAL("{\"status\":\"interrupted\"}"), false);
  forget_unanswered(e, 0);
}

static void add_unanswered(struct events *e, struct buf *call)
{
  if (e->unanswered_count >= LIMIT_OPEN_CALLS)
    interrupt_oldest(e);
  e->unanswered = mem_reserve(e->unanswered, e->unanswered_count, &e->unanswered_room,
                              sizeof *e->unanswered);
  e->unanswered[e->unanswered_count++] = buf_take(call);
}

void events_tool_call(struct events *e, struct span call_id, struct span name,
                      struct span args_json)
{
  if (!ready(e))
    return;
  if (call_id.len > LIMIT_NAME_BYTES) {
    events_warn(e, "id-too-long",
                SPAN_LITERAL("A tool call was left out: its id is too long."));
    return;
  }
  struct buf call = buf_make(LIMIT_EVENT_LINE_BYTES);
  if (call_id.len == 0) {
    make_id(e, &e->calls, &call);
  } else {
    unsigned before = seen_ids_add(&e->calls, call_id);
    if (before != 0 && before != SEEN_IDS_FULL)
      return;
    json_escape(&call, call_id);
  }
  name = span_cut_utf8(name, LIMIT_NAME_BYTES);
  if (args_json.len == 0)
    args_json = SPAN_LITERAL("{}");
  close_message(e);
  e->tool_calls++;
  struct span id = buf_span(&call);
  format_tool_start(&e->format, &e->line, ids_now_ms(), id, name);
  send_line(e);
  send_deltas(e, format_tool_args, id, args_json);
  size_t whole = format_overhead(&e->format) + id.len + 2 * json_escaped_length(name) +
                 2 * args_json.len;
  format_tool_end(&e->format, &e->line, ids_now_ms(), id, name, args_json,
                  whole > e->max_chunk ? args_json.len : 0);
  send_line(e);
  add_unanswered(e, &call);
  buf_free(&call);
}

void events_tool_result(struct events *e, struct span call_id, struct span content,
                        bool failed)
{
  if (!ready(e) || call_id.len > LIMIT_NAME_BYTES)
    return;
  struct buf call = buf_make(LIMIT_EVENT_LINE_BYTES);
  json_escape(&call, call_id);
  send_result(e, buf_span(&call), content, failed);
  for (size_t i = 0; i < e->unanswered_count; i++)
    if (span_equal(buf_span(&e->unanswered[i]), buf_span(&call))) {
      forget_unanswered(e, i);
      break;
    }
  buf_free(&call);
}

/* The rest. */

void events_custom(struct events *e, const char *name, struct span value_json)
{
  if (!ready(e))
    return;
  bool too_long = value_json.len + format_overhead(&e->format) > e->max_chunk;
  format_custom(&e->format, &e->line, ids_now_ms(), name, value_json,
                too_long ? value_json.len : 0);
  send_line(e);
}

void events_warn(struct events *e, const char *code, struct span message)
{
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_text(&w, "code", span_of(code));
  json_put_text(&w, "message", span_cut_utf8(message, LIMIT_ERROR_MESSAGE_BYTES));
  json_close(&w, '}');
  events_custom(e, "runlet.warning", buf_span(&value));
  buf_free(&value);
}

void events_report(struct events *e, struct span members_json)
{
  buf_clear(&e->report);
  buf_add(&e->report, members_json);
}

/* Closes all that is open.  False: it is over already. */
static bool wind_up(struct events *e)
{
  if (!ready(e))
    return false;
  close_message(e);
  for (size_t i = 0; i < e->unanswered_count; i++)
    send_result(e, buf_span(&e->unanswered[i]),
                SPAN_LITERAL("{\"status\":\"interrupted\"}"), false);
  for (size_t i = 0; i < e->unanswered_count; i++)
    buf_free(&e->unanswered[i]);
  e->unanswered_count = 0;
  e->over = true;
  return true;
}

static struct span certificate_of(const struct events *e)
{
  return e->report.overflowed ? (struct span){0} : buf_span(&e->report);
}

void events_finish(struct events *e, const char *reason, const struct event_usage *usage)
{
  if (!wind_up(e))
    return;
  e->finished_well = true;
  format_run_finished(&e->format, &e->line, ids_now_ms(), reason, usage,
                      certificate_of(e));
  send_line(e);
  e->sink->end(e->sink);
}

void events_fail(struct events *e, struct span code, struct span message)
{
  if (!wind_up(e))
    return;
  snprintf(e->error_code, sizeof e->error_code, "%.*s", (int)code.len, code.at);
  format_run_error(&e->format, &e->line, ids_now_ms(),
                   span_cut_utf8(code, LIMIT_NAME_BYTES),
                   span_cut_utf8(message, LIMIT_ERROR_MESSAGE_BYTES), certificate_of(e));
  send_line(e);
  e->sink->end(e->sink);
}

bool events_are_over(const struct events *e)
{
  return e->over;
}

bool events_finished_well(const struct events *e)
{
  return e->finished_well;
}

const char *events_error_code(const struct events *e)
{
  return e->error_code;
}

bool events_have_spoken(const struct events *e)
{
  return e->spoken || e->tool_calls > 0;
}

size_t events_backlog(const struct events *e)
{
  return e->backlog;
}

void events_caught_up(struct events *e)
{
  e->backlog = 0;
}

unsigned long long events_count(const struct events *e)
{
  return e->count;
}

unsigned long long events_tool_calls(const struct events *e)
{
  return e->tool_calls;
}

unsigned long long events_last_ms(const struct events *e)
{
  return e->last_ms;
}
