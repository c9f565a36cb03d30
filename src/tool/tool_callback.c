/* SPDX-License-Identifier: MIT */
/* tool_callback.c - one attempt as one callback.  What is pending is asked for again by
 * tool_call.c, with the same call id. */
#include "tool/tool_callback.h"

#include "base/json_slice.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "http/http_client.h"
#include "http/url.h"
#include "request/callback.h"

#include <stdlib.h>

struct callback_attempt {
  const struct tool_source *source;
  struct http_client_request *request;
  tool_attempt_done *done;
  void *who;
};

static void tell(struct callback_attempt *w, const struct http_client_answer *got)
{
  struct tool_attempt_end end = {.outcome = TOOL_ATTEMPT_ANSWERED};
  struct buf text = buf_make(3 * w->source->answer_ceiling);
  enum callback_outcome outcome = CALLBACK_FAILED;
  if (got->fault) {
    buf_addf(&text, "Tool callback failed: %s", got->fault->text);
    if (!got->maybe_sent)
      end.outcome = TOOL_ATTEMPT_UNSENT;
  } else {
    outcome = callback_read(w->source->callback, got->status, buf_span(got->body), &text,
                            &end.retry_ms);
    buf_free(got->body);
  }
  if (outcome == CALLBACK_PENDING)
    end.outcome = TOOL_ATTEMPT_PENDING;
  else if (outcome == CALLBACK_VALUE)
    end.answer.result = buf_span(&text);
  else
    end.answer.failure = buf_span(&text);
  end.answer.memory = &text;
  w->done(w->who, &end);
  buf_free(&text);
}

static void on_done(void *who, struct http_client_answer *got)
{
  struct callback_attempt *w = who;
  tell(w, got);
  free(w);
}

/* "call-…" as these hosts have it. */
static void put_id(struct span id, struct buf *out)
{
  struct buf text = buf_make(id.len + 8);
  buf_add_text(&text, "call_");
  buf_add(&text, span_after(id, span_starts(id, "call-") ? 5 : 0));
  json_escape(out, buf_span(&text));
  buf_free(&text);
}

/* The call's members, of the agent's own bytes. */
static int put_members(const struct tool_attempt *attempt, struct buf *out,
                       struct fault *f)
{
  struct span path = json_slice(attempt->message, "args.toolPath");
  struct span input = json_slice(attempt->message, "args.input");
  if (json_slice_kind(path) != JSON_STRING || path.len <= 2)
    return fault_set(f, FAULT_BAD_INPUT, "toolPath must be the dotted name of a tool");
  buf_add_text(out, "\"callId\":");
  put_id(attempt->call_id, out);
  buf_add_text(out, ",\"toolPath\":");
  buf_add(out, path);
  if (input.len > 0) {
    buf_add_text(out, ",\"input\":");
    buf_add(out, input);
  }
  return 0;
}

static struct http_client_request *
post(struct callback_attempt *w, const struct tool_attempt *attempt, struct fault *f)
{
  const struct tool_source *source = w->source;
  struct buf members = buf_make(attempt->message.len + 6 * attempt->call_id.len + KIB);
  struct callback_post post = {0};
  struct http_client_request *request = NULL;
  if (put_members(attempt, &members, f) == 0) {
    callback_post_make(source->callback, CALLBACK_TOOL_CALL, buf_span(&members), &post);
    const char *headers[] = {"content-type: application/json", "accept: application/json",
                             post.header.len > 0 ? post.header.at : NULL, NULL};
    struct http_call call = {.method = "POST",
                             .url = buf_cstring(&post.url),
                             .headers = headers,
                             .body = buf_span(&post.body),
                             .connect_ms = LIMIT_TOOL_CONNECT_MS,
                             .total_ms = attempt->left_ms,
                             .answer_ceiling = source->answer_ceiling,
                             .budget = source->budget};
    request = http_client_start(source->client, &call, on_done, w, f);
  }
  callback_post_free(&post);
  buf_free(&members);
  return request;
}

static void *start(void *context, const struct tool_attempt *attempt,
                   tool_attempt_done *done, void *who, struct fault *f)
{
  struct callback_attempt *w = mem_new(sizeof *w);
  *w = (struct callback_attempt){context, NULL, done, who};
  w->request = post(w, attempt, f);
  if (w->request)
    return w;
  free(w);
  return NULL;
}

static void cancel(void *work)
{
  http_client_cancel(((struct callback_attempt *)work)->request);
}

int tool_callback_claim(struct tool_source *source, struct tool_executor *out,
                        struct fault *f)
{
  if (!source->callback || source->callback->shape == CALLBACK_NONE)
    return 0;
  if (url_check(source->callback->url, f) < 0)
    return fault_prefix(f, "run request: callback");
  *out = (struct tool_executor){source, start, cancel};
  return 1;
}
