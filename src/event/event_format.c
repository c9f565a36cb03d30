/* SPDX-License-Identifier: MIT */
#include "event_format.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <string.h>

struct formatter formatter_make(const struct events_setup *setup)
{
  struct formatter f = {.format = setup->format,
                        .run = buf_make(LIMIT_EVENT_LINE_BYTES),
                        .thread = buf_make(LIMIT_EVENT_LINE_BYTES),
                        .model = buf_make(LIMIT_EVENT_LINE_BYTES)};
  json_escape(&f.run, setup->run_id);
  json_escape(&f.thread, setup->thread_id);
  json_escape(&f.model, setup->model);
  return f;
}

void formatter_free(struct formatter *f)
{
  buf_free(&f->run);
  buf_free(&f->thread);
  buf_free(&f->model);
}

size_t format_overhead(const struct formatter *f)
{
  /* The longest line without content is TOOL_CALL_RESULT with state and truncated, about
   * 230 bytes. */
  return 288 + f->model.len;
}

struct span format_fitting(const struct formatter *f, struct span text, size_t line_bytes,
                           size_t id_bytes)
{
  size_t beside = format_overhead(f) + id_bytes;
  size_t capacity = line_bytes > beside + 64 ? line_bytes - beside : 64;
  if (text.len <= capacity / 6)
    return text;
  /* Escapes make text longer, at most sixfold.  Shrink in proportion, and a little more
   * so that it surely ends soon when the escapes crowd at the front.  Never measure more
   * than one event's worth: a text of many events would cost its square. */
  struct span front = span_cut_utf8(text, capacity);
  for (;;) {
    size_t escaped = json_escaped_length(front);
    if (escaped <= capacity || front.len <= 8)
      break;
    double share = (double)capacity / (double)escaped;
    front = span_cut_utf8(front, (size_t)((double)front.len * share) - front.len / 64);
  }
  return front;
}

/* Raw JSON of others on our line: a newline there can only be white space between tokens,
 * and would break the line in two. */
static void put_raw(struct json_writer *w, const char *key, struct span json)
{
  json_put_raw(w, key, json);
  char *at = w->out->at + w->out->len - json.len;
  if (w->out->overflowed)
    return;
  for (char *p = at; (p = memchr(p, '\n', json.len - (size_t)(p - at))) != NULL;)
    *p = ' ';
}

static struct json_writer line_open(struct buf *line, const char *type)
{
  struct json_writer w = json_write_to(line);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", span_of(type));
  return w;
}

static void line_close(struct json_writer *w)
{
  json_close(w, '}');
  buf_add_char(w->out, '\n');
}

/* Opens "metadata", and in it "tanstack" with the model if the format has that. */
static void metadata_open(const struct formatter *f, struct json_writer *w)
{
  json_open(w, "metadata", '{');
  if (f->format != EVENTS_TANSTACK)
    return;
  json_open(w, "tanstack", '{');
  json_put_raw(w, "model", buf_span(&f->model));
}

static void tanstack_close(const struct formatter *f, struct json_writer *w)
{
  if (f->format == EVENTS_TANSTACK)
    json_close(w, '}');
}

/* "runlet":{"truncated":{"bytes":n}} */
static void put_truncated(struct json_writer *w, size_t bytes)
{
  json_open(w, "runlet", '{');
  json_open(w, "truncated", '{');
  json_put_int(w, "bytes", (long long)bytes);
  json_close(w, '}');
  json_close(w, '}');
}

/* The metadata of an event that has nothing of its own to say there. */
static void metadata_plain(const struct formatter *f, struct json_writer *w)
{
  if (f->format != EVENTS_TANSTACK)
    return;
  metadata_open(f, w);
  tanstack_close(f, w);
  json_close(w, '}');
}

void format_run_started(const struct formatter *f, struct buf *line, long long now)
{
  struct json_writer w = line_open(line, "RUN_STARTED");
  json_put_raw(&w, "runId", buf_span(&f->run));
  json_put_raw(&w, "threadId", buf_span(&f->thread));
  json_put_int(&w, "timestamp", now);
  metadata_plain(f, &w);
  line_close(&w);
}

void format_message(const struct formatter *f, struct buf *line, long long now,
                    enum format_type type, struct span id)
{
  static const char *const names[] = {
      [FORMAT_TEXT_START] = "TEXT_MESSAGE_START",
      [FORMAT_TEXT_END] = "TEXT_MESSAGE_END",
      [FORMAT_REASONING_START] = "REASONING_START",
      [FORMAT_REASONING_MESSAGE_START] = "REASONING_MESSAGE_START",
      [FORMAT_REASONING_MESSAGE_END] = "REASONING_MESSAGE_END",
      [FORMAT_REASONING_END] = "REASONING_END",
  };
  struct json_writer w = line_open(line, names[type]);
  json_put_raw(&w, "messageId", id);
  if (type == FORMAT_REASONING_MESSAGE_START)
    json_put_text(&w, "role", SPAN_LITERAL("reasoning"));
  json_put_int(&w, "timestamp", now);
  if (type == FORMAT_TEXT_START)
    json_put_text(&w, "role", SPAN_LITERAL("assistant"));
  metadata_plain(f, &w);
  line_close(&w);
}

