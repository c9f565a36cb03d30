/* SPDX-License-Identifier: MIT */
/* prompt_guard.c - one walk over the prompt; what needs no guard is copied in one piece.
 *
 * Commands were seen to be found behind all that JavaScript's trim() takes away.  */
#include "agent/prompt_guard.h"

#include <string.h>

#define WORD_JOINER "\xe2\x81\xa0"

/* How many bytes of a blank character `s` begins with; 0: none. */
static size_t blank_length(struct span s)
{
  static const char *const wide[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80",
                                     "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
                                     "\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf"};
  if (s.len > 0 && (s.at[0] == ' ' || (s.at[0] >= '\t' && s.at[0] <= '\r')))
    return 1;
  for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
    if (span_starts(s, wide[i]))
      return strlen(wide[i]);
  bool en = span_starts(s, "\xe2\x80") && s.len > 2; /* U+2000 to U+200A */
  return en && (unsigned char)s.at[2] >= 0x80 && (unsigned char)s.at[2] <= 0x8a ? 3 : 0;
}

struct span prompt_guard_after_blanks(struct span text)
{
  for (size_t n; (n = blank_length(text)) > 0;)
    text = span_after(text, n);
  return text;
}

bool prompt_guard_wants_front(const struct prompt_guard *g, const struct run_request *req,
                              struct span prompt)
{
  if (req->harness_options.prompt_commands || !g->commands)
    return false;
  if (g->behind_blanks)
    prompt = prompt_guard_after_blanks(prompt);
  return prompt.len > 0 && prompt.at[0] != 0 && strchr(g->commands, prompt.at[0]);
}

static bool is_word(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A price is no skill: what stands behind the '$' is a name if more than digits. */
static bool is_skill(struct span rest)
{
  for (size_t i = 0; i < rest.len; i++) {
    char c = rest.at[i];
    if (!is_word(c))
      return c == '_' || c == '-' || c == ':';
    if (c < '0' || c > '9')
      return true;
  }
  return false;
}

/* Does U+2060 belong behind text.at[at]? */
static bool needs_joiner(const struct prompt_guard *g, struct span text, size_t at)
{
  if (text.at[at] == '$')
    return g->skills && is_skill(span_after(text, at + 1));
  if (text.at[at] != '@' || g->mentions == MENTIONS_NOWHERE)
    return false;
  return g->mentions == MENTIONS_EVERYWHERE || at == 0 || !is_word(text.at[at - 1]);
}

void prompt_guard_apply(const struct prompt_guard *g, const struct run_request *req,
                        struct buf *prompt)
{
  struct span text = buf_span(prompt);
  struct buf plain = buf_make(prompt->ceiling);
  size_t from = 0;
  if (req->harness_options.prompt_commands)
    return;
  if (!g->apart && prompt_guard_wants_front(g, req, text))
    buf_add_text(&plain, g->front);
  for (size_t i = 0; i < text.len; i++)
    if (needs_joiner(g, text, i)) {
      buf_add(&plain, (struct span){text.at + from, i + 1 - from});
      buf_add_text(&plain, WORD_JOINER);
      from = i + 1;
    }
  if (plain.len == 0) /* it is plain already */
    return;
  buf_add(&plain, span_after(text, from));
  buf_free(prompt);
  *prompt = plain;
}
