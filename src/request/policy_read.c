/* SPDX-License-Identifier: MIT */
/* policy_read.c - each list once, the strictest first: that is the order in which they
 * win.  */
#include "policy_read.h"

#include "base/limits.h"

/* Every member of `object` must be one of these. */
static int known_only(const struct fields *r, json_at object, const char *where,
                      const char *const names[3])
{
  for (json_at v = json_first(object); v; v = json_next(v)) {
    bool known = false;
    for (size_t i = 0; i < 3 && names[i]; i++)
      known = known || span_is(json_key(v), names[i]);
    if (!known)
      return fault_set(r->f, FAULT_BAD_INPUT,
                       "run request: %s%.*s is not known; a policy that is not kept "
                       "would be none",
                       where, SPAN_ARG(span_cut_utf8(json_key(v), 100)));
  }
  return 0;
}

static const char *const decisions[] = {
    [PERMISSION_DENY] = "deny", [PERMISSION_ALLOW] = "allow", [PERMISSION_ASK] = "ask"};

static int decision_read(const struct fields *r, json_at object, const char *where,
                         const char *name, enum permission *out)
{
  json_at v = json_get(object, name);
  struct span text = json_text(r->doc, v, (struct span){0});
  if (!fields_given(v))
    return 0;
  for (size_t i = 0; i < 3; i++)
    if (span_is(text, decisions[i])) {
      *out = (enum permission)i;
      return 0;
    }
  return fields_wrong(r, v, "", where, name, "\"allow\", \"ask\" or \"deny\"");
}

static int rules_read(const struct fields *r, json_at commands, struct policy *p)
{
  static const enum permission order[] = {PERMISSION_DENY, PERMISSION_ASK,
                                          PERMISSION_ALLOW};
  struct spans lists[3] = {{0}};
  size_t count = 0;
  for (size_t i = 0; i < 3; i++) {
    if (fields_texts(r, commands, "policy.commands.", decisions[order[i]], false,
                     &lists[i]) < 0)
      return -1;
    count += lists[i].count;
  }
  if (count > LIMIT_POLICY_RULES)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: policy.commands holds more than %d patterns",
                     LIMIT_POLICY_RULES);
  p->rules = arena_new(r->arena, count * sizeof *p->rules);
  for (size_t i = 0; i < 3; i++)
    for (size_t k = 0; k < lists[i].count; k++) {
      struct span pattern = span_trim(lists[i].at[k]);
      if (pattern.len == 0 || pattern.len > LIMIT_ARGUMENT_BYTES)
        return fault_set(r->f, FAULT_BAD_INPUT,
                         "run request: policy.commands.%s: a pattern is %s",
                         decisions[order[i]], pattern.len ? "too long" : "empty");
      p->rules[p->rule_count++] = (struct policy_rule){pattern, order[i]};
    }
  return 0;
}

static int approvals_read(const struct fields *r, json_at root, struct policy *p)
{
  json_at o;
  if (fields_object(r, root, "", "approvals", &o) < 0)
    return -1;
  size_t count = json_count(o);
  if (count > LIMIT_APPROVALS)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: approvals holds more than %d entries",
                     LIMIT_APPROVALS);
  p->approvals = arena_new(r->arena, count * sizeof *p->approvals);
  for (json_at v = json_first(o); v; v = json_next(v)) {
    bool yes = json_kind(v) == JSON_TRUE;
    if (!yes && json_kind(v) != JSON_FALSE)
      return fault_set(r->f, FAULT_BAD_INPUT,
                       "run request: approvals.%.*s must be true or false",
                       SPAN_ARG(span_cut_utf8(json_key(v), 100)));
    p->approvals[p->approval_count++] = (struct policy_approval){json_key(v), yes};
  }
  return 0;
}

/* Two that decide: one of them would not be kept. */
static int alone(const struct fields *r, const struct run_request *req)
{
  const struct {
    const char *name;
    bool given;
  } others[] = {
      {"modelOptions.permissionMode", req->permission_mode.len > 0},
      {"modelOptions.allowedTools", req->allowed_tools.count > 0},
      {"harnessOptions.mode", req->harness_options.mode.len > 0},
      {"harnessOptions.sandbox", req->harness_options.sandbox.len > 0},
  };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (others[i].given)
      return fault_set(r->f, FAULT_BAD_INPUT,
                       "run request: %s cannot be given together with policy",
                       others[i].name);
  return 0;
}

int policy_read(const struct fields *r, json_at root, struct run_request *req)
{
  static const char *const members[] = {"commands", "capabilities", "default"},
                           *const lists[] = {"allow", "ask", "deny"},
                           *const abilities[] = {"fileWrite", "network", NULL};
  static const char in_abilities[] = "policy.capabilities.";
  struct policy *p = &req->policy;
  json_at o, commands, capabilities;
  *p = (struct policy){.otherwise = PERMISSION_ASK, .workspace = &req->workspace};
  if (approvals_read(r, root, p) < 0 || fields_object(r, root, "", "policy", &o) < 0)
    return -1;
  if (!o)
    return 0;
  p->given = true;
  if (known_only(r, o, "policy.", members) < 0 ||
      fields_object(r, o, "policy.", "commands", &commands) < 0 ||
      known_only(r, commands, "policy.commands.", lists) < 0 ||
      fields_object(r, o, "policy.", "capabilities", &capabilities) < 0 ||
      known_only(r, capabilities, in_abilities, abilities) < 0 ||
      decision_read(r, o, "policy.", "default", &p->otherwise) < 0)
    return -1;
  p->file_write = p->network = p->otherwise;
  p->network_said = fields_given(json_get(capabilities, "network"));
  if (decision_read(r, capabilities, in_abilities, "fileWrite", &p->file_write) < 0 ||
      decision_read(r, capabilities, in_abilities, "network", &p->network) < 0 ||
      rules_read(r, commands, p) < 0 || alone(r, req) < 0)
    return -1;
  req->permission_mode =
      policy_restricts(p) ? SPAN_LITERAL("default") : SPAN_LITERAL("bypassPermissions");
  return 0;
}
