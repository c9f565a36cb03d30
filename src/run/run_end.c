/* SPDX-License-Identifier: MIT */
/* run_end.c - from the agent's exit to the last event, and back. */
#include "run_end.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "event/event_session.h"
#include "io/loop.h"
#include "report.h"
#include "run_files.h"
#include "run_session.h"
#include "run_spending.h"
#include "run_talk.h"
#include "run_words.h"
#include "secrets.h"
#include "telemetry/run_trace.h"

#include <stdio.h>
#include <stdlib.h>

void run_set_reason(struct run *r, const char *code, const char *message)
{
  if (r->code[0])
    return;
  snprintf(r->code, sizeof r->code, "%s", code);
  buf_add(&r->message, span_cut_utf8(span_of(message), LIMIT_ERROR_MESSAGE_BYTES - 1));
}

void run_release(struct run *r)
{
  if (r->session.state) { /* admitted */
    secrets_unhide(&r->resources.env, r->req);
    log_trace(r->req->run_id, (struct span){0}, (struct span){0});
  }
  if (r->events)
    events_free(r->events);
  run_trace_free(r->trace);
  agent_session_free(&r->session);
  resources_free(&r->resources);
  run_request_free(r->req);
  run_talk_free(r);
  run_session_free(r);
  run_hold_end(r);
  buf_free(&r->message);
  buf_free(&r->report);
  buf_wipe(&r->stderr_tail);
  buf_free(&r->hold.run_id);
  budget_release(r->budget);
  free(r);
}

static void say_the_end(struct run *r)
{
  if (!r->code[0] && r->end) {
    agent_session_finish(&r->session, r->end);
  } else {
    agent_session_note_success(&r->session);
    events_fail(r->events, span_of(r->code), buf_span(&r->message));
  }
  buf_add(&r->report, events_certificate(r->events));
  r->outcome.finished = events_finished_well(r->events);
  snprintf(r->outcome.code, sizeof r->outcome.code, "%s", events_error_code(r->events));
  r->outcome.events = events_count(r->events);
  r->outcome.tool_calls = events_tool_calls(r->events);
  r->outcome.duration_ms = clock_ticks_ms() - r->started_ms;
}

/* Nothing of the run is left on the loop, no file, and its place is free as soon as the
 * door hears of it: that is told in one turn with the last event, so that whoever reads
 * that may post the next run into the same workspace. */
static void resources_closed(void *who)
{
  struct run *r = who;
  say_the_end(r);
  struct run_outcome outcome = r->outcome;
  struct buf report = buf_take(&r->report), session = buf_make(LIMIT_NAME_BYTES);
  struct buf archive = buf_take(&r->portable.archive);
  void (*on_over)(void *, const struct run_outcome *) = r->on_over;
  void *over_who = r->who;
  buf_add(&session, events_session_id(r->events));
  buf_charge(&archive, NULL);
  run_release(r);
  outcome.archive = archive.len > 0 ? &archive : NULL;
  outcome.report = buf_span(&report);
  outcome.session = buf_span(&session);
  on_over(over_who, &outcome);
  buf_free(&report);
  buf_free(&session);
  buf_free(&archive);
}

/* The reverse of the beginning. */
static void tear_down(struct run *r)
{
  r->phase = OVER;
  r->sink->listener = NULL;
  r->sink->on_drain = NULL;
  watch_free(r->watch);
  r->watch = NULL;
  heartbeat_free(r->heartbeat);
  r->heartbeat = NULL;
  run_files_close(r);
  loop_timer_free(r->later);
  loop_timer_free(r->polite);
  loop_timer_free(r->preparing);
  r->later = r->polite = r->preparing = NULL;
  run_hold_end(r);
  resources_close(&r->resources, resources_closed, r);
}

/* The agent said that it succeeded, and then it exited well or by our hand. */
static bool ended_well(const struct run *r, const struct process_end *end)
{
  bool good_exit = end && process_end_is_clean(end);
  return good_exit && !r->code[0] && agent_session_succeeded(&r->session);
}

static void report_end(struct run *r, const struct process_end *end)
{
  struct report report = {.end = end,
                          .failed = !ended_well(r, end),
                          .duration_ms = clock_ticks_ms() - r->started_ms,
                          .cancelled_by = r->cancelled_by};
  if (r->files) {
    struct file_watch_counts files = file_watch_counts(r->files);
    report.files_told = files.told;
    report.files_folded = files.folded;
    report.files_rescans = files.rescans;
  }
  if (r->resources.child && child_first_output_ms(r->resources.child))
    report.startup_ms =
        child_first_output_ms(r->resources.child) - r->resources.spawned_ms;
  struct buf members = buf_make(LIMIT_CERTIFICATE_BYTES);
  report_write(&report, &members);
  run_spending_report(r, &members);
  events_report(r->events, buf_span(&members), (long long)report.duration_ms);
  buf_free(&members);
  r->outcome.cpu_ms = end ? (unsigned long long)end->cpu_ms : 0;
}

/* Its parts are the child's, which is closed before the last event. */
static void keep_end(struct run *r, const struct process_end *end)
{
  r->end = NULL;
  if (!end)
    return;
  r->last_end = *end;
  r->stderr_tail = buf_make(MIB);
  report_clean(end->stderr_tail, &r->stderr_tail); /* as it may be shown */
  r->last_end.stderr_tail = buf_span(&r->stderr_tail);
  r->end = &r->last_end;
}

/* The process is gone and its leftovers are known: the way back, then the last event. */
void run_conclude(struct run *r, const struct process_end *end)
{
  if (r->phase == OVER)
    return;
  run_words_end(r);
  agent_session_sum_up(&r->session,
                       r->resources.child ? child_repaired(r->resources.child) : 0);
  keep_end(r, end);
  report_end(r, r->end);
  r->last_end.leftover_count = 0; /* they go with the child */
  r->resources.sweep = r->req->kill_leftovers || !ended_well(r, r->end);
  tear_down(r);
}

/* Names are the processes' own: any bytes. */
static void warn_leftovers(struct run *r, const struct process_end *end)
{
  if (end->leftover_count == 0)
    return;
  struct buf text = buf_make(4 * KIB);
  buf_addf(&text, "%zu processes of the run are still there:", end->leftover_count);
  for (size_t i = 0; i < end->leftover_count; i++)
    buf_addf(&text, " %s(%d)", end->leftovers[i].name, end->leftovers[i].pid);
  struct buf valid = buf_make(16 * KIB);
  utf8_repair(buf_span(&text), &valid);
  events_warn(r->events, "leftover-processes", buf_span(&valid));
  buf_free(&text);
  buf_free(&valid);
}

static void files_are_told(struct run *r, const struct process_end *end)
{
  run_session_export(r, end, run_conclude);
}

static void child_settled(void *who, const struct process_end *end)
{
  struct run *r = who;
  warn_leftovers(r, end);
  run_files_finish(r, end, files_are_told);
}

/* The agent has exited and its output was read; others of its run may live on. */
void run_child_ended(void *who, const struct process_end *end)
{
  struct run *r = who;
  r->phase = ENDING;
  run_talk_end(r);
  watch_free(r->watch);
  r->watch = NULL;
  const struct fault *spawn = child_spawn_fault(r->resources.child);
  if (spawn)
    run_set_reason(r, "spawn-failed", spawn->text);
  /* What the agent left running after a success is the user's (a dev server behind a
   * preview). */
  child_settle(r->resources.child, r->req->kill_leftovers || !ended_well(r, end),
               child_settled);
}
