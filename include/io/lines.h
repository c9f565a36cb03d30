/* SPDX-License-Identifier: MIT */
/* lines.h - bytes in any pieces to whole lines.  Pure.
 *
 * A line ends at \n; a \r before it belongs to the ending.  What is handed out is always
 * valid UTF-8: invalid sequences become U+FFFD and are counted (a sequence split between
 * two reads is not invalid).  A line above the ceiling is reported once, by its length
 * when it is known to be too long, and the rest is skipped up to the next newline; then
 * all goes on. A last line without newline is handed out by lines_end().
 *
 * A caller with other things to do too gives `is_enough`: it is asked after each piece
 * while bytes are left, and ends the call when it says so.
 *
 * Most lines are handed out straight from the bytes given: only a line that spans two
 * reads is copied.  The memory of a line above 64 KiB is given back after it.  */
#ifndef IO_LINES_H
#define IO_LINES_H

#include "base/buf.h"

struct lines_calls {
  void (*on_line)(void *who, struct span line); /* lent for the call; no newline */
  void (*on_too_long)(void *who, size_t ceiling);
  bool (*is_enough)(void *who); /* NULL: never */
};

struct lines {
  struct buf part;
  size_t ceiling;
  bool skipping;
  unsigned long long repaired; /* invalid UTF-8 sequences so far */
};

struct lines lines_make(size_t ceiling);
/* How many of the bytes it took: all, unless it was enough. */
size_t lines_add(struct lines *l, struct span bytes, const struct lines_calls *calls,
                 void *who);
void lines_end(struct lines *l, const struct lines_calls *calls, void *who);
void lines_free(struct lines *l);

#endif
