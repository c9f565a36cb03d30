/* SPDX-License-Identifier: MIT */
/* lines.c - nearly every line comes whole within one read and is handed out where it
 * lies; `part` holds only what the end of a read cut off. */
#include "io/lines.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>

/* `part` holds a line's beginning until its newline comes.  One byte more than the
 * ceiling may lie there: a \r that may turn out to be half of the line's ending. */
struct lines lines_make(size_t ceiling)
{
  return (struct lines){.part = buf_make(ceiling + 2), .ceiling = ceiling};
}

static void lines_forget_part(struct lines *l)
{
  if (l->part.capacity > LIMIT_READ_BYTES)
    buf_free(&l->part);
  else
    buf_clear(&l->part);
}

static void lines_hand_out(struct lines *l, struct span line,
                           const struct lines_calls *calls, void *who)
{
  if (utf8_valid(line)) {
    calls->on_line(who, line);
    return;
  }
  /* U+FFFD has three bytes and stands for at least one. */
  struct buf mended = buf_make(line.len * 3 + 1);
  l->repaired += utf8_repair(line, &mended);
  lines_forget_part(l); /* the line may have lain there: not twice in memory */
  calls->on_line(who, buf_span(&mended));
  buf_free(&mended);
}

/* Whether part and piece together are certain to be a line above the ceiling. */
static bool lines_is_too_long(const struct lines *l, struct span piece)
{
  size_t together = l->part.len + piece.len;
  if (together <= l->ceiling)
    return false;
  if (together > l->ceiling + 1)
    return true;
  char last = piece.len > 0 ? piece.at[piece.len - 1] : l->part.at[l->part.len - 1];
  return last != '\r';
}

/* Takes what a line has got up to its newline (`ended`) or up to the end of the bytes. */
static void lines_take(struct lines *l, struct span piece, bool ended,
                       const struct lines_calls *calls, void *who)
{
  if (lines_is_too_long(l, piece)) {
    lines_forget_part(l);
    l->skipping = !ended;
    calls->on_too_long(who, l->ceiling);
    return;
  }
  if (!ended) {
    buf_add(&l->part, piece);
    return;
  }
  struct span line = piece;
  if (l->part.len > 0) {
    buf_add(&l->part, piece);
    line = buf_span(&l->part);
  }
  if (line.len > 0 && line.at[line.len - 1] == '\r')
    line.len--;
  lines_hand_out(l, line, calls, who);
  lines_forget_part(l);
}

size_t lines_add(struct lines *l, struct span bytes, const struct lines_calls *calls,
                 void *who)
{
  size_t given = bytes.len;
  while (bytes.len > 0) {
    const char *newline = memchr(bytes.at, '\n', bytes.len);
    size_t n = newline ? (size_t)(newline - bytes.at) : bytes.len;
    struct span piece = {bytes.at, n};
    bytes = span_after(bytes, newline ? n + 1 : n);
    if (!l->skipping)
      lines_take(l, piece, newline, calls, who);
    else if (newline)
      l->skipping = false;
    if (bytes.len > 0 && calls->is_enough && calls->is_enough(who))
      break;
  }
  return given - bytes.len;
}

void lines_end(struct lines *l, const struct lines_calls *calls, void *who)
{
  bool skipping = l->skipping;
  l->skipping = false;
  if (skipping || l->part.len == 0)
    return;
  /* Without a newline a last \r is content, so here it counts. */
  if (l->part.len > l->ceiling)
    calls->on_too_long(who, l->ceiling);
  else
    lines_hand_out(l, buf_span(&l->part), calls, who);
  lines_forget_part(l);
}

void lines_free(struct lines *l)
{
  buf_free(&l->part);
  l->skipping = false;
}
