/* SPDX-License-Identifier: MIT */
/* format_ag_ui.c - AG-UI's own members, and metadata.runlet only where there is something
 * that AG-UI has no word for: a tool that failed, what was cut, the run's report.  */
#include "format_ag_ui.h"

#include "agui_line.h"

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
  json_open(w, "usage", '[');
  json_open(w, NULL, '{');
  json_put_raw(w, "model", run->model_json);
  json_put_int(w, "inputTokens", agui_usage_count(u->prompt));
  json_put_int(w, "outputTokens", agui_usage_count(u->completion));
  json_put_int(w, "totalTokens", agui_usage_total(u));
  if (u->cached > 0)
    json_put_int(w, "cachedInputTokens", u->cached);
  if (u->reasoning > 0)
    json_put_int(w, "reasoningTokens", u->reasoning);
  json_close(w, '}');
  json_close(w, ']');
}

static void run_finished(const struct event_run *run, const struct event *e,
                         struct json_writer *w)
{
  if (agui_usage_is_known(e->usage))
    put_usage(run, e->usage, w);
  metadata_open(w);
  json_put_text(w, "finishReason", e->code);
  if (e->json.len > 0) {
    buf_add_char(w->out, ',');
    buf_add(w->out, e->json);
  }
  metadata_close(w);
}

static void run_error(const struct event_run *run, const struct event *e,
                      struct json_writer *w)
{
  (void)run;
  if (e->json.len == 0)
    return;
  metadata_open(w);
  buf_add(w->out, e->json);
  metadata_close(w);
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

const struct event_format event_format_ag_ui = {
    .name = "ag-ui",
    .is_wire = true,
    .overhead = AGUI_LINE_OVERHEAD,
    .write = format_write,
};