void format_text(const struct formatter *f, struct buf *line, long long now,
                 struct span id, struct span delta)
{
  (void)f; /* the same in both formats: the reference gives this one no metadata */
  struct json_writer w = line_open(line, "TEXT_MESSAGE_CONTENT");
  json_put_raw(&w, "messageId", id);
  json_put_int(&w, "timestamp", now);
  json_put_text(&w, "delta", delta);
  line_close(&w);
}

void format_reasoning(const struct formatter *f, struct buf *line, long long now,
                      struct span id, struct span delta)
{
  struct json_writer w = line_open(line, "REASONING_MESSAGE_CONTENT");
  json_put_raw(&w, "messageId", id);
  json_put_text(&w, "delta", delta);
  json_put_int(&w, "timestamp", now);
  metadata_plain(f, &w);
  line_close(&w);
}

void format_tool_start(const struct formatter *f, struct buf *line, long long now,
                       struct span call, struct span name)
{
  struct json_writer w = line_open(line, "TOOL_CALL_START");
  json_put_raw(&w, "toolCallId", call);
  json_put_text(&w, "toolCallName", name);
  json_put_int(&w, "timestamp", now);
  metadata_plain(f, &w);
  if (f->format == EVENTS_TANSTACK)
    json_put_text(&w, "toolName", name);
  line_close(&w);
}

void format_tool_args(const struct formatter *f, struct buf *line, long long now,
                      struct span call, struct span delta)
{
  (void)f; /* as format_text */
  struct json_writer w = line_open(line, "TOOL_CALL_ARGS");
  json_put_raw(&w, "toolCallId", call);
  json_put_int(&w, "timestamp", now);
  json_put_text(&w, "delta", delta);
  line_close(&w);
}

void format_tool_end(const struct formatter *f, struct buf *line, long long now,
                     struct span call, struct span name, struct span args_json,
                     size_t truncated)
{
  struct json_writer w = line_open(line, "TOOL_CALL_END");
  json_put_raw(&w, "toolCallId", call);
  json_put_int(&w, "timestamp", now);
  if (f->format == EVENTS_TANSTACK) {
    metadata_open(f, &w);
    json_put_text(&w, "toolCallName", name);
    json_put_text(&w, "toolName", name);
    if (truncated == 0)
      put_raw(&w, "input", args_json);
    tanstack_close(f, &w);
    if (truncated > 0)
      put_truncated(&w, truncated);
    json_close(&w, '}');
    if (truncated == 0)
      put_raw(&w, "input", args_json);
  }
  line_close(&w);
}

void format_tool_result(const struct formatter *f, struct buf *line, long long now,
                        struct span call, struct span id, struct span content,
                        bool failed, size_t truncated)
{
  struct json_writer w = line_open(line, "TOOL_CALL_RESULT");
  json_put_raw(&w, "toolCallId", call);
  json_put_raw(&w, "messageId", id);
  json_put_int(&w, "timestamp", now);
  json_put_text(&w, "content", content);
  if (f->format == EVENTS_TANSTACK) {
    metadata_open(f, &w);
    if (failed)
      json_put_text(&w, "state", SPAN_LITERAL("output-error"));
    tanstack_close(f, &w);
    if (truncated > 0)
      put_truncated(&w, truncated);
    json_close(&w, '}');
  } else if (failed || truncated > 0) {
    /* AG-UI has no word for a failed tool. */
    json_open(&w, "metadata", '{');
    json_open(&w, "runlet", '{');
    if (failed)
      json_put_bool(&w, "failed", true);
    if (truncated > 0) {
      json_open(&w, "truncated", '{');
      json_put_int(&w, "bytes", (long long)truncated);
      json_close(&w, '}');
    }
    json_close(&w, '}');
    json_close(&w, '}');
  }
  line_close(&w);
}

void format_custom(const struct formatter *f, struct buf *line, long long now,
                   const char *name, struct span value_json, size_t truncated)
{
  struct json_writer w = line_open(line, "CUSTOM");
  json_put_int(&w, "timestamp", now);
  json_put_text(&w, "name", span_of(name));
  if (truncated > 0 || value_json.len == 0)
    json_put_null(&w, "value");
  else
    put_raw(&w, "value", value_json);
  if (truncated > 0) {
    metadata_open(f, &w);
    tanstack_close(f, &w);
    put_truncated(&w, truncated);
    json_close(&w, '}');
  } else {
    metadata_plain(f, &w);
  }
  line_close(&w);
}

