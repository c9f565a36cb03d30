/* SPDX-License-Identifier: MIT */
/* questions.c - a list in the order in which they were asked, and one timer for its head.
 *
 * The listener may answer, and so change the list, from inside each of its calls: nothing
 * of the list is held over one.  */
#include "questions.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/loop.h"

#include <stdlib.h>

struct waiting {
  struct buf id;
  unsigned long long until_ms; /* clock_ticks_ms */
};

struct questions {
  struct questions_setup setup;
  struct waiting *at;
  size_t count, capacity;
  struct loop_timer *timer;
};

unsigned questions_wait_ms(const struct questions *q)
{
  unsigned ms = q->setup.dialogue.question_ms;
  return ms ? ms : LIMIT_QUESTION_MS;
}

static void set_timer(struct questions *q)
{
  unsigned long long now = clock_ticks_ms();
  if (q->count == 0) {
    loop_timer_stop(q->timer);
    return;
  }
  unsigned long long until = q->at[0].until_ms;
  loop_timer_start(q->timer, until > now ? (unsigned)(until - now) : 0);
}

static size_t find(const struct questions *q, struct span id)
{
  size_t i = 0;
  while (i < q->count && !span_equal(buf_span(&q->at[i].id), id))
    i++;
  return i;
}

/* Its id becomes the caller's. */
static struct buf take_out(struct questions *q, size_t i)
{
  struct buf id = q->at[i].id;
  q->count--;
  for (; i < q->count; i++)
    q->at[i] = q->at[i + 1];
  set_timer(q);
  return id;
}

static void end(struct questions *q, size_t i, enum run_question_end why)
{
  struct buf id = take_out(q, i);
  if (q->setup.dialogue.on_question_over)
    q->setup.dialogue.on_question_over(q->setup.dialogue.who, buf_span(&id), why);
  if (why == RUN_QUESTION_TIMEOUT)
    q->setup.on_timeout(q->setup.who, buf_span(&id));
  buf_free(&id);
}

static void time_is_over(void *who)
{
  struct questions *q = who;
  if (q->count > 0 && q->at[0].until_ms <= clock_ticks_ms())
    end(q, 0, RUN_QUESTION_TIMEOUT); /* the next one's timer is set */
  else
    set_timer(q);
}

struct questions *questions_new(const struct questions_setup *setup)
{
  struct questions *q = mem_new(sizeof *q);
  q->setup = *setup;
  q->timer = loop_timer_new(setup->loop, time_is_over, q);
  return q;
}

bool questions_ask(struct questions *q, const struct run_question *question)
{
  if (q->count >= LIMIT_OPEN_QUESTIONS)
    return false;
  struct waiting w = {.id = buf_make(LIMIT_LINE_BYTES),
                      .until_ms = clock_ticks_ms() + questions_wait_ms(q)};
  buf_add(&w.id, question->id);
  q->at = mem_reserve(q->at, q->count, &q->capacity, sizeof *q->at);
  q->at[q->count++] = w;
  set_timer(q);
  q->setup.dialogue.on_question(q->setup.dialogue.who, question);
  return true;
}

bool questions_take(struct questions *q, struct span id)
{
  size_t i = find(q, id);
  if (i == q->count)
    return false;
  struct buf taken = take_out(q, i);
  buf_free(&taken);
  return true;
}

void questions_drop(struct questions *q, struct span id, enum run_question_end why)
{
  size_t i = find(q, id);
  if (i < q->count)
    end(q, i, why);
}

void questions_drop_all(struct questions *q, enum run_question_end why)
{
  while (q->count > 0)
    end(q, 0, why);
}

size_t questions_open(const struct questions *q)
{
  return q->count;
}

void questions_free(struct questions *q)
{
  if (!q)
    return;
  while (q->count > 0)
    buf_free(&q->at[--q->count].id);
  free(q->at);
  loop_timer_free(q->timer);
  free(q);
}
