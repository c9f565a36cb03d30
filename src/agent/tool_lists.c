/* SPDX-License-Identifier: MIT */
/* tool_lists.c - a listed name looked up among the host tools. */
#include "agent/tool_lists.h"

/* What follows `before` in `name`; empty: it does not begin so. */
static struct span behind(struct span name, struct span before)
{
  bool begins = before.len > 0 && name.len > before.len &&
                span_equal((struct span){name.at, before.len}, before);
  return begins ? span_after(name, before.len) : (struct span){0};
}

void tool_lists_add(const struct tool_spelling *spelling, const struct spans *list,
                    enum tool_list which, struct strv *out)
{
  struct span before = buf_span(&spelling->before);
  for (size_t i = 0; i < list->count; i++) {
    struct span listed = list->at[i], alias = behind(listed, before);
    const struct tool *bare = tools_find(spelling->tools, listed),
                      *tool = bare ? bare : tools_by_alias(spelling->tools, alias);
    bool own = bare && tool_alias_is_fine(listed, ALIAS_USUAL); /* may be the agent's */
    if (!tool || (own && which == TOOL_LIST_DISALLOWED))
      strv_add(out, listed);
    if (tool)
      strv_addf(out, "%.*s%s", SPAN_ARG(before), tool->alias[ALIAS_USUAL]);
  }
}

bool tool_lists_has(const struct spans *list, struct span before, const struct tool *tool)
{
  for (size_t i = 0; i < list->count; i++) {
    struct span listed = list->at[i], alias = behind(listed, before);
    if (span_equal(listed, tool->name) || span_equal(alias, tool->name) ||
        span_is(alias, tool->alias[ALIAS_USUAL]))
      return true;
  }
  return false;
}
