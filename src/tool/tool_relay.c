/* SPDX-License-Identifier: MIT */
/* tool_relay.c - a list of calls that wait.  An answer that is there at once is told on a
 * later turn of the loop, as tool_executor.h promises. */
#include "tool/tool_relay.h"

#include "base/json.h"
#include "base/json_slice.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/loop.h"

#include <stdlib.h>

struct tool_relayed {
  struct tool_relayed *next;
  struct tool_source *source;
  struct buf id;
  struct buf result; /* what came, while it is not told yet */
  bool failed, cancelled, answered;
  struct loop_timer *timer; /* the deadline; then 0 ms until it is told */
  tool_attempt_done *done;
  void *who;
};

static void take_out(const struct tool_relayed *w)
{
  struct tool_relayed **at = &w->source->relayed;
  while (*at != w)
    at = &(*at)->next;
  *at = w->next;
}

static void release(struct tool_relayed *w)
{
  take_out(w);
  loop_timer_free(w->timer);
  buf_free(&w->id);
  buf_free(&w->result);
  free(w);
}

/* What went wrong is told in the host's own words: a text as it is, else its JSON. */
static void tell_failure(struct tool_relayed *w, struct tool_attempt_end *end,
                         struct buf *text)
{
  struct span result = buf_span(&w->result);
  struct fault ignored = {0};
  static const char *const whole[] = {"r", NULL};
  const struct json_rules rules = {.raw = whole};
  struct buf wrapped = buf_make(SIZE_MAX); /* of an answer that has its ceiling */
  buf_addf(&wrapped, "{\"r\":%.*s}", SPAN_ARG(result));
  struct json *doc = json_parse(buf_span(&wrapped), &rules, &ignored);
  json_at r = json_get(json_root(doc), "r");
  struct span words = json_kind(r) == JSON_STRING ? json_text(doc, r, result) : result;
  char *why = span_copy(words);
  tool_answer_fail(&end->answer, text, why);
  free(why);
  json_free(doc);
  buf_free(&wrapped);
}

static void tell(void *who)
{
  struct tool_relayed *w = who;
  struct tool_attempt_end end = {.outcome = TOOL_ATTEMPT_ANSWERED};
  struct buf text = buf_make(SIZE_MAX);
  if (!w->answered && !w->cancelled) {
    if (w->source->relay->on_over)
      w->source->relay->on_over(w->source->relay->who, buf_span(&w->id));
    tool_answer_fail(&end.answer, &text, "no result came in time (toolMs)");
  } else if (w->cancelled) {
    end.answer.cancelled = true;
  } else if (w->failed) {
    tell_failure(w, &end, &text);
  } else {
    end.answer.result = buf_span(&w->result);
    end.answer.memory = &w->result;
  }
  w->done(w->who, &end);
  release(w);
  buf_free(&text);
}

static void *start(void *context, const struct tool_attempt *attempt,
                   tool_attempt_done *done, void *who, struct fault *f)
{
  struct tool_source *source = context;
  struct tool_relayed *w = mem_new(sizeof *w);
  (void)f;
  *w = (struct tool_relayed){.next = source->relayed,
                             .source = source,
                             .id = buf_make(attempt->call_id.len + 1),
                             .result = buf_make(source->answer_ceiling),
                             .done = done,
                             .who = who};
  source->relayed = w;
  buf_charge(&w->result, source->budget);
  buf_add(&w->id, attempt->call_id);
  w->timer = loop_timer_new(source->loop, tell, w);
  loop_timer_start(w->timer, attempt->left_ms);
  source->relay->on_call(source->relay->who, buf_span(&w->id), attempt->tool,
                         json_slice(attempt->message, "args"));
  return w;
}

static void cancel(void *work)
{
  struct tool_relayed *w = work;
  if (w->answered || w->cancelled)
    return;
  w->cancelled = true;
  if (w->source->relay->on_over)
    w->source->relay->on_over(w->source->relay->who, buf_span(&w->id));
  loop_timer_start(w->timer, 0);
}

bool tool_relay_answer(struct tool_source *source, struct span id,
                       struct span result_json, bool failed)
{
  struct tool_relayed *w = source->relayed;
  while (w && !span_equal(buf_span(&w->id), id))
    w = w->next;
  if (!w || w->answered || w->cancelled)
    return false;
  buf_add(&w->result, result_json);
  if (w->result.overflowed) {
    buf_clear(&w->result);
    buf_add_text(&w->result, "\"the result is too long\"");
    failed = true;
  }
  w->failed = failed;
  w->answered = true;
  loop_timer_start(w->timer, 0);
  return true;
}

int tool_relay_claim(struct tool_source *source, struct tool_executor *out,
                     struct fault *f)
{
  (void)f;
  if (!source->relay)
    return 0;
  *out = (struct tool_executor){source, start, cancel};
  return 1;
}
