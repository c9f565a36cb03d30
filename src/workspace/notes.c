/* SPDX-License-Identifier: MIT */
/* The words about scripts are those of TanStack's runner. */
#include "notes.h"

#include <string.h>

void notes_write(const struct workspace_plan *plan, struct buf *out)
{
  struct span base = plan->instructions;
  if (plan->script_count == 0) {
    buf_add(out, base);
    return;
  }
  while (base.len > 0 && strchr(" \t\r\n", base.at[base.len - 1]))
    base.len--;
  buf_add(out, base);
  if (base.len > 0)
    buf_add_text(out, "\n\n");
  buf_add_text(out, "## Workspace scripts\n\n");
  for (size_t i = 0; i < plan->script_count; i++)
    buf_addf(out, "- %.*s \xe2\x86\x92 %.*s\n", SPAN_ARG(plan->scripts[i].name),
             SPAN_ARG(plan->scripts[i].command));
}

/* The place of a line that is just `mark`, from `from` on; the length: there is none. */
static size_t line_find(struct span text, size_t from, const char *mark)
{
  size_t length = strlen(mark);
  for (size_t i = from; i + length <= text.len; i++) {
    bool begins = i == 0 || text.at[i - 1] == '\n';
    bool ends = i + length == text.len || text.at[i + length] == '\n' ||
                text.at[i + length] == '\r';
    if (begins && ends && memcmp(text.at + i, mark, length) == 0)
      return i;
  }
  return text.len;
}

static void block_add(struct buf *out, struct span notes)
{
  buf_add_text(out, NOTES_BEGIN "\n");
  buf_add(out, notes);
  if (notes.at[notes.len - 1] != '\n')
    buf_add_char(out, '\n');
  buf_add_text(out, NOTES_END "\n");
}

bool notes_merge(struct span text, struct span notes, struct buf *out)
{
  size_t begin = line_find(text, 0, NOTES_BEGIN);
  size_t end = line_find(text, begin, NOTES_END);
  bool has_block = end < text.len;
  if (!has_block && notes.len == 0)
    return false;
  struct span before = has_block ? (struct span){text.at, begin} : text, after = {0};
  if (has_block) {
    end += strlen(NOTES_END);
    end += end < text.len && text.at[end] == '\r';
    end += end < text.len && text.at[end] == '\n';
    after = span_after(text, end);
  }
  struct buf whole = buf_make(text.len + notes.len + 128);
  buf_add(&whole, before);
  if (!has_block && before.len > 0)
    buf_add_text(&whole, before.at[before.len - 1] == '\n' ? "\n" : "\n\n");
  if (notes.len > 0)
    block_add(&whole, notes);
  /* the empty line that we put there goes with the block */
  else if (after.len == 0 && whole.len > 1 &&
           memcmp(whole.at + whole.len - 2, "\n\n", 2) == 0)
    whole.len--;
  buf_add(&whole, after);
  bool changed = !span_equal(buf_span(&whole), text);
  if (changed)
    buf_add(out, buf_span(&whole));
  buf_free(&whole);
  return changed;
}
