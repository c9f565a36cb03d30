/* SPDX-License-Identifier: MIT */
/* http_client.c - curl_loop.c moves the transfers; after each of its actions the finished
 * ones are taken, whatever curl says is still running. */
#include "http/http_client.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "client_transfer.h"
#include "curl_fault.h"
#include "curl_loop.h"
#include "curl_pool.h"
#include "http/ca_bundle.h"

#include <stdlib.h>
#include <strings.h>
#include <uv.h>

struct http_client {
  struct curl_loop curl;
  uv_timer_t later; /* 0 ms: hands out what is done */
  unsigned open_handles;
  struct curl_pool pool;
  struct buf ca_file;
  struct fault ca_fault; /* why https cannot work, said when it is asked for */
  struct http_client_request *first, *done;
  bool closing;
  void (*closed)(void *who);
  void *who;
};

struct http_client_request {
  struct http_client *client;
  struct http_client_request *next; /* in first, or in done */
  struct client_transfer transfer;
  http_client_piece *on_piece;
  bool is_done, went_well, paused; /* by the caller */
  bool unwatched;                  /* no poll handle for its socket: it ends */
  CURLcode result;
  http_client_done *on_done;
  void *who;
};

static void hand_out(uv_timer_t *timer);

/* NULL: it is none of ours that is in flight. */
static struct http_client_request *request_of(const struct http_client *c,
                                              const CURL *easy)
{
  struct http_client_request *r = c->first;
  while (r && r->transfer.easy != easy)
    r = r->next;
  return r;
}

static void cannot_watch(void *who, CURL *easy)
{
  struct http_client *c = who;
  struct http_client_request *r = request_of(c, easy);
  if (!r)
    return;
  fault_set(&r->transfer.fault, FAULT_SYSTEM, "cannot watch a connection");
  r->unwatched = true;
  uv_timer_start(&c->later, hand_out, 0, 0);
}

static void piece_came(void *who)
{
  struct http_client *c = who;
  uv_timer_start(&c->later, hand_out, 0, 0);
}

/* -- the end of a request -- */

static void unlink_request(struct http_client_request *r)
{
  struct http_client_request **at = &r->client->first;
  while (*at != r)
    at = &(*at)->next;
  *at = r->next;
}

/* From "in flight" to "done"; on_done comes on a later turn, so that it may start or
 * cancel others. */
static void to_done(struct http_client_request *r)
{
  struct http_client *c = r->client;
  curl_multi_remove_handle(c->curl.multi, r->transfer.easy);
  unlink_request(r);
  r->is_done = true;
  r->next = NULL;
  struct http_client_request **at = &c->done;
  while (*at)
    at = &(*at)->next;
  *at = r;
  uv_timer_start(&c->later, hand_out, 0, 0);
}

static void request_free(struct http_client_request *r)
{
  if (r->went_well)
    curl_pool_give(&r->client->pool, r->transfer.easy);
  else
    curl_easy_cleanup(r->transfer.easy);
  client_transfer_free(&r->transfer);
  free(r);
}

static void finish(struct http_client_request *r)
{
  struct client_transfer *t = &r->transfer;
  struct http_client_answer answer = {
      .body = &t->answer, .session = buf_span(&t->session), .maybe_sent = true};
  char *type = NULL;
  r->went_well = client_transfer_end(t, r->result, &answer.status) == 0;
  if (r->went_well) {
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
    answer.content_type = span_of(type);
    answer.retry_after_ms = t->retry_after_ms;
  } else {
    answer.fault = &t->fault;
    answer.maybe_sent = curl_fault_maybe_sent(t->easy);
  }
  if (r->on_done)
    r->on_done(r->who, &answer);
  request_free(r);
}

static void close_handles(struct http_client *c);

/* One that has a piece, and whose caller wants it; NULL: none. */
static struct http_client_request *with_piece(struct http_client_request *r)
{
  while (r && (r->paused || r->transfer.answer.len == 0 ||
               !client_transfer_is_stream(&r->transfer)))
    r = r->next;
  return r;
}

static void let_flow(struct http_client_request *r)
{
  if (!r->is_done && !r->paused)
    client_transfer_go_on(&r->transfer);
}

/* False: its caller has had enough for this turn. */
static bool hand_out_piece(struct http_client_request *r)
{
  struct buf piece = buf_take(&r->transfer.answer);
  bool cancelled = r->transfer.fault.kind == FAULT_CANCELLED;
  size_t taken = cancelled ? piece.len : r->on_piece(r->who, buf_span(&piece));
  bool all = taken == piece.len || r->transfer.fault.kind == FAULT_CANCELLED;
  if (!all)
    buf_add(&r->transfer.answer, span_after(buf_span(&piece), taken));
  buf_free(&piece);
  if (all)
    let_flow(r);
  return all;
}

/* False: there is more, for the next turn: curl gives more and more from inside, and
 * others wait for the loop. */
static bool hand_out_pieces(struct http_client *c)
{
  unsigned long long until = clock_ticks_ms() + LIMIT_TURN_MS;
  struct http_client_request *r;
  /* From the first again each time: the caller may have started or cancelled others. */
  while ((r = with_piece(c->first)) || (r = with_piece(c->done)))
    if (!hand_out_piece(r) || clock_ticks_ms() >= until) {
      uv_timer_start(&c->later, hand_out, 0, 0);
      return false;
    }
  return true;
}

