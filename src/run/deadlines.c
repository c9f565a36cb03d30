/* SPDX-License-Identifier: MIT */
/* deadlines.c - four timers: the run, the silence, the last words and the time to exit.
 *
 * Nothing here is told of each line or event: a timer that fires compares the clock with
 * when something last came, and waits for the rest.  So a busy agent costs nothing.  */
#include "deadlines.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "bridge/bridge.h"
#include "io/loop.h"
#include "process/child.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct watch {
  struct watch_setup setup;
  struct loop_timer *run, *quiet, *words, *result;
  unsigned long long ended_ms; /* when the turn was over; 0: it is not */
  bool hung_up;
  size_t questions; /* that wait for somebody's answer */
  /* When (clock_ticks_ms) the agent was last seen busy, or spoke by another way than its
   * stdout. */
  unsigned long long busy_ms;
  /* Since when it is to exit, or its background tasks are waited for; 0: it is not. */
  unsigned long long leaving_ms, waiting_ms;
  unsigned long long start_ms; /* when startMs began to count */
};

static unsigned pick(unsigned from_request, unsigned otherwise)
{
  return from_request ? from_request : otherwise;
}

/* idleMs and backgroundMs can be given as 0, so they have flags of their own. */
struct deadlines deadlines_resolve(const struct run_settings *settings,
                                   const struct run_request *req)
{
  const struct run_deadlines *mine = &req->deadlines, *base = &settings->deadlines;
  struct deadlines d = {
      .run_ms = pick(mine->run_ms, base->run_ms),
      .start_ms = pick(mine->start_ms, base->start_ms),
      .idle_ms = mine->has_idle ? mine->idle_ms : base->idle_ms,
      .tool_ms = pick(mine->tool_ms, base->tool_ms),
      .kill_grace_ms = pick(mine->kill_grace_ms, base->kill_grace_ms),
      .drain_ms = pick(mine->drain_ms, base->drain_ms),
      .setup_ms = pick(mine->setup_ms, base->setup_ms),
      .background_ms = mine->has_background ? mine->background_ms : base->background_ms,
      .result_grace_ms = settings->result_grace_ms,
      .approval_ms = mine->has_approval ? mine->approval_ms : LIMIT_APPROVAL_MS,
      .heartbeat_ms =
          req->heartbeat_ms != UINT_MAX ? req->heartbeat_ms : settings->heartbeat_ms,
  };
  if (settings->max_run_ms && d.run_ms > settings->max_run_ms)
    d.run_ms = settings->max_run_ms;
  return d;
}

static void run_is_over(void *who)
{
  struct watch *w = who;
  char text[80];
  if (w->waiting_ms) { /* the agent has answered: only the wait ends */
    w->setup.on_result_grace_over(w->setup.who);
    return;
  }
  snprintf(text, sizeof text, "the run did not end within %u ms (runMs)",
           w->setup.deadlines->run_ms);
  w->setup.on_passed(w->setup.who, "run-timeout", text);
}

/* The smaller of two deadlines of which 0 is none. */
static unsigned sooner(unsigned a, unsigned b)
{
  return a && (!b || a < b) ? a : b;
}

/* It has spoken, but not begun its session.  False: that is over. */
static bool is_starting(struct watch *w)
{
  const struct watch_setup *s = &w->setup;
  unsigned limit = s->deadlines->start_ms;
  if (limit == 0 || child_first_output_ms(s->child) == 0 || !s->started ||
      s->started(s->who))
    return false;
  if (child_is_paused(s->child) || w->questions > 0)
    w->start_ms = clock_ticks_ms();
  unsigned long long since = clock_ticks_ms() - w->start_ms;
  if (since < limit) {
    unsigned left = limit - (unsigned)since;
    loop_timer_start(w->quiet, sooner(left, s->deadlines->idle_ms));
    return true;
  }
  char text[100];
  snprintf(text, sizeof text, "the agent did not open its session within %u ms (startMs)",
           limit);
  s->on_passed(s->who, "start-timeout", text);
  return true;
}

/* One timer for both silences: before the first line and after it. */
static void quiet_may_be_over(void *who)
{
  struct watch *w = who;
  const struct watch_setup *s = &w->setup;
  if (is_starting(w))
    return;
  bool spoke = child_first_output_ms(s->child) != 0;
  unsigned limit = spoke ? s->deadlines->idle_ms : s->deadlines->start_ms;
  if (limit == 0) {
    /* There is no startMs, but the first line will begin the other silence. */
    if (!spoke && s->deadlines->idle_ms)
      loop_timer_start(w->quiet, s->deadlines->idle_ms);
    return;
  }
  bool busy = child_is_paused(s->child) || w->waiting_ms || w->questions > 0 ||
              (spoke && s->bridge && bridge_facts(s->bridge).open_calls > 0);
  unsigned long long now = clock_ticks_ms(), from = child_last_output_ms(s->child);
  if (busy)
    w->busy_ms = now;
  /* The silence begins when the call is over, not with the words before it. */
  if (w->busy_ms > from)
    from = w->busy_ms;
  unsigned long long since = now - from;
  if (busy || since < limit) {
    /* Nobody tells us when a call ends: looking often keeps the error small. */
    unsigned next = busy ? limit / 16 + 1 : limit - (unsigned)since;
    if (!spoke) /* its first line begins the other silence, and nobody tells us */
      next = sooner(next, s->deadlines->idle_ms);
    loop_timer_start(w->quiet, next);
    return;
  }
  char text[100];
  snprintf(text, sizeof text, "the agent printed nothing for %u ms (%s)", limit,
           spoke ? "idleMs" : "startMs");
  s->on_passed(s->who, spoke ? "idle-timeout" : "start-timeout", text);
}

