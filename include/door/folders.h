/* SPDX-License-Identifier: MIT */
/* folders.h - where a process of ours works: the folder of its state, that of its runs'
 * private folders, and the workspace.
 *
 * An agent of another user (--agent-user) cannot pass the state folder, and shall not:
 * then the runs' folders are in one beside it, and the agent must get there and into its
 * workspace.  What dead runners left in them is removed.  */
#ifndef DOOR_FOLDERS_H
#define DOOR_FOLDERS_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/process.h"
#include "door/options.h"
#include "process/agent_user.h"

struct folders {
  struct buf workspace, state, runs;
  struct buf memory; /* of workspaces; made when it is needed */
};

/* `agent`: NULL when the agent is not another user.  Faults name the option.  What was
 * opened is there in every case: folders_close() gives it back. */
int folders_open(struct folders *d, const struct options *options,
                 const struct strv *environment, const struct agent_user *agent,
                 struct fault *f);
void folders_close(struct folders *d);

#endif
