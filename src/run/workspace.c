/* SPDX-License-Identifier: MIT */
/* workspace.c - from what was asked for to one absolute folder that can be used. */
#include "run/workspace.h"

#include "base/limits.h"
#include "base/path_segment.h"
#include "io/files.h"
#include "process/agent_user.h"

#include <stdlib.h>

static int set_real(const char *name, struct buf *path, struct fault *f)
{
  if (files_check_folder(name, f) < 0)
    return -1;
  return files_real_path(name, path, f);
}

int workspace_base(const char *option, bool serve, struct buf *path, struct fault *f)
{
  if (option)
    return set_real(option, path, f) < 0 ? fault_prefix(f, "--workspace") : 0;
  struct fault ignored; /* images often have a /workspace, but need not */
  if (serve && set_real("/workspace", path, &ignored) == 0)
    return 0;
  /* By its name: "." says little in a container's log. */
  if (files_real_path(".", path, f) < 0 || files_check_folder(buf_cstring(path), f) < 0)
    return fault_prefix(f, "the current folder as workspace (use --workspace)");
  return 0;
}

/* The request names it, so the request is to blame if it cannot be used. */
static int choose_local(const struct run_request *req, const struct agent_user *agent,
                        struct buf *path, struct fault *f)
{
  char *name = span_copy(req->local_path);
  struct fault why = {0};
  int r = set_real(name, path, &why);
  free(name);
  if (r == 0 && agent)
    r = agent_user_check(agent, path->at, true, &why);
  if (r == 0)
    return 0;
  return fault_set(f, FAULT_BAD_INPUT, "run request: workspace.source.path: %s",
                   why.text);
}

int workspace_choose(const char *base, bool per_thread, const struct agent_user *agent,
                     const struct run_request *req, struct buf *path, struct fault *f)
{
  if (req->local_path.len > 0)
    return choose_local(req, agent, path, f);
  buf_clear(path);
  buf_add_text(path, base);
  if (!per_thread)
    return 0;
  buf_add_char(path, '/');
  path_segment_add(path, req->thread_id);
  if (!agent)
    return files_make_folder(buf_cstring(path), NULL, f);
  struct files_owner owner = {agent->uid, agent->gid};
  return files_make_folder(buf_cstring(path), &owner, f);
}
