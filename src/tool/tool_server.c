/* SPDX-License-Identifier: MIT */
/* tool_server.c - one attempt as one tools/call.  The connection ends with a cancel, and
 * the server is told nothing more. */
#include "tool/tool_server.h"

#include "base/json_slice.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "http/url.h"
#include "server_post.h"

#include <stdlib.h>

struct server_attempt {
  struct span tool; /* the call's, which outlives the attempt */
  struct server_post *post;
  tool_attempt_done *done;
  void *who;
};

/* Its message, with the code in front. */
static void fail_with_error(const struct server_attempt *w, struct span error,
                            struct tool_answer *answer, struct buf *text)
{
  struct span message = json_slice(error, "message");
  struct buf why = buf_make(LIMIT_TOOL_ANSWER_BYTES), words = buf_make(message.len + 1);
  if (json_slice_kind(message) == JSON_STRING)
    json_unescape(message, &words);
  buf_addf(&why, "remote tool \"%.*s\" failed: %.*s ",
           SPAN_ARG(span_cut_utf8(w->tool, LIMIT_BRIDGE_ECHO_BYTES)),
           SPAN_ARG(span_cut_utf8(json_slice(error, "code"), 20)));
  buf_add(&why, utf8_first(buf_span(&words), LIMIT_TOOL_ERROR_CHARS));
  tool_answer_fail(answer, text, buf_cstring(&why));
  buf_free(&why);
  buf_free(&words);
}

/* Another status, whose words are those of any orchestrator's. */
static void read_status(const struct server_attempt *w, const struct server_reply *got,
                        struct tool_answer *answer, struct buf *text)
{
  struct tool_reply reply = {
      .tool = w->tool, .takes_mcp = true, .status = got->status, .body = got->text};
  unsigned ignored;
  (void)tool_answer_read(&reply, answer, text, &ignored);
}

static void on_reply(void *who, const struct server_reply *got)
{
  struct server_attempt *w = who;
  struct tool_attempt_end end = {.outcome = TOOL_ATTEMPT_ANSWERED};
  struct buf text = buf_make(LIMIT_BRIDGE_REPLY_BYTES), why = buf_make(KIB);
  if (got->fault) {
    buf_addf(&why, "fetch failed: %s", got->fault->text);
    tool_answer_fail(&end.answer, &text, buf_cstring(&why));
    end.outcome = got->maybe_sent ? TOOL_ATTEMPT_ANSWERED : TOOL_ATTEMPT_UNSENT;
  } else if (got->status < 200 || got->status > 299) {
    read_status(w, got, &end.answer, &text);
  } else if (got->kind == SERVER_RESULT) {
    end.answer.result = got->value;
    end.answer.memory = got->memory;
  } else if (got->kind == SERVER_ERROR && server_message_did_not_run(got->value)) {
    end.answer.error = got->value;
  } else if (got->kind == SERVER_ERROR) {
    fail_with_error(w, got->value, &end.answer, &text);
  } else {
    tool_answer_fail(&end.answer, &text, "the MCP server's answer holds no result");
  }
  w->done(w->who, &end);
  buf_free(&text);
  buf_free(&why);
  free(w);
}

static void *start(void *context, const struct tool_attempt *attempt,
                   tool_attempt_done *done, void *who, struct fault *f)
{
  struct tool_source *source = context;
  struct server_attempt *w = mem_new(sizeof *w);
  struct buf message = buf_make(attempt->message.len + KIB);
  unsigned id = ++source->server->last_id;
  *w = (struct server_attempt){attempt->tool, NULL, done, who};
  buf_charge(&message, source->budget);
  server_message_call(id, attempt->message, &message);
  w->post = server_post_start(source, id, buf_span(&message), attempt->traceparent,
                              attempt->left_ms, on_reply, w, f);
  buf_free(&message);
  if (w->post)
    return w;
  free(w);
  return NULL;
}

static void cancel(void *work)
{
  server_post_cancel(((struct server_attempt *)work)->post);
}

int tool_server_claim(struct tool_source *source, struct tool_executor *out,
                      struct fault *f)
{
  if (!source->server)
    return 0;
  if (url_check(source->server->url, f) < 0)
    return fault_prefix(f, "run request: bridge.url");
  *out = (struct tool_executor){source, start, cancel};
  return 1;
}
