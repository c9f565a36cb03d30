/* SPDX-License-Identifier: MIT */
/* server_post.c - the body is read as it comes: a server may keep an event stream open
 * behind the answer, or say other things in front of it. */
#include "server_post.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "http/http_client.h"
#include "http/http_header.h"
#include "http/sse_reader.h"

#include <stdlib.h>
#include <string.h>

enum body_form { FORM_UNTOLD, FORM_JSON, FORM_EVENTS };

struct server_post {
  unsigned id;
  struct http_client_request *request;
  enum body_form form;
  struct buf text; /* JSON: what came; events: the answer among them */
  struct sse_reader events;
  bool found, too_long, cancelled;
  server_post_done *done;
  void *who;
};

/* -- what comes -- */

/* No more is wanted: the connection ends with it. */
static void enough(struct server_post *p)
{
  if (!p->found && !p->too_long && !p->cancelled)
    return;
  http_client_cancel(p->request);
}

static void on_event(void *who, struct span data)
{
  struct server_post *p = who;
  enum server_message_kind kind = SERVER_OTHER;
  struct span value;
  struct fault ignored = {0};
  if (p->found || server_message_read(data, p->id, &kind, &value, &ignored) < 0 ||
      kind == SERVER_OTHER)
    return;
  buf_add(&p->text, data);
  p->found = true;
}

static void on_long_event(void *who, size_t ceiling)
{
  struct server_post *p = who;
  (void)ceiling;
  p->too_long = true;
}

static bool has_enough(void *who)
{
  const struct server_post *p = who;
  return p->found || p->too_long;
}

static size_t on_piece(void *who, struct span bytes)
{
  struct server_post *p = who;
  struct span shown = span_trim(bytes);
  if (p->form == FORM_UNTOLD && shown.len > 0)
    p->form = shown.at[0] == '{' || shown.at[0] == '[' ? FORM_JSON : FORM_EVENTS;
  if (p->form == FORM_JSON)
    buf_add(&p->text, bytes);
  else if (p->form == FORM_EVENTS)
    (void)sse_reader_add(&p->events, bytes);
  p->too_long |= p->text.overflowed;
  enough(p);
  return bytes.len;
}

/* -- the end -- */

static void repair(struct buf *text)
{
  if (utf8_valid(buf_span(text)))
    return;
  struct buf repaired = buf_make(3 * text->len);
  (void)utf8_repair(buf_span(text), &repaired);
  buf_free(text);
  *text = repaired;
}

static void tell(struct server_post *p, struct http_client_answer *got)
{
  struct server_reply r = {.fault = got->fault,
                           .maybe_sent = got->maybe_sent,
                           .status = got->status,
                           .session = got->session,
                           .memory = &p->text};
  struct fault f = {0};
  bool good = got->status >= 200 && got->status < 300;
  if (p->too_long && !p->cancelled) {
    fault_set(&f, FAULT_TOO_BIG, "its answer is longer than %zu bytes", p->text.ceiling);
    r.fault = &f;
    r.maybe_sent = true;
  } else if (p->found) {
    r.fault = NULL;
    r.status = 200;
    good = true;
  } else if (!got->fault && !good) {
    buf_add(&p->text, buf_span(got->body));
  }
  repair(&p->text);
  r.text = buf_span(&p->text);
  if (!r.fault && good && p->id > 0) {
    int rc = r.text.len > 0
                 ? server_message_read(r.text, p->id, &r.kind, &r.value, &f)
                 : fault_set(&f, FAULT_BAD_INPUT, "its answer holds no message");
    r.fault = rc < 0 ? &f : NULL;
  }
  p->done(p->who, &r);
}

static void on_done(void *who, struct http_client_answer *got)
{
  struct server_post *p = who;
  tell(p, got);
  buf_free(&p->text);
  sse_reader_free(&p->events);
  free(p);
}

/* -- asking -- */

static void add_header(struct buf *lines, const char *name, struct span value)
{
  if (value.len == 0)
    return;
  buf_add_text(lines, name);
  http_header_put_value(lines, value, '_');
  buf_add_char(lines, 0);
}

static void add_headers(struct buf *lines, const struct tool_source *source,
                        struct span traceparent)
{
  const struct tool_server *s = source->server;
  /* All of it at once: a buffer that grows leaves the token behind. */
  (void)buf_reserve(lines, KIB + s->token.len + s->session.len + traceparent.len);
  add_header(lines, "content-type: ", SPAN_LITERAL("application/json"));
  add_header(lines, "accept: ", SPAN_LITERAL("application/json, text/event-stream"));
  buf_add_text(lines, "authorization: Bearer ");
  http_header_put_value(lines, s->token, '_');
  buf_add_char(lines, 0);
  add_header(lines, "mcp-session-id: ", buf_span(&s->session));
  add_header(lines, "mcp-protocol-version: ", buf_span(&s->version));
  add_header(lines, "traceparent: ", traceparent);
}

struct server_post *server_post_start(const struct tool_source *source, unsigned id,
                                      struct span message, struct span traceparent,
                                      unsigned left_ms, server_post_done *done, void *who,
                                      struct fault *f)
{
  static const struct sse_reader_calls calls = {on_event, on_long_event, has_enough};
  struct server_post *p = mem_new(sizeof *p);
  const char *headers[8] = {0};
  size_t count = 0;
  struct buf lines = buf_make(MIB);
  *p = (struct server_post){.id = id, .done = done, .who = who};
  p->text = buf_make(source->answer_ceiling);
  buf_charge(&p->text, source->budget);
  p->events = sse_reader_make(source->answer_ceiling, &calls, p);
  buf_charge(&p->events.lines.part, source->budget);
  buf_charge(&p->events.data, source->budget);
  add_headers(&lines, source, traceparent.len > 0 ? traceparent : source->traceparent);
  for (size_t at = 0; at < lines.len; at += strlen(lines.at + at) + 1)
    headers[count++] = lines.at + at;
  char *url = span_copy(source->server->url);
  struct http_call call = {.method = "POST",
                           .url = url,
                           .headers = headers,
                           .body = message,
                           .connect_ms = LIMIT_TOOL_CONNECT_MS,
                           .total_ms = left_ms,
                           .answer_ceiling = LIMIT_STREAM_BYTES,
                           .budget = source->budget,
                           .on_piece = on_piece};
  p->request = http_client_start(source->client, &call, on_done, p, f);
  free(url);
  buf_wipe(&lines);
  if (p->request)
    return p;
  free(p);
  return NULL;
}

void server_post_cancel(struct server_post *p)
{
  p->cancelled = true;
  enough(p);
}
