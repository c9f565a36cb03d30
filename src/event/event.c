/* SPDX-License-Identifier: MIT */
/* event.c - the stream's grammar.  Three things can be open: the run, one message (text
 * or reasoning), and any number of tool calls without a result.  Every public call first
 * brings the stream into a state in which its event is allowed, then sends it: the format
 * of the run spells it, the sink takes it.  */
#include "event/event.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "event/error_code.h"
#include "event/formats.h"
#include "event_state.h"
#include "line_fit.h"

#include <stdlib.h>
#include <string.h>

struct events *events_new(const struct events_setup *setup)
{
  struct events *e = mem_new(sizeof *e);
  e->texts = run_texts_make(setup->run_id, setup->thread_id, setup->model);
  e->format = setup->format ? setup->format : formats_find((struct span){0});
  if (e->format->state_bytes > 0)
    e->state = mem_new(e->format->state_bytes);
  e->overhead = e->format->overhead + e->texts.run.model_json.len;
  e->ids.run_id = e->texts.run.run_id;
  e->sink = setup->sink;
  e->on_event = setup->on_event;
  e->who = setup->who;
  e->max_chunk = setup->max_chunk_bytes > 0 ? setup->max_chunk_bytes : LIMIT_CHUNK_BYTES;
  /* An event has two ids at most, and has to have room for what it says. */
  e->ids.most = e->max_chunk / 8;
  e->line = buf_make(LIMIT_EVENT_LINE_BYTES);
  e->end = event_end_make();
  e->message = buf_make(LIMIT_EVENT_LINE_BYTES);
  e->parent = buf_make(LIMIT_EVENT_LINE_BYTES);
  e->session = buf_make(LIMIT_NAME_BYTES);
  e->last_ms = clock_ticks_ms();
  return e;
}

void events_free(struct events *e)
{
  if (!e)
    return;
  events_fail(e, SPAN_LITERAL("internal"),
              SPAN_LITERAL("The run was given up without an outcome."));
  free(e->state);
  run_texts_free(&e->texts);
  buf_free(&e->line);
  event_end_free(&e->end);
  buf_free(&e->message);
  buf_free(&e->parent);
  events_hold_drop(e);
  buf_free(&e->session);
  event_ids_free(&e->ids);
  open_calls_free(&e->unanswered);
  free(e);
}

/* What a format has no line for happened all the same: it counts as a sign of life, but
 * not as an event. */
void events_send(struct events *e, struct event *event)
{
  long long now = clock_now_ms(); /* which somebody may set back */
  e->at_ms = now > e->at_ms ? now : e->at_ms;
  event->at_ms = e->at_ms;
  if (e->on_event)
    e->on_event(e->who, event);
  e->format->write(e->state, &e->texts.run, event, &e->line);
  e->last_ms = clock_ticks_ms();
  if (!e->line.overflowed && e->line.len > 0) {
    e->count++;
    e->backlog = e->sink->put(e->sink, buf_span(&e->line));
  }
  buf_clear(&e->line);
}

void events_start(struct events *e)
{
  if (e->started || e->over)
    return;
  e->started = true;
  events_send(e, &(struct event){.kind = EVENT_RUN_STARTED});
}

/* Every call begins with it; false: nothing may follow any more. */
bool events_ready(struct events *e)
{
  events_start(e);
  return !e->over;
}

/* -- messages -- */

static void send_message(struct events *e, enum event_kind kind)
{
  events_send(e, &(struct event){.kind = kind, .id = buf_span(&e->message)});
}

void events_close_message(struct events *e)
{
  if (e->open == OPEN_TEXT) {
    send_message(e, EVENT_TEXT_END);
  } else if (e->open == OPEN_REASONING) {
    send_message(e, EVENT_REASONING_MESSAGE_END);
    send_message(e, EVENT_REASONING_END);
  }
  e->open = OPEN_NONE;
}

/* Sends the text as so many pieces as it takes; `piece` says what they are pieces of. */
void events_send_pieces(struct events *e, const struct event *piece, struct span text)
{
  size_t beside = e->overhead + piece->id.len + piece->call.len;
  do {
    struct event event = *piece;
    event.text = line_fit(text, e->max_chunk, beside);
    events_send(e, &event);
    text = span_after(text, event.text.len);
  } while (text.len > 0);
}

/* New content after results: the step that asked for them is over. */
void events_begin_content(struct events *e)
{
  events_close_message(e);
  if (e->answered) {
    events_send(e, &(struct event){.kind = EVENT_STEP_END});
    e->step++;
    buf_clear(&e->parent);
  }
  e->answered = false;
}

static void open_message(struct events *e, enum open_message what, struct span id)
{
  events_end_begun(e);
  events_begin_content(e);
  event_ids_message(&e->ids, id, &e->message);
  e->open = what;
  e->acts++;
  e->spoken = true;
}

void events_text_open(struct events *e, struct span id)
{
  if (!events_ready(e))
    return;
  open_message(e, OPEN_TEXT, id);
  buf_clear(&e->parent);
  buf_add(&e->parent, buf_span(&e->message));
  send_message(e, EVENT_TEXT_START);
}

void events_text(struct events *e, struct span delta)
{
  if (!events_ready(e))
    return;
  if (e->open != OPEN_TEXT)
    events_text_open(e, (struct span){0});
  e->told = e->told || span_trim(delta).len > 0;
  struct event piece = {.kind = EVENT_TEXT, .id = buf_span(&e->message)};
  events_send_pieces(e, &piece, delta);
}

void events_text_close(struct events *e)
{
  if (!e->over && e->open == OPEN_TEXT)
    events_close_message(e);
}

