/* SPDX-License-Identifier: MIT */
/* http_connection_state.c - the memory stays as long as one of three holds it: the
 * output, the deadline, and an owner that has not answered yet. */
#include "http_connection_state.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

/* -- the end -- */

void http_connection_free(struct http_connection *c)
{
  if (c->open > 0 || c->owned)
    return;
  c->owner->on_freed(c->owner->who, c);
  http_parse_free(c->parse);
  buf_free(&c->exchange.probe);
  buf_free(&c->exchange.extra);
  buf_wipe(&c->ahead);
  http_output_free(&c->output);
  free(c);
}

void http_connection_part_closed(struct http_connection *c)
{
  c->open--;
  http_connection_free(c);
}

static void on_deadline_closed(uv_handle_t *handle)
{
  http_connection_part_closed(handle->data);
}

void http_connection_close(struct http_connection *c, bool reset)
{
  if (c->state == HTTP_CONNECTION_CLOSED)
    return;
  c->state = HTTP_CONNECTION_CLOSED;
  c->exchange.lost = true;
  c->exchange.on_gone = c->exchange.on_writable = NULL;
  c->owner->on_closed(c->owner->who, c);
  uv_close((uv_handle_t *)&c->deadline, on_deadline_closed);
  http_output_close(&c->output, reset);
}

void http_connection_cut(struct http_connection *c, bool tell)
{
  struct http_exchange *x = &c->exchange;
  void (*on_gone)(void *who) = tell && c->owned ? x->on_gone : NULL;
  void *who = x->gone_who;
  /* An owner that did not ask to be told still has the pointer and will answer some
   * time. */
  if (!tell || on_gone)
    c->owned = false;
  http_connection_close(c, true);
  if (on_gone)
    on_gone(who);
  /* It was closed long ago, and its memory was kept only for its owner's sake. */
  if (c->open == 0)
    http_connection_free(c);
}

/* -- states -- */

void http_connection_mark(struct http_connection *c)
{
  c->dirty = true;
  c->owner->on_dirty(c->owner->who);
}

static void on_deadline(uv_timer_t *timer);

void http_connection_enter(struct http_connection *c, enum http_connection_state state)
{
  if (c->state == HTTP_CONNECTION_CLOSED)
    return;
  c->state = state;
  c->timed = -1;
  c->output.half_closed = c->peer_ended && state == HTTP_CONNECTION_ANSWERING;
  uv_timer_stop(&c->deadline);
  if (state == HTTP_CONNECTION_FINISHING) {
    buf_wipe(&c->ahead);
    http_connection_mark(c);
  }
  if (state == HTTP_CONNECTION_LINGERING)
    uv_timer_start(&c->deadline, on_deadline, LIMIT_LINGER_MS, 0);
}

bool http_connection_is_silent(const struct http_connection *c)
{
  if (c->state == HTTP_CONNECTION_FINISHING || c->state == HTTP_CONNECTION_LINGERING)
    return true;
  if (c->state != HTTP_CONNECTION_READING || c->ahead.len > 0)
    return false;
  return http_parse_state(c->parse) != HTTP_PARSE_BODY ||
         uv_now(c->deadline.loop) - c->alive_ms >= LIMIT_SILENT_MS;
}

void http_connection_retire(struct http_connection *c)
{
  bool idle = c->state == HTTP_CONNECTION_READING && c->ahead.len == 0 &&
              http_parse_state(c->parse) == HTTP_PARSE_START;
  if (idle)
    http_connection_enter(c, HTTP_CONNECTION_FINISHING);
}

/* -- deadlines -- */

void http_connection_refuse(struct http_connection *c, int status, const char *reason)
{
  struct http_answer answer = {
      .status = status, .content_type = "text/plain", .close = true};
  http_exchange_put_answer(&c->output, &answer, span_of(reason));
  http_connection_enter(c, HTTP_CONNECTION_FINISHING);
}

static void on_deadline(uv_timer_t *timer)
{
  struct http_connection *c = timer->data;
  if (c->state == HTTP_CONNECTION_LINGERING)
    http_connection_close(c, false);
  if (c->state != HTTP_CONNECTION_READING)
    return;
  if (http_parse_state(c->parse) != HTTP_PARSE_START) {
    http_connection_refuse(c, 408, "the request did not come in time");
  } else if (http_output_backlog(&c->output) == 0) {
    /* Idle for long.  With a backlog it is not: the last answer is still on its way, and
     * the output watches over a client that takes nothing. */
    http_connection_close(c, false);
  }
}

/* Runs from the first byte for a head, from the last byte for a body. */
void http_connection_arm(struct http_connection *c)
{
  const struct http_server_setup *setup = c->owner->setup;
  enum http_parse_state parsing = http_parse_state(c->parse);
  if (c->timed == (int)parsing && parsing != HTTP_PARSE_BODY)
    return;
  c->timed = (int)parsing;
  unsigned ms = parsing == HTTP_PARSE_HEAD    ? setup->head_ms
                : parsing != HTTP_PARSE_START ? setup->body_ms
                : c->spoke                    ? setup->idle_ms
                                              : setup->first_ms;
  if (c->refused)
    ms = LIMIT_REFUSED_MS;
  if (ms > 0) {
    /* It repeats, for an idle connection that still had a backlog is looked at again. */
    uv_timer_start(&c->deadline, on_deadline, ms, ms);
  } else {
    uv_timer_stop(&c->deadline);
  }
}
