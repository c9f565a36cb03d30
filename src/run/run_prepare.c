/* SPDX-License-Identifier: MIT */
/* run_prepare.c - the run's answers to what its workspace tells. */
#include "run_prepare.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "io/loop.h"
#include "report.h"
#include "run_end.h"
#include "run_session.h"
#include "tracing.h"

#include <stdio.h>

static void on_progress(void *who, const struct workspace_progress *p)
{
  struct run *r = who;
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES), tail = buf_make(MIB);
  struct buf step = buf_make(MIB);
  struct json_writer w = json_write_to(&value);
  report_clean(p->output_tail, &tail);
  report_clean(p->step, &step);
  json_open(&w, NULL, '{');
  json_put_text(&w, "step", buf_span(&step));
  json_put_text(&w, "state", span_of(p->state));
  if (p->exit_code >= 0)
    json_put_int(&w, "exitCode", p->exit_code);
  if (tail.len > 0)
    json_put_text(&w, "outputTail", buf_span(&tail));
  json_close(&w, '}');
  events_custom(r->events, "runlet.setup", buf_span(&value));
  buf_free(&value);
  buf_free(&tail);
  buf_free(&step);
}

static void on_warning(void *who, const char *code, struct span message)
{
  struct run *r = who;
  struct buf text = buf_make(MIB);
  report_clean(message, &text);
  events_warn(r->events, code, buf_span(&text));
  buf_free(&text);
}

static void time_is_over(void *who)
{
  struct run *r = who;
  char text[80];
  snprintf(text, sizeof text, "the run did not end within %u ms (runMs)",
           r->deadlines.run_ms);
  r->cancelled_by = r->cancelled_by ? r->cancelled_by : "timeout";
  run_set_reason(r, "run-timeout", text);
  (void)run_prepare_stop(r);
}

/* What is under way is heard of on a later turn. */
static void wait(struct run *r)
{
  r->phase = PREPARING;
  r->preparing = loop_timer_new(r->settings->loop, time_is_over, r);
  unsigned long long spent = clock_ticks_ms() - r->started_ms;
  unsigned most = r->deadlines.run_ms;
  loop_timer_start(r->preparing, spent < most ? most - (unsigned)spent : 0);
}

static void fail(struct run *r, const char *code, struct span message)
{
  struct buf text = buf_make(MIB);
  report_clean(message, &text);
  run_set_reason(r, code, buf_cstring(&text));
  buf_free(&text);
}

/* A part is done.  False: the run is over with it. */
static bool is_well(struct run *r, bool failed)
{
  loop_timer_free(r->preparing);
  r->preparing = NULL;
  if (failed || r->code[0])
    run_conclude(r, NULL);
  return !failed && !r->code[0];
}

static void fail_bringing(struct run *r, const struct fault *why)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "session.import: %s", why->text);
  if (why->kind != FAULT_CANCELLED)
    fail(r, "session-import-failed", buf_span(&text));
  buf_free(&text);
}

static void on_brought(struct run *r, const struct fault *why)
{
  if (why)
    fail_bringing(r, why);
  if (is_well(r, why))
    r->filled(r);
}

static void bring_session(struct run *r)
{
  if (run_session_bring(r, on_brought))
    wait(r);
  else
    r->filled(r);
}

static void on_listed(void *who, struct buf *list, const struct fault *fault)
{
  struct run *r = who;
  struct fault f = {0};
  struct buf left_out = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  r->resources.listing = NULL;
  bool failed = fault || run_request_add_tools(r->req, list, &left_out, &f) < 0;
  if (failed) {
    const struct fault *why = fault ? fault : &f;
    struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
    buf_addf(&text, "the MCP server of `bridge` does not tell its tools: %s", why->text);
    if (why->kind != FAULT_CANCELLED)
      fail(r, "bridge-failed", buf_span(&text));
    buf_free(&text);
  } else if (left_out.len > 0) {
    struct buf text = buf_make(2 * LIMIT_ERROR_MESSAGE_BYTES);
    buf_addf(&text, "tools of `bridge` are left out: %s", buf_cstring(&left_out));
    events_warn(r->events, "tool-left-out", buf_span(&text));
    buf_free(&text);
  }
  buf_free(&left_out);
  if (is_well(r, failed))
    bring_session(r);
}

static void list_tools(struct run *r)
{
  struct resources *s = &r->resources;
  struct fault f = {0};
  if (!s->server_tools.server) {
    bring_session(r);
    return;
  }
  s->listing = server_tools_start(&s->server_tools, on_listed, r, &f);
  if (s->listing) {
    wait(r);
    return;
  }
  fail(r, "bridge-failed", span_of(f.text));
  run_conclude(r, NULL);
}

static void on_done(void *who, const char *code, struct span message)
{
  struct run *r = who;
  tracing_setup_ends(r, code);
  if (code && code[0])
    fail(r, code, message);
  if (is_well(r, code))
    list_tools(r);
}

void run_prepare(struct run *r, struct resources_calls *calls,
                 void (*filled)(struct run *r))
{
  struct fault f = {0};
  const char *code;
  calls->workspace = (struct workspace_calls){on_progress, on_warning, on_done};
  r->filled = filled;
  int wanted = resources_prepare(&r->resources, &r->deadlines, calls, r, &code, &f);
  if (wanted < 0) {
    run_set_reason(r, code, f.text);
    run_conclude(r, NULL);
  } else if (wanted == 0) {
    list_tools(r);
  } else {
    wait(r);
    tracing_setup_begins(r);
  }
}

bool run_prepare_stop(struct run *r)
{
  if (r->phase != PREPARING || !r->preparing)
    return false;
  if (r->resources.listing)
    server_tools_cancel(r->resources.listing);
  else if (r->portable.done)
    run_session_stop(r);
  else
    workspace_fill_cancel(r->resources.filling);
  return true;
}
