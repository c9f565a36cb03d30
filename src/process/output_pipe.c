/* SPDX-License-Identifier: MIT */
/* inflow.c - see inflow.h. */
#include "output_pipe.h"

#include "base/limits.h"

#include <poll.h>

static void handle_closed(uv_handle_t *handle)
{
  struct inflow *in = handle->data;
  in->calls->on_closed(in->who);
}

void inflow_close(struct inflow *in)
{
  if (!in->open)
    return;
  in->open = false;
  uv_close((uv_handle_t *)&in->pipe, handle_closed);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
  (void)suggested;
  struct inflow *in = handle->data;
  *room = uv_buf_init(in->room, (unsigned)LIMIT_READ_BYTES);
}

static void came(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
  struct inflow *in = stream->data;
  if (n < 0) {
    inflow_close(in);
    in->calls->on_end(in->who);
  } else if (n > 0) {
    in->counted += in->counting ? (size_t)n : 0;
    in->calls->on_bytes(in->who, (struct span){room->base, (size_t)n});
  }
}

void inflow_make(struct inflow *in, struct uv_loop_s *loop, char *room,
                 const struct inflow_calls *calls, void *who)
{
  *in = (struct inflow){.room = room, .calls = calls, .who = who, .open = true};
  uv_pipe_init(loop, &in->pipe, 0); /* cannot fail */
  in->pipe.data = in;
}

int inflow_read(struct inflow *in)
{
  return in->open ? uv_read_start((uv_stream_t *)&in->pipe, give_room, came) : 0;
}

void inflow_hold(struct inflow *in)
{
  if (in->open)
    uv_read_stop((uv_stream_t *)&in->pipe);
}

bool inflow_has_unread(const struct inflow *in)
{
  int fd;
  if (!in->open || uv_fileno((const uv_handle_t *)&in->pipe, &fd) < 0)
    return false;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  return poll(&p, 1, 0) > 0;
}

void inflow_mark(struct inflow *in)
{
  in->counting = true;
}

bool inflow_is_drained(const struct inflow *in)
{
  return in->counted >= LIMIT_PIPE_BYTES || !inflow_has_unread(in);
}
