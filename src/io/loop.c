/* SPDX-License-Identifier: MIT */
/* loop.c - libuv frees nothing by itself: each timer here lives on until its close
 * callback. */
#include "io/loop.h"

#include "base/mem.h"

#include <stdlib.h>
#include <uv.h>

struct loop_timer {
  uv_timer_t handle;
  void (*fire)(void *who);
  void *who;
};

struct uv_loop_s *loop_new(struct fault *f)
{
  uv_loop_t *loop = mem_new(sizeof *loop);
  int r = uv_loop_init(loop);
  if (r < 0) {
    free(loop);
    fault_system(f, r, "cannot make an event loop");
    return NULL;
  }
  return loop;
}

void loop_run(struct uv_loop_s *loop)
{
  uv_run(loop, UV_RUN_DEFAULT);
}

bool loop_free(struct uv_loop_s *loop)
{
  uv_run(loop, UV_RUN_DEFAULT);
  int r = uv_loop_close(loop);
  /* To free the loop under handles that live would be worse than the leak. */
  if (r < 0)
    return false;
  free(loop);
  return true;
}

struct loop_timer *loop_timer_new(struct uv_loop_s *loop, void (*fire)(void *who),
                                  void *who)
{
  struct loop_timer *t = mem_new(sizeof *t);
  uv_timer_init(loop, &t->handle); /* cannot fail */
  t->handle.data = t;
  t->fire = fire;
  t->who = who;
  return t;
}

static void timer_fires(uv_timer_t *handle)
{
  struct loop_timer *t = handle->data;
  t->fire(t->who);
}

static void timer_set(struct loop_timer *t, unsigned ms, unsigned repeat)
{
  /* The loop's idea of now is as old as this turn; a deadline counts from the call. */
  uv_update_time(t->handle.loop);
  uv_timer_start(&t->handle, timer_fires, ms, repeat);
}

void loop_timer_start(struct loop_timer *t, unsigned ms)
{
  timer_set(t, ms, 0);
}

void loop_timer_repeat(struct loop_timer *t, unsigned ms)
{
  timer_set(t, ms, ms);
}

void loop_timer_stop(struct loop_timer *t)
{
  uv_timer_stop(&t->handle);
}

bool loop_timer_is_set(const struct loop_timer *t)
{
  return uv_is_active((const uv_handle_t *)&t->handle) != 0;
}

static void timer_closed(uv_handle_t *handle)
{
  free(handle->data);
}

void loop_timer_free(struct loop_timer *t)
{
  if (!t || uv_is_closing((uv_handle_t *)&t->handle))
    return;
  uv_close((uv_handle_t *)&t->handle, timer_closed);
}
