/* SPDX-License-Identifier: MIT */
/* records.c - a list, newest first, and when a record leaves it.
 *
 * There is one timer, set for the record that will be the next to be too old; all other
 * reasons to forget arise when a run ends or a reader leaves, and are seen to there.  */
#include "service/records.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "event/formats.h"
#include "io/loop.h"
#include "run/run_hold.h"
#include "service/ongoing.h"

#include <limits.h>
#include <stdlib.h>

struct records {
  struct records_setup setup;
  struct record *newest;
  struct loop_timer *forgetting;
  struct threads threads;
  struct ongoing *ongoing;
};

/* -- forgetting -- */

static void record_free(struct record *r)
{
  journal_free(r->journal);
  buf_free(&r->id);
  buf_free(&r->thread);
  buf_free(&r->harness);
  buf_free(&r->model);
  buf_free(&r->report);
  buf_free(&r->archive);
  free(r);
}

static void forget(struct records *all, struct record *gone)
{
  struct record **at = &all->newest;
  while (*at != gone)
    at = &(*at)->next;
  *at = gone->next;
  record_free(gone);
}

/* Of those that are over and that nobody reads, the one that ended first. */
static struct record *oldest_kept(const struct records *all)
{
  struct record *oldest = NULL;
  for (struct record *r = all->newest; r; r = r->next)
    if (!r->run && (!oldest || r->ended_ticks < oldest->ended_ticks) &&
        journal_facts(r->journal).readers == 0)
      oldest = r;
  return oldest;
}

/* What somebody reads is in use: it does not count. */
static bool are_too_many(const struct records *all)
{
  unsigned long long runs = 0, bytes = 0;
  for (const struct record *r = all->newest; r; r = r->next) {
    struct journal_facts facts = journal_facts(r->journal);
    if (r->run || facts.readers > 0)
      continue;
    runs++;
    bytes += facts.memory_bytes + facts.spill_bytes + r->archive.len;
  }
  return runs > all->setup.keep_runs || bytes > all->setup.keep_bytes;
}

/* Forgets what is too old or too much, then sets the timer for the next. */
static void forget_some(void *who)
{
  struct records *all = who;
  unsigned long long now = clock_ticks_ms();
  for (struct record *r; (r = oldest_kept(all));) {
    unsigned long long age = now - r->ended_ticks;
    if (age < all->setup.keep_ms && !are_too_many(all)) {
      loop_timer_start(all->forgetting, (unsigned)(all->setup.keep_ms - age));
      return;
    }
    forget(all, r);
  }
}

/* -- one run -- */

/* It has no run any more; its journal and facts stay. */
static void retire(struct record *r, const struct run_outcome *outcome)
{
  r->run = NULL;
  ongoing_forget(r->all->ongoing, r->note);
  r->ended_at = clock_now_ms();
  r->ended_ticks = clock_ticks_ms();
  r->outcome = *outcome;
  buf_add(&r->report, outcome->report);
  r->outcome.report = buf_span(&r->report);
  r->outcome.session = (struct span){0};
  if (outcome->archive)
    r->archive = buf_take(outcome->archive);
  r->outcome.archive = NULL;
  journal_settle(r->journal);
}

static void run_is_over(void *who, const struct run_outcome *outcome)
{
  struct record *r = who;
  retire(r, outcome);
  threads_note(&r->all->threads, buf_span(&r->thread), buf_span(&r->harness),
               outcome->session);
  struct journal_facts facts = journal_facts(r->journal);
  counters_run(r->all->setup.counters, outcome, facts.bytes);
  log_line(LOG_INFO, buf_span(&r->id),
           "run %s%s%s events=%llu bytes=%llu toolCalls=%llu durationMs=%llu cpuMs=%llu",
           outcome->finished ? "finished" : "failed", outcome->code[0] ? " code=" : "",
           outcome->code, outcome->events, facts.bytes, outcome->tool_calls,
           outcome->duration_ms, outcome->cpu_ms);
  forget_some(r->all);
}

/* For whoever comes after us, if we are killed. */
static void note(struct record *r)
{
  struct ongoing_run run = {buf_span(&r->id), buf_span(&r->thread), buf_span(&r->harness),
                            buf_span(&r->model), r->began_at};
  r->note = ongoing_note(r->all->ongoing, &run);
}

