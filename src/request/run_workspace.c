/* SPDX-License-Identifier: MIT */
/* One function for each member; the text for a workspace without a source is that of
 * TanStack's runner. */
#include "run_workspace.h"

#include "base/limits.h"
#include "workspace_skills.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char where[] = "workspace.";

/* -- the source -- */

/* A number of commits, or "full" for all of them. */
static int depth_read(const struct fields *r, json_at source, unsigned *depth)
{
  *depth = 1;
  if (!span_is(json_text(r->doc, json_get(source, "depth"), (struct span){0}), "full"))
    return fields_whole(r, source, "workspace.source.", "depth", 1, INT_MAX, depth);
  *depth = 0;
  return 0;
}

static int git_read(const struct fields *r, json_at source, struct git_source *git)
{
  static const char in_source[] = "workspace.source.",
                    in_auth[] = "workspace.source.auth.";
  json_at auth;
  if (fields_argument(r, source, in_source, "url", &git->url) < 0 ||
      fields_argument(r, source, in_source, "ref", &git->ref) < 0 ||
      depth_read(r, source, &git->depth) < 0 ||
      fields_object(r, source, in_source, "auth", &auth) < 0 ||
      fields_text(r, auth, in_auth, "username", &git->username) < 0 ||
      fields_text(r, auth, in_auth, "token", &git->token) < 0)
    return -1;
  if (git->url.len == 0)
    return fields_wrong(r, NULL, "", in_source, "url", "a non-empty string");
  if (auth && git->token.len == 0)
    return fields_wrong(r, NULL, "", in_auth, "token", "a non-empty string");
  return 0;
}

static int source_read(const struct fields *r, json_at source, struct run_request *req)
{
  struct span type = json_text(r->doc, json_get(source, "type"), (struct span){0});
  if (span_is(type, "git"))
    return git_read(r, source, &req->workspace.git);
  /* all other types are none, to TanStack's runner too */
  if (!span_is(type, "local"))
    return 0;
  if (fields_text(r, source, "workspace.source.", "path", &req->local_path) < 0)
    return -1;
  return req->local_path.len > 0 ? 0
                                 : fields_wrong(r, NULL, "", "workspace.source.", "path",
                                                "a non-empty string");
}

/* -- secrets -- */

/* The names are the keys; of an array its indexes, as in JavaScript. */
static int secrets_read(const struct fields *r, json_at secrets, struct run_request *req)
{
  bool array = json_kind(secrets) == JSON_ARRAY;
  if (!fields_given(secrets))
    return 0;
  if (!array && json_kind(secrets) != JSON_OBJECT)
    return fields_wrong(r, secrets, "", where, "secrets", "an object");
  size_t count = json_count(secrets), i = 0;
  if (count > LIMIT_SECRETS)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: workspace.secrets holds more than %d names",
                     LIMIT_SECRETS);
  req->secrets.at = arena_new(r->arena, count * sizeof *req->secrets.at);
  for (json_at v = json_first(secrets); v; v = json_next(v), i++) {
    struct span name = json_key(v);
    if (array) {
      struct buf index = buf_make(24);
      buf_addf(&index, "%zu", i);
      name = (struct span){arena_copy(r->arena, buf_span(&index)), index.len};
      buf_free(&index);
    }
    if (!fields_env_name_good(name))
      return fault_set(
          r->f, FAULT_BAD_INPUT,
          "run request: workspace.secrets: \"%.*s\" cannot be read (no '=', not "
          "empty, not RUNLET_...)",
          (int)(name.len < 100 ? name.len : 100), name.at);
    req->secrets.at[req->secrets.count++] = name;
  }
  return 0;
}

/* -- what is done in the folder -- */

static int setup_read(const struct fields *r, json_at workspace,
                      struct workspace_plan *plan)
{
  struct spans steps = {0};
  if (fields_texts(r, workspace, where, "setup", false, &steps) < 0)
    return -1;
  if (steps.count > LIMIT_SETUP_STEPS)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: workspace.setup holds more than %d steps",
                     LIMIT_SETUP_STEPS);
  for (size_t i = 0; i < steps.count; i++)
    if (steps.at[i].len > LIMIT_ARGUMENT_BYTES)
      return fault_set(r->f, FAULT_BAD_INPUT,
                       "run request: workspace.setup[%zu] is longer than %zu bytes", i,
                       LIMIT_ARGUMENT_BYTES);
  plan->setup = steps.at;
  plan->setup_count = steps.count;
  return 0;
}

static int by_name(const void *a, const void *b)
{
  const struct workspace_script *x = a, *y = b;
  size_t common = x->name.len < y->name.len ? x->name.len : y->name.len;
  int order = common > 0 ? memcmp(x->name.at, y->name.at, common) : 0;
  return order ? order : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

/* Each becomes one line of AGENTS.md. */
static bool is_one_line(struct span s)
{
  return s.len > 0 && !memchr(s.at, '\n', s.len) && !memchr(s.at, 0, s.len);
}

static int scripts_read(const struct fields *r, json_at workspace,
                        struct workspace_plan *plan)
{
  json_at scripts;
  if (fields_object(r, workspace, where, "scripts", &scripts) < 0)
    return -1;
  plan->scripts = arena_new(r->arena, json_count(scripts) * sizeof *plan->scripts);
  for (json_at v = json_first(scripts); v; v = json_next(v)) {
    struct workspace_script s = {json_key(v), json_text(r->doc, v, (struct span){0})};
    if (!is_one_line(s.name) || !is_one_line(s.command))
      return fields_wrong(r, scripts, "", where, "scripts",
                          "an object of names and commands, each one line");
    plan->scripts[plan->script_count++] = s;
  }
  if (plan->script_count > 0)
    qsort(plan->scripts, plan->script_count, sizeof *plan->scripts, by_name);
  return 0;
}

static int plugins_read(const struct fields *r, json_at workspace,
                        struct workspace_plan *plan)
{
  struct spans names = {0};
  if (fields_texts(r, workspace, where, "plugins", true, &names) < 0)
    return -1;
  plan->plugins = names.at;
  plan->plugin_count = names.count;
  return 0;
}

/* -- the whole -- */

int run_workspace_read(const struct fields *r, json_at root, bool optional,
                       struct run_request *req)
{
  static const char theirs[] = "workspace must be a WorkspaceDefinition: ";
  json_at workspace = fields_get(r, root, "", "workspace");
  struct workspace_plan *plan = &req->workspace;
  req->root = SPAN_LITERAL("/workspace");
  if (optional && !fields_given(workspace))
    return 0;
  json_at source = json_get(workspace, "source");
  if (!fields_is_object(source))
    return fields_is_object(workspace)
               ? fields_wrong(r, source, theirs, where, "source", "an object")
               : fields_wrong(r, workspace, "", "", "workspace", "a WorkspaceDefinition");
  if (source_read(r, source, req) < 0 ||
      secrets_read(r, json_get(workspace, "secrets"), req) < 0 ||
      setup_read(r, workspace, plan) < 0 || scripts_read(r, workspace, plan) < 0 ||
      workspace_skills_read(r, workspace, req) < 0 ||
      plugins_read(r, workspace, plan) < 0)
    return -1;
  /* "" asks for nothing, as it does there */
  if (json_kind(json_get(workspace, "instructions")) != JSON_STRING ||
      json_member_text(r->doc, workspace, "instructions").len > 0) {
    if (fields_text(r, workspace, where, "instructions", &plan->instructions) < 0)
      return -1;
  }
  return fields_text(r, workspace, where, "root", &req->root);
}
