/* SPDX-License-Identifier: MIT */
/* A pattern matches as the plain definition says, and a command line has an id of bounded
 * length.  Up to the first newline: the pattern. */
#include "request/policy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void must(bool kept)
{
  if (!kept)
    abort();
}

/* By what has been reached of the pattern after each byte; slow and plain. */
static bool matches(struct span pattern, struct span text)
{
  bool *at = calloc(pattern.len + 1, sizeof *at); /* the first so many are used up */
  must(at);
  at[0] = true;
  for (size_t i = 0; i < pattern.len && pattern.at[i] == '*'; i++)
    at[i + 1] = true;
  for (size_t t = 0; t < text.len; t++) {
    for (size_t i = pattern.len; i > 0; i--)
      at[i] = pattern.at[i - 1] == '*' ? at[i] || at[i - 1]
                                       : at[i - 1] && pattern.at[i - 1] == text.at[t];
    at[0] = false;
    for (size_t i = 0; i < pattern.len; i++)
      at[i + 1] = at[i + 1] || (at[i] && pattern.at[i] == '*');
  }
  bool whole = at[pattern.len];
  free(at);
  return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span all = {(const char *)data, size};
  const char *end = size > 0 ? memchr(all.at, '\n', size) : NULL;
  struct span pattern = {all.at, end ? (size_t)(end - all.at) : size};
  struct span text = span_after(all, end ? pattern.len + 1 : size);
  bool matched = policy_pattern_matches(pattern, text);
  must(pattern.len > 2000 || matched == matches(pattern, text));

  struct workspace_script script = {pattern, text};
  const struct workspace_plan workspace = {.scripts = &script, .script_count = 1};
  struct policy_rule rule = {span_trim(pattern), PERMISSION_DENY};
  const struct policy p = {.given = true,
                           .rules = &rule,
                           .rule_count = 1,
                           .otherwise = PERMISSION_ASK,
                           .workspace = &workspace};
  const struct policy_act act = {PERMISSION_KIND_COMMAND, SPAN_LITERAL("shell"), text};
  enum permission decided = policy_decide(&p, &act);
  must(decided == PERMISSION_DENY || decided == PERMISSION_ASK);
  must(!policy_pattern_matches(rule.pattern, span_trim(text)) ||
       decided == PERMISSION_DENY);

  struct buf id = buf_make(SIZE_MAX), again = buf_make(SIZE_MAX);
  policy_put_id("acp", &act, &id);
  policy_put_id("acp", &act, &again);
  must(id.len <= 12 + POLICY_TARGET_BYTES + 3 + 16);
  must(span_equal(buf_span(&id), buf_span(&again)));
  buf_free(&id);
  buf_free(&again);
  return 0;
}
