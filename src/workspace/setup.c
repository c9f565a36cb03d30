/* SPDX-License-Identifier: MIT */
/* The driver prints a mark before and behind each step; nobody else knows the mark. */
#include "setup.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* $0 is the mark.  The newline before it ends a last line without one. */
static const char driver[] = "exec 2>&1\n"
                             "for runlet_step do\n"
                             "  printf '\\n%s begin\\n' \"$0\"\n"
                             "  eval \"$runlet_step\"\n"
                             "  runlet_status=$?\n"
                             "  printf '\\n%s end %s\\n' \"$0\" \"$runlet_status\"\n"
                             "  [ \"$runlet_status\" -eq 0 ] || exit \"$runlet_status\"\n"
                             "done\n";

struct setup {
  const struct workspace_plan *plan;
  const struct setup_calls *calls;
  void *who;
  struct step *step;
  char begin[40], end[40]; /* lines of the driver's */
  size_t begun, finished;  /* steps */
  struct buf tail;
};

static void tell(struct setup *s, const char *state, int exit_code)
{
  struct workspace_progress p = {.step = s->plan->setup[s->begun - 1],
                                 .state = state,
                                 .exit_code = exit_code,
                                 .output_tail = buf_span(&s->tail)};
  s->calls->on_progress(s->who, &p);
}

/* The driver's newline made an empty line where the step's last line was whole. */
static void drop_own_newline(struct buf *tail)
{
  bool alone = tail->len == 1;
  if (tail->len > 0 && tail->at[tail->len - 1] == '\n' &&
      (alone || tail->at[tail->len - 2] == '\n'))
    tail->len--;
}

static void line_came(void *who, struct span line)
{
  struct setup *s = who;
  if (span_is(line, s->begin) && s->begun == s->finished &&
      s->begun < s->plan->setup_count) {
    s->begun++;
    buf_clear(&s->tail);
    step_again(s->step);
    tell(s, "started", -1);
  } else if (span_starts(line, s->end) && s->finished < s->begun) {
    s->finished++;
    drop_own_newline(&s->tail);
    if (span_is(span_after(line, strlen(s->end)), "0"))
      tell(s, "done", 0);
  } else {
    if (s->finished == s->begun && s->begun > 0)
      return; /* the newline before the next mark */
    buf_add_tail(&s->tail, line);
    buf_add_tail(&s->tail, SPAN_LITERAL("\n"));
  }
}

/* What the end of the step at `begun` means; the words are those of TanStack's runner. */
static void put_failure(const struct setup *s, const struct step_end *end,
                        struct buf *message)
{
  struct span command = s->begun > 0 ? s->plan->setup[s->begun - 1] : (struct span){0};
  struct span shown = span_cut_utf8(command, 500);
  if (end->fault)
    buf_addf(message, "setup step failed: %.*s (%s)", SPAN_ARG(shown), end->fault->text);
  else if (end->signal)
    buf_addf(message, "setup step failed: %.*s (signal %d)", SPAN_ARG(shown),
             end->signal);
  else if (end->status == 0)
    buf_addf(message, "setup step failed: %.*s (the shell exited before the next step)",
             SPAN_ARG(shown));
  else
    buf_addf(message, "setup step failed: %.*s (exit %d)", SPAN_ARG(shown), end->status);
  struct span tail = buf_span(&s->tail);
  while (tail.len > 0 && tail.at[tail.len - 1] == '\n')
    tail.len--;
  if (tail.len == 0)
    return;
  buf_add_char(message, '\n');
  log_redact_tail(tail, LIMIT_SETUP_TAIL, message);
}

static void done(void *who, const struct step_end *end)
{
  struct setup *s = who;
  bool last = s->begun == s->plan->setup_count;
  if (!end->fault && !end->signal && end->status == 0 && last) {
    if (s->finished < s->begun) /* it ended the shell itself, and well */
      tell(s, "done", 0);
    s->calls->on_done(s->who, NULL, (struct span){0});
    return;
  }
  if (s->begun > 0)
    tell(s, "failed", end->fault || end->signal ? -1 : end->status);
  struct buf message = buf_make(LIMIT_SETUP_TAIL + 2 * KIB);
  put_failure(s, end, &message);
  s->calls->on_done(s->who, "setup-failed", buf_span(&message));
  buf_free(&message);
}

static const struct step_calls step_calls = {line_came, done};

struct setup *setup_start(const struct step_place *place,
                          const struct workspace_plan *plan,
                          const struct setup_calls *calls, void *who, struct fault *f)
{
  char mark[33];
  if (ids_token(mark, 16, f) < 0)
    return NULL;
  struct setup *s = mem_new(sizeof *s);
  struct strv argv = {0};
  *s = (struct setup){
      .plan = plan, .calls = calls, .who = who, .tail = buf_make(LIMIT_SETUP_TAIL)};
  snprintf(s->begin, sizeof s->begin, "%s begin", mark);
  snprintf(s->end, sizeof s->end, "%s end ", mark);
  strv_addf(&argv, "sh");
  strv_addf(&argv, "-c");
  strv_addf(&argv, "%s", driver);
  strv_addf(&argv, "%s", mark);
  for (size_t i = 0; i < plan->setup_count; i++)
    strv_add(&argv, plan->setup[i]);
  s->step = step_start(place, "/bin/sh", &argv, NULL, &step_calls, s, f);
  strv_free(&argv);
  if (s->step)
    return s;
  free(s);
  return NULL;
}

void setup_cancel(struct setup *s)
{
  step_cancel(s->step);
}

void setup_close(struct setup *s, bool sweep, void (*closed)(void *who), void *who)
{
  step_close(s->step, sweep, closed, who);
  buf_wipe(&s->tail);
  free(s);
}
