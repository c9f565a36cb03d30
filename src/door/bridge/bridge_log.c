/* SPDX-License-Identifier: MIT */
/* bridge_log.c - lines in one buffer, and the same lines in one file. */
#include "bridge_log.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEQ ",\"seq\":"

struct bridge_log {
  struct buf lines; /* the frames that are in memory, each with its newline */
  unsigned long long first, last; /* their numbers; last 0: none ever */
  struct buf frame;
  struct buf unwritten;
  struct loop_timer *flush;
  int fd; /* -1: cannot be written */
};

/* -- lines -- */

/* The number at the end of a frame; 0: it has none. */
static unsigned long long seq_of(struct span frame)
{
  size_t at = frame.len;
  unsigned long long seq = 0;
  if (at < 2 || frame.at[at - 1] != '}')
    return 0;
  struct span digits = {frame.at, at - 1};
  while (digits.len > 0 && digits.at[digits.len - 1] >= '0' &&
         digits.at[digits.len - 1] <= '9')
    digits.len--;
  size_t mark = strlen(SEQ);
  struct span number = {frame.at + digits.len, at - 1 - digits.len};
  bool marked =
      digits.len >= mark && memcmp(frame.at + digits.len - mark, SEQ, mark) == 0;
  return marked && span_to_number(number, 1, UINT64_MAX, &seq) ? seq : 0;
}

/* The next line of `rest`, without its newline; false: there is no whole one. */
static bool take_line(struct span *rest, struct span *line)
{
  const char *end = rest->len > 0 ? memchr(rest->at, '\n', rest->len) : NULL;
  if (!end)
    return false;
  *line = (struct span){rest->at, (size_t)(end - rest->at)};
  *rest = span_after(*rest, line->len + 1);
  return true;
}

static void keep(struct bridge_log *l, struct span frame)
{
  struct span rest, line;
  while (l->lines.len > 0 && l->lines.len + frame.len + 1 > LIMIT_BRIDGE_LOG_BYTES) {
    size_t drop = 0, half = l->lines.len / 2; /* many at once: it moves the rest */
    for (rest = buf_span(&l->lines); drop <= half && take_line(&rest, &line);) {
      drop += line.len + 1;
      l->first++;
    }
    buf_drop_front(&l->lines, drop);
  }
  if (l->lines.len == 0)
    l->first = l->last;
  buf_add(&l->lines, frame);
  buf_add_char(&l->lines, '\n');
}

/* -- the file -- */

static void give_up(struct bridge_log *l)
{
  log_line(LOG_WARN, (struct span){0}, "event-log.ndjson: %s", strerror(errno));
  close(l->fd);
  l->fd = -1;
}

static void write_out(void *who)
{
  struct bridge_log *l = who;
  struct span rest = buf_span(&l->unwritten);
  while (rest.len > 0 && l->fd >= 0) {
    ssize_t n = write(l->fd, rest.at, rest.len);
    if (n < 0 && errno != EINTR)
      give_up(l);
    rest = span_after(rest, n > 0 ? (size_t)n : 0);
  }
  buf_clear(&l->unwritten);
}

/* The part of the file that is not in memory any more. */
static void replay_file(struct bridge_log *l, unsigned long long after,
                        void (*put)(void *who, struct span frame), void *who)
{
  struct buf text = buf_make(SIZE_MAX);
  off_t at = 0;
  ssize_t n;
  char *piece = buf_reserve(&text, MIB);
  while (piece && l->fd >= 0 && (n = pread(l->fd, piece, MIB, at)) > 0) {
    struct span rest, line;
    size_t used = 0;
    at += n;
    buf_grew(&text, (size_t)n);
    for (rest = buf_span(&text); take_line(&rest, &line);) {
      unsigned long long seq = seq_of(line);
      used += line.len + 1;
      if (seq > after && seq < l->first)
        put(who, line);
    }
    buf_drop_front(&text, used);
    piece = buf_reserve(&text, MIB);
  }
  buf_free(&text);
}

