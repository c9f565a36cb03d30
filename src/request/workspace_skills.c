/* SPDX-License-Identifier: MIT */
/* workspace_skills.c - one function for each kind; the text for an unknown secret is that
 * of TanStack's runner. */
#include "workspace_skills.h"

#include <stdio.h>
#include <string.h>

struct skill { /* one of the list */
  const struct fields *r;
  struct run_request *req;
  json_at at;
  char where[40]; /* "workspace.skills[3]." */
};

static int refuse(const struct skill *s, const char *what)
{
  return fault_set(s->r->f, FAULT_BAD_INPUT, "run request: %s%s", s->where, what);
}

/* -- secrets -- */

static int secret_read(const struct skill *s, json_at reference, struct span *out)
{
  struct span name = json_member_text(s->r->doc, reference, "__secretName");
  if (name.len == 0)
    return refuse(s, "secret must be {\"__secretName\": a name of workspace.secrets}");
  for (size_t i = 0; i < s->req->secrets.count; i++)
    if (span_equal(s->req->secrets.at[i], name)) {
      *out = name;
      return 0;
    }
  return fault_set(s->r->f, FAULT_BAD_INPUT,
                   "run request: %.*s: resolveSecret: unknown secret \"%.*s\"",
                   (int)strlen(s->where) - 1, s->where,
                   (int)(name.len < 100 ? name.len : 100), name.at);
}

/* -- the kinds -- */

static int file_read(const struct skill *s)
{
  struct workspace_plan *plan = &s->req->workspace;
  struct workspace_file *file = &plan->files[plan->file_count++];
  json_at content = json_get(s->at, "content");
  file->path = json_member_text(s->r->doc, s->at, "path");
  file->content = json_text(s->r->doc, content, (struct span){0});
  if (json_kind(content) == JSON_STRING && file->path.len > 0 &&
      !memchr(file->path.at, 0, file->path.len))
    return 0;
  return fault_set(s->r->f, FAULT_BAD_INPUT,
                   "run request: %.*s must have a path and a content",
                   (int)strlen(s->where) - 1, s->where);
}

static int git_read(const struct skill *s)
{
  struct workspace_plan *plan = &s->req->workspace;
  struct git_skill *git = &plan->git_skills[plan->git_skill_count++];
  json_at secret = json_get(s->at, "secret");
  *git = (struct git_skill){0};
  if (fields_argument(s->r, s->at, s->where, "repo", &git->repo) < 0 ||
      fields_text(s->r, s->at, s->where, "into", &git->into) < 0)
    return -1;
  if (git->repo.len == 0)
    return refuse(s, "repo must be a non-empty string");
  return fields_given(secret) ? secret_read(s, secret, &git->secret) : 0;
}

static int header_read(const struct skill *s, json_at v, struct mcp_header *h)
{
  json_at bearer = json_get(v, "__bearerRef");
  *h = (struct mcp_header){.name = json_key(v), .bearer = fields_given(bearer)};
  h->text = json_text(s->r->doc, v, (struct span){0});
  if (json_kind(v) == JSON_OBJECT)
    return secret_read(s, h->bearer ? bearer : v, &h->secret);
  return json_kind(v) == JSON_STRING
             ? 0
             : refuse(s, "config.headers must be texts and references to secrets");
}

static int mcp_read(const struct skill *s)
{
  struct workspace_plan *plan = &s->req->workspace;
  struct mcp_server *server = &plan->servers[plan->server_count++];
  json_at config, headers;
  char where[60];
  snprintf(where, sizeof where, "%sconfig.", s->where);
  *server = (struct mcp_server){0};
  if (fields_text(s->r, s->at, s->where, "name", &server->name) < 0 ||
      fields_object(s->r, s->at, s->where, "config", &config) < 0 ||
      fields_text(s->r, config, where, "url", &server->url) < 0 ||
      fields_object(s->r, config, where, "headers", &headers) < 0)
    return -1;
  if (server->name.len == 0)
    return refuse(s, "name must be a non-empty string");
  server->headers = arena_new(s->r->arena, json_count(headers) * sizeof *server->headers);
  for (json_at v = json_first(headers); v; v = json_next(v))
    if (header_read(s, v, &server->headers[server->header_count++]) < 0)
      return -1;
  return 0;
}

static int agent_skill_read(const struct skill *s)
{
  struct workspace_plan *plan = &s->req->workspace;
  struct span *name = &plan->agent_skills[plan->agent_skill_count++];
  *name = (struct span){0};
  if (fields_text(s->r, s->at, s->where, "name", name) < 0)
    return -1;
  return name->len > 0 ? 0 : refuse(s, "name must be a non-empty string");
}

static int skill_read(const struct skill *s)
{
  static const struct {
    const char *kind;
    int (*read)(const struct skill *s);
  } kinds[] = {{"file", file_read},
               {"git", git_read},
               {"mcp", mcp_read},
               {"agent-skill", agent_skill_read}};
  struct span kind = json_member_text(s->r->doc, s->at, "kind");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (span_is(kind, kinds[i].kind))
      return kinds[i].read(s);
  return refuse(s, "kind must be \"file\", \"git\", \"mcp\" or \"agent-skill\"");
}

int workspace_skills_read(const struct fields *r, json_at workspace,
                          struct run_request *req)
{
  json_at skills = json_get(workspace, "skills");
  struct workspace_plan *plan = &req->workspace;
  size_t count = json_count(skills), i = 0;
  if (!fields_given(skills))
    return 0;
  if (json_kind(skills) != JSON_ARRAY)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: workspace.skills must be an array");
  plan->files = arena_new(r->arena, count * sizeof *plan->files);
  plan->git_skills = arena_new(r->arena, count * sizeof *plan->git_skills);
  plan->servers = arena_new(r->arena, count * sizeof *plan->servers);
  plan->agent_skills = arena_new(r->arena, count * sizeof *plan->agent_skills);
  for (json_at v = json_first(skills); v; v = json_next(v), i++) {
    struct skill s = {.r = r, .req = req, .at = v};
    snprintf(s.where, sizeof s.where, "workspace.skills[%zu].", i);
    if (fields_given(v) && skill_read(&s) < 0)
      return -1;
  }
  return 0;
}