/* Its stream is over: nobody stands behind it any more. */
static void run_is_held_now(void *who)
{
  const struct record *r = who;
  log_line(LOG_INFO, buf_span(&r->id), "the run is held: its client is to go on");
}

/* The run was admitted: from here on nothing is refused. */
static struct sink *sink_of(void *who, struct run *run)
{
  struct record *r = who;
  r->run = run;
  run_hold_approvals(run);
  run_take_messages(run);
  run_may_hold(run, run_is_held_now, r);
  note(r);
  log_line(LOG_INFO, buf_span(&r->id), "run started");
  return journal_sink(r->journal);
}

static struct buf copy(struct span s)
{
  struct buf b = buf_make(LIMIT_BODY_BYTES);
  buf_add(&b, s);
  return b;
}

static struct record *record_new(struct records *all, const struct record *facts,
                                 struct span id, uint64_t body)
{
  struct record *r = mem_new(sizeof *r);
  *r = *facts;
  r->all = all;
  r->id = copy(id);
  r->body = body;
  r->began_at = clock_now_ms();
  r->report = buf_make(LIMIT_CERTIFICATE_BYTES);
  struct journal_setup setup = {.run_id = buf_span(&r->id),
                                .folder = all->setup.folder,
                                .memory_bytes = all->setup.memory_bytes,
                                .spill_bytes = all->setup.spill_bytes,
                                .lenient = facts->detach,
                                .hold_ms = all->setup.hold_ms,
                                .loop = all->setup.loop};
  r->journal = journal_new(&setup);
  return r;
}

struct record *records_post(struct records *all, struct run_request *req, uint64_t body,
                            struct fault *f)
{
  struct record *known = records_find(all, req->run_id);
  if (known && known->lost && journal_facts(known->journal).readers == 0) {
    forget(all, known);
    known = NULL;
  }
  if (known && known->body != body)
    fault_set(f, FAULT_CONFLICT, "run %.*s is known already, with another request",
              (int)(req->run_id.len < 200 ? req->run_id.len : 200), req->run_id.at);
  if (known) {
    known->posts += known->body == body;
    run_request_free(req);
    return known->body == body ? known : NULL;
  }
  const struct record facts = {.thread = copy(req->thread_id),
                               .harness = copy(req->harness),
                               .model = copy(req->model),
                               .format = formats_find(req->event_format),
                               .detach = req->detach};
  struct record *r = record_new(all, &facts, req->run_id, body);
  if (!runs_start(all->setup.runs, req, sink_of, run_is_over, r, f)) {
    record_free(r);
    return NULL;
  }
  r->posts = 1;
  r->next = all->newest;
  all->newest = r;
  return r;
}

void record_join(struct record *r, struct journal_reader *reader,
                 unsigned long long after, bool posted, void (*on_more)(void *who),
                 void *who)
{
  r->posters += posted;
  journal_join(r->journal, reader, after, posted, on_more, who);
}

/* The last poster takes its run along, unless the request said otherwise. */
void record_leave(struct record *r, struct journal_reader *reader)
{
  bool posted = reader->throttles;
  journal_leave(reader);
  r->posters -= posted;
  if (posted && r->posters == 0 && r->run && !journal_is_over(r->journal)) {
    log_line(LOG_INFO, buf_span(&r->id), "the client is gone: %s",
             r->detach ? "its run goes on" : "ending its run");
    if (!r->detach) {
      r->ending = true;
      run_cancel(r->run, "client", "cancelled", "the client went away", 0);
    }
  }
  if (!r->run)
    forget_some(r->all);
}

bool record_cancel(struct record *r)
{
  if (!r->run)
    return false;
  r->ending = true;
  log_line(LOG_INFO, buf_span(&r->id), "cancelled by request");
  run_cancel(r->run, "api", "cancelled", "the run was cancelled by request", 0);
  return true;
}

int record_approve(struct record *r, struct span approval_id, bool yes,
                   struct span reason, struct fault *f)
{
  if (!r->run)
    return fault_set(f, FAULT_CONFLICT, "the run is over");
  return run_approve(r->run, approval_id, yes, reason, f);
}

int record_message(struct record *r, struct span id, struct span text, enum run_when when,
                   struct fault *f)
{
  if (!r->run)
    return fault_set(f, FAULT_CONFLICT, "the run is over");
  return run_message(r->run, id, text, when, f);
}

