/* SPDX-License-Identifier: MIT */
/* agent_retries.c - a row is known by its words and by what was done meanwhile: half an
 * answer that is told at each try is no progress, a tool call is.  */
#include "agent/agent_retries.h"

#include "base/limits.h"

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static struct span after_digits(struct span text)
{
  while (text.len > 0 && is_digit(text.at[0]))
    text = span_after(text, 1);
  return text;
}

/* Equal, but for numbers: attempts, seconds to wait. */
static bool same_kind(struct span a, struct span b)
{
  while (a.len > 0 && b.len > 0) {
    bool digits = is_digit(a.at[0]) && is_digit(b.at[0]);
    if (!digits && a.at[0] != b.at[0])
      return false;
    a = digits ? after_digits(a) : span_after(a, 1);
    b = digits ? after_digits(b) : span_after(b, 1);
  }
  return a.len == 0 && b.len == 0;
}

void agent_retries_add(struct agent_retries *r, struct events *events, struct span words,
                       unsigned long long own_most)
{
  unsigned long long done = events_tool_calls(events);
  struct span before = buf_span(&r->words);
  words = span_cut_utf8(span_trim(words), LIMIT_ERROR_MESSAGE_BYTES / 2);
  if (words.len == 0)
    words = SPAN_LITERAL("no reason was given");
  bool row = r->in_row > 0 && done == r->done && same_kind(words, before);
  if (!row || !span_equal(words, before))
    events_warn(events, "agent-retries", words);
  r->in_row = row ? r->in_row + 1 : 1;
  r->done = done;
  buf_free(&r->words);
  r->words = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_add(&r->words, words);
  bool has_end = own_most > 0 && own_most <= LIMIT_OWN_RETRIES;
  if (r->most > 0 && r->in_row > r->most && !has_end)
    r->given_up = true;
}

struct span agent_retries_reason(const struct agent_retries *r,
                                 const struct events *events)
{
  bool trying = r->in_row > 0 && events_tool_calls(events) == r->done;
  return trying ? buf_span(&r->words) : (struct span){0};
}

void agent_retries_put_end(const struct agent_retries *r, struct buf *out)
{
  buf_addf(out, "given up after %u retries: ", r->most);
  buf_add(out, buf_span(&r->words));
}

void agent_retries_free(struct agent_retries *r)
{
  buf_free(&r->words);
  r->in_row = 0;
  r->given_up = false;
}
