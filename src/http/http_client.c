/* SPDX-License-Identifier: MIT */
/* http_client.c - curl_loop.c moves the transfers; after each of its actions the finished
 * ones are taken, whatever curl says is still running. */
#include "http/http_client.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ca_bundle.h"
#include "curl_fault.h"
#include "curl_headers.h"
#include "curl_loop.h"
#include "curl_pool.h"
#include "io/descriptors.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
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
  CURL *easy;
  struct curl_slist *headers;
  struct buf body, answer;
  size_t sent;
  unsigned connect_ms, total_ms, retry_after_ms;
  http_client_piece *on_piece;
  bool is_done, went_well, paused; /* by the caller */
  bool held;                       /* curl holds bytes back until it is told to go on */
  bool unwatched;                  /* no poll handle for its socket: it ends */
  char error[CURL_ERROR_SIZE];
  CURLcode result;
  struct fault fault;
  http_client_done *on_done;
  void *who;
};

static void hand_out(uv_timer_t *timer);

/* NULL: it is none of ours that is in flight. */
static struct http_client_request *request_of(const struct http_client *c,
                                              const CURL *easy)
{
  struct http_client_request *r = c->first;
  while (r && r->easy != easy)
    r = r->next;
  return r;
}

static void cannot_watch(void *who, CURL *easy)
{
  struct http_client *c = who;
  struct http_client_request *r = request_of(c, easy);
  if (!r)
    return;
  fault_set(&r->fault, FAULT_SYSTEM, "cannot watch a connection");
  r->unwatched = true;
  uv_timer_start(&c->later, hand_out, 0, 0);
}

/* -- one request's bytes -- */

static size_t give_body(char *into, size_t size, size_t count, void *who)
{
  struct http_client_request *r = who;
  size_t n = r->body.len - r->sent;
  if (n > size * count)
    n = size * count;
  memcpy(into, r->body.at + r->sent, n);
  r->sent += n;
  return n;
}

/* Only a good answer is a stream: of an error the words are wanted. */
static bool is_stream(const struct http_client_request *r)
{
  long status = 0;
  if (r->on_piece)
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300;
}

static size_t take_answer(char *at, size_t size, size_t count, void *who)
{
  struct http_client_request *r = who;
  if (is_stream(r)) {
    if (r->answer.len > 0 && r->answer.len + size * count > LIMIT_STREAM_BYTES) {
      r->held = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    uv_timer_start(&r->client->later, hand_out, 0, 0);
  }
  buf_add(&r->answer, (struct span){at, size * count});
  return r->answer.overflowed ? CURL_WRITEFUNC_ERROR : size * count;
}

/* What agents let us call leaves the last descriptors to the control port. */
static curl_socket_t open_socket(void *who, curlsocktype purpose,
                                 struct curl_sockaddr *to)
{
  struct http_client_request *r = who;
  (void)purpose;
  int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  if (!descriptors_is_spare(fd))
    return fd;
  close(fd);
  if (r->fault.kind == FAULT_NONE)
    fault_set(&r->fault, FAULT_SYSTEM, "too many open files");
  return CURL_SOCKET_BAD;
}

static size_t take_header(char *at, size_t size, size_t count, void *who)
{
  struct http_client_request *r = who;
  curl_headers_retry_after((struct span){at, size * count}, &r->retry_after_ms);
  return size * count;
}

/* -- the end of a request -- */

static void describe(struct http_client_request *r)
{
  struct curl_fault_facts facts = {.detail = r->error,
                                   .connect_ms = r->connect_ms,
                                   .total_ms = r->total_ms,
                                   .answer_ceiling = r->answer.ceiling};
  curl_fault_set(&r->fault, r->easy, r->result, &facts);
}

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
  curl_multi_remove_handle(c->curl.multi, r->easy);
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
    curl_pool_give(&r->client->pool, r->easy);
  else
    curl_easy_cleanup(r->easy);
  curl_headers_free(r->headers);
  buf_wipe(&r->body);
  buf_free(&r->answer);
  free(r);
}