void events_user_message(struct events *e, struct span id, struct span text)
{
  if (!events_ready(e))
    return;
  events_end_begun(e);
  events_begin_content(e);
  struct buf own = buf_make(LIMIT_EVENT_LINE_BYTES);
  event_ids_given(&e->ids, id, &own);
  struct event piece = {.kind = EVENT_TEXT_START, .id = buf_span(&own), .user = true};
  events_send(e, &piece);
  piece.kind = EVENT_TEXT;
  events_send_pieces(e, &piece, text);
  piece.kind = EVENT_TEXT_END;
  piece.text = (struct span){0};
  events_send(e, &piece);
  buf_clear(&e->parent); /* it is no longer the last message */
  buf_free(&own);
}

/* A structured result names the message that it stands for; a run that only called tools
 * has none. */
void events_last_message(struct events *e, struct buf *out)
{
  if (e->message.len == 0)
    event_ids_message(&e->ids, (struct span){0}, &e->message);
  buf_add(out, buf_span(&e->message));
}

void events_message_abandoned(struct events *e, struct span message_id)
{
  struct span id = message_id.len > 0 ? message_id : buf_span(&e->message);
  if (id.len == 0 || !events_ready(e))
    return;
  if (span_equal(id, buf_span(&e->message)))
    events_close_message(e);
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  buf_addf(&value, "{\"messageId\":%.*s}", (int)id.len, id.at);
  events_custom(e, "runlet.message-abandoned", buf_span(&value));
  buf_free(&value);
}

void events_reasoning_open(struct events *e, struct span id)
{
  if (!events_ready(e))
    return;
  open_message(e, OPEN_REASONING, id);
  send_message(e, EVENT_REASONING_START);
  send_message(e, EVENT_REASONING_MESSAGE_START);
}

void events_reasoning(struct events *e, struct span delta)
{
  if (!events_ready(e))
    return;
  if (e->open != OPEN_REASONING)
    events_reasoning_open(e, (struct span){0});
  struct event piece = {.kind = EVENT_REASONING, .id = buf_span(&e->message)};
  events_send_pieces(e, &piece, delta);
}

void events_reasoning_close(struct events *e)
{
  if (!e->over && e->open == OPEN_REASONING)
    events_close_message(e);
}

/* -- the rest -- */

static void send_custom(struct events *e, struct event *event)
{
  bool too_long = event->json.len + e->overhead > e->max_chunk;
  event->whole_bytes = too_long ? event->json.len : 0;
  events_send(e, event);
}

void events_custom(struct events *e, const char *name, struct span value_json)
{
  struct event event = {.kind = EVENT_CUSTOM, .name = span_of(name), .json = value_json};
  if (events_ready(e))
    send_custom(e, &event);
}

void events_warn(struct events *e, const char *code, struct span message)
{
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct event event = {.kind = EVENT_WARNING,
                        .name = SPAN_LITERAL("runlet.warning"),
                        .code = span_of(code),
                        .text = span_cut_utf8(message, LIMIT_ERROR_MESSAGE_BYTES)};
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_text(&w, "code", event.code);
  json_put_text(&w, "message", event.text);
  json_close(&w, '}');
  event.json = buf_span(&value);
  if (events_ready(e))
    send_custom(e, &event);
  buf_free(&value);
}

void events_report(struct events *e, struct span members_json, long long duration_ms)
{
  event_end_report(&e->end, members_json, duration_ms);
}

struct span events_certificate(const struct events *e)
{
  return buf_span(&e->end.report);
}

void events_usage(struct events *e, const struct event_usage *usage)
{
  event_end_usage(&e->end, usage);
}

void events_succeeded(struct events *e)
{
  e->end.succeeded = true;
}

/* -- the end -- */

/* Closes all that is open.  False: it is over already. */
static bool wind_up(struct events *e)
{
  if (!events_ready(e))
    return false;
  events_close_message(e);
  for (size_t i = 0; i < e->unanswered.count; i++)
    events_interrupt(e, &e->unanswered.at[i]);
  open_calls_free(&e->unanswered);
  if (events_have_spoken(e))
    events_send(e, &(struct event){.kind = EVENT_STEP_END});
  e->over = true;
  return true;
}

/* The terminal event, with what the run is said to have come to.  Only now is known how
 * much was told: the ends of what was open are told by then. */
static void send_last(struct events *e, struct event *event)
{
  event_end_fill(&e->end, e->count, e->tool_calls, event);
  event->tool_calls = e->tool_calls;
  events_send(e, event);
  e->sink->end(e->sink);
}

void events_finish(struct events *e, const char *reason, const struct event_usage *usage)
{
  if (!wind_up(e))
    return;
  e->finished_well = true;
  events_usage(e, usage);
  send_last(e, &(struct event){.kind = EVENT_RUN_FINISHED, .code = span_of(reason)});
}

void events_fail(struct events *e, struct span code, struct span message)
{
  if (!wind_up(e))
    return;
  struct span cut = span_cut_utf8(code, ERROR_CODE_BYTES);
  memcpy(e->error_code, cut.at, cut.len);
  send_last(e,
            &(struct event){.kind = EVENT_RUN_ERROR,
                            .code = cut,
                            .text = span_cut_utf8(message, LIMIT_ERROR_MESSAGE_BYTES)});
}

/* -- questions -- */

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

bool events_are_silent(const struct events *e)
{
  return !e->told && e->tool_calls == 0;
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

unsigned long long events_acts(const struct events *e)
{
  return e->acts;
}

unsigned long long events_last_ms(const struct events *e)
{
  return e->last_ms;
}