static bool usage_is_known(const struct event_usage *u)
{
  return u != NULL && (u->prompt >= 0 || u->completion >= 0 || u->total >= 0);
}

static long long zero_or(long long n)
{
  return n > 0 ? n : 0;
}

static long long usage_total(const struct event_usage *u)
{
  return u->total >= 0 ? u->total : zero_or(u->prompt) + zero_or(u->completion);
}

/* What AG-UI has no place for: it stands in `usage`, and again in metadata.tanstack.usage
 * (then without the cached tokens, which AG-UI does have).  A count of 0 is left out, as
 * the reference does. */
static void put_usage_details(struct json_writer *w, const struct event_usage *u,
                              bool with_cached)
{
  if (u->cost_usd.len > 0) {
    json_open(w, "providerUsageDetails", '{');
    put_raw(w, "totalCostUsd", u->cost_usd);
    json_close(w, '}');
  }
  bool cached = with_cached && u->cached > 0;
  if (cached || u->cache_write > 0) {
    json_open(w, "promptTokensDetails", '{');
    if (cached)
      json_put_int(w, "cachedTokens", u->cached);
    if (u->cache_write > 0)
      json_put_int(w, "cacheWriteTokens", u->cache_write);
    json_close(w, '}');
  }
}

static void put_usage_tanstack(struct json_writer *w, const struct event_usage *u)
{
  json_open(w, "usage", '{');
  json_put_int(w, "promptTokens", zero_or(u->prompt));
  json_put_int(w, "completionTokens", zero_or(u->completion));
  json_put_int(w, "totalTokens", usage_total(u));
  put_usage_details(w, u, true);
  if (u->reasoning > 0) {
    json_open(w, "completionTokensDetails", '{');
    json_put_int(w, "reasoningTokens", u->reasoning);
    json_close(w, '}');
  }
  json_close(w, '}');
}

static void put_usage_ag_ui(const struct formatter *f, struct json_writer *w,
                            const struct event_usage *u)
{
  json_open(w, "usage", '[');
  json_open(w, NULL, '{');
  json_put_raw(w, "model", buf_span(&f->model));
  json_put_int(w, "inputTokens", zero_or(u->prompt));
  json_put_int(w, "outputTokens", zero_or(u->completion));
  json_put_int(w, "totalTokens", usage_total(u));
  if (u->cached > 0)
    json_put_int(w, "cachedInputTokens", u->cached);
  if (u->reasoning > 0)
    json_put_int(w, "reasoningTokens", u->reasoning);
  json_close(w, '}');
  json_close(w, ']');
}

static void put_certificate(struct json_writer *w, const char *reason,
                            struct span members)
{
  if (members.len == 0 && reason == NULL)
    return;
  json_open(w, "runlet", '{');
  if (reason != NULL)
    json_put_text(w, "finishReason", span_of(reason));
  if (members.len > 0) {
    if (reason != NULL)
      buf_add_char(w->out, ',');
    buf_add(w->out, members);
  }
  json_close(w, '}');
}

void format_run_finished(const struct formatter *f, struct buf *line, long long now,
                         const char *reason, const struct event_usage *usage,
                         struct span report)
{
  struct json_writer w = line_open(line, "RUN_FINISHED");
  bool known = usage_is_known(usage);
  json_put_raw(&w, "runId", buf_span(&f->run));
  json_put_raw(&w, "threadId", buf_span(&f->thread));
  json_put_int(&w, "timestamp", now);
  if (f->format == EVENTS_AG_UI) {
    if (known)
      put_usage_ag_ui(f, &w, usage);
    json_open(&w, "metadata", '{');
    put_certificate(&w, reason, report);
    json_close(&w, '}');
    line_close(&w);
    return;
  }
  if (known)
    put_usage_tanstack(&w, usage);
  metadata_open(f, &w);
  json_put_text(&w, "finishReason", span_of(reason));
  if (known && (usage->cost_usd.len > 0 || usage->cache_write > 0)) {
    json_open(&w, "usage", '{');
    put_usage_details(&w, usage, false);
    json_close(&w, '}');
  }
  tanstack_close(f, &w);
  put_certificate(&w, NULL, report);
  json_close(&w, '}');
  line_close(&w);
}

void format_run_error(const struct formatter *f, struct buf *line, long long now,
                      struct span code, struct span message, struct span report)
{
  struct json_writer w = line_open(line, "RUN_ERROR");
  json_put_int(&w, "timestamp", now);
  json_put_text(&w, "message", message);
  if (code.len > 0)
    json_put_text(&w, "code", code);
  if (f->format == EVENTS_TANSTACK || report.len > 0) {
    metadata_open(f, &w);
    tanstack_close(f, &w);
    put_certificate(&w, NULL, report);
    json_close(&w, '}');
  }
  line_close(&w);
}
