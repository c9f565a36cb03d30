/* SPDX-License-Identifier: MIT */
/* format_ag_ui.c - AG-UI's own members, and metadata.runlet only where there is something
 * that AG-UI has no word for: a tool that failed, what was cut, the run's report.
 *
 * Two formats: "ag-ui", which a request of POST /run may ask for, and "agui", the one of
 * POST /agui, with what AG-UI's own clients want besides: the message that a call belongs
 * to, and a run that was cancelled as an outcome and not as an error.  */
#include "format_ag_ui.h"

#include "agui_line.h"
#include "event/event_usage.h"

static void metadata_open(struct json_writer *w)
{
  json_open(w, "metadata", '{');
  json_open(w, "runlet", '{');
}

static void metadata_close(struct json_writer *w)
{
  json_close(w, '}');
  json_close(w, '}');
}

static void custom(const struct event_run *run, const struct event *e,
                   struct json_writer *w)
{
  (void)run;
  if (e->whole_bytes == 0)
    return;
  metadata_open(w);
  agui_line_put_truncated(w, e);
  metadata_close(w);
}

static void tool_result(const struct event_run *run, const struct event *e,
                        struct json_writer *w)
{
  (void)run;
  if (!e->failed && e->whole_bytes == 0)
    return;
  metadata_open(w);
  if (e->failed)
    json_put_bool(w, "failed", true);
  agui_line_put_truncated(w, e);
  metadata_close(w);
}

static void put_usage(const struct event_run *run, const struct event_usage *u,
                      struct json_writer *w)
{
  if (!agui_usage_is_known(u))
    return;
  struct event_tokens whole = event_usage_whole(u);
  json_open(w, "usage", '[');
  json_open(w, NULL, '{');
  json_put_raw(w, "model", run->model_json);
  json_put_int(w, "inputTokens", whole.input);
  json_put_int(w, "outputTokens", whole.output);
  json_put_int(w, "totalTokens", whole.total);
  if (u->cached > 0)
    json_put_int(w, "cachedInputTokens", u->cached);
  if (u->cache_write > 0)
    json_put_int(w, "cacheWriteInputTokens", u->cache_write);
  if (u->reasoning > 0)
    json_put_int(w, "reasoningTokens", u->reasoning);
  json_close(w, '}');
  json_close(w, ']');
}

/* metadata.runlet of a terminal event: its reason if it has one, the cost, the report. */
static void put_end(const struct event *e, struct span reason, struct json_writer *w)
{
  bool has_cost =
      e->usage && (e->usage->cost_usd.len > 0 || e->usage->session_cost_usd.len > 0);
  if (reason.len == 0 && !has_cost && e->json.len == 0)
    return;
  metadata_open(w);
  if (reason.len > 0)
    json_put_text(w, "finishReason", reason);
  if (has_cost)
    agui_line_put_cost(w, "totalCostUsd", e->usage->cost_usd);
  agui_line_put_report(w, e);
  metadata_close(w);
}

static void run_finished(const struct event_run *run, const struct event *e,
                         struct json_writer *w)
{
  if (e->outcome.len > 0)
    json_put_raw(w, "outcome", e->outcome);
  put_usage(run, e->usage, w);
  put_end(e, e->code, w);
}

static void run_error(const struct event_run *run, const struct event *e,
                      struct json_writer *w)
{
  put_usage(run, e->usage, w);
  put_end(e, (struct span){0}, w);
}

static agui_extra *const extras[EVENT_KINDS] = {
    [EVENT_TOOL_RESULT] = tool_result, [EVENT_CUSTOM] = custom,
    [EVENT_WARNING] = custom,          [EVENT_RUN_FINISHED] = run_finished,
    [EVENT_RUN_ERROR] = run_error,
};

static void format_write(void *state, const struct event_run *run, const struct event *e,
                         struct buf *out)
{
  (void)state;
  agui_line_write(run, e, extras, out);
}

static void tool_start(const struct event_run *run, const struct event *e,
                       struct json_writer *w)
{
  (void)run;
  if (e->parent.len > 0)
    json_put_raw(w, "parentMessageId", e->parent);
}

static void page_write(void *state, const struct event_run *run, const struct event *e,
                       struct buf *out)
{
  static agui_extra *const page_extras[EVENT_KINDS] = {
      [EVENT_TOOL_START] = tool_start,
      [EVENT_TOOL_RESULT] = tool_result,
      [EVENT_CUSTOM] = custom,
      [EVENT_WARNING] = custom,
      [EVENT_RUN_FINISHED] = run_finished,
      [EVENT_RUN_ERROR] = run_error,
  };
  struct event cancelled = *e;
  (void)state;
  if (e->kind == EVENT_RUN_ERROR && span_is(e->code, "cancelled")) {
    cancelled.kind = EVENT_RUN_FINISHED;
    cancelled.code = (struct span){0};
    cancelled.outcome = SPAN_LITERAL("{\"type\":\"cancelled\"}");
  }
  agui_line_write(run, &cancelled, page_extras, out);
}

const struct event_format event_format_agui = {
    .name = "agui",
    .overhead = AGUI_LINE_OVERHEAD,
    .write = page_write,
};

const struct event_format event_format_ag_ui = {
    .name = "ag-ui",
    .is_wire = true,
    .overhead = AGUI_LINE_OVERHEAD,
    .write = format_write,
};
