/* SPDX-License-Identifier: MIT */
/* output_pipe.c - reading stops and starts as the owner says; the end of a pipe and an
 * error on it are the same to whoever reads. */
#include "output_pipe.h"

#include "base/limits.h"

#include <poll.h>

static void handle_closed(uv_handle_t *handle)
{
  struct output_pipe *in = handle->data;
  in->calls->on_closed(in->who);
}

void output_pipe_close(struct output_pipe *in)
{
  if (!in->open)
    return;
  in->open = false;
  uv_close((uv_handle_t *)&in->pipe, handle_closed);
}

static void give_memory(uv_handle_t *handle, size_t suggested, uv_buf_t *memory)
{
  (void)suggested;
  struct output_pipe *in = handle->data;
  *memory = uv_buf_init(in->memory, (unsigned)LIMIT_READ_BYTES);
}

static void came(uv_stream_t *stream, ssize_t n, const uv_buf_t *memory)
{
  struct output_pipe *in = stream->data;
  if (n < 0) {
    output_pipe_close(in);
    in->calls->on_end(in->who);
  } else if (n > 0) {
    in->counted += in->counting ? (size_t)n : 0;
    in->calls->on_bytes(in->who, (struct span){memory->base, (size_t)n});
  }
}

void output_pipe_open(struct output_pipe *in, struct uv_loop_s *loop, char *memory,
                      const struct output_pipe_calls *calls, void *who)
{
  *in = (struct output_pipe){.memory = memory, .calls = calls, .who = who, .open = true};
  uv_pipe_init(loop, &in->pipe, 0); /* cannot fail */
  in->pipe.data = in;
}

int output_pipe_read(struct output_pipe *in)
{
  return in->open ? uv_read_start((uv_stream_t *)&in->pipe, give_memory, came) : 0;
}

void output_pipe_hold(struct output_pipe *in)
{
  if (in->open)
    uv_read_stop((uv_stream_t *)&in->pipe);
}

/* Asked of the kernel and not of libuv, whose timers run before it looks at the pipes
 * again: in a busy turn it would know of nothing. */
bool output_pipe_has_unread(const struct output_pipe *in)
{
  int fd;
  if (!in->open || uv_fileno((const uv_handle_t *)&in->pipe, &fd) < 0)
    return false;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  return poll(&p, 1, 0) > 0;
}

void output_pipe_mark(struct output_pipe *in)
{
  in->counting = true;
}

bool output_pipe_is_drained(const struct output_pipe *in)
{
  return in->counted >= LIMIT_PIPE_BYTES || !output_pipe_has_unread(in);
}
