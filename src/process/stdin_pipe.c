/* SPDX-License-Identifier: MIT */
/* feed.c - see feed.h. */
#include "stdin_pipe.h"

#include "base/limits.h"

static void handle_closed(uv_handle_t *handle)
{
  struct feed *d = handle->data;
  d->on_closed(d->who);
}

void feed_close(struct feed *d)
{
  if (!d->open)
    return;
  d->open = false;
  uv_close((uv_handle_t *)&d->pipe, handle_closed);
}

static void write_next(struct feed *d);

static void wrote(uv_write_t *request, int status)
{
  struct feed *d = request->data;
  d->busy = false;
  buf_wipe(&d->now); /* give it back now */
  if (status < 0)
    feed_close(d);
  write_next(d);
}

static void write_next(struct feed *d)
{
  if (!d->open || d->busy)
    return;
  if (d->now.len == 0)
    d->now = buf_take(&d->next);
  if (d->now.len == 0) {
    if (d->ending)
      feed_close(d);
    return;
  }
  uv_buf_t bytes = uv_buf_init(d->now.at, (unsigned)d->now.len);
  d->writing.data = d;
  d->busy = uv_write(&d->writing, (uv_stream_t *)&d->pipe, &bytes, 1, wrote) == 0;
  if (!d->busy)
    feed_close(d);
}

void feed_make(struct feed *d, struct uv_loop_s *loop, void (*on_closed)(void *who),
               void *who)
{
  *d = (struct feed){.next = buf_make(LIMIT_PROMPT_BYTES),
                     .open = true,
                     .on_closed = on_closed,
                     .who = who};
  uv_pipe_init(loop, &d->pipe, 0); /* cannot fail */
  d->pipe.data = d;
}

void feed_put(struct feed *d, struct span bytes)
{
  if (!d->open)
    return;
  buf_add(&d->next, bytes);
  write_next(d);
}

void feed_take(struct feed *d, struct buf *bytes)
{
  d->now = buf_take(bytes);
  write_next(d);
}

void feed_end(struct feed *d)
{
  d->ending = true;
  write_next(d);
}

void feed_wipe(struct feed *d)
{
  buf_wipe(&d->now);
  buf_wipe(&d->next);
}