static void finish(struct http_client_request *r)
{
  struct http_client_answer answer = {.body = &r->answer, .maybe_sent = true};
  long status = 0;
  char *type = NULL;
  if (r->fault.kind == FAULT_NONE && r->result != CURLE_OK)
    describe(r);
  if (r->fault.kind == FAULT_NONE &&
      curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
    fault_set(&r->fault, FAULT_SYSTEM, "libcurl lost the answer");
  r->went_well = r->fault.kind == FAULT_NONE;
  if (r->went_well) {
    curl_easy_getinfo(r->easy, CURLINFO_CONTENT_TYPE, &type);
    answer.status = (int)status;
    answer.content_type = span_of(type);
    answer.retry_after_ms = r->retry_after_ms;
  } else {
    answer.fault = &r->fault;
    answer.maybe_sent = curl_fault_maybe_sent(r->easy);
  }
  if (r->on_done)
    r->on_done(r->who, &answer);
  request_free(r);
}

static void close_handles(struct http_client *c);

/* One that has a piece, and whose caller wants it; NULL: none. */
static struct http_client_request *with_piece(struct http_client_request *r)
{
  while (r && (r->paused || r->answer.len == 0 || !is_stream(r)))
    r = r->next;
  return r;
}

/* curl gives what it held to take_answer() at once, from inside. */
static void let_flow(struct http_client_request *r)
{
  if (!r->held || r->is_done || r->paused)
    return;
  r->held = false;
  curl_easy_pause(r->easy, CURLPAUSE_CONT);
}

/* False: its caller has had enough for this turn. */
static bool hand_out_piece(struct http_client_request *r)
{
  struct buf piece = buf_take(&r->answer);
  bool cancelled = r->fault.kind == FAULT_CANCELLED;
  size_t taken = cancelled ? piece.len : r->on_piece(r->who, buf_span(&piece));
  bool all = taken == piece.len || r->fault.kind == FAULT_CANCELLED;
  if (!all)
    buf_add(&r->answer, span_after(buf_span(&piece), taken));
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
  while ((r = *at) && r->paused && r->fault.kind != FAULT_CANCELLED)
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

/* Every option each time: the handle has those of the request before it (curl_pool.h). */
static int set_up(struct http_client_request *r, const struct http_call *call)
{
  CURL *e = r->easy;
  bool get = strcmp(call->method, "GET") == 0, post = strcmp(call->method, "POST") == 0;
  /* Counts what has come, too: nothing for a stream. */
  curl_off_t most = call->on_piece ? 0 : (curl_off_t)call->answer_ceiling;
  CURLcode bad = CURLE_OK;
  bad |= curl_easy_setopt(e, CURLOPT_URL, call->url);
  bad |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, r->error);
  bad |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_ms);
  bad |= curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)call->total_ms);
  bad |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, r->headers);
  bad |= curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, most);
  bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_answer);
  bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
  bad |= curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
  bad |= curl_easy_setopt(e, CURLOPT_HEADERDATA, r);
  bad |= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  bad |= curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, r);
  bad |= curl_easy_setopt(e, get ? CURLOPT_HTTPGET : CURLOPT_POST, 1L);
  bad |= curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, get || post ? NULL : call->method);
  bad |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
  /* A read callback without a seek callback: see the header. */
  bad |= curl_easy_setopt(e, CURLOPT_READFUNCTION, give_body);
  bad |= curl_easy_setopt(e, CURLOPT_READDATA, r);
  /* Without a body there is nothing to rewind, and curl would send it again. */
  bad |= curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, !get && r->body.len == 0 ? 1L : 0L);
  return bad == CURLE_OK ? 0 : -1;
}

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
  r->easy = curl_pool_take(&c->pool);
  r->body = buf_make(call->body.len + 1);
  buf_charge(&r->body, call->budget);
  buf_add(&r->body, call->body);
  bool small = call->on_piece && call->answer_ceiling < LIMIT_STREAM_BYTES;
  r->answer = buf_make(small ? LIMIT_STREAM_BYTES : call->answer_ceiling);
  buf_charge(&r->answer, call->budget);
  r->connect_ms = call->connect_ms;
  r->total_ms = call->total_ms;
  r->on_piece = call->on_piece;
  r->on_done = on_done;
  r->who = who;
  r->headers = curl_headers_new(call->headers, f);
  if (!r->headers) {
    request_free(r);
    return NULL;
  }
  if (!r->easy || set_up(r, call) < 0 ||
      curl_multi_add_handle(c->curl.multi, r->easy) != CURLM_OK) {
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
    fault_set(&r->fault, FAULT_CANCELLED, "cancelled");
    to_done(r);
  } else if (r->paused) { /* else its on_done is on the way */
    fault_set(&r->fault, FAULT_CANCELLED, "cancelled");
    uv_timer_start(&r->client->later, hand_out, 0, 0);
  }
}

void http_client_pause(struct http_client_request *r, bool paused)
{
  r->paused = paused;
  if (paused)
    return;
  if (r->answer.len == 0) /* else when that has been handed out */
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
