/* SPDX-License-Identifier: MIT */
/* permission.h - may an agent do what it asks leave for?  Pure.
 *
 * An agent that asks before it uses a tool gets its answer from this one function,
 * whatever protocol it asks by.  What decides is modelOptions.permissionMode, in Claude
 * Code's words:
 *
 *   none, bypassPermissions   everything
 *   acceptEdits               reading and editing files; tools of the orchestrator
 *   plan                      nothing
 *   any other                 tools of the orchestrator
 *
 * and what modelOptions.allowedTools names is allowed in every mode.  The rest is
 * denied, or asked, where there is somebody who can be asked; a plan is never asked
 * about.  A tool that has a question for a person is asked in every mode, and denied
 * where there is nobody.
 *
 * Where the request has a policy that decides of all but host tools and questions for a
 * person (request/policy.h).  */
#ifndef REQUEST_PERMISSION_H
#define REQUEST_PERMISSION_H

#include "base/buf.h"

enum permission { PERMISSION_DENY, PERMISSION_ALLOW, PERMISSION_ASK };

enum permission_mode {
  PERMISSION_MODE_BYPASS,
  PERMISSION_MODE_EDITS,
  PERMISSION_MODE_DEFAULT,
  PERMISSION_MODE_PLAN
};
/* "" is bypassPermissions; a name that stands in no table is "default". */
enum permission_mode permission_mode_read(struct span name);

enum permission_kind { /* what a tool does, as far as its agent tells */
                       PERMISSION_KIND_OTHER,
                       PERMISSION_KIND_READ,
                       PERMISSION_KIND_EDIT,    /* writes, moves or deletes files */
                       PERMISSION_KIND_COMMAND, /* a command line */
                       PERMISSION_KIND_NETWORK
};

struct permission_question {
  enum permission_mode mode;
  enum permission_kind kind;
  bool host_tool; /* a tool of the orchestrator, over the bridge */
  bool listed;    /* modelOptions.allowedTools names it */
  bool person;    /* what the tool does is to ask a person */
};

enum permission permission_decide(const struct permission_question *q, bool can_ask);

#endif
