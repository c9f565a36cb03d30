/* SPDX-License-Identifier: MIT */
/* page.h - what a transcript is written on: lines for people, and on a terminal a sign of
 * life behind the last of them.  Pure.
 *
 * Foreign text has its control bytes, and the characters that turn the writing direction,
 * made visible, so that no agent can drive the terminal or show what is not there.
 *
 * The sign of life stands where the next text will, and the cursor before it: it is
 * overwritten without a trace.  It never begins behind PAGE_SIGN_MOST bytes of text, as
 * there it might be longer than the screen is wide; the terminal is told not to wrap
 * it.  */
#ifndef EVENT_PAGE_H
#define EVENT_PAGE_H

#include "base/buf.h"

enum { PAGE_SCREEN_CHARS = 100, PAGE_SIGN_MOST = 60, PAGE_FOLD_LINES = 5 };

#define PAGE_BOLD   "\033[1m"
#define PAGE_DIM    "\033[2m"
#define PAGE_RED    "\033[31m"
#define PAGE_YELLOW "\033[33m"
#define PAGE_PLAIN  "\033[0m"

struct page_place { /* what is remembered from event to event */
  bool in_line;     /* something stands on the current line */
  bool signs;       /* the sign of life, behind it */
  size_t bytes;     /* that stand on it */
  size_t column;    /* characters of page_short() on it */
};

struct page {
  struct page_place *place;
  struct buf *out;
  bool colour, full;
};

void page_attribute(struct page *p, const char *code); /* nothing without colour */
void page_say(struct page *p, const char *text);       /* our own words, of one line */
void page_new_line(struct page *p);                    /* unless it is one already */
/* Foreign text of any number of lines. */
void page_text(struct page *p, struct span text);
/* The same as a part of one line, which is cut at PAGE_SCREEN_CHARS (not if it is to be
 * full); `column` goes on until it is set to 0. */
void page_short(struct page *p, struct span text);
/* Lines below each other, the first behind what stands there, indented by two.  Of more
 * than one above PAGE_FOLD_LINES only those are shown, and how many there are. */
void page_folded(struct page *p, struct span text);
void page_sign(struct page *p, struct span words); /* draws it anew */
void page_unsign(struct page *p);                  /* before anything else is written */

#endif
