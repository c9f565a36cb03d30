/* SPDX-License-Identifier: MIT */
/* child_streams.c - each descriptor belongs to its handle as soon as that is open; until
 * then it is the caller's, who closes what was not taken. */
#include "child_streams.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/loop.h"

#include <stdlib.h>
#include <string.h>

struct child_streams child_streams_make(size_t line_ceiling, struct budget *budget,
                                        const struct child_streams_calls *calls,
                                        void *who)
{
  struct child_streams s = {.lines = lines_make(line_ceiling),
                            .err_lines = lines_make(LIMIT_STDERR_KEPT_BYTES),
                            .stderr_tail = buf_make(LIMIT_STDERR_KEPT_BYTES),
                            .rest = buf_make(LIMIT_READ_BYTES),
                            .read_memory = mem_new(LIMIT_READ_BYTES),
                            .calls = calls,
                            .who = who,
                            .budget = budget};
  buf_charge(&s.lines.part, budget);
  return s;
}

void child_streams_free(struct child_streams *s)
{
  lines_free(&s->lines);
  lines_free(&s->err_lines);
  stdin_pipe_wipe(&s->in);
  buf_free(&s->stderr_tail);
  buf_free(&s->rest);
  free(s->read_memory);
}

void child_streams_close(struct child_streams *s)
{
  stdin_pipe_close(&s->in);
  output_pipe_close(&s->out);
  output_pipe_close(&s->err);
  loop_timer_free(s->go_on);
  s->go_on = NULL;
}

/* -- what comes -- */

bool child_streams_is_enough(const struct child_streams *s)
{
  return s->held || clock_ticks_ms() >= s->turn_until_ms;
}

/* Reading stops with it, for libuv reads many times in one turn while there is more. */
static void hand_out(struct child_streams *s, struct span bytes)
{
  size_t taken = lines_add(&s->lines, bytes, &s->calls->lines, s->who);
  if (s->out.open && child_streams_is_enough(s)) {
    output_pipe_hold(&s->out);
    buf_add(&s->rest, span_after(bytes, taken));
    if (!s->held)
      loop_timer_start(s->go_on, 0);
  }
  s->calls->on_news(s->who);
}

static void hand_out_bytes(struct child_streams *s, bool is_stderr, struct span bytes)
{
  s->on_bytes(s->who, is_stderr, bytes);
  s->calls->on_news(s->who);
}

static void out_came(void *who, struct span bytes)
{
  struct child_streams *s = who;
  s->last_output_ms = clock_ticks_ms();
  if (!s->first_output_ms)
    s->first_output_ms = s->last_output_ms;
  if (s->last_output_ms >= s->turn_until_ms)
    s->turn_until_ms = s->last_output_ms + LIMIT_TURN_MS;
  if (s->on_bytes)
    hand_out_bytes(s, false, bytes);
  else
    hand_out(s, bytes);
}

static void goes_on(void *who)
{
  struct child_streams *s = who;
  struct buf rest = buf_take(&s->rest);
  (void)output_pipe_read(&s->out); /* it went once: it goes again */
  s->turn_until_ms = clock_ticks_ms() + LIMIT_TURN_MS;
  hand_out(s, buf_span(&rest));
  buf_free(&rest);
}

void child_streams_hold(struct child_streams *s)
{
  s->held = true;
  output_pipe_hold(&s->out);
  if (s->on_bytes)
    output_pipe_hold(&s->err);
  if (s->go_on)
    loop_timer_stop(s->go_on);
}

bool child_streams_can_hold(const struct child_streams *s)
{
  return s->out.open || (s->on_bytes && s->err.open);
}

void child_streams_go_on(struct child_streams *s)
{
  s->held = false;
  if (s->on_bytes) { /* they went once: they go again */
    (void)output_pipe_read(&s->out);
    (void)output_pipe_read(&s->err);
  } else if (s->out.open)
    loop_timer_start(s->go_on, 0);
}

static void err_line_came(void *who, struct span line)
{
  struct child_streams *s = who;
  if (memmem(line.at, line.len, s->aside, strlen(s->aside))) {
    s->on_aside(s->who, line);
    return;
  }
  buf_add_tail(&s->stderr_tail, line);
  buf_add_tail(&s->stderr_tail, SPAN_LITERAL("\n"));
}

/* No diagnostics that anybody reads. */
static void err_line_is_long(void *who, size_t ceiling)
{
  (void)who;
  (void)ceiling;
}

static const struct lines_calls err_calls_of_lines = {err_line_came, err_line_is_long,
                                                      NULL};

static void err_came(void *who, struct span bytes)
{
  struct child_streams *s = who;
  if (s->on_bytes) {
    hand_out_bytes(s, true, bytes);
    return;
  }
  if (s->aside)
    (void)lines_add(&s->err_lines, bytes, &err_calls_of_lines, s);
  else
    buf_add_tail(&s->stderr_tail, bytes);
  s->calls->on_news(s->who);
}

static void output_ended(void *who)
{
  struct child_streams *s = who;
  s->calls->on_news(s->who);
}

static void part_closed(void *who)
{
  struct child_streams *s = who;
  s->calls->on_closed(s->who);
}

static const struct output_pipe_calls out_calls = {out_came, output_ended, part_closed},
                                      err_calls = {err_came, output_ended, part_closed};

int child_streams_open(struct child_streams *s, struct uv_loop_s *loop, struct pipes *e,
                       struct fault *f)
{
  uv_pipe_t *const pipes[PIPES] = {
      [PIPES_IN] = &s->in.pipe, [PIPES_OUT] = &s->out.pipe, [PIPES_ERR] = &s->err.pipe};
  stdin_pipe_open(&s->in, loop, part_closed, s);
  buf_charge(&s->in.next, s->budget);
  output_pipe_open(&s->out, loop, s->read_memory, &out_calls, s);
  output_pipe_open(&s->err, loop, s->read_memory, &err_calls, s);
  s->go_on = loop_timer_new(loop, goes_on, s);
  int r = 0;
  for (int i = 0; i < PIPES && r == 0; i++) {
    r = uv_pipe_open(pipes[i], e->ours[i]);
    if (r == 0)
      e->ours[i] = -1;
  }
  if (r == 0)
    r = output_pipe_read(&s->out);
  if (r == 0)
    r = output_pipe_read(&s->err);
  return r < 0 ? fault_system(f, r, "cannot watch the agent's pipes") : 0;
}

/* -- the end -- */

void child_streams_end_lines(struct child_streams *s)
{
  lines_end(&s->lines, &s->calls->lines, s->who);
  if (s->aside)
    lines_end(&s->err_lines, &err_calls_of_lines, s);
}

void child_streams_mark(struct child_streams *s)
{
  output_pipe_mark(&s->out);
  output_pipe_mark(&s->err);
}

bool child_streams_are_drained(const struct child_streams *s)
{
  return s->rest.len == 0 && output_pipe_is_drained(&s->out) &&
         output_pipe_is_drained(&s->err);
}

bool child_streams_have_unread(const struct child_streams *s)
{
  return s->rest.len > 0 || output_pipe_has_unread(&s->out) ||
         output_pipe_has_unread(&s->err);
}

bool child_streams_are_over(const struct child_streams *s)
{
  return !s->out.open && !s->err.open;
}
