/* SPDX-License-Identifier: MIT */
/* workspace_plan.h - what a request wants to find in the folder in which its agent works:
 * plain data, read by run_workspace.h, carried out by the room workspace/.
 *
 * Spans are the request's.  What is empty is not asked for.  */
#ifndef REQUEST_WORKSPACE_PLAN_H
#define REQUEST_WORKSPACE_PLAN_H

#include "base/buf.h"

#include <stdbool.h>

struct git_source { /* source {type:"git"} */
  struct span url;  /* as it was sent: it may hold a name and a password */
  struct span ref;  /* a branch, a tag or a commit; empty: what the remote's HEAD is */
  struct span username, token; /* auth; token empty: none */
  unsigned depth;              /* of the history; 0: whole */
};

struct workspace_script { /* what AGENTS.md names under "Workspace scripts" */
  struct span name, command;
};

struct workspace_file { /* skills {kind:"file"}: relative to the workspace */
  struct span path, content;
};

struct git_skill {    /* skills {kind:"git"} */
  struct span repo;   /* an address, or "owner/name" of GitHub; see git_url_of_repo() */
  struct span secret; /* the name of the secret that is its token; empty: none */
  struct span into;   /* relative to the workspace; empty: the usual place */
};

struct mcp_header { /* of a server: its value is … */
  struct span name;
  struct span text; /* … this, … */
  struct span secret; /* … or, if this is not empty, that of the secret of this name … */
  bool bearer;        /* … behind "Bearer " */
};

struct mcp_server { /* skills {kind:"mcp"} */
  struct span name;
  struct span url; /* config.url; empty: none was given */
  struct mcp_header *headers;
  size_t header_count;
};

struct mcp_servers {
  struct mcp_server *at;
  size_t count;
};

struct workspace_plan {
  struct git_source git;
  struct span *setup; /* commands of /bin/sh, in order */
  size_t setup_count;
  struct workspace_script *scripts; /* sorted by name */
  size_t script_count;
  struct workspace_file *files;
  size_t file_count;
  struct git_skill *git_skills;
  size_t git_skill_count;
  struct mcp_server *servers;
  size_t server_count;
  struct span *agent_skills; /* names; nobody can carry them out: a warning each */
  size_t agent_skill_count;
  struct span *plugins; /* as the agent's own command names them */
  size_t plugin_count;
  struct span instructions;
};

/* Something has to be done before the agent starts. */
static inline bool workspace_plan_asks(const struct workspace_plan *p)
{
  return p->git.url.len > 0 || p->setup_count > 0 || p->script_count > 0 ||
         p->file_count > 0 || p->git_skill_count > 0 || p->agent_skill_count > 0 ||
         p->plugin_count > 0 || p->instructions.len > 0;
}

#endif