/* What a bridge before has left: up to the first line that is none. */
static void take_over(struct bridge_log *l)
{
  struct buf text = buf_make(SIZE_MAX);
  off_t whole = 0;
  ssize_t n;
  off_t at = 0;
  char *piece = buf_reserve(&text, MIB);
  bool good = true;
  while (good && piece && (n = pread(l->fd, piece, MIB, at)) > 0) {
    struct span rest, line;
    size_t used = 0;
    at += n;
    buf_grew(&text, (size_t)n);
    for (rest = buf_span(&text); good && take_line(&rest, &line);) {
      unsigned long long seq = seq_of(line);
      good = seq > l->last && line.at[0] == '{';
      if (!good)
        break;
      used += line.len + 1;
      l->last = seq;
      keep(l, line);
    }
    whole += (off_t)used;
    buf_drop_front(&text, used);
    piece = buf_reserve(&text, MIB);
  }
  if (ftruncate(l->fd, whole) < 0)
    give_up(l);
  buf_free(&text);
}

/* -- the whole -- */

struct bridge_log *bridge_log_open(struct uv_loop_s *loop, const char *folder,
                                   bool replay)
{
  struct bridge_log *l = mem_new(sizeof *l);
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  l->lines = buf_make(LIMIT_BRIDGE_LOG_BYTES + LIMIT_EVENT_LINE_BYTES);
  l->frame = buf_make(LIMIT_EVENT_LINE_BYTES);
  l->unwritten = buf_make(SIZE_MAX); /* of one turn of the loop */
  l->flush = loop_timer_new(loop, write_out, l);
  buf_addf(&path, "%s/event-log.ndjson", folder);
  l->fd = open(buf_cstring(&path), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (l->fd < 0)
    log_line(LOG_WARN, (struct span){0}, "%s: %s", path.at, strerror(errno));
  else if (replay)
    take_over(l);
  buf_free(&path);
  return l;
}

void bridge_log_begin(struct bridge_log *l)
{
  buf_free(&l->lines);
  buf_clear(&l->unwritten);
  l->first = l->last + 1;
  if (l->fd >= 0 && ftruncate(l->fd, 0) < 0)
    give_up(l);
}

struct span bridge_log_add(struct bridge_log *l, struct span object)
{
  buf_clear(&l->frame);
  buf_add(&l->frame, (struct span){object.at, object.len - 1});
  buf_addf(&l->frame, SEQ "%llu}", ++l->last);
  char *line = l->frame.at, *end = line + l->frame.len;
  while ((line = memchr(line, '\n', (size_t)(end - line))))
    *line = ' '; /* between its tokens: a host's own spelling */
  struct span frame = buf_span(&l->frame);
  keep(l, frame);
  if (l->fd >= 0) {
    buf_add(&l->unwritten, frame);
    buf_add_char(&l->unwritten, '\n');
    if (!loop_timer_is_set(l->flush))
      loop_timer_start(l->flush, 0);
  }
  return frame;
}

unsigned long long bridge_log_last(const struct bridge_log *l)
{
  return l->last;
}

void bridge_log_replay(struct bridge_log *l, unsigned long long after,
                       void (*put)(void *who, struct span frame), void *who)
{
  unsigned long long seq = l->first;
  struct span rest = buf_span(&l->lines), line;
  write_out(l);
  if (after + 1 < l->first)
    replay_file(l, after, put, who);
  for (; take_line(&rest, &line); seq++)
    if (seq > after)
      put(who, line);
}

void bridge_log_close(struct bridge_log *l)
{
  write_out(l);
  loop_timer_free(l->flush);
  if (l->fd >= 0)
    close(l->fd);
  buf_free(&l->lines);
  buf_free(&l->frame);
  buf_free(&l->unwritten);
  free(l);
}
