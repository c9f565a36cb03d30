/* SPDX-License-Identifier: MIT */
/* session_sink.c - one place numbers the events, whatever becomes of them.  */
#include "session_sink.h"

#include "base/limits.h"
#include "io/fd_writer.h"
#include "session_order.h"

/* What one read of a pipe becomes, or a fault's text. */
static struct buf room(void)
{
  return buf_make(2 * LIMIT_READ_BYTES + 8 * KIB);
}

/* The number of the next event as its line shows it. */
static unsigned long long next(struct session_sink *s)
{
  s->seq++;
  return s->writer ? s->seq : 0;
}

static void put(struct session_sink *s, struct buf *text)
{
  struct fault lost = {0};
  char name[32];
  session_order_name(s->seq, name);
  if (s->writer)
    s->backlog = fd_writer_put(s->writer, buf_span(text));
  else if (s->folder.fd >= 0)
    (void)latched_folder_write(&s->folder, name, buf_span(text), &lost);
  buf_free(text);
}

void session_sink_data(struct session_sink *s, bool is_stderr, struct span bytes)
{
  struct buf text = room();
  session_event_data(&text, next(s), is_stderr, bytes);
  put(s, &text);
}

void session_sink_error(struct session_sink *s, struct span message)
{
  struct buf text = room();
  session_event_error(&text, next(s), message);
  put(s, &text);
}

void session_sink_exit(struct session_sink *s, const struct process_end *end)
{
  struct buf text = room();
  session_event_exit(&text, next(s), end);
  put(s, &text);
}

void session_sink_ack(struct session_sink *s)
{
  struct buf text = room();
  session_event_ack(&text, next(s));
  put(s, &text);
}

bool session_sink_is_high(const struct session_sink *s)
{
  char name[32];
  if (s->writer)
    return s->backlog > LIMIT_SINK_HIGH_BYTES;
  if (s->folder.fd < 0 || s->seq <= LIMIT_SESSION_EVENTS)
    return false;
  session_order_name(s->seq - LIMIT_SESSION_EVENTS, name);
  return latched_folder_has(&s->folder, name);
}
