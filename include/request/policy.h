/* SPDX-License-Identifier: MIT */
/* policy.h - a request's policy: which tools of the agent itself it may use, and which
 * are to be asked about.  Pure.
 *
 *   policy {commands? {allow?, ask?, deny?: patterns}, capabilities? {fileWrite?,
 *           network?}, default?}     each decision "allow", "ask" or "deny"
 *
 * What decides, first to last: a denial, a question, a permission of `commands` that
 * matches; the capability of what the tool does; the default, which is "ask".  A pattern
 * matches a whole command line without the blanks around it: '*' is any run of bytes,
 * newlines too, all else is itself.  A name of workspace.scripts and its command are the
 * same, as pattern and as command line.  A pattern that is just the name of a tool is
 * about each use of it.
 *
 * This keeps a well-meaning agent in order.  It is no border against a hostile one:
 * `true && rm -r x` is no `rm *`.
 *
 * What is asked about has an id, `<harness>:<command|fileWrite|network|tool>:<what>`, the
 * same in each run: by it `approvals` of the next request answers.  A command line above
 * POLICY_TARGET_BYTES is cut there, with a hash of it all behind.  */
#ifndef REQUEST_POLICY_H
#define REQUEST_POLICY_H

#include "request/permission.h"
#include "request/workspace_plan.h"

enum { POLICY_TARGET_BYTES = 400 };

struct policy_rule {
  struct span pattern; /* trimmed */
  enum permission says;
};

struct policy_approval {
  struct span id;
  bool yes;
};

struct policy { /* spans are the request's */
  bool given;
  bool network_said;         /* capabilities.network was */
  struct policy_rule *rules; /* denials, then questions, then permissions */
  size_t rule_count;
  enum permission otherwise, file_write, network;
  struct policy_approval *approvals;
  size_t approval_count;
  const struct workspace_plan *workspace; /* for its scripts; NULL: none */
};

struct policy_act { /* what an agent wants to do */
  enum permission_kind kind;
  struct span tool;    /* its name, as the agent has it */
  struct span command; /* PERMISSION_KIND_COMMAND: its command line */
};

/* Could the pattern be the name of a tool? */
bool policy_pattern_is_word(struct span pattern);
bool policy_pattern_matches(struct span pattern, struct span text);
/* False where all is allowed: then nothing has to be asked. */
bool policy_restricts(const struct policy *p);
enum permission policy_decide(const struct policy *p, const struct policy_act *act);
void policy_put_id(const char *harness, const struct policy_act *act, struct buf *out);
/* ALLOW or DENY as `approvals` says of this id; ASK: it says nothing. */
enum permission policy_answered(const struct policy *p, struct span id);

#endif