bool records_ending(const struct records *all, struct span thread)
{
  const struct record *r = all->newest;
  while (r && !(r->run && span_equal(buf_span(&r->thread), thread) &&
                span_is(span_of(record_state(r)), "ending")))
    r = r->next;
  return r;
}

struct record *records_held(const struct records *all, struct span thread)
{
  struct record *r = all->newest;
  while (r &&
         !(r->run && run_is_held(r->run) && span_equal(buf_span(&r->thread), thread)))
    r = r->next;
  return r;
}

struct record *record_go_on(struct record *held, struct span run_id, uint64_t body)
{
  struct records *all = held->all;
  const struct record facts = {.thread = copy(buf_span(&held->thread)),
                               .harness = copy(buf_span(&held->harness)),
                               .model = copy(buf_span(&held->model)),
                               .format = held->format,
                               .detach = held->detach};
  struct record *r = record_new(all, &facts, run_id, body);
  r->run = held->run;
  r->next = all->newest;
  all->newest = r;
  runs_hand_over(all->setup.runs, r->run, r);
  note(r);
  log_line(LOG_INFO, buf_span(&held->id), "goes on as run %.*s",
           SPAN_ARG(span_cut_utf8(run_id, LIMIT_ID_BYTES)));
  run_go_on(r->run, run_id, journal_sink(r->journal), r);
  retire(held, &(struct run_outcome){.finished = true});
  forget_some(all);
  return r;
}

const char *record_state(const struct record *r)
{
  if (!r->run)
    return "over";
  if (run_is_held(r->run))
    return "held";
  return r->ending || journal_is_over(r->journal) ? "ending" : "running";
}

/* -- of a runner that died -- */

/* Whoever comes back to its stream is told, too. */
static void take_lost(void *who, const struct ongoing_run *lost)
{
  struct records *all = who;
  if (records_find(all, lost->id))
    return;
  const struct record facts = {.thread = copy(lost->thread),
                               .harness = copy(lost->harness),
                               .model = copy(lost->model),
                               .format = formats_find((struct span){0}),
                               .lost = true};
  struct record *r = record_new(all, &facts, lost->id, 0);
  struct events_setup setup = {.run_id = lost->id,
                               .thread_id = lost->thread,
                               .model = lost->model,
                               .sink = journal_sink(r->journal)};
  struct events *events = events_new(&setup);
  events_fail(events, SPAN_LITERAL("runner-lost"),
              SPAN_LITERAL("The runner was killed, and the run with it."));
  events_free(events);
  const struct run_outcome outcome = {.code = "runner-lost"};
  retire(r, &outcome);
  r->began_at = lost->began_at;
  r->next = all->newest;
  all->newest = r;
  log_line(LOG_WARN, lost->id, "the runner was killed, and this run with it");
}

void records_take_lost(struct records *all)
{
  ongoing_take_lost(all->setup.folder, take_lost, all);
  forget_some(all);
}

/* -- all -- */

struct records *records_new(const struct records_setup *setup)
{
  struct records *all = mem_new(sizeof *all);
  all->setup = *setup;
  all->forgetting = loop_timer_new(setup->loop, forget_some, all);
  all->ongoing = ongoing_new(setup->folder);
  return all;
}

void records_free(struct records *all)
{
  if (!all)
    return;
  while (all->newest)
    forget(all, all->newest);
  loop_timer_free(all->forgetting);
  ongoing_free(all->ongoing);
  threads_free(&all->threads);
  free(all);
}

struct record *records_find(const struct records *all, struct span id)
{
  for (struct record *r = all->newest; r; r = r->next)
    if (span_equal(buf_span(&r->id), id))
      return r;
  return NULL;
}

struct record *records_newest(const struct records *all)
{
  return all->newest;
}

struct span records_session(struct records *all, struct span thread, struct span harness)
{
  return threads_session(&all->threads, thread, harness);
}

struct records_figures records_figures(const struct records *all)
{
  struct records_figures sum = {0};
  for (const struct record *r = all->newest; r; r = r->next) {
    struct journal_facts facts = journal_facts(r->journal);
    sum.memory_bytes += facts.memory_bytes;
    sum.spill_bytes += facts.spill_bytes;
    sum.backlog_bytes += facts.backlog_bytes;
    sum.readers += facts.readers;
    if (!r->run) {
      sum.kept++;
      continue;
    }
    sum.running++;
    sum.events += facts.last;
    sum.bytes += facts.bytes;
  }
  return sum;
}