/* A paused one keeps its end back, unless it was cancelled. */
static struct http_client_request *take_done(struct http_client *c)
{
  struct http_client_request **at = &c->done, *r;
  while ((r = *at) && r->paused && r->transfer.fault.kind != FAULT_CANCELLED)
    at = &r->next;
  if (r)
    *at = r->next;
  return r;
}

static void hand_out(uv_timer_t *timer)
{
  struct http_client *c = timer->data;
  struct http_client_request *r, *next;
  for (r = c->first; r; r = next) {
    next = r->next;
    if (r->unwatched)
      to_done(r);
  }
  if (!hand_out_pieces(c))
    return;
  while ((r = take_done(c)))
    finish(r);
  if (c->closing && !c->first)
    close_handles(c);
}

static void take_finished(void *who)
{
  struct http_client *c = who;
  int left;
  CURLMsg *m;
  while ((m = curl_multi_info_read(c->curl.multi, &left))) {
    struct http_client_request *r = request_of(c, m->easy_handle);
    if (m->msg != CURLMSG_DONE || !r)
      continue;
    r->result = m->data.result;
    to_done(r);
  }
}

/* -- starting and cancelling -- */

struct http_client_request *http_client_start(struct http_client *c,
                                              const struct http_call *call,
                                              http_client_done *on_done, void *who,
                                              struct fault *f)
{
  if (strncasecmp(call->url, "https:", 6) == 0 && c->ca_fault.kind != FAULT_NONE) {
    *f = c->ca_fault;
    return NULL;
  }
  if (c->closing) {
    fault_set(f, FAULT_CANCELLED, "shutting down");
    return NULL;
  }
  struct http_client_request *r = mem_new(sizeof *r);
  r->client = c;
  r->on_piece = call->on_piece;
  r->on_done = on_done;
  r->who = who;
  r->transfer.on_piece = piece_came;
  r->transfer.client = c;
  if (client_transfer_make(&r->transfer, curl_pool_take(&c->pool), call, f) < 0) {
    request_free(r);
    return NULL;
  }
  if (curl_multi_add_handle(c->curl.multi, r->transfer.easy) != CURLM_OK) {
    fault_set(f, FAULT_SYSTEM, "libcurl cannot start a request");
    request_free(r);
    return NULL;
  }
  r->next = c->first;
  c->first = r;
  return r;
}

void http_client_cancel(struct http_client_request *r)
{
  if (!r->is_done) {
    fault_set(&r->transfer.fault, FAULT_CANCELLED, "cancelled");
    to_done(r);
  } else if (r->paused) { /* else its on_done is on the way */
    fault_set(&r->transfer.fault, FAULT_CANCELLED, "cancelled");
    uv_timer_start(&r->client->later, hand_out, 0, 0);
  }
}

void http_client_pause(struct http_client_request *r, bool paused)
{
  r->paused = paused;
  if (paused)
    return;
  if (r->transfer.answer.len == 0) /* else when that has been handed out */
    let_flow(r);
  uv_timer_start(&r->client->later, hand_out, 0, 0);
}

/* -- opening and closing -- */

static void handle_closed(void *who)
{
  struct http_client *c = who;
  if (--c->open_handles > 0)
    return;
  void (*closed)(void *) = c->closed;
  void *closed_who = c->who;
  buf_free(&c->ca_file);
  free(c);
  curl_global_cleanup();
  if (closed)
    closed(closed_who);
}

static void later_closed(uv_handle_t *handle)
{
  handle_closed(handle->data);
}

struct http_client *http_client_open(const struct http_client_setup *setup,
                                     struct fault *f)
{
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    fault_set(f, FAULT_SYSTEM, "libcurl cannot be started");
    return NULL;
  }
  struct http_client *c = mem_new(sizeof *c);
  c->ca_file = buf_make(LIMIT_PATH_BYTES);
  /* A named file must be there; that there is none at all matters only for https. */
  if (ca_bundle_look_up(setup->ca_file, &c->ca_file, &c->ca_fault) < 0 &&
      c->ca_fault.kind == FAULT_BAD_INPUT) {
    *f = c->ca_fault;
    buf_free(&c->ca_file);
    free(c);
    curl_global_cleanup();
    return NULL;
  }
  c->pool.loop = &c->curl;
  c->pool.ca_file = c->ca_file.len > 0 ? c->ca_file.at : NULL;
  c->curl = (struct curl_loop){.on_action = take_finished,
                               .on_unwatched = cannot_watch,
                               .on_closed = handle_closed,
                               .who = c};
  if (curl_loop_open(&c->curl, setup->loop) < 0) {
    fault_set(f, FAULT_SYSTEM, "libcurl cannot be started");
    buf_free(&c->ca_file);
    free(c);
    curl_global_cleanup();
    return NULL;
  }
  uv_timer_init(setup->loop, &c->later); /* cannot fail */
  c->later.data = c;
  c->open_handles = 2;
  return c;
}

static void close_handles(struct http_client *c)
{
  curl_pool_empty(&c->pool);
  curl_loop_close(&c->curl);
  uv_close((uv_handle_t *)&c->later, later_closed);
}

void http_client_close(struct http_client *c, void (*closed)(void *who), void *who)
{
  if (!c || c->closing)
    return;
  c->closing = true;
  c->closed = closed;
  c->who = who;
  while (c->first)
    http_client_cancel(c->first);
  /* Of those that are done only paused ones take it: theirs would wait for ever. */
  for (struct http_client_request *r = c->done; r; r = r->next)
    http_client_cancel(r);
  uv_timer_start(&c->later, hand_out, 0, 0);
}
