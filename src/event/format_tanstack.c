/* SPDX-License-Identifier: MIT */
/* format_tanstack.c - AG-UI's members, then metadata.tanstack with the model and whatever
 * AG-UI does not name, then the aliases that TanStack's client reads.  TanStack's runner
 * gives pieces of text and of arguments no metadata, so they have none here.  */
#include "format_tanstack.h"

#include "agui_line.h"

/* "metadata":{"tanstack":{"model":…  The second of these is closed first. */
static void metadata_open(const struct event_run *run, struct json_writer *w)
{
  json_open(w, "metadata", '{');
  json_open(w, "tanstack", '{');
  json_put_raw(w, "model", run->model_json);
}

static void put_runlet_truncated(struct json_writer *w, const struct event *e)
{
  if (e->whole_bytes == 0)
    return;
  json_open(w, "runlet", '{');
  agui_line_put_truncated(w, e);
  json_close(w, '}');
}

static void metadata_close(struct json_writer *w, const struct event *e)
{
  json_close(w, '}');
  put_runlet_truncated(w, e);
  json_close(w, '}');
}

/* Nothing beside the model; of CUSTOM, what was cut. */
static void metadata(const struct event_run *run, const struct event *e,
                     struct json_writer *w)
{
  metadata_open(run, w);
  metadata_close(w, e);
}

/* TanStack's adapters say of a structured answer whose it is, and of nothing else; what
 * its sandbox says has no metadata at all. */
static void custom(const struct event_run *run, const struct event *e,
                   struct json_writer *w)
{
  if (span_starts(e->name, "sandbox."))
    return;
  metadata_open(run, w);
  if (span_starts(e->name, "structured-output.")) {
    json_put_raw(w, "threadId", run->thread_json);
    json_put_raw(w, "runId", run->run_json);
  }
  metadata_close(w, e);
}

static void tool_start(const struct event_run *run, const struct event *e,
                       struct json_writer *w)
{
  metadata(run, e, w);
  json_put_text(w, "toolName", e->name);
}

static void tool_end(const struct event_run *run, const struct event *e,
                     struct json_writer *w)
{
  metadata_open(run, w);
  json_put_text(w, "toolCallName", e->name);
  json_put_text(w, "toolName", e->name);
  if (e->whole_bytes == 0)
    agui_line_put_foreign(w, "input", e->json);
  metadata_close(w, e);
  if (e->whole_bytes == 0)
    agui_line_put_foreign(w, "input", e->json);
}

static void tool_result(const struct event_run *run, const struct event *e,
                        struct json_writer *w)
{
  metadata_open(run, w);
  if (e->failed)
    json_put_text(w, "state", SPAN_LITERAL("output-error"));
  metadata_close(w, e);
}

/* -- the end of a run -- */

/* What AG-UI has no place for: it stands in `usage`, and again in metadata.tanstack.usage
 * (then without the cached tokens, which AG-UI does have).  TanStack's runner leaves a
 * count of 0 out. */
static void put_usage_details(struct json_writer *w, const struct event_usage *u,
                              bool with_cached)
{
  if (u->cost_usd.len > 0) {
    json_open(w, "providerUsageDetails", '{');
    agui_line_put_foreign(w, "totalCostUsd", u->cost_usd);
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

static void put_usage(struct json_writer *w, const struct event_usage *u)
{
  json_open(w, "usage", '{');
  json_put_int(w, "promptTokens", agui_usage_count(u->prompt));
  json_put_int(w, "completionTokens", agui_usage_count(u->completion));
  json_put_int(w, "totalTokens", agui_usage_total(u));
  put_usage_details(w, u, true);
  if (u->reasoning > 0) {
    json_open(w, "completionTokensDetails", '{');
    json_put_int(w, "reasoningTokens", u->reasoning);
    json_close(w, '}');
  }
  json_close(w, '}');
}

/* Closes tanstack and metadata, between them the report. */
static void metadata_close_with_report(struct json_writer *w, const struct event *e)
{
  json_close(w, '}');
  if (e->json.len > 0 || (e->usage && e->usage->session_cost_usd.len > 0)) {
    json_open(w, "runlet", '{');
    agui_line_put_report(w, e);
    json_close(w, '}');
  }
  json_close(w, '}');
}

static void run_finished(const struct event_run *run, const struct event *e,
                         struct json_writer *w)
{
  const struct event_usage *u = agui_usage_is_known(e->usage) ? e->usage : NULL;
  if (u)
    put_usage(w, u);
  metadata_open(run, w);
  json_put_text(w, "finishReason", e->code);
  if (e->usage && (e->usage->cost_usd.len > 0 || e->usage->cache_write > 0)) {
    json_open(w, "usage", '{');
    put_usage_details(w, e->usage, false);
    json_close(w, '}');
  }
  metadata_close_with_report(w, e);
}

static void run_error(const struct event_run *run, const struct event *e,
                      struct json_writer *w)
{
  metadata_open(run, w);
  /* AG-UI's own place for it has another form. */
  if (agui_usage_is_known(e->usage)) {
    put_usage(w, e->usage);
  } else if (e->usage && e->usage->cost_usd.len > 0) {
    json_open(w, "usage", '{');
    put_usage_details(w, e->usage, false);
    json_close(w, '}');
  }
  metadata_close_with_report(w, e);
}

static agui_extra *const extras[EVENT_KINDS] = {
    [EVENT_RUN_STARTED] = metadata,
    [EVENT_TEXT_START] = metadata,
    [EVENT_TEXT_END] = metadata,
    [EVENT_REASONING_START] = metadata,
    [EVENT_REASONING_MESSAGE_START] = metadata,
    [EVENT_REASONING] = metadata,
    [EVENT_REASONING_MESSAGE_END] = metadata,
    [EVENT_REASONING_END] = metadata,
    [EVENT_TOOL_START] = tool_start,
    [EVENT_TOOL_END] = tool_end,
    [EVENT_TOOL_RESULT] = tool_result,
    [EVENT_CUSTOM] = custom,
    [EVENT_WARNING] = metadata,
    [EVENT_RUN_FINISHED] = run_finished,
    [EVENT_RUN_ERROR] = run_error,
};

static void format_write(void *state, const struct event_run *run, const struct event *e,
                         struct buf *out)
{
  (void)state;
  agui_line_write(run, e, extras, out);
}

const struct event_format event_format_tanstack = {
    .name = "tanstack",
    .is_wire = true,
    .overhead = AGUI_LINE_OVERHEAD,
    .write = format_write,
};
