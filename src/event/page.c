/* SPDX-License-Identifier: MIT */
/* page.c - all bytes go through put(), which counts what stands on the line.  */
#include "page.h"

#include "base/utf8.h"

static void put(struct page *p, struct span text)
{
  buf_add(p->out, text);
  p->place->bytes += text.len;
  p->place->in_line = true;
}

void page_attribute(struct page *p, const char *code)
{
  if (p->colour)
    buf_add_text(p->out, code);
}

void page_say(struct page *p, const char *text)
{
  put(p, span_of(text));
}

static void end_line(struct page *p)
{
  buf_add_char(p->out, '\n');
  p->place->in_line = false;
  p->place->bytes = 0;
}

void page_new_line(struct page *p)
{
  if (p->place->in_line)
    end_line(p);
}

static void add_char(struct page *p, struct span c)
{
  unsigned char first = (unsigned char)c.at[0];
  char shown[8];
  if (first < 0x20 || first == 0x7f) {
    shown[0] = '^';
    shown[1] = (char)(first == 0x7f ? '?' : first + '@');
    put(p, (struct span){shown, 2});
  } else if (utf8_is_hostile(c)) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < c.len; i++) {
      unsigned char byte = (unsigned char)c.at[i];
      shown[0] = '<', shown[1] = digits[byte >> 4], shown[2] = digits[byte & 15];
      shown[3] = '>';
      put(p, (struct span){shown, 4});
    }
  } else {
    put(p, c);
  }
}

void page_text(struct page *p, struct span text)
{
  while (text.len > 0) {
    struct span c = {text.at, utf8_length(text)};
    if (c.at[0] == '\n') {
      end_line(p);
    } else if (c.at[0] == '\t') {
      buf_add_char(p->out, '\t');
      p->place->bytes += 8;
    } else {
      add_char(p, c);
    }
    text = span_after(text, c.len);
  }
}

void page_short(struct page *p, struct span text)
{
  size_t most = p->full ? (size_t)-2 : PAGE_SCREEN_CHARS;
  while (text.len > 0 && p->place->column <= most) {
    struct span c = {text.at, utf8_length(text)};
    if (p->place->column++ == most)
      page_say(p, "…");
    else if (c.at[0] == '\n' || c.at[0] == '\t')
      page_say(p, " ");
    else
      add_char(p, c);
    text = span_after(text, c.len);
  }
}

/* The next line of `rest`, without its end. */
static struct span take_line(struct span *rest)
{
  struct span line = {rest->at, 0};
  while (line.len < rest->len && line.at[line.len] != '\n')
    line.len++;
  *rest = span_after(*rest, line.len < rest->len ? line.len + 1 : line.len);
  return line;
}

static size_t count_lines(struct span text)
{
  size_t n = 0;
  while (text.len > 0) {
    (void)take_line(&text);
    n++;
  }
  return n;
}

void page_folded(struct page *p, struct span text)
{
  while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r'))
    text.len--;
  size_t lines = count_lines(text), shown = 0;
  /* A line that says that there is one more is as long as that line. */
  size_t most = p->full || lines <= PAGE_FOLD_LINES + 1 ? lines : PAGE_FOLD_LINES;
  for (; shown < most; shown++) {
    struct span line = take_line(&text);
    if (line.len > 0 && line.at[line.len - 1] == '\r')
      line.len--;
    if (shown > 0)
      page_say(p, "  ");
    p->place->column = 0;
    page_short(p, line);
    page_new_line(p);
  }
  if (shown < lines) {
    buf_addf(p->out, "  … %zu more lines (--full shows them)\n", lines - shown);
    p->place->bytes = 0;
  }
}

/* Save the cursor, no wrapping; … wrapping, and back to where it was. */
void page_sign(struct page *p, struct span words)
{
  page_unsign(p);
  if (p->place->bytes > PAGE_SIGN_MOST)
    return;
  struct page_place place = *p->place;
  buf_add_text(p->out, "\0337\033[?7l");
  page_attribute(p, PAGE_DIM);
  if (place.in_line)
    page_say(p, " ");
  p->place->column = 0;
  page_short(p, words);
  page_attribute(p, PAGE_PLAIN);
  buf_add_text(p->out, "\033[?7h\0338");
  *p->place = place; /* as if nothing of it were there */
  p->place->signs = true;
}

void page_unsign(struct page *p)
{
  if (p->place->signs)
    buf_add_text(p->out, "\033[K");
  p->place->signs = false;
}
