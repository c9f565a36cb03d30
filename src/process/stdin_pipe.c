/* SPDX-License-Identifier: MIT */
/* stdin_pipe.c - the bytes are kept until the kernel has taken them, then wiped; whoever
 * calls need not wait. */
#include "stdin_pipe.h"

#include "base/limits.h"

static void handle_closed(uv_handle_t *handle)
{
  struct stdin_pipe *d = handle->data;
  d->on_closed(d->who);
}

void stdin_pipe_close(struct stdin_pipe *d)
{
  if (!d->open)
    return;
  d->open = false;
  uv_close((uv_handle_t *)&d->pipe, handle_closed);
}

static void write_next(struct stdin_pipe *d);

static void wrote(uv_write_t *request, int status)
{
  struct stdin_pipe *d = request->data;
  d->busy = false;
  buf_wipe(&d->now); /* now, not at the end of the run: a prompt may be tens of MiB */
  if (status < 0)
    stdin_pipe_close(d); /* who reads no more is no fault, its exit says the rest */
  write_next(d);
}

static void write_next(struct stdin_pipe *d)
{
  if (!d->open || d->busy)
    return;
  if (d->now.len == 0)
    d->now = buf_take(&d->next);
  if (d->now.len == 0) {
    if (d->ending)
      stdin_pipe_close(d);
    return;
  }
  uv_buf_t bytes = uv_buf_init(d->now.at, (unsigned)d->now.len);
  d->writing.data = d;
  d->busy = uv_write(&d->writing, (uv_stream_t *)&d->pipe, &bytes, 1, wrote) == 0;
  if (!d->busy)
    stdin_pipe_close(d);
}

void stdin_pipe_open(struct stdin_pipe *d, struct uv_loop_s *loop,
                     void (*on_closed)(void *who), void *who)
{
  *d = (struct stdin_pipe){.next = buf_make(LIMIT_PROMPT_BYTES),
                           .open = true,
                           .on_closed = on_closed,
                           .who = who};
  uv_pipe_init(loop, &d->pipe, 0); /* cannot fail */
  d->pipe.data = d;
}

void stdin_pipe_put(struct stdin_pipe *d, struct span bytes)
{
  if (!d->open)
    return;
  buf_add(&d->next, bytes);
  write_next(d);
}

void stdin_pipe_take(struct stdin_pipe *d, struct buf *bytes)
{
  d->now = buf_take(bytes);
  write_next(d);
}

void stdin_pipe_end(struct stdin_pipe *d)
{
  d->ending = true;
  write_next(d);
}

size_t stdin_pipe_unwritten(const struct stdin_pipe *d)
{
  return d->open ? d->now.len + d->next.len : 0;
}

void stdin_pipe_wipe(struct stdin_pipe *d)
{
  buf_wipe(&d->now);
  buf_wipe(&d->next);
}
