/* SPDX-License-Identifier: MIT */
/* tool_http.c - one attempt as one POST to the orchestrator.  What the answer means is
 * tool_answer.c's; whether to ask once more is tool_call.c's. */
#include "tool/tool_http.h"

#include "base/limits.h"
#include "base/mem.h"
#include "http/http_client.h"
#include "http/http_header.h"
#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS 10 /* at most, with the NULL */

struct http_attempt {
  const struct tool_source *source;
  struct span tool; /* the call's, which outlives the attempt */
  bool takes_mcp;
  struct http_client_request *request;
  tool_attempt_done *done;
  void *who;
};

/* -- what comes back -- */

/* No answer came.  Whether the request may have arrived decides if it is repeated. */
static void tell_failure(struct http_attempt *w, const struct http_client_answer *got)
{
  struct tool_attempt_end end = {.outcome = got->maybe_sent ? TOOL_ATTEMPT_ANSWERED
                                                            : TOOL_ATTEMPT_UNSENT};
  struct buf why = buf_make(KIB), text = buf_make(64 * KIB);
  buf_addf(&why, "fetch failed: %s", got->fault->text);
  tool_answer_fail(&end.answer, &text, buf_cstring(&why));
  w->done(w->who, &end);
  buf_free(&why);
  buf_free(&text);
}

/* `memory`: the answer lies in `text` if it was repaired or made up, else in the body. */
static void tell_answer(struct http_attempt *w, struct http_client_answer *got)
{
  struct tool_reply reply = {w->tool, w->takes_mcp, got->status, buf_span(got->body),
                             got->retry_after_ms};
  struct tool_attempt_end end = {.outcome = TOOL_ATTEMPT_ANSWERED};
  struct buf text = buf_make(3 * w->source->answer_ceiling);
  if (tool_answer_read(&reply, &end.answer, &text, &end.retry_ms) == TOOL_PENDING)
    end.outcome = TOOL_ATTEMPT_PENDING;
  end.answer.memory = text.len > 0 ? &text : got->body;
  w->done(w->who, &end);
  buf_free(&text);
}

static void on_done(void *who, struct http_client_answer *got)
{
  struct http_attempt *w = who;
  if (got->fault)
    tell_failure(w, got);
  else
    tell_answer(w, got);
  free(w);
}

/* -- asking -- */

/* A line and a NUL.  A value may hold anything; a header may not. */
static void add_header(struct buf *lines, const char *name, struct span value)
{
  buf_add_text(lines, name);
  http_header_put_value(lines, value, '_');
  buf_add_char(lines, 0);
}

static void add_headers(struct buf *lines, const struct tool_source *source,
                        const struct tool_attempt *attempt)
{
  char number[16];
  snprintf(number, sizeof number, "%u", attempt->number);
  struct span parent =
      attempt->traceparent.len > 0 ? attempt->traceparent : source->traceparent;
  /* All of it at once: a buffer that grows leaves the token behind. */
  buf_reserve(lines, KIB / 4 + 2 * attempt->call_id.len + source->run_id.len +
                         parent.len + source->tracestate.len + source->token.len);
  add_header(lines, "content-type: ", SPAN_LITERAL("application/json"));
  add_header(lines, "accept: ", SPAN_LITERAL("*/*"));
  add_header(lines, "authorization: Bearer ", source->token);
  add_header(lines, "x-runlet-run-id: ", source->run_id);
  add_header(lines, "x-runlet-call-id: ", attempt->call_id);
  add_header(lines, "idempotency-key: ", attempt->call_id);
  add_header(lines, "x-runlet-attempt: ", span_of(number));
  if (parent.len > 0)
    add_header(lines, "traceparent: ", parent);
  if (source->tracestate.len > 0)
    add_header(lines, "tracestate: ", source->tracestate);
}

static void *start(void *context, const struct tool_attempt *attempt,
                   tool_attempt_done *done, void *who, struct fault *f)
{
  const struct tool_source *source = context;
  struct http_attempt *w = mem_new(sizeof *w);
  *w = (struct http_attempt){source, attempt->tool, attempt->takes_mcp, NULL, done, who};
  const char *headers[HEADERS] = {0};
  struct buf lines = buf_make(MIB);
  add_headers(&lines, source, attempt);
  size_t count = 0;
  for (size_t at = 0; at < lines.len; at += strlen(lines.at + at) + 1)
    headers[count++] = lines.at + at;
  char *url = span_copy(source->url);
  struct http_call call = {.method = "POST",
                           .url = url,
                           .headers = headers,
                           .body = attempt->message,
                           .connect_ms = LIMIT_TOOL_CONNECT_MS,
                           .total_ms = attempt->left_ms,
                           .answer_ceiling = source->answer_ceiling,
                           .budget = source->budget};
  w->request = http_client_start(source->client, &call, on_done, w, f);
  free(url);
  buf_wipe(&lines);
  if (w->request)
    return w;
  free(w);
  return NULL;
}

static void cancel(void *work)
{
  http_client_cancel(((struct http_attempt *)work)->request);
}

int tool_http_claim(struct tool_source *source, struct tool_executor *out,
                    struct fault *f)
{
  if (url_check(source->url, f) < 0)
    return fault_prefix(f, "run request: toolExecUrl");
  *out = (struct tool_executor){source, start, cancel};
  return 1;
}
