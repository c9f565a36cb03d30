/* SPDX-License-Identifier: MIT */
/* permission.c - the table of permission.h as code.  The order of the checks is the
 * contract: a listed tool is allowed even in plan mode, a host tool is not.  */
#include "request/permission.h"

enum permission_mode permission_mode_read(struct span name)
{
  static const char *const names[] = {[PERMISSION_MODE_BYPASS] = "bypassPermissions",
                                      [PERMISSION_MODE_EDITS] = "acceptEdits",
                                      [PERMISSION_MODE_DEFAULT] = "default",
                                      [PERMISSION_MODE_PLAN] = "plan"};
  if (name.len == 0)
    return PERMISSION_MODE_BYPASS;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (span_is(name, names[i]))
      return (enum permission_mode)i;
  return PERMISSION_MODE_DEFAULT;
}

enum permission permission_decide(const struct permission_question *q, bool can_ask)
{
  if (q->person)
    return can_ask ? PERMISSION_ASK : PERMISSION_DENY;
  if (q->mode == PERMISSION_MODE_BYPASS || q->listed)
    return PERMISSION_ALLOW;
  if (q->mode == PERMISSION_MODE_PLAN)
    return PERMISSION_DENY;
  if (q->host_tool)
    return PERMISSION_ALLOW;
  if (q->mode == PERMISSION_MODE_EDITS &&
      (q->kind == PERMISSION_KIND_READ || q->kind == PERMISSION_KIND_EDIT))
    return PERMISSION_ALLOW;
  return can_ask ? PERMISSION_ASK : PERMISSION_DENY;
}