/* Its background tasks hold the end.  In a dialogue its stdin stays open for as long: a
 * model that is woken by one may ask leave. */
static void wait_for_tasks(struct watch *w)
{
  const struct deadlines *d = w->setup.deadlines;
  if (!w->setup.dialogue) {
    w->hung_up = true;
    child_end_input(w->setup.child);
  }
  if (!w->waiting_ms)
    loop_timer_start(w->result, d->background_ms);
  w->waiting_ms = w->waiting_ms ? w->waiting_ms : clock_ticks_ms();
  w->leaving_ms = 0;
}

/* Its stdin ends, and it is to exit in time; so each further line of it says again. */
static void leave(struct watch *w, unsigned open_tasks)
{
  const struct deadlines *d = w->setup.deadlines;
  unsigned long long now = clock_ticks_ms();
  if (!w->hung_up && w->setup.on_turn_over && w->setup.on_turn_over(w->setup.who)) {
    if (w->ended_ms) /* no turn has begun yet: it has to, in time */
      loop_timer_start(w->result, d->result_grace_ms);
    return;
  }
  if (open_tasks > 0 && d->background_ms > 0) {
    wait_for_tasks(w);
    return;
  }
  w->hung_up = true;
  child_end_input(w->setup.child);
  w->waiting_ms = 0;
  w->leaving_ms = w->leaving_ms ? w->leaving_ms : now;
  unsigned long long end =
      w->leaving_ms + (unsigned long long)LIMIT_RESULT_GRACES * d->result_grace_ms;
  unsigned long long left = end > now ? end - now : 0;
  loop_timer_start(w->result,
                   left < d->result_grace_ms ? (unsigned)left : d->result_grace_ms);
}

/* How long it must have been silent before its stdin ends; 0: not at all.  In a dialogue
 * the end of the last task wakes the model, which takes a moment. */
static unsigned last_words_ms(const struct watch *w)
{
  bool waking = w->setup.dialogue && w->waiting_ms && !w->hung_up;
  return waking ? LIMIT_LAST_WORDS_MS : w->setup.last_words_ms;
}

/* Some agents speak on behind the end of their turn, and exit at the end of stdin. */
static void words_may_be_over(void *who)
{
  struct watch *w = who;
  if (child_is_paused(w->setup.child))
    loop_timer_start(w->words, last_words_ms(w));
  else
    leave(w, 0);
}

/* Not while we do not read: the agent may be waiting for us. */
static void result_grace_is_over(void *who)
{
  struct watch *w = who;
  if (!child_is_paused(w->setup.child)) {
    w->setup.on_result_grace_over(w->setup.who);
    return;
  }
  unsigned open_tasks = w->waiting_ms ? 1 : 0;
  w->leaving_ms = w->waiting_ms = 0; /* all of it begins anew */
  watch_result(w, open_tasks);
}

struct watch *watch_new(const struct watch_setup *setup)
{
  struct watch *w = mem_new(sizeof *w);
  const struct deadlines *d = setup->deadlines;
  w->setup = *setup;
  w->start_ms = clock_ticks_ms();
  w->run = loop_timer_new(setup->loop, run_is_over, w);
  w->quiet = loop_timer_new(setup->loop, quiet_may_be_over, w);
  w->words = loop_timer_new(setup->loop, words_may_be_over, w);
  w->result = loop_timer_new(setup->loop, result_grace_is_over, w);
  if (d->run_ms)
    loop_timer_start(w->run, d->run_ms);
  if (d->start_ms || d->idle_ms)
    loop_timer_start(w->quiet, sooner(d->start_ms, d->idle_ms));
  return w;
}

void watch_result(struct watch *w, unsigned open_tasks)
{
  unsigned long long now = clock_ticks_ms();
  w->ended_ms = w->ended_ms ? w->ended_ms : now;
  unsigned words_ms = last_words_ms(w);
  if (w->hung_up || words_ms == 0 || open_tasks > 0)
    leave(w, open_tasks);
  else if (w->waiting_ms || now - w->ended_ms + words_ms <= LIMIT_WORDS_MOST_MS)
    loop_timer_start(w->words, words_ms);
}

void watch_works(struct watch *w)
{
  if (!w->leaving_ms && !w->waiting_ms && !w->ended_ms)
    return;
  w->leaving_ms = w->waiting_ms = w->ended_ms = 0;
  w->busy_ms = clock_ticks_ms();
  loop_timer_stop(w->words);
  loop_timer_stop(w->result);
}

void watch_questions(struct watch *w, size_t open)
{
  if (w->questions > 0 && open == 0)
    w->busy_ms = clock_ticks_ms();
  w->questions = open;
}

void watch_alive(struct watch *w)
{
  w->busy_ms = clock_ticks_ms();
}

void watch_free(struct watch *w)
{
  if (!w)
    return;
  loop_timer_free(w->run);
  loop_timer_free(w->quiet);
  loop_timer_free(w->words);
  loop_timer_free(w->result);
  free(w);
}
