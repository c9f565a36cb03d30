/* SPDX-License-Identifier: MIT */
/* policy_settings.c - a rule to ask for each tool that the policy can judge by what it
 * does, and for each that it names.  */
#include "agent/policy_settings.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <stdlib.h>

void policy_settings_claude(const struct policy *policy, struct buf *out)
{
  static const char *const always[] = {"Bash",         "Monitor",  "Edit",     "Write",
                                       "NotebookEdit", "WebFetch", "WebSearch"};
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_open(&w, "permissions", '{');
  json_open(&w, "ask", '[');
  for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
    json_put_text(&w, NULL, span_of(always[i]));
  for (size_t i = 0; i < policy->rule_count; i++) {
    struct span name = policy->rules[i].pattern;
    if (policy_pattern_is_word(name) &&
        ((name.at[0] >= 'A' && name.at[0] <= 'Z') || span_starts(name, "mcp__")))
      json_put_text(&w, NULL, name);
  }
  json_close(&w, ']');
  json_close(&w, '}');
  json_close(&w, '}');
}

void policy_settings_opencode(const struct policy *policy, const char *variable,
                              struct strv *env)
{
  static const char *const always[] = {"bash", "edit", "webfetch", "websearch",
                                       "codesearch"};
  struct buf rules = buf_make(LIMIT_LINE_BYTES);
  struct json_writer w = json_write_to(&rules);
  json_open(&w, NULL, '{');
  for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
    json_put_text(&w, always[i], SPAN_LITERAL("ask"));
  for (size_t i = 0; i < policy->rule_count; i++)
    if (policy_pattern_is_word(policy->rules[i].pattern)) {
      char *name = span_copy(policy->rules[i].pattern);
      json_put_text(&w, name, SPAN_LITERAL("ask"));
      free(name);
    }
  json_close(&w, '}');
  strv_set_env(env, variable, buf_span(&rules));
  buf_free(&rules);
}
